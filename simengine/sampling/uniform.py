"""Uniform distributions over an interval, of the value or of its logarithm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.sampling.distribution import DistributionError, register
from simengine.sampling.params import Number, param
from simengine.sampling.scalar import Array, ScalarDistribution, observations

__all__ = ["LogUniform", "Uniform"]


@register
@dataclass(frozen=True, eq=False, repr=False)
class Uniform(ScalarDistribution):
    """Every value of an interval equally likely: ``{uniform: [0, 1]}``."""

    tag = "uniform"
    summary = "Every value of [low, high] equally likely."
    positional = ("low", "high")

    low: float = param(Number(), "Smallest value.")
    high: float = param(Number(), "Largest value.")

    def _check(self) -> None:
        if not self.low < self.high:
            raise self.error(f"low {self.low:g} is not below high {self.high:g}. Swap them, or write the plain value.")

    def support(self) -> tuple[float, float]:
        """The interval."""
        return self.low, self.high

    def _ppf(self, u: Array) -> Array:
        return np.minimum(np.maximum(self.low * (1 - u) + self.high * u, self.low), self.high)

    def _cdf(self, x: Array) -> Array:
        return np.clip((x - self.low) / (self.high - self.low), 0, 1)

    def _log_prob(self, x: Array) -> Array:
        return np.full(x.shape, -math.log(self.high - self.low))

    @classmethod
    def fit(cls, data: Any) -> Uniform:
        """The smallest interval that holds the data (maximum likelihood)."""
        values = observations(cls.tag, data)
        return cls(values.min(), values.max())


@register
@dataclass(frozen=True, eq=False, repr=False)
class LogUniform(ScalarDistribution):
    """Every order of magnitude equally likely: ``{loguniform: [0.01, 100]}``."""

    tag = "loguniform"
    summary = "Every order of magnitude of [low, high] equally likely; for scales such as brightness."
    positional = ("low", "high")

    low: float = param(Number(above=0), "Smallest value, above 0.")
    high: float = param(Number(above=0), "Largest value.")

    def _check(self) -> None:
        if not self.low < self.high:
            raise self.error(f"low {self.low:g} is not below high {self.high:g}. Swap them, or write the plain value.")

    def support(self) -> tuple[float, float]:
        """The interval."""
        return self.low, self.high

    def _ppf(self, u: Array) -> Array:
        return np.minimum(np.maximum(self.low * np.exp(u * math.log(self.high / self.low)), self.low), self.high)

    def _cdf(self, x: Array) -> Array:
        return np.log(np.clip(x, self.low, self.high) / self.low) / math.log(self.high / self.low)

    def _log_prob(self, x: Array) -> Array:
        return -np.log(x) - math.log(math.log(self.high / self.low))

    @classmethod
    def fit(cls, data: Any) -> LogUniform:
        """The smallest interval that holds the data (maximum likelihood)."""
        values = observations(cls.tag, data)
        if values.min() <= 0:
            raise DistributionError(
                f"loguniform: {values.min():g} is among the data to fit. Remove what is not above 0."
            )
        return cls(values.min(), values.max())
