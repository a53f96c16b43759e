"""Recipes: what draws a value instead of stating it.

Any node of a scene may be a recipe: a distribution (``{uniform: [0, 1]}``), an expression
(``= 2 * size``) or a nominal value with a relative variation (``{nominal: 0.2, vary: 10%}``); the
parameters of a recipe may hold recipes. Reading a scene compiles each into one of the classes here,
checked as far as can be known without drawing. Drawing walks the compiled tree, and every recipe
draws from the stream that its path names, so that no recipe can move another's draw.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from simengine.errors import SimengineError
from simengine.sampling.distribution import DISTRIBUTIONS, Distribution, from_dict
from simengine.sampling.streams import stream
from simengine.scene.expression import Expression, ExpressionError, compile_expression, nearest
from simengine.scene.units import parse_quantity

if TYPE_CHECKING:
    from simengine.scene.leaf import Leaf

__all__ = ["Choice", "Draw", "DrawError", "Formula", "Random", "Recipe", "Variation", "compile_recipe", "is_recipe"]

Check = Callable[[Any], Any]
"""Validates a value as the node that the recipe stands for; returns it converted."""

VARIATION_KEYS = ("nominal", "vary", "clip")


class DrawError(SimengineError):
    """A recipe has no value in this draw.

    Attributes:
        path: Path of the recipe in the draw, ``objects.die[3].material.roughness``.
        reason: Why.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


@dataclass(slots=True)
class Draw:
    """One draw in progress.

    Attributes:
        seed: Seed of the data set.
        index: Number of the sample.
        attempt: Number of the try.
        scope: Values that expressions see, by name.
        draws: Every value drawn so far, by path.
    """

    seed: int
    index: int
    attempt: int
    scope: dict[str, Any] = field(default_factory=dict)
    draws: dict[str, Any] = field(default_factory=dict)

    def stream(self, path: str) -> np.random.Generator:
        """The random stream of one path."""
        return stream(self.seed, self.index, path, attempt=self.attempt)

    def resolve(self, node: Any, path: str) -> Any:
        """Draws every recipe in a compiled tree; what holds none is returned as it is."""
        if isinstance(node, Recipe):
            value = node.draw(self, path)
            self.draws[path] = value
            return value
        if isinstance(node, dict):
            return {key: self.resolve(part, f"{path}.{key}") for key, part in node.items()}
        if isinstance(node, list | tuple):
            return [self.resolve(part, f"{path}[{number}]") for number, part in enumerate(node)]
        return node

    def within(self, names: dict[str, Any]) -> Draw:
        """The same draw with more names in scope."""
        return Draw(self.seed, self.index, self.attempt, {**self.scope, **names}, self.draws)


class Recipe(ABC):
    """Something that draws a value."""

    @abstractmethod
    def draw(self, draw: Draw, path: str) -> Any:
        """Draws the value (JSON types)."""


@dataclass(frozen=True, eq=False)
class Formula(Recipe):
    """An expression."""

    expression: Expression

    def draw(self, draw: Draw, path: str) -> Any:
        """Evaluates it."""
        try:
            return self.expression(draw.scope)
        except ExpressionError as error:
            raise DrawError(path, str(error)) from None


@dataclass(frozen=True, eq=False)
class Random(Recipe):
    """A distribution.

    Attributes:
        tag: Its tag.
        params: What stands under the tag, in SI units; may hold recipes.
        fixed: The distribution, where no parameter is drawn.
        base: Folder of relative file names.
    """

    tag: str
    params: Any
    fixed: Distribution | None
    base: str

    def distribution(self, draw: Draw, path: str) -> Distribution:
        """The distribution with its parameters drawn."""
        if self.fixed is not None:
            return self.fixed
        try:
            return from_dict({self.tag: draw.resolve(self.params, f"{path}.{self.tag}")}, base=self.base)
        except DrawError:
            raise
        except SimengineError as error:
            raise DrawError(path, str(error)) from None

    def draw(self, draw: Draw, path: str) -> Any:
        """Draws from its stream."""
        return _plain(self.distribution(draw, path).sample(draw.stream(path)))


@dataclass(frozen=True, eq=False)
class Choice(Recipe):
    """One of several nodes, each compiled and drawn further.

    Attributes:
        numbers: Distribution over the numbers of the options.
        options: Compiled nodes.
        segment: How paths name the options' list: ``choose`` or ``choose.options``.
    """

    numbers: Random
    options: tuple[Any, ...]
    segment: str

    def pick(self, draw: Draw, path: str, *, u: float | None = None) -> tuple[Any, str]:
        """Chooses an option.

        Args:
            draw: The draw.
            path: Path of the choice.
            u: Where in (0, 1) to look, instead of the stream.

        Returns:
            The compiled option and its path.
        """
        distribution = self.numbers.distribution(draw, path)
        number = int(distribution.sample(draw.stream(path)) if u is None else distribution.ppf(u))
        return self.options[number], f"{path}.{self.segment}[{number}]"

    def draw(self, draw: Draw, path: str) -> Any:
        """Chooses an option and draws it."""
        return plain_value(draw.resolve(*self.pick(draw, path)))


