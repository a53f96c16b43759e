"""What every machine specification asks of its numbers, and how it says so."""

from __future__ import annotations

import math

from simengine.errors import SimengineError

__all__ = ["require", "require_in", "require_natural", "require_positive"]


def require(holds: bool, owner: object, name: str, value: object, why: str) -> None:
    """Raises unless ``holds``, naming the class, the field, its value and the remedy."""
    if not holds:
        raise SimengineError(f"{type(owner).__name__}.{name} is {value!r}: {why}")


def require_positive(owner: object, **values: float) -> None:
    """Raises unless every value is a finite number above 0."""
    for name, value in values.items():
        require(math.isfinite(value) and value > 0, owner, name, value, "give a finite number above 0.")


def require_in(owner: object, low: float, high: float, **values: float) -> None:
    """Raises unless every value lies in the closed interval from ``low`` to ``high``."""
    for name, value in values.items():
        require(low <= value <= high, owner, name, value, f"give a number from {low:g} to {high:g}.")


def require_natural(owner: object, least: int = 1, **values: int) -> None:
    """Raises unless every value is a whole number of at least ``least``."""
    for name, value in values.items():
        require(isinstance(value, int) and value >= least, owner, name, value, f"give a whole number from {least}.")
