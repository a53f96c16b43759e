"""A density drawn by hand: straight lines between points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simengine.sampling.distribution import DistributionError, register
from simengine.sampling.params import ListOf, Vector, param
from simengine.sampling.scalar import Array, ScalarDistribution, observations

__all__ = ["Curve"]


@register
@dataclass(frozen=True, eq=False, repr=False)
class Curve(ScalarDistribution):
    """A density with corners at the given points: ``{curve: [[0, 0], [1, 3], [4, 0]]}``.

    Only ratios of the y values matter: the area is scaled to 1.
    """

    tag = "curve"
    summary = "A density drawn as straight lines between points [x, y]."
    whole = "points"

    points: Sequence[Sequence[float]] = param(
        ListOf(Vector(2)), "Corners [x, y] of the density, x ascending, y from 0, of any scale."
    )

    def _check(self) -> None:
        x, y = self._corners
        if len(x) < 2:
            raise self.error("one point draws no curve. Give at least two.")
        if np.any(np.diff(x) <= 0):
            place = int(np.argmax(np.diff(x) <= 0))
            raise self.error(f"x goes from {x[place]:g} to {x[place + 1]:g}. Sort the points by ascending x.")
        if np.any(y < 0):
            raise self.error(f"y = {y.min():g} is below 0. A density can't be negative.")
        if not y.max() > 0:
            raise self.error("every y is 0. Make at least one larger.")

    @cached_property
    def _corners(self) -> tuple[Array, Array]:
        x, y = np.asarray(self.points).T
        return x, y

    @cached_property
    def _table(self) -> tuple[Array, Array, Array]:
        """Corners x (n,), normalised density y (n,) and cumulative probability (n,)."""
        x, y = self._corners
        y = y / y.max()
        areas = np.diff(x) * (y[1:] + y[:-1]) / 2
        total = areas.sum()
        cumulative = np.append(0.0, np.cumsum(areas)) / total
        cumulative[-1] = 1.0
        return x, y / total, cumulative

    def support(self) -> tuple[float, float]:
        """From the first x to the last between which the density is above 0."""
        x, y, _ = self._table
        inside = np.flatnonzero(y > 0)
        return float(x[max(inside[0] - 1, 0)]), float(x[min(inside[-1] + 1, len(x) - 1)])

    def _ppf(self, u: Array) -> Array:
        x, y, cumulative = self._table
        place = np.clip(np.searchsorted(cumulative, u, side="left") - 1, 0, len(x) - 2)
        width, left, right = np.diff(x)[place], y[place], y[place + 1]
        area = np.maximum(u - cumulative[place], 0)
        slope = (right - left) / width
        root = np.sqrt(np.maximum(left * left + 2 * slope * area, 0))
        with np.errstate(divide="ignore", invalid="ignore"):  # 2a / (l + sqrt(l^2 + 2sa)) has no cancellation
            step = np.where(area > 0, 2 * area / (left + root), 0.0)
        return np.clip(x[place] + np.clip(step, 0, width), *self.support())

    def _cdf(self, v: Array) -> Array:
        x, y, cumulative = self._table
        v = np.clip(v, x[0], x[-1])
        place = np.clip(np.searchsorted(x, v, side="right") - 1, 0, len(x) - 2)
        step = v - x[place]
        slope = (np.diff(y) / np.diff(x))[place]
        return np.minimum(cumulative[place] + step * (y[place] + 0.5 * slope * step), 1.0)

    def _log_prob(self, v: Array) -> Array:
        x, y, _ = self._table
        return np.log(np.interp(v, x, y))

    @classmethod
    def fit(cls, data: Any, *, count: int | None = None, steps: int = 500) -> Curve:
        """Maximum likelihood over evenly spaced corners from the smallest to the largest observation.

        The density is a mixture of hat functions, whose weights expectation maximization finds.

        Args:
            data: Observations, shape ``(n,)``.
            count: Number of corners; the cube root of n, at least 4 and at most 64, if absent.
            steps: Most iterations.
        """
        values = observations(cls.tag, data)
        low, high = float(values.min()), float(values.max())
        if low == high:
            raise DistributionError("curve: every observation is the same. Write the plain value instead.")
        if count is None:
            count = int(min(max(math.ceil(len(values) ** (1 / 3)), 4), 64))
        if count < 2:
            raise DistributionError(f"curve: can't fit {count} corners. Give at least 2.")
        x = np.linspace(low, high, count)
        place = (values - low) / (high - low) * (count - 1)
        left = np.minimum(place.astype(int), count - 2)
        share = place - left
        mass = np.full(count, x[1] - x[0])
        mass[[0, -1]] /= 2  # half a hat at either end
        weights: Array = mass / mass.sum()
        for _ in range(steps):
            y = weights / mass
            one, other = (1 - share) * y[left], share * y[left + 1]
            total = np.maximum(one + other, 1e-300)
            updated: Array = np.bincount(left, one / total, count) + np.bincount(left + 1, other / total, count)
            updated = updated / len(values)
            done = np.abs(updated - weights).max() < 1e-10
            weights = updated
            if done:
                break
        y = weights / mass
        return cls(np.column_stack([x, y / y.max()]).tolist())