@dataclass(frozen=True, eq=False)
class Variation(Recipe):
    """A nominal value times a random factor, per component.

    Attributes:
        nominal: Compiled node; drawn with the variation's own path, so that wrapping a recipe keeps its draw.
        vary: Largest deviation either way (the factor is uniform in 1 - vary .. 1 + vary), or a recipe of the factor.
        low: Values below are raised to it.
        high: Values above are lowered to it.
        leaf: Unit and range of the node.
        depth: How many variations are nested in `nominal`.
    """

    nominal: Any
    vary: float | Recipe
    low: float
    high: float
    leaf: Leaf
    depth: int

    def draw(self, draw: Draw, path: str) -> Any:
        """Draws nominal and variation."""
        nominal = self.nominal
        if isinstance(nominal, Recipe):
            nominal = nominal.draw(draw, path)
            if not isinstance(self.nominal, Variation):
                draw.draws[f"{path}.nominal"] = nominal
        elif isinstance(nominal, list | tuple):
            nominal = draw.resolve(nominal, path)
        key = f"{path}.vary[{self.depth}]" if self.depth else f"{path}.vary"
        try:
            nominal = self.leaf.quantities(nominal)
        except PydanticCustomError as error:
            raise DrawError(path, error.message()) from None
        parts = nominal if isinstance(nominal, list | tuple) else [nominal]
        if not all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts):
            raise DrawError(path, f"{nominal!r} is no number and can't vary.")
        factors = self._factors(draw, key, len(parts))
        draw.draws[key] = factors if isinstance(nominal, list | tuple) else factors[0]
        values = [self._bound(part * factor) for part, factor in zip(parts, factors, strict=True)]
        return values if isinstance(nominal, list | tuple) else values[0]

    def _factors(self, draw: Draw, key: str, count: int) -> list[float]:
        if isinstance(self.vary, float):
            return [1.0 + self.vary * (2.0 * u - 1.0) for u in draw.stream(key).random(count).tolist()]
        if isinstance(self.vary, Random):
            distribution, rng = self.vary.distribution(draw, key), draw.stream(key)
            factors = [distribution.sample(rng) for _ in range(count)]
        else:
            factors = [self.vary.draw(draw, f"{key}[{i}]" if count > 1 else key) for i in range(count)]
        for factor in factors:
            if isinstance(factor, bool) or not isinstance(factor, int | float | np.number):
                raise DrawError(key, f"{_short(factor)} is no factor: give a number near 1.")
        return [float(factor) for factor in factors]

    def _bound(self, value: float) -> float:
        value = min(max(value, self.low), self.high)
        return round(value) if self.leaf.whole else value


def is_recipe(value: Any) -> bool:
    """Whether a value as written is a recipe."""
    if isinstance(value, str):
        return value.lstrip().startswith("=")
    if isinstance(value, dict):
        return (len(value) == 1 and next(iter(value)) in DISTRIBUTIONS) or "nominal" in value or "vary" in value
    return isinstance(value, Recipe)


def holds_recipe(value: Any) -> bool:
    """Whether a compiled tree holds a recipe."""
    if isinstance(value, dict):
        return any(holds_recipe(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(holds_recipe(part) for part in value)
    return isinstance(value, Recipe)


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
        sample = _plain(distribution.sample(stream(0, 0, "trial")))
    except SimengineError as error:
        raise _problem(str(error)) from None
    try:
        check(sample)
    except PydanticCustomError as error:
        raise _problem(f"gives values like {_short(sample)}: {error.message()}") from None
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"].rstrip(".")
        hint = " Use integer or poisson." if "int_" in error.errors(include_url=False)[0]["type"] else ""
        reason = reason.replace("Input should be", "it must be")
        raise _problem(f"gives values like {_short(sample)}; {reason}.{hint}") from None


def relocate(
    error: ValidationError | PydanticCustomError, loc: tuple[str | int, ...], value: Any
) -> list[InitErrorDetails]:
    """An inner error's lines with a location put in front."""
    if isinstance(error, PydanticCustomError):
        return [InitErrorDetails(type=error, loc=loc, input=value)]
    return [
        InitErrorDetails(type=custom_error(line["type"], line["msg"]), loc=(*loc, *line["loc"]), input=line["input"])
        for line in error.errors(include_url=False)
    ]


def custom_error(kind: str, message: str) -> PydanticCustomError:
    """An error with a message in which braces mean nothing."""
    return PydanticCustomError(kind, "{message}", {"message": message})


def _problem(message: str, *where: Any) -> Any:
    """An error at the recipe, or at one of its keys (``key, value``)."""
    error = custom_error("recipe", message)
    if not where:
        return error
    key, value = where
    return ValidationError.from_exception_data("recipe", [InitErrorDetails(type=error, loc=(key,), input=value)])


def plain_value(value: Any) -> Any:
    """A drawn value in JSON types: constant parts that were compiled become mappings again."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, dict):
        return {key: plain_value(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(part) for part in value]
    return value


def _plain(value: Any) -> Any:
    """NumPy values as JSON types."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
