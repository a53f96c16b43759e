"""The beta distribution, scaled to an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.sampling.distribution import DistributionError, register
from simengine.sampling.params import Number, param
from simengine.sampling.scalar import Array, ScalarDistribution, observations

__all__ = ["Beta"]


@register
@dataclass(frozen=True, eq=False, repr=False)
class Beta(ScalarDistribution):
    """A bounded hump: ``{beta: [2, 5]}`` or ``{beta: {a: 2, b: 5, low: 0, high: 10}}``."""

    tag = "beta"
    summary = "A hump (or a bowl, for a and b below 1) over [low, high]."
    positional = ("a", "b")

    a: float = param(Number(1e-3, 1e6), "First shape parameter; larger moves the hump to high.", unit="")
    b: float = param(Number(1e-3, 1e6), "Second shape parameter; larger moves the hump to low.", unit="")
    low: float = param(Number(), "Smallest value.", default=0.0)
    high: float = param(Number(), "Largest value.", default=1.0)

    def _check(self) -> None:
        if not self.low < self.high:
            raise self.error(f"low {self.low:g} is not below high {self.high:g}. Swap them, or write the plain value.")

    def support(self) -> tuple[float, float]:
        """The interval."""
        return self.low, self.high

    def _ppf(self, u: Array) -> Array:
        from scipy.special import betaincinv

        return np.clip(self.low + (self.high - self.low) * betaincinv(self.a, self.b, u), self.low, self.high)

    def _cdf(self, x: Array) -> Array:
        from scipy.special import betainc

        return betainc(self.a, self.b, np.clip((x - self.low) / (self.high - self.low), 0, 1))

    def _log_prob(self, x: Array) -> Array:
        from scipy.special import betaln, xlog1py, xlogy

        width = self.high - self.low
        z = (x - self.low) / width
        return xlogy(self.a - 1, z) + xlog1py(self.b - 1, -z) - betaln(self.a, self.b) - math.log(width)

    @classmethod
    def fit(cls, data: Any, *, low: float = 0.0, high: float = 1.0) -> Beta:
        """Maximum likelihood of the shape, for known bounds."""
        from scipy.optimize import minimize
        from scipy.special import betaln

        values = (observations(cls.tag, data) - low) / (high - low)
        if values.min() < 0 or values.max() > 1:
            raise DistributionError(f"beta: some observations lie outside [{low:g}, {high:g}]. Give other bounds.")
        mean, variance = float(values.mean()), float(values.var())
        if variance == 0:
            raise DistributionError("beta: every observation is the same. Write the plain value instead.")
        inner = np.clip(values, 1e-12, 1 - 1e-12)
        logs = float(np.log(inner).mean()), float(np.log1p(-inner).mean())
        total = max(mean * (1 - mean) / variance - 1, 0.1)  # the method of moments starts the search
        start = np.log([max(mean * total, 0.01), max((1 - mean) * total, 0.01)])

        def cost(guess: Array) -> float:
            a, b = np.exp(np.minimum(guess, 30.0))
            return float(betaln(a, b) - (a - 1) * logs[0] - (b - 1) * logs[1])

        best = minimize(cost, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 2000})
        a, b = np.clip(np.exp(np.minimum(best.x, 30.0)), 1e-3, 1e6)
        return cls(a, b, low, high)
