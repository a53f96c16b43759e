"""Scalar distributions: drawn by inverting the cumulative function, the same road for streams and plans."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from simengine.sampling.distribution import Distribution, DistributionError, Size
from simengine.sampling.streams import uniforms

__all__ = ["ScalarDistribution", "invert_cdf", "item", "observations"]

Array = np.ndarray


class ScalarDistribution(Distribution):
    """A distribution over numbers; a family gives its maths over arrays in the underscored methods.

    Every draw is ``ppf(u)`` of one uniform ``u``, whether ``u`` comes from a stream or a sampling plan.
    """

    def sample(self, rng: np.random.Generator, size: Size = None) -> Any:
        """Draws one Python number, or an array of shape ``size``."""
        return self.ppf(uniforms(rng, size))

    def ppf(self, u: Any) -> Any:
        """Inverse of the cumulative distribution at probabilities ``u`` in (0, 1), any shape."""
        u = np.asarray(u, dtype=float)
        inside = (u >= 0) & (u <= 1)
        if not (inside.all() if u.ndim else inside):  # nearly every draw is of one number
            raise self.error("a probability must lie in [0, 1].")
        return item(self._ppf(u))

    def cdf(self, x: Any) -> Any:
        """Probability of a value of at most ``x``, any shape."""
        return item(self._cdf(np.asarray(x, dtype=float)))

    def log_prob(self, x: Any) -> Any:
        """Natural logarithm of the density (of the probability if `discrete`) at ``x``, any shape."""
        x = np.asarray(x, dtype=float)
        low, high = self.support()
        inside = (x >= low) & (x <= high)
        with np.errstate(all="ignore"):  # outside the support the formula may say anything
            return item(np.where(inside, self._log_prob(x), -np.inf))

    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Smallest and largest value; infinite where there is no bound."""

    @abstractmethod
    def _ppf(self, u: Array) -> Array:
        """`ppf` over an array."""

    @abstractmethod
    def _cdf(self, x: Array) -> Array:
        """`cdf` over an array."""

    @abstractmethod
    def _log_prob(self, x: Array) -> Array:
        """`log_prob` over an array; only what it gives within the support counts."""


def item(value: Any) -> Any:
    """A Python scalar for an array without axes, else the array."""
    return np.asarray(value).item() if np.ndim(value) == 0 else np.asarray(value)


def observations(tag: str, data: Any, *, event_shape: tuple[int, ...] = (), minimum: int = 2) -> Array:
    """Checks observations that a distribution is fitted to.

    Args:
        tag: Tag of the distribution, for messages.
        data: Numbers, shape ``(n, *event_shape)``.
        event_shape: Shape of one observation.
        minimum: Fewest observations.

    Returns:
        float64, shape ``(n, *event_shape)``.

    Raises:
        DistributionError: No numbers, too few, of another shape, or not finite.
    """
    try:
        array = np.asarray(data, dtype=float)
    except (TypeError, ValueError):
        raise DistributionError(f"{tag}: the data to fit are no numbers. Give an array of numbers.") from None
    if array.ndim != 1 + len(event_shape) or array.shape[1:] != event_shape:
        wanted = ", ".join(["n", *map(str, event_shape)])
        raise DistributionError(f"{tag}: the data to fit have shape {array.shape}. Give an array of shape ({wanted}).")
    if len(array) < minimum:
        raise DistributionError(f"{tag}: {len(array)} observations are too few to fit. Give at least {minimum}.")
    bad = np.count_nonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))
    if bad:
        raise DistributionError(f"{tag}: {bad} of {len(array)} observations are not finite. Remove them.")
    return array


def invert_cdf(cdf: Any, u: Array, low: Array, high: Array, *, steps: int = 100) -> Array:
    """Smallest ``x`` in [low, high] with ``cdf(x) >= u``, by bisection down to neighbouring floats.

    Args:
        cdf: Non-decreasing function over arrays.
        u: Probabilities, any shape.
        low: Values with ``cdf(low) <= u``, same shape.
        high: Values with ``cdf(high) >= u``, same shape.
        steps: Most halvings.

    Returns:
        Values, shape of ``u``.
    """
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    for _ in range(steps):
        middle = low + (high - low) / 2
        if not np.any((middle > low) & (middle < high)):
            break
        reached = cdf(middle) >= u
        high = np.where(reached, middle, high)
        low = np.where(reached, low, middle)
    return high
