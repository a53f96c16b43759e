"""Mixtures of scalar distributions, and the Gaussian mixture fitted to data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.sampling.choose import check_weights, pick
from simengine.sampling.distribution import DistributionError, Size, from_dict, register
from simengine.sampling.normal import Normal
from simengine.sampling.params import Kind, ListOf, Number, OrNone, param
from simengine.sampling.scalar import Array, ScalarDistribution, invert_cdf, item, observations
from simengine.sampling.streams import uniforms

__all__ = ["Mixture", "fit_gaussian_mixture"]


class _Component(Kind):
    """A scalar distribution, as an object or as ``{tag: params}``."""

    def read(self, value: Any) -> ScalarDistribution:
        """Returns the distribution."""
        try:
            value = from_dict(value) if isinstance(value, dict) else value
        except DistributionError as error:
            raise ValueError(f"holds an invalid component ({error})") from None
        if not isinstance(value, ScalarDistribution):
            raise ValueError("holds something else than distributions over numbers, e.g. {normal: [0, 1]}")
        return value

    def schema(self) -> dict[str, Any]:
        """A mapping with one key."""
        return {"type": "object", "minProperties": 1, "maxProperties": 1}


@register
@dataclass(frozen=True, eq=False, repr=False)
class Mixture(ScalarDistribution):
    """One of several scalar distributions each time: ``{mixture: [{normal: [0, 1]}, {uniform: [2, 3]}]}``."""

    tag = "mixture"
    summary = "One of several distributions over numbers each time, equally often or by weight."
    whole = "components"
    undrawn = ("components",)

    components: Sequence[ScalarDistribution] = param(ListOf(_Component()), "Distributions over numbers.")
    weights: Sequence[float] | None = param(
        OrNone(ListOf(Number(low=0))), "One weight per component, of any sum; equal if absent.", default=None, unit=""
    )

    def _check(self) -> None:
        check_weights(self, len(self.components))
        if len({component.discrete for component in self.components}) > 1:
            raise self.error(
                "some components are over whole numbers, some over all numbers, so there is no common density. "
                "Write {choose: {options: [...], weights: [...]}} with distributions as options."
            )

    @property
    def discrete(self) -> bool:
        """Whether the components are."""
        return self.components[0].discrete

    @property
    def probabilities(self) -> Array:
        """Probability of each component, shape (k,)."""
        weights = np.asarray(self.weights if self.weights is not None else [1.0] * len(self.components))
        return weights / weights.sum()

    def sample(self, rng: np.random.Generator, size: Size = None) -> Any:
        """Draws one Python number, or an array of shape ``size``: first the component, then from it."""
        chosen = pick(uniforms(rng, size), self.weights, len(self.components))
        u = np.asarray(uniforms(rng, size))
        result = np.zeros(np.shape(u), dtype=np.int64 if self.discrete else float)
        for place, component in enumerate(self.components):
            mask = chosen == place
            if np.any(mask):
                result[mask] = component.ppf(u[mask])
        return item(result)

    def ppf(self, u: Any) -> Any:
        """Inverse of the cumulative distribution, any shape."""
        result = super().ppf(u)
        return item(np.rint(result).astype(np.int64)) if self.discrete else result

    def support(self) -> tuple[float, float]:
        """From the lowest of the components' bounds to the highest."""
        bounds = [component.support() for component in self.components]
        return min(low for low, _ in bounds), max(high for _, high in bounds)

    def _ppf(self, u: Array) -> Array:
        used = [c for c, p in zip(self.components, self.probabilities, strict=True) if p > 0]
        quantiles = np.stack([np.asarray(component.ppf(u), dtype=float) for component in used])
        low, high = quantiles.min(axis=0), quantiles.max(axis=0)  # a mixture's quantile lies between theirs
        return invert_cdf(self._cdf, u, low - 1 if self.discrete else low, high)

    def _cdf(self, x: Array) -> Array:
        parts = [p * np.asarray(c.cdf(x)) for c, p in zip(self.components, self.probabilities, strict=True)]
        return np.sum(parts, axis=0)

    def _log_prob(self, x: Array) -> Array:
        from scipy.special import logsumexp

        logs = np.stack([np.asarray(component.log_prob(x)) for component in self.components])
        weights = self.probabilities.reshape((-1,) + (1,) * x.ndim)
        return logsumexp(logs, b=weights, axis=0)

    @classmethod
    def fit(cls, data: Any, *, count: int | None = None, max_count: int = 6) -> Mixture:
        """Fits a Gaussian mixture by expectation maximization.

        Args:
            data: Observations, shape ``(n,)``.
            count: Number of components; chosen by the Bayesian information criterion if absent.
            max_count: Most components that are tried.

        Returns:
            A mixture of normals in ascending order of their means.

        Raises:
            DistributionError: Too few observations, or all of them equal.
        """
        values = observations(cls.tag, data)
        if values.std() == 0:
            raise DistributionError("mixture: every observation is the same. Write the plain value instead.")
        if count is not None and not 1 <= count <= len(values):
            raise DistributionError(f"mixture: can't fit {count} components to {len(values)} observations.")
        counts = [count] if count is not None else range(1, min(max_count, len(values) // 2) + 1)
        best, best_score, best_count = None, math.inf, 0
        for k in counts:
            fitted = fit_gaussian_mixture(values, k)
            score = (3 * k - 1) * math.log(len(values)) - 2 * fitted[3]  # Schwarz, Ann. Statist. 6 (1978)
            if score < best_score:
                best, best_score, best_count = fitted, score, k
            elif k > best_count + 1:  # worse twice running
                break
        assert best is not None
        weights, means, sds, _ = best
        return cls([Normal(mean, sd) for mean, sd in zip(means, sds, strict=True)], weights.tolist())


def fit_gaussian_mixture(values: Array, count: int, *, steps: int = 500) -> tuple[Array, Array, Array, float]:
    """Expectation maximization for a one-dimensional Gaussian mixture (Dempster, Laird & Rubin 1977).

    Deterministic: it starts once from quantiles of the data and once from an even grid over
    them, and keeps the likelier end. A component never gets narrower than a thousandth of the
    data's spread, where the likelihood would be unbounded.

    Args:
        values: Observations, shape (n,), not all equal.
        count: Number of components k.
        steps: Most iterations.

    Returns:
        Weights, means in ascending order and standard deviations, each of shape (k,), and the log-likelihood.
    """
    center, spread = values.mean(), values.std()
    z = (values - center) / spread
    quantiles = np.quantile(z, (np.arange(count) + 0.5) / count)
    grid = np.linspace(np.quantile(z, 0.02), np.quantile(z, 0.98), 2 * count + 1)[1::2]
    weights, means, sds, likelihood = max((_expect_maximize(z, start, steps) for start in (quantiles, grid)), key=_last)
    order = np.argsort(means, kind="stable")
    total = likelihood - len(values) * math.log(spread)
    return weights[order], center + spread * means[order], spread * sds[order], total


def _expect_maximize(z: Array, means: Array, steps: int) -> tuple[Array, Array, Array, float]:
    count = len(means)
    weights, sds, before = np.full(count, 1 / count), np.full(count, 1 / count), -math.inf
    for _ in range(steps):
        logs = np.log(weights) - np.log(sds) - 0.5 * ((z[:, None] - means) / sds) ** 2 - 0.5 * math.log(2 * math.pi)
        peak = logs.max(axis=1, keepdims=True)
        joint = np.exp(logs - peak)
        share = joint / joint.sum(axis=1, keepdims=True)
        likelihood = float(np.sum(peak[:, 0] + np.log(joint.sum(axis=1))))
        if likelihood - before < 1e-8 * len(z):
            break
        before = likelihood
        mass = np.maximum(share.sum(axis=0), 1e-10)
        weights = mass / mass.sum()
        means = z @ share / mass
        sds = np.sqrt(np.maximum(np.sum(share * (z[:, None] - means) ** 2, axis=0) / mass, 1e-6))
    return weights, means, sds, likelihood


def _last(result: tuple) -> float:
    return result[-1]
