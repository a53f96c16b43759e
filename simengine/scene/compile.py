"""Compiles recipes as written into recipes that draw, checked as far as can be known without drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from simengine.errors import SimengineError
from simengine.sampling.distribution import DISTRIBUTIONS, Distribution, from_dict
from simengine.sampling.streams import stream
from simengine.scene.expression import ExpressionError, compile_expression, nearest
from simengine.scene.recipe import (
    Choice,
    Formula,
    Random,
    Recipe,
    Variation,
    holds_recipe,
    is_recipe,
    json_types,
    short,
)
from simengine.scene.units import parse_quantity

if TYPE_CHECKING:
    from simengine.scene.leaf import Leaf

__all__ = ["Check", "compile_recipe", "custom_error", "relocate"]

Check = Callable[[Any], Any]
"""Validates a value as the node that the recipe stands for; returns it converted."""

VARIATION_KEYS = ("nominal", "vary", "clip")


def compile_recipe(value: Any, *, check: Check, template: Check, leaf: Leaf | None, base: str) -> Recipe:
    """Compiles and checks a recipe.

    Args:
        value: The recipe as written.
        check: Validates an alternative or a sample value as the node that the recipe stands for.
        template: Turns what `check` returns into a compiled tree.
        leaf: Unit and range of the node; None for a whole part.
        base: Folder of relative file names.

    Returns:
        The compiled recipe.

    Raises:
        PydanticCustomError: It is wrong.
        ValidationError: An alternative is wrong; locations are relative to the recipe.
    """
    if isinstance(value, Recipe):
        return value
    if isinstance(value, str):
        return _compile_formula(value, check)
    if "nominal" in value or "vary" in value:
        return _compile_variation(value, check, template, leaf, base)
    ((tag, params),) = value.items()
    if tag == "choose":
        return _compile_choice(params, check, template, leaf, base)
    recipe = _compile_random(tag, params, leaf, base)
    if recipe.fixed is not None:
        _check_support(recipe.fixed, leaf)
        _check_sample(recipe.fixed, check)
    return recipe


def _compile_formula(text: str, check: Check) -> Formula:
    try:
        formula = Formula(compile_expression(text))
        if not formula.expression.names and not formula.expression.counted:
            check(formula.expression({}))
    except ExpressionError as error:
        raise _problem(str(error)) from None
    return formula


def _compile_random(tag: str, params: Any, leaf: Leaf | None, base: str) -> Random:
    family = DISTRIBUTIONS[tag]
    units, default = family.units(), leaf.unit if leaf is not None and leaf.numeric else ""

    def read(name: str | None, part: Any) -> Any:
        if name in family.undrawn:
            return _quantities(part, default)
        return _compile_param(part, units.get(name or "", default), base)

    if isinstance(params, dict) and not is_recipe(params):
        params = {name: read(name, part) for name, part in params.items()}
    elif isinstance(params, list) and family.positional and len(params) == len(family.positional):
        params = [read(name, part) for name, part in zip(family.positional, params, strict=True)]
    else:
        params = read(family.whole or None, params)
    if holds_recipe(params):
        return Random(tag, params, None, base)
    try:
        return Random(tag, params, from_dict({tag: params}, base=base), base)
    except SimengineError as error:
        raise _problem(str(error), tag, params) from None


def _compile_param(value: Any, unit: str | None, base: str) -> Any:
    """A parameter: recipes compiled, quantities converted."""
    if is_recipe(value):
        from simengine.scene.leaf import Leaf

        leaf = Leaf(unit=unit)
        return compile_recipe(value, check=_any_value, template=_any_value, leaf=leaf, base=base)
    if isinstance(value, dict):
        return {key: _compile_param(part, unit, base) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_compile_param(part, unit, base) for part in value]
    return _quantities(value, unit)


def _quantities(value: Any, unit: str | None) -> Any:
    if isinstance(value, dict):
        return {key: _quantities(part, unit) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_quantities(part, unit) for part in value]
    return parse_quantity(value, unit=unit)


def _any_value(value: Any) -> Any:
    return value


def _compile_choice(params: Any, check: Check, template: Check, leaf: Leaf | None, base: str) -> Choice:
    listed = not isinstance(params, dict)
    options = params if listed else params.get("options")
    loc: tuple[str | int, ...] = ("choose",) if listed else ("choose", "options")
    if not isinstance(options, list | tuple) or not options:
        raise _problem("choose: takes a list of at least one option: {choose: [a, b]}.", "choose", params)
    numbers = list(range(len(options)))
    choice = _compile_random("choose", numbers if listed else {**params, "options": numbers}, None, base)
    errors: list[InitErrorDetails] = []
    compiled = []
    for number, option in enumerate(options):
        try:
            compiled.append(None if option is None else template(check(option)))
        except (ValidationError, PydanticCustomError) as error:
            errors += relocate(error, (*loc, number), option)
    if errors:
        raise ValidationError.from_exception_data("recipe", errors)
    return Choice(choice, tuple(compiled), ".".join(str(part) for part in loc))


def _compile_variation(value: dict, check: Check, template: Check, leaf: Leaf | None, base: str) -> Variation:
    from simengine.scene.leaf import Leaf

    for key in value:
        if key not in VARIATION_KEYS:
            raise _problem(f"the key '{key}' is unknown beside nominal and vary. {nearest(key, VARIATION_KEYS)}")
    for key in ("nominal", "vary"):
        if key not in value:
            raise _problem(f"'{key}' is missing: write {{nominal: VALUE, vary: 10%}}.")
    if leaf is None or not leaf.numeric or leaf.rotation:
        raise _problem("only numbers can vary relatively.", "nominal", value["nominal"])
    try:
        nominal = template(check(value["nominal"]))
    except (ValidationError, PydanticCustomError) as error:
        errors = relocate(error, ("nominal",), value["nominal"])
        raise ValidationError.from_exception_data("recipe", errors) from None
    fixed = not holds_recipe(nominal)
    numbers = nominal if isinstance(nominal, list | tuple) else [nominal]
    if fixed and not all(isinstance(part, int | float) and not isinstance(part, bool) for part in numbers):
        raise _problem(f"{value['nominal']!r} is no number and can't vary.", "nominal", value["nominal"])
    vary = value["vary"]
    if is_recipe(vary):
        try:
            vary = compile_recipe(vary, check=_any_value, template=_any_value, leaf=Leaf(), base=base)
        except (ValidationError, PydanticCustomError) as error:
            raise ValidationError.from_exception_data("recipe", relocate(error, ("vary",), value["vary"])) from None
    else:
        try:
            vary = parse_quantity(vary, unit="")
        except PydanticCustomError:
            vary = None
        if isinstance(vary, bool) or not isinstance(vary, int | float) or not 0 <= vary <= 100:
            raise _problem(
                f"{value['vary']!r} is no relative variation: write 10%, or a distribution of the factor.",
                "vary",
                value["vary"],
            )
        vary = float(vary)
    low, high = _clip(value.get("clip"), leaf)
    depth = nominal.depth + 1 if isinstance(nominal, Variation) else 0
    recipe = Variation(nominal, vary, low, high, leaf, depth)
    if fixed:
        _check_variation(recipe, [float(part) for part in numbers], leaf)
    return recipe


def _clip(clip: Any, leaf: Leaf) -> tuple[float, float]:
    if clip is None:
        return (leaf.low, leaf.high) if leaf.color else (-math.inf, math.inf)
    if isinstance(clip, list) and len(clip) == 2:
        low, high = (parse_quantity(part, unit=leaf.unit) for part in clip)
        low, high = -math.inf if low is None else low, math.inf if high is None else high
        if all(isinstance(x, int | float) and not isinstance(x, bool) for x in (low, high)) and low <= high:
            return float(low), float(high)
    raise _problem(f"clip is {clip!r}: write [low, high], null for no bound.", "clip", clip)


def _check_variation(recipe: Variation, nominals: Sequence[float], leaf: Leaf) -> None:
    if isinstance(recipe.vary, Random) and recipe.vary.fixed is not None:
        bounds = _bounds(recipe.vary.fixed)
        if bounds is None:
            return
        low, high = (float(np.min(bounds[0])), float(np.max(bounds[1])))
    elif isinstance(recipe.vary, float):
        low, high = 1 - recipe.vary, 1 + recipe.vary
    else:
        return
    for nominal in nominals:
        for factor in (low, high):
            value = nominal * factor if nominal else 0.0
            value = min(max(value, recipe.low), recipe.high)
            if not leaf.contains(value, open_end=nominal != 0):
                raise _problem(
                    f"can give {value:g}, outside {leaf.describe()}. "
                    f"Vary less, or add clip: {leaf.clip_text()} beside nominal and vary."
                )


def _check_support(distribution: Distribution, leaf: Leaf | None) -> None:
    """Raises if the distribution can leave the leaf's range."""
    if leaf is None or not leaf.numeric or leaf.rotation:
        return
    bounds = _bounds(distribution)
    if bounds is None:
        return
    for edge in (*np.ravel(bounds[0]), *np.ravel(bounds[1])):
        spread = not np.array_equal(bounds[0], bounds[1])
        if not leaf.contains(float(edge), open_end=spread and not distribution.discrete):
            raise _problem(f"can give {float(edge):g}, outside {leaf.describe()}. {_narrower(distribution)}")


