"""Recipes: what draws a value instead of stating it.

Any node of a scene may be a recipe: a distribution (``{uniform: [0, 1]}``), an expression
(``= 2 * size``) or a nominal value with a relative variation (``{nominal: 0.2, vary: 10%}``); the
parameters of a recipe may hold recipes. Reading a scene compiles each into one of the classes here
(see `compile`). Drawing walks the compiled tree, and every recipe draws from the stream that its path
names, so that no recipe can move another's draw.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic_core import PydanticCustomError

from simengine.errors import SimengineError
from simengine.sampling.distribution import DISTRIBUTIONS, Distribution, from_dict
from simengine.sampling.streams import stream
from simengine.scene.expression import Expression, ExpressionError

if TYPE_CHECKING:
    from simengine.scene.leaf import Leaf

__all__ = [
    "Choice",
    "Draw",
    "DrawError",
    "Formula",
    "Random",
    "Recipe",
    "Variation",
    "holds_recipe",
    "is_recipe",
    "json_types",
    "plain_value",
    "short",
]


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
        return json_types(self.distribution(draw, path).sample(draw.stream(path)))


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
                raise DrawError(key, f"{short(factor)} is no factor: give a number near 1.")
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


def plain_value(value: Any) -> Any:
    """A drawn value in JSON types: constant parts that were compiled become mappings again."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, dict):
        return {key: plain_value(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(part) for part in value]
    return value


def json_types(value: Any) -> Any:
    """NumPy values as JSON types."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [json_types(part) for part in value]
    if isinstance(value, dict):
        return {key: json_types(part) for key, part in value.items()}
    return value


def short(value: Any) -> str:
    """A value in at most 60 characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
