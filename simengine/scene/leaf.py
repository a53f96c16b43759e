"""Leaves of a scene: a value now, or a recipe that draws it.

Any leaf of a scene file may be a plain value, a quantity with a unit (``16 mm``), a
distribution (``{uniform: [0, 1]}``), an expression (``= 2 * size``) or a nominal value with
a relative variation (``{nominal: 0.2, vary: 10%}``). `Leaf` is the annotation that lets one
family of pydantic models describe both the scene as written (recipes allowed) and the scene
as drawn (every value concrete): the validation context ``{"concrete": True}`` forbids recipes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import PydanticCustomError, core_schema

from simengine.scene.recipe import check_recipe, is_recipe
from simengine.scene.units import parse_quantity

__all__ = ["Leaf"]


@dataclass(frozen=True)
class Leaf:
    """Marks a field as a leaf and states its unit and range.

    Attributes:
        unit: SI unit of the stored value, ``""`` for none; strings such as ``16 mm`` are converted.
        low: Smallest value allowed (inclusive), per component.
        high: Largest value allowed (inclusive), per component.
        positive: Whether zero itself is excluded when ``low`` is 0.
        color: Whether the value is an sRGB colour, so that ``#rrggbb`` is read too.
    """

    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    positive: bool = False
    color: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def validate(value: Any, inner: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
            concrete = bool(info.context and info.context.get("concrete"))
            if not concrete and is_recipe(value):
                check_recipe(value, self)
                return value
            value = self._parse(value, concrete=concrete)
            if _holds_recipe(value):
                return value
            value = inner(value)
            self._check_range(value)
            return value

        return core_schema.with_info_wrap_validator_function(validate, handler(source))

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        plain = handler(schema)
        return {"anyOf": [plain, {"$ref": "#/$defs/Recipe"}]}

    def _parse(self, value: Any, *, concrete: bool) -> Any:
        """Reads units and colours, component by component."""
        if isinstance(value, str):
            if self.color:
                return _parse_color(value)
            return parse_quantity(value, unit=self.unit)
        if isinstance(value, list | tuple):
            parts = []
            for part in value:
                if not concrete and is_recipe(part):
                    check_recipe(part, self)
                    parts.append(part)
                else:
                    parts.append(parse_quantity(part, unit=self.unit) if isinstance(part, str) else part)
            return type(value)(parts)
        return value

    def _check_range(self, value: Any) -> None:
        for number in value if isinstance(value, tuple | list) else (value,):
            if not isinstance(number, int | float) or isinstance(number, bool):
                continue
            if not math.isfinite(number):
                raise PydanticCustomError("not_finite", "{value} is not a finite number.", {"value": repr(number)})
            if not self.contains(number):
                raise PydanticCustomError(
                    "out_of_range", "{value} is outside {range}.", {"value": f"{number:g}", "range": self.describe()}
                )

    def contains(self, number: float) -> bool:
        """Whether one component lies in the range."""
        return self.low <= number <= self.high and not (self.positive and number <= 0)

    def describe(self) -> str:
        """The range in words, with its unit, e.g. ``[0, 1]`` or ``above 0 m``."""
        unit = f" {self.unit}" if self.unit else ""
        if self.positive and math.isinf(self.high):
            return f"above 0{unit}"
        if math.isinf(self.low) and math.isinf(self.high):
            return f"any number{unit}"
        if math.isinf(self.high):
            return f"{self.low:g}{unit} or more"
        if math.isinf(self.low):
            return f"{self.high:g}{unit} or less"
        return f"{'(' if self.positive else '['}{self.low:g}, {self.high:g}]{unit}"


def _holds_recipe(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(is_recipe(part) for part in value)


def _parse_color(text: str) -> tuple[float, float, float]:
    digits = text.removeprefix("#")
    if text.startswith("#") and len(digits) == 6:
        try:
            return tuple(int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))  # type: ignore[return-value]
        except ValueError:
            pass
    raise PydanticCustomError(
        "color", "{text} is not a colour: write [r, g, b] in 0 to 1, or '#rrggbb' (in quotes).", {"text": repr(text)}
    )
