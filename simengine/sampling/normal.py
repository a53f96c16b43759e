"""The normal distribution, truncated or not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simengine.sampling.distribution import DistributionError, register
from simengine.sampling.params import Number, OrNone, param
from simengine.sampling.scalar import Array, ScalarDistribution, observations

__all__ = ["Normal", "normal_log_mass", "truncated_normal_ppf"]

_LEAST_LOG_MASS = -460.0  # 1e-200


@register
@dataclass(frozen=True, eq=False, repr=False)
class Normal(ScalarDistribution):
    """The bell curve: ``{normal: [0, 1]}`` or ``{normal: {mean: 0, sd: 1, low: -2, high: 2}}``."""

    tag = "normal"
    summary = "The bell curve, cut off at low and high if they are given."
    positional = ("mean", "sd")

    mean: float = param(Number(), "Mean before truncation.")
    sd: float = param(Number(above=0), "Standard deviation before truncation, above 0.")
    low: float | None = param(OrNone(Number()), "Smallest value; unbounded if absent.", default=None)
    high: float | None = param(OrNone(Number()), "Largest value; unbounded if absent.", default=None)

    def _check(self) -> None:
        low, high = self.support()
        if not low < high:
            raise self.error(f"low {low:g} is not below high {high:g}. Swap them, or write the plain value.")
        if not self._log_mass > _LEAST_LOG_MASS:
            raise self.error(
                f"[{low:g}, {high:g}] lies over 30 standard deviations from mean {self.mean:g}, sd {self.sd:g}. "
                "Move the bounds or the mean."
            )

    def support(self) -> tuple[float, float]:
        """The bounds, infinite where there is none."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    @cached_property
    def _bounds(self) -> tuple[Array, Array]:
        low, high = self.support()
        return np.asarray((low - self.mean) / self.sd), np.asarray((high - self.mean) / self.sd)

    @cached_property
    def _log_mass(self) -> float:
        return float(normal_log_mass(*self._bounds))

    def _ppf(self, u: Array) -> Array:
        return np.clip(self.mean + self.sd * truncated_normal_ppf(u, *self._bounds), *self.support())

    def _cdf(self, x: Array) -> Array:
        a, b = self._bounds
        z = np.clip((x - self.mean) / self.sd, a, b)
        return np.exp(np.minimum(normal_log_mass(np.broadcast_to(a, z.shape), z) - self._log_mass, 0))

    def _log_prob(self, x: Array) -> Array:
        z = (x - self.mean) / self.sd
        return -0.5 * z * z - 0.5 * math.log(2 * math.pi) - math.log(self.sd) - self._log_mass

    @classmethod
    def fit(cls, data: Any, *, low: float | None = None, high: float | None = None) -> Normal:
        """Maximum likelihood; with known bounds, of the truncated normal."""
        values = observations(cls.tag, data)
        mean, sd = float(values.mean()), float(values.std())
        if sd == 0:
            raise DistributionError(f"normal: every observation is {mean:g}. Write the plain value instead.")
        if low is None and high is None:
            return cls(mean, sd)
        if (low is not None and values.min() < low) or (high is not None and values.max() > high):
            raise DistributionError(
                "normal: some observations lie outside [low, high]. Remove them, or widen the bounds."
            )
        from scipy.optimize import minimize

        def cost(guess: Array) -> float:  # in standardised units; a tiny pull keeps a flat likelihood from drifting off
            try:
                candidate = cls(mean + sd * guess[0], sd * math.exp(min(guess[1], 5.0)), low, high)
            except DistributionError:
                return math.inf
            return -float(np.mean(candidate.log_prob(values))) + 1e-6 * float(guess @ guess)

        best = minimize(
            cost, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10, "maxiter": 2000}
        )
        return cls(mean + sd * best.x[0], sd * math.exp(min(best.x[1], 5.0)), low, high)


def normal_log_mass(a: Any, b: Any) -> Array:
    """Logarithm of the standard normal's probability of [a, b], exact in both tails."""
    from scipy.special import log_ndtr

    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    flip = a > -b  # the mirror image in the left tail has no cancellation
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    upper, lower = log_ndtr(b), log_ndtr(a)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(a < b, upper + np.log1p(-np.exp(np.minimum(lower - upper, 0))), -np.inf)


def truncated_normal_ppf(u: Array, a: Any, b: Any) -> Array:
    """Quantile of the standard normal truncated to [a, b], exact in both tails.

    Args:
        u: Probabilities, any shape.
        a: Lower bounds, may be ``-inf``; broadcasts with ``u``.
        b: Upper bounds, may be ``inf``.
    """
    from scipy.special import log_ndtr, ndtri, ndtri_exp

    if np.all(np.isneginf(a)) and np.all(np.isposinf(b)):
        return ndtri(np.broadcast_to(u, np.broadcast_shapes(np.shape(u), np.shape(a), np.shape(b))))
    u, a, b = np.broadcast_arrays(np.asarray(u, dtype=float), np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    flip = a > -b
    sign = np.where(flip, -1.0, 1.0)
    left, right, p = np.where(flip, -b, a), np.where(flip, -a, b), np.where(flip, 1 - u, u)
    with np.errstate(divide="ignore"):
        log_p = np.logaddexp(log_ndtr(left) + np.log1p(-p), log_ndtr(right) + np.log(p))
    return np.clip(sign * ndtri_exp(np.minimum(log_p, 0)), a, b)
