"""One value, always."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.sampling.distribution import Distribution, DistributionError, Size, register
from simengine.sampling.params import Anything, param

__all__ = ["Constant"]


@register
@dataclass(frozen=True, eq=False, repr=False)
class Constant(Distribution):
    """The same value each time: ``{constant: 3}``; any JSON value."""

    tag = "constant"
    summary = "One value, always."
    whole = "value"

    value: Any = param(Anything(), "The value.")  # noqa: RUF009

    @property
    def discrete(self) -> bool:
        """True: `log_prob` is the logarithm of a probability."""
        return True

    @classmethod
    def from_params(cls, params: Any, *, base: str = "") -> Constant:
        """Takes whatever stands under the tag as the value."""
        return cls(params)

    def to_dict(self) -> dict[str, Any]:
        """``{"constant": value}``."""
        return {self.tag: Distribution.to_dict(self)[self.tag]["value"]}

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """A JSON Schema that allows everything."""
        return {"description": cls.summary}

    def sample(self, rng: np.random.Generator, size: Size = None) -> Any:
        """Returns a copy of the value, or an array of them (of objects unless it is a number)."""
        return self.ppf(0.5 if size is None else np.full(size, 0.5))

    def ppf(self, u: Any) -> Any:
        """The value, for every probability."""
        if np.ndim(u) == 0:
            return copy.deepcopy(self.value)
        if isinstance(self.value, bool | int | float):
            return np.full(np.shape(u), self.value)
        result = np.empty(np.shape(u), dtype=object)
        for place in np.ndindex(result.shape):
            result[place] = copy.deepcopy(self.value)
        return result

    def log_prob(self, x: Any) -> float:
        """0 for the value, ``-inf`` for any other (one value at a time)."""
        return 0.0 if Constant(x) == self else -np.inf

    def support(self) -> tuple[Any, Any]:
        """The value, twice."""
        return self.value, self.value

    @classmethod
    def fit(cls, data: Any) -> Constant:
        """The common value of all observations."""
        values = list(data)
        if not values or any(Constant(value) != Constant(values[0]) for value in values):
            raise DistributionError("constant: the data to fit hold several values, or none. Fit choose instead.")
        return cls(values[0])