def _bounds(distribution: Distribution) -> tuple[Any, Any] | None:
    try:
        low, high = distribution.support()
        return np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    except (SimengineError, NotImplementedError, TypeError, ValueError):
        return None


def _narrower(distribution: Distribution) -> str:
    names = type(distribution).json_schema()
    properties = names.get("properties") or next((f.get("properties") for f in names.get("anyOf", ())), None) or {}
    return "Set low and high." if {"low", "high"} <= set(properties) else "Narrow the distribution."


def _check_sample(distribution: Distribution, check: Check) -> None:
    """Raises if one draw does not fit the node at all (a vector for a number, say)."""
    try:
        sample = json_types(distribution.sample(stream(0, 0, "trial")))
    except SimengineError as error:
        raise _problem(str(error)) from None
    try:
        check(sample)
    except PydanticCustomError as error:
        raise _problem(f"gives values like {short(sample)}: {error.message()}") from None
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"].rstrip(".")
        hint = " Use integer or poisson." if "int_" in error.errors(include_url=False)[0]["type"] else ""
        reason = reason.replace("Input should be", "it must be")
        raise _problem(f"gives values like {short(sample)}; {reason}.{hint}") from None


def relocate(
    error: ValidationError | PydanticCustomError, loc: tuple[str | int, ...], value: Any
) -> list[InitErrorDetails]:
    """An inner error's lines with a location put in front."""
    if isinstance(error, PydanticCustomError):
        return [InitErrorDetails(type=error, loc=loc, input=value)]
    return [
        InitErrorDetails(
            type=custom_error(line["type"], line["msg"], line.get("ctx")), loc=(*loc, *line["loc"]), input=line["input"]
        )
        for line in error.errors(include_url=False)
    ]


def custom_error(kind: str, message: str, context: Mapping[str, Any] | None = None) -> PydanticCustomError:
    """An error with a message in which braces mean nothing.

    Args:
        kind: Type of the error.
        message: The message.
        context: What pydantic told besides, kept for `problems`.
    """
    return PydanticCustomError(kind, "{message}", {**(context or {}), "message": message})


def _problem(message: str, *where: Any) -> Any:
    """An error at the recipe, or at one of its keys (``key, value``)."""
    error = custom_error("recipe", message)
    if not where:
        return error
    key, value = where
    return ValidationError.from_exception_data("recipe", [InitErrorDetails(type=error, loc=(key,), input=value)])
