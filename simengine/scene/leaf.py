"""Leaves of a scene: a value now, or a recipe that draws it.

Any leaf of a scene file may be a plain value, a quantity with a unit (``16 mm``), a
distribution (``{uniform: [0, 1]}``), an expression (``= 2 * size``) or a nominal value with
a relative variation (``{nominal: 0.2, vary: 10%}``). `Leaf` is the annotation that lets one
family of pydantic models describe both the scene as written (recipes allowed) and the scene
as drawn (every value concrete): the validation context ``{"concrete": True}`` forbids recipes.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from simengine.sampling.distribution import DISTRIBUTIONS
from simengine.scene.compile import compile_recipe, custom_error, relocate
from simengine.scene.expression import nearest
from simengine.scene.recipe import is_recipe, short
from simengine.scene.units import parse_quantity

__all__ = ["QUANTITY", "RECIPE", "Leaf", "compile_variable"]

RECIPE = {"$comment": "#/$defs/Recipe"}
QUANTITY = {"$comment": "#/$defs/Quantity"}
"""Stand-ins for references in JSON Schemas: pydantic knows only the definitions that it made itself."""


@dataclass(frozen=True)
class Leaf:
    """Marks a field as a leaf and states its unit and range.

    Attributes:
        unit: SI unit of the stored value, ``""`` for none; strings such as ``16 mm`` are converted.
            None reads a quantity of any unit.
        low: Smallest value allowed (inclusive), per component.
        high: Largest value allowed (inclusive), per component.
        positive: Whether zero itself is excluded when ``low`` is 0.
        color: Whether the value is an sRGB colour, so that ``#rrggbb`` is read too.
        rotation: Whether the value is a rotation, so that Euler angles are read too.
        numeric: Whether the value is a number or several; set from the annotated type.
        whole: Whether it is a whole number; set from the annotated type.
        truth: Whether it is true or false; set from the annotated type.
    """

    unit: str | None = ""
    low: float = -math.inf
    high: float = math.inf
    positive: bool = False
    color: bool = False
    rotation: bool = False
    numeric: bool = True
    whole: bool = False
    truth: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        leaf = self.of_type(source)

        def validate(value: Any, inner: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
            context = info.context or {}
            if leaf.unit is None:
                return value if context.get("concrete") else compile_variable(value, base=context.get("base", ""))
            if context.get("concrete"):
                return leaf._read(value, inner)

            def check(part: Any) -> Any:
                return validate(part, inner, info)

            if is_recipe(value):
                return compile_recipe(value, check=check, template=_same, leaf=leaf, base=context.get("base", ""))
            if isinstance(value, list | tuple) and any(is_recipe(part) for part in value):
                return leaf._read_parts(value, inner, context.get("base", ""))
            return leaf._read(value, inner)

        return core_schema.with_info_wrap_validator_function(validate, handler(source))

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        plain = handler(schema)
        forms = [plain]
        if plain.get("type") in ("number", "integer"):
            for key, limit in (("minimum", self.low), ("maximum", self.high)):
                if math.isfinite(limit):
                    plain["exclusiveMinimum" if key == "minimum" and self.positive else key] = limit
        if self.color:
            forms.append({"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"})
        if plain.get("type") == "array":
            plain.pop("prefixItems", None)
            length = plain.get("minItems")
            items = {"anyOf": [{"type": "number"}, QUANTITY, RECIPE]}
            plain["items"] = items
            if self.rotation:
                plain["minItems"], plain["maxItems"] = 3, length
        elif plain.get("type") in ("number", "integer"):
            forms.append(QUANTITY)
        return {"anyOf": [*forms, RECIPE]}

    def of_type(self, source: Any) -> Leaf:
        """The leaf with what its annotated type tells."""
        parts = get_args(source) if get_origin(source) is tuple else (source,)
        if self.unit is None:
            return self
        return dataclasses.replace(
            self, numeric=parts[0] in (int, float), whole=parts[0] is int, truth=parts[0] is bool
        )

    def contains(self, number: float, *, open_end: bool = False) -> bool:
        """Whether one component lies in the range.

        Args:
            number: The component.
            open_end: Whether ``number`` is only the end of an interval and not met itself.
        """
        return self.low <= number <= self.high and not (self.positive and number <= 0 and not open_end)

    def describe(self) -> str:
        """The range in words, with its unit, e.g. ``[0, 1]`` or ``above 0 m``."""
        unit = f" {self.unit}" if self.unit else ""
        if self.positive and math.isinf(self.high):
            return f"above 0{unit}"
        if math.isinf(self.low) and math.isinf(self.high):
            return "any number"
        if math.isinf(self.high):
            return f"{self.low:g}{unit} or more"
        if math.isinf(self.low):
            return f"{self.high:g}{unit} or less"
        return f"{'(' if self.positive else '['}{self.low:g}, {self.high:g}]{unit}"

    def clip_text(self) -> str:
        """The range as the ``clip`` of a variation."""
        low, high = (f"{edge:g}" if math.isfinite(edge) else "null" for edge in (self.low, self.high))
        return f"[{low}, {high}]"

    def _read(self, value: Any, inner: core_schema.ValidatorFunctionWrapHandler) -> Any:
        """Reads a value without recipes."""
        if self.rotation:
            value = _read_rotation(value)
        elif self.numeric:
            value = self.quantities(value)
        elif isinstance(value, dict) and len(value) == 1:
            _refuse_mapping(value)
        elif self.truth and not isinstance(value, bool):
            raise custom_error("truth", f"true or false belongs here, not {short(value)}.")
        value = inner(value)
        if self.numeric:
            self._check_range(value)
        return value

    def _read_parts(self, value: list | tuple, inner: core_schema.ValidatorFunctionWrapHandler, base: str) -> Any:
        """Reads a list of which some parts are recipes; the plain ones must fit by themselves."""
        part_leaf = dataclasses.replace(self, unit="rad" if self.rotation else self.unit, rotation=False, color=False)
        errors: list[InitErrorDetails] = []

        def check(part: Any) -> Any:
            if is_recipe(part):
                return compile_recipe(part, check=check, template=_same, leaf=part_leaf, base=base)
            part = part_leaf.quantities(part)
            if isinstance(part, bool) or not isinstance(part, int | float):
                raise custom_error("number", f"{short(part)} is not a number.")
            part_leaf._check_range(part)
            return part

        parts = []
        for number, part in enumerate(value):
            try:
                parts.append(check(part))
            except (ValidationError, PydanticCustomError) as error:
                errors += relocate(error, (number,), part)
        if errors:
            raise ValidationError.from_exception_data("leaf", errors)
        filled = [0.5 * (self.low + self.high) if math.isfinite(self.low + self.high) else max(self.low, 1.0)] * len(
            parts
        )
        inner(_read_rotation(filled) if self.rotation else filled)  # the number of parts
        return parts

    def quantities(self, value: Any) -> Any:
        """Reads units and colours, component by component; refuses booleans."""
        if isinstance(value, str):
            return _parse_color(value) if self.color else self._quantity(value)
        if isinstance(value, list | tuple):
            return [self._quantity(part) for part in value]
        if isinstance(value, dict):
            _refuse_mapping(value)
        return self._quantity(value)

    def _quantity(self, value: Any) -> Any:
        if isinstance(value, bool):
            raise custom_error("number", f"{str(value).lower()} is not a number.")
        if not isinstance(value, str):
            return value
        number = parse_quantity(value, unit=self.unit)
        if isinstance(number, str):
            raise custom_error("number", f"{short(value)} is not a number.")
        return number

    def _check_range(self, value: Any) -> None:
        for number in value if isinstance(value, tuple | list) else (value,):
            if not isinstance(number, int | float) or isinstance(number, bool):
                continue
            if not math.isfinite(number):
                raise custom_error("not_finite", f"{number} is not a finite number.")
            if not self.contains(number):
                raise custom_error("out_of_range", f"{number:g} is outside {self.describe()}.")


def compile_variable(value: Any, *, base: str) -> Any:
    """Compiles a named value: recipes anywhere in it, quantities of any unit.

    Args:
        value: As written.
        base: Folder of relative file names.
    """
    if is_recipe(value):

        def check(part: Any) -> Any:
            return compile_variable(part, base=base)

        return compile_recipe(value, check=check, template=_same, leaf=Leaf(unit=None), base=base)
    if not isinstance(value, dict | list | tuple):
        return parse_quantity(value, unit=None)
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    errors: list[InitErrorDetails] = []
    parts = []
    for key, part in entries:
        try:
            parts.append(compile_variable(part, base=base))
        except (ValidationError, PydanticCustomError) as error:
            errors += relocate(error, (key,), part)
    if errors:
        raise ValidationError.from_exception_data("variable", errors)
    return dict(zip(value, parts, strict=True)) if isinstance(value, dict) else parts


def _same(value: Any) -> Any:
    return value


def _refuse_mapping(value: dict) -> None:
    """Raises for a mapping where a single value belongs: most likely a misspelt distribution."""
    key = next(iter(value), "")
    if len(value) == 1:
        raise custom_error("distribution", f"'{key}' is no distribution. {nearest(str(key), DISTRIBUTIONS)}".strip())
    raise custom_error("distribution", "a single value belongs here, not a mapping of several keys.")


def _read_rotation(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) in (3, 4):
        from simengine.scene.rotation import normalize, quaternion_from_euler

        parts = [parse_quantity(part, unit="rad") if isinstance(part, str) else part for part in value]
        if all(isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < 1e9 for part in parts):
            return quaternion_from_euler(parts) if len(parts) == 3 else normalize(parts)
    raise custom_error(
        "rotation", f"{short(value)} is no rotation: write [roll, pitch, yaw] (30 deg) or a quaternion [x, y, z, w]."
    )


def _parse_color(text: str) -> tuple[float, float, float]:
    digits = text.removeprefix("#")
    if text.startswith("#") and len(digits) == 6 and not set(digits.lower()) - set("0123456789abcdef"):
        return tuple(int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))  # type: ignore[return-value]
    raise custom_error("color", f"{short(text)} is not a colour: write [r, g, b] in 0 to 1, or '#rrggbb' (in quotes).")
