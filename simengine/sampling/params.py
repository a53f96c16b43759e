"""Kinds of parameters that distributions take: each reads a value and describes itself as JSON Schema."""

from __future__ import annotations

import itertools
import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = [
    "Anything",
    "Choice",
    "Color",
    "Flag",
    "Integer",
    "Kind",
    "ListOf",
    "Number",
    "OrNone",
    "Text",
    "Vector",
    "param",
]

_TINIEST, _LARGEST = 1e-100, 1e100  # so that cubes of numbers neither vanish nor overflow


class Kind:
    """Reads one parameter: ``read`` returns the value in canonical form or raises ValueError with the reason."""

    def read(self, value: Any) -> Any:
        """Returns the value in canonical form (Python scalars, tuples)."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the value as a file writes it."""
        raise NotImplementedError


def param(kind: Kind, doc: str, *, default: Any = ..., unit: str | None = None) -> Any:
    """Declares a parameter of a distribution, to be used as a dataclass field.

    Args:
        kind: What values it takes.
        doc: One line for ``simengine explain`` and the JSON Schema.
        default: Value when it is left out; a parameter without one must be given.
        unit: SI unit if it differs from the unit of the value drawn (an angle in a distribution of points).
    """
    metadata = {"kind": kind, "doc": doc, "unit": unit}
    return field(metadata=metadata) if default is ... else field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Number(Kind):
    """A finite number."""

    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf  # exclusive

    def read(self, value: Any) -> float:
        """Returns a float."""
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise ValueError("is not a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise ValueError("is not a finite number")
        if number and not _TINIEST <= abs(number) <= _LARGEST:
            raise ValueError(f"must be 0 or of a size between {_TINIEST:g} and {_LARGEST:g}")
        if number <= self.above:
            raise ValueError(f"must be above {self.above:g}")
        if not self.low <= number <= self.high:
            raise ValueError(f"must lie in [{self.low:g}, {self.high:g}]")
        return number

    def schema(self) -> dict[str, Any]:
        """A JSON number; a string stands for a quantity with a unit or an expression."""
        schema: dict[str, Any] = {"type": ["number", "string"]}
        limits = (("minimum", self.low), ("maximum", self.high), ("exclusiveMinimum", self.above))
        return schema | {key: limit for key, limit in limits if math.isfinite(limit)}


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number."""

    low: float = -math.inf

    def read(self, value: Any) -> int:
        """Returns an int; 3.0 counts as 3."""
        number = Number().read(value)
        if number != math.floor(number) or abs(number) > 2**53:
            raise ValueError("is not a whole number")
        if number < self.low:
            raise ValueError(f"must be {self.low:g} or more")
        return int(number)

    def schema(self) -> dict[str, Any]:
        """A JSON integer; a string stands for an expression."""
        schema: dict[str, Any] = {"type": ["integer", "string"]}
        return schema | ({"minimum": self.low} if math.isfinite(self.low) else {})


@dataclass(frozen=True)
class Vector(Kind):
    """A fixed number of components of one kind."""

    length: int
    of: Kind = field(default_factory=Number)
    ordered: bool = False

    def read(self, value: Any) -> tuple:
        """Returns a tuple."""
        parts = ListOf(self.of).read(value)
        if len(parts) != self.length:
            raise ValueError(f"has {len(parts)} components, not {self.length}")
        if self.ordered and not all(a <= b for a, b in itertools.pairwise(parts)):
            raise ValueError("is not in ascending order")
        return parts

    def schema(self) -> dict[str, Any]:
        """A JSON array of fixed length."""
        return {"type": "array", "items": self.of.schema(), "minItems": self.length, "maxItems": self.length}


@dataclass(frozen=True)
class ListOf(Kind):
    """One or more values of one kind."""

    of: Kind

    def read(self, value: Any) -> tuple:
        """Returns a tuple."""
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
            raise ValueError("is not a list")
        if not value:
            raise ValueError("is an empty list")
        return tuple(self.of.read(part) for part in value)

    def schema(self) -> dict[str, Any]:
        """A JSON array with at least one item."""
        return {"type": "array", "items": self.of.schema(), "minItems": 1}


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, value: Any) -> str:
        """Returns the word."""
        if value not in self.words:
            raise ValueError(f"is not one of {', '.join(self.words)}")
        return value

    def schema(self) -> dict[str, Any]:
        """A JSON enum."""
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class Text(Kind):
    """A non-empty string."""

    def read(self, value: Any) -> str:
        """Returns the string."""
        if not isinstance(value, str) or not value:
            raise ValueError("is not a text")
        return value

    def schema(self) -> dict[str, Any]:
        """A JSON string."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True)
class Flag(Kind):
    """True or false."""

    def read(self, value: Any) -> bool:
        """Returns the bool."""
        if not isinstance(value, bool | np.bool_):
            raise ValueError("is neither true nor false")
        return bool(value)

    def schema(self) -> dict[str, Any]:
        """A JSON boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Anything(Kind):
    """Any JSON value."""

    def read(self, value: Any) -> Any:
        """Returns the value with NumPy scalars and arrays as Python values."""
        return value.tolist() if isinstance(value, np.ndarray | np.generic) else value

    def schema(self) -> dict[str, Any]:
        """A JSON Schema that allows everything."""
        return {}


@dataclass(frozen=True)
class OrNone(Kind):
    """A value of another kind, or none."""

    of: Kind

    def read(self, value: Any) -> Any:
        """Returns the value, or None."""
        return None if value is None else self.of.read(value)

    def schema(self) -> dict[str, Any]:
        """The other kind's schema, or null."""
        return {"anyOf": [self.of.schema(), {"type": "null"}]}


@dataclass(frozen=True)
class Color(Kind):
    """An sRGB colour: three numbers in [0, 1] or ``"#rrggbb"``."""

    def read(self, value: Any) -> tuple[float, float, float]:
        """Returns three floats in [0, 1]."""
        if isinstance(value, str):
            digits = value.removeprefix("#")
            if not value.startswith("#") or len(digits) != 6 or set(digits.lower()) - set("0123456789abcdef"):
                raise ValueError("is not a colour: write [r, g, b] in 0 to 1, or '#rrggbb' in quotes")
            return int(digits[:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:], 16) / 255
        return Vector(3, Number(0, 1)).read(value)

    def schema(self) -> dict[str, Any]:
        """A JSON array of three numbers, or a string."""
        return {"anyOf": [Vector(3, Number(0, 1)).schema(), {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}]}
