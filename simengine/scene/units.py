"""Quantities with units in scene files: ``16 mm``, ``30 deg``, ``1500 rpm``, ``20 %``.

Every stored value is SI (`BIPM, The International System of Units, 9th ed. <https://doi.org/10.59161/AUEZ1291>`_);
a scene file may use the units of the trade, which are converted here and nowhere else.
"""

from __future__ import annotations

import math
import re
from typing import Any

from pydantic_core import PydanticCustomError

__all__ = ["UNITS", "parse_quantity"]

UNITS: dict[str, dict[str, float]] = {
    "m": {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "um": 1e-6, "km": 1e3, "in": 0.0254, "ft": 0.3048},
    "kg": {"kg": 1.0, "g": 1e-3, "t": 1e3},
    "s": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0, "d": 86400.0},
    "rad": {"rad": 1.0, "deg": math.pi / 180, "°": math.pi / 180},
    "Hz": {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "rpm": 1 / 60},
    "m/s": {"m/s": 1.0, "mm/s": 1e-3, "cm/s": 1e-2, "km/h": 1 / 3.6},
    "m/s^2": {"m/s^2": 1.0, "g": 9.80665},
    "m/s^2/rtHz": {"m/s^2/rtHz": 1.0, "ug/rtHz": 9.80665e-6},
    "rad/s": {"rad/s": 1.0, "deg/s": math.pi / 180, "rpm": 2 * math.pi / 60},
    "kg/m^3": {"kg/m^3": 1.0, "g/cm^3": 1e3},
    "W": {"W": 1.0, "mW": 1e-3, "kW": 1e3},
    "W/m^2": {"W/m^2": 1.0, "kW/m^2": 1e3},
    "K": {"K": 1.0},
    "": {"%": 0.01},
}
"""For each SI unit, the names accepted and the factor that converts to it."""

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?:\s*/\s*(\d+\.?\d*))?\s*(\S+)?\s*")


def parse_quantity(value: Any, *, unit: str | None) -> Any:
    """Converts ``"16 mm"`` to 0.016; a text that does not start with a number is returned as it is.

    Args:
        value: Anything; only strings are looked at. Fractions (``1/240 s``) are read too.
        unit: The SI unit the value is stored in, a key of `UNITS`; None takes any unit (a variable's value
            has no unit of its own) and leaves a text alone that ends in none of them.

    Returns:
        A float in ``unit``, or ``value`` unchanged.

    Raises:
        PydanticCustomError: The unit is unknown here or of another dimension.
    """
    if not isinstance(value, str):
        return value
    match = _QUANTITY.fullmatch(value)
    if match is None:
        return value
    number, divisor, name = match.groups()
    if unit is None and name is not None and not any(name in factors for factors in UNITS.values()):
        return value
    result = float(number)
    if divisor is not None:
        if float(divisor) == 0:
            raise PydanticCustomError("unit", "{value} divides by zero.", {"value": repr(value)})
        result /= float(divisor)
    if name is None:
        return result
    if unit is None:
        return result * _any_unit(value, name)
    factors = UNITS.get(unit, {})
    if name not in factors:
        known = ", ".join(factors) or "no unit"
        raise PydanticCustomError(
            "unit",
            "{value}: the unit '{name}' does not fit here; use {known}.",
            {"value": repr(value), "name": name, "known": known},
        )
    return result * factors[name]


def _any_unit(value: str, name: str) -> float:
    """The factor of a unit's name where no dimension is expected."""
    found = {unit: factors[name] for unit, factors in UNITS.items() if name in factors}
    if len(set(found.values())) > 1:
        raise PydanticCustomError(
            "unit",
            "{value}: '{name}' may mean {units}; write the number in one of these units without a name.",
            {"value": repr(value), "name": name, "units": " or ".join(found)},
        )
    return next(iter(found.values()))
