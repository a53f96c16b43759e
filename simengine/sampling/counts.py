"""Distributions over whole numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simengine.sampling.distribution import DistributionError, register
from simengine.sampling.params import Integer as WholeNumber
from simengine.sampling.params import Number, OrNone, param
from simengine.sampling.scalar import Array, ScalarDistribution, item, observations

__all__ = ["CountDistribution", "Integer", "Poisson"]


class CountDistribution(ScalarDistribution):
    """A scalar distribution whose draws are ints."""

    @property
    def discrete(self) -> bool:
        """True: `log_prob` is the logarithm of a probability."""
        return True

    def ppf(self, u: Any) -> Any:
        """Smallest whole number whose cumulative probability reaches ``u``; an int or an int64 array."""
        return item(np.asarray(super().ppf(u)).astype(np.int64))

    def log_prob(self, x: Any) -> Any:
        """Logarithm of the probability of ``x``; ``-inf`` for what is not whole."""
        x = np.asarray(x, dtype=float)
        return item(np.where(x == np.floor(x), super().log_prob(x), -np.inf))


@register
@dataclass(frozen=True, eq=False, repr=False)
class Integer(CountDistribution):
    """Every whole number of a range equally likely, both ends included: ``{integer: [1, 20]}``."""

    tag = "integer"
    summary = "Every whole number from low to high, both included, equally likely."
    positional = ("low", "high")

    low: int = param(WholeNumber(), "Smallest value.")
    high: int = param(WholeNumber(), "Largest value, included.")

    def _check(self) -> None:
        if self.low > self.high:
            raise self.error(f"low {self.low} is above high {self.high}. Swap them.")

    def support(self) -> tuple[int, int]:
        """The smallest and the largest value."""
        return self.low, self.high

    def _ppf(self, u: Array) -> Array:
        return np.clip(self.low + np.ceil(u * (self.high - self.low + 1)) - 1, self.low, self.high)

    def _cdf(self, x: Array) -> Array:
        return np.clip((np.floor(x) - self.low + 1) / (self.high - self.low + 1), 0, 1)

    def _log_prob(self, x: Array) -> Array:
        return np.full(x.shape, -math.log(self.high - self.low + 1))

    @classmethod
    def fit(cls, data: Any) -> Integer:
        """The smallest range that holds the data (maximum likelihood)."""
        values = _whole(cls.tag, data)
        return cls(int(values.min()), int(values.max()))


@register
@dataclass(frozen=True, eq=False, repr=False)
class Poisson(CountDistribution):
    """Counts of independent events: ``{poisson: 3}`` or ``{poisson: {mean: 3, low: 1, high: 10}}``."""

    tag = "poisson"
    summary = "Number of independent events of a given mean, cut off at low and high if they are given."
    whole = "mean"

    mean: float = param(Number(above=0, high=1e6), "Mean before truncation, above 0.")
    low: int = param(WholeNumber(low=0), "Smallest value.", default=0)
    high: int | None = param(OrNone(WholeNumber(low=0)), "Largest value, included; unbounded if absent.", default=None)

    def _check(self) -> None:
        if self.high is not None and self.low > self.high:
            raise self.error(f"low {self.low} is above high {self.high}. Swap them.")
        if not self._mass > 1e-12:
            raise self.error(
                f"[{self.low}, {self.high}] holds almost nothing of a Poisson distribution of mean {self.mean:g}. "
                "Move the bounds or the mean."
            )

    def support(self) -> tuple[float, float]:
        """The bounds; the upper one may be infinite."""
        return self.low, math.inf if self.high is None else self.high

    @cached_property
    def _below(self) -> float:
        return float(self._full_cdf(np.array(self.low - 1.0)))

    @cached_property
    def _mass(self) -> float:
        return (1.0 if self.high is None else float(self._full_cdf(np.array(float(self.high))))) - self._below

    def _full_cdf(self, x: Array) -> Array:
        from scipy.special import pdtr

        return np.where(x < 0, 0.0, pdtr(np.maximum(x, 0), self.mean))

    def _ppf(self, u: Array) -> Array:
        from scipy.special import pdtrik

        p = np.minimum(self._below + u * self._mass, 1 - 2.0**-53)
        k = np.maximum(np.ceil(np.nan_to_num(pdtrik(p, self.mean))), 0)
        k = np.where(self._full_cdf(k - 1) >= p, k - 1, k)  # the inverse of a continued function may be off by one
        k = np.where(self._full_cdf(k) < p, k + 1, k)
        return np.clip(k, *self.support())

    def _cdf(self, x: Array) -> Array:
        low, high = self.support()
        inside = (self._full_cdf(np.floor(np.minimum(x, high))) - self._below) / self._mass
        return np.where(x < low, 0.0, np.where(x >= high, 1.0, np.clip(inside, 0, 1)))

    def _log_prob(self, x: Array) -> Array:
        from scipy.special import gammaln

        return x * math.log(self.mean) - self.mean - gammaln(x + 1) - math.log(self._mass)

    @classmethod
    def fit(cls, data: Any) -> Poisson:
        """Maximum likelihood of the untruncated distribution: the mean of the data."""
        values = _whole(cls.tag, data)
        if values.min() < 0 or values.mean() == 0:
            raise DistributionError("poisson: the data to fit must be counts from 0, not all of them 0.")
        return cls(float(values.mean()))


def _whole(tag: str, data: Any) -> Array:
    values = observations(tag, data, minimum=1)
    if np.any(values != np.floor(values)):
        raise DistributionError(f"{tag}: some of the data to fit are not whole numbers. Round them, or fit a normal.")
    return values
