"""A choice among values of any kind."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simengine.sampling.distribution import Distribution, DistributionError, Size, register
from simengine.sampling.params import Anything, ListOf, Number, OrNone, param
from simengine.sampling.scalar import item
from simengine.sampling.streams import uniforms

__all__ = ["Choose", "check_weights", "pick"]


@register
@dataclass(frozen=True, eq=False, repr=False)
class Choose(Distribution):
    """One of several options: ``{choose: [a, b]}`` or ``{choose: {options: [a, b], weights: [3, 1]}}``.

    An option may be any JSON value, a whole subtree too; draws are copies of it, as written.
    """

    tag = "choose"
    summary = "One of several options (numbers, words, whole subtrees), equally likely or by weight."
    whole = "options"
    undrawn = ("options",)

    options: Sequence[Any] = param(ListOf(Anything()), "What to choose from, at least one.")
    weights: Sequence[float] | None = param(
        OrNone(ListOf(Number(low=0))), "One weight per option, of any sum; equal if absent.", default=None, unit=""
    )

    def _check(self) -> None:
        check_weights(self, len(self.options))
        try:
            self._keys  # noqa: B018 (computes and caches them)
        except (TypeError, ValueError) as error:
            raise self.error(f"an option is no JSON value ({error}). Use numbers, texts, lists and mappings.") from None

    @property
    def discrete(self) -> bool:
        """True: `log_prob` is the logarithm of a probability."""
        return True

    @cached_property
    def _keys(self) -> list[str]:
        return [_key(option) for option in self.options]

    @property
    def probabilities(self) -> np.ndarray:
        """Probability of each option, shape (n,)."""
        return np.diff(_edges(self.weights, len(self.options)), prepend=0.0)

    def sample(self, rng: np.random.Generator, size: Size = None) -> Any:
        """Draws a copy of one option, or an array of options (of objects unless all are numbers)."""
        return self.ppf(uniforms(rng, size))

    def ppf(self, u: Any) -> Any:
        """The options laid along [0, 1] in their order, each as wide as its probability."""
        places = pick(u, self.weights, len(self.options))
        if np.ndim(u) == 0:
            return copy.deepcopy(self.options[int(places)])
        if all(_is_number(option) for option in self.options):
            return np.asarray(self.options)[places]
        result = np.empty(np.shape(u), dtype=object)
        for place, chosen in np.ndenumerate(places):
            result[place] = copy.deepcopy(self.options[chosen])
        return result

    def log_prob(self, x: Any) -> Any:
        """Logarithm of the probability of one option, or of each number of an array."""
        if isinstance(x, np.ndarray) and x.ndim:
            return np.array([self.log_prob(part) for part in x.ravel().tolist()]).reshape(x.shape)
        key = _key(x.item() if isinstance(x, np.ndarray | np.generic) else x)
        total = sum(p for own, p in zip(self._keys, self.probabilities, strict=True) if own == key)
        return math.log(total) if total > 0 else -math.inf

    def support(self) -> tuple[Any, Any]:
        """Smallest and largest option (componentwise for lists of one length); only if all are numbers."""
        try:
            values = np.asarray(self.options)
        except ValueError:
            values = np.empty(0, dtype=object)
        if values.dtype.kind not in "if":
            raise self.error("its options are not all numbers, so it has no bounds. Look at each option instead.")
        return item(values.min(axis=0)), item(values.max(axis=0))

    @classmethod
    def fit(cls, data: Any) -> Choose:
        """Frequencies of the values that occur, in order of their first appearance."""
        values = data.tolist() if isinstance(data, np.ndarray) else list(data)
        if not values:
            raise DistributionError("choose: there are no observations to fit. Give at least one.")
        options: dict[str, Any] = {}
        counts: dict[str, int] = {}
        for value in values:
            key = _key(value)
            options.setdefault(key, value)
            counts[key] = counts.get(key, 0) + 1
        return cls(list(options.values()), list(counts.values()))


def check_weights(owner: Any, count: int) -> None:
    """Raises the owner's error unless its weights, if any, fit the number of things they weigh."""
    weights = owner.weights
    if weights is None:
        return
    if len(weights) != count:
        raise owner.error(f"there are {len(weights)} weights for {count}. Give one each, or leave the weights out.")
    if not sum(weights) > 0:
        raise owner.error("all weights are 0. Make at least one larger.")


def pick(u: Any, weights: Sequence[float] | np.ndarray | None, count: int) -> np.ndarray:
    """Index of the option that lies at ``u`` when options are laid along [0, 1] by weight.

    Args:
        u: Probabilities in (0, 1), any shape.
        weights: One per option, or ``None`` for equal ones.
        count: Number of options.

    Returns:
        int, shape of ``u``.
    """
    return np.minimum(np.searchsorted(_edges(weights, count), u, side="right"), count - 1)


def _edges(weights: Sequence[float] | np.ndarray | None, count: int) -> np.ndarray:
    values = np.asarray(weights if weights is not None else [1.0] * count)
    edges = np.cumsum(values / values.max())
    return edges / edges[-1]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _key(value: Any) -> str:
    """Canonical text: 1 and 1.0 are one option; 1, true and "1" are three."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, allow_nan=False)
