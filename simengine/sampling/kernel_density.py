"""A smooth density through measured values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from simengine.sampling.choose import pick
from simengine.sampling.distribution import DistributionError, Size, register
from simengine.sampling.normal import normal_log_mass, truncated_normal_ppf
from simengine.sampling.params import Integer, Kind, ListOf, Number, OrNone, Text, param
from simengine.sampling.scalar import Array, ScalarDistribution, invert_cdf, item, observations
from simengine.sampling.streams import uniforms
from simengine.sampling.table import read_column

__all__ = ["KernelDensity"]

_BLOCK = 2_000_000  # kernel evaluations held at once


class _Bandwidth(Kind):
    """``scott``, ``silverman`` or a standard deviation."""

    def read(self, value: Any) -> str | float:
        """Returns the word, or a float above 0."""
        if isinstance(value, str):
            if value not in ("scott", "silverman"):
                raise ValueError("is neither scott, silverman nor a number")
            return value
        return Number(above=0).read(value)

    def schema(self) -> dict[str, Any]:
        """A word or a positive number."""
        return {"anyOf": [{"enum": ["scott", "silverman"]}, Number(above=0).schema()]}


class _Column(Kind):
    """The name or the number of a column."""

    def read(self, value: Any) -> str | int:
        """Returns the name, or the number from 0."""
        return value if isinstance(value, str) and value else Integer(low=0).read(value)

    def schema(self) -> dict[str, Any]:
        """A text or an integer."""
        return {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}]}


@register
@dataclass(frozen=True, eq=False, repr=False)
class KernelDensity(ScalarDistribution):
    """Measured values, each smeared into a small bell: ``{kernel_density: {file: sizes.csv, column: mm}}``.

    The bandwidth is the standard deviation of the bells: Scott's rule (Multivariate Density
    Estimation, 1992), Silverman's (Density Estimation, 1986, eq. 3.28 with k = 1), or a number in
    the unit of the values. Bounds cut the density off and scale the rest to 1.
    """

    tag = "kernel_density"
    summary = "A smooth density through measured values, given as a list or in a file."
    whole = "values"

    values: Sequence[float] | None = param(
        OrNone(ListOf(Number())), "Measured values, at least two; or give a file.", default=None
    )
    file: str | None = param(
        OrNone(Text()), "A .csv, .txt or .npy file of values, relative to the scene.", default=None
    )
    column: str | int | None = param(
        OrNone(_Column()), "Name or number (from 0) of the file's column; may be absent if there is one.", default=None
    )
    bandwidth: str | float = param(
        _Bandwidth(), "Width of the bells: scott, silverman, or their standard deviation.", default="scott"
    )
    low: float | None = param(OrNone(Number()), "Smallest value; unbounded if absent.", default=None)
    high: float | None = param(OrNone(Number()), "Largest value; unbounded if absent.", default=None)
    base: str = field(default="", kw_only=True)

    def _check(self) -> None:
        if (self.values is None) == (self.file is None):
            raise self.error("give either values or a file.")
        if self.column is not None and self.file is None:
            raise self.error("a column needs a file.")
        low, high = self.support()
        if not low < high:
            raise self.error(f"low {low:g} is not below high {high:g}. Swap them.")
        if not self._total > 1e-12 * len(self._data):
            raise self.error(f"[{low:g}, {high:g}] holds almost nothing of the density. Widen the bounds.")

    @cached_property
    def _data(self) -> Array:
        if self.file is None:
            assert self.values is not None
            data = np.asarray(self.values, dtype=float)
        else:
            try:
                data = read_column(Path(self.base) / Path(self.file).expanduser(), self.column)
            except ValueError as error:
                raise self.error(f"{error}.") from None
        return np.sort(observations(self.tag, data))

    @cached_property
    def width(self) -> float:
        """Standard deviation of the bells, in the unit of the values."""
        if not isinstance(self.bandwidth, str):
            return float(self.bandwidth)
        count, spread = len(self._data), float(self._data.std(ddof=1))
        if spread == 0:
            raise self.error("all values are equal, so no rule gives a bandwidth. Give a number, or write the value.")
        return spread * (count if self.bandwidth == "scott" else count * 0.75) ** -0.2

    @cached_property
    def _masses(self) -> Array:
        """Part of each bell within the bounds, shape (n,)."""
        low, high = self.support()
        return np.exp(normal_log_mass((low - self._data) / self.width, (high - self._data) / self.width))

    @cached_property
    def _total(self) -> float:
        return float(self._masses.sum())

    def support(self) -> tuple[float, float]:
        """The bounds, infinite where there is none."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    def sample(self, rng: np.random.Generator, size: Size = None) -> Any:
        """Draws one Python number, or an array of shape ``size``: first a measured value, then from its bell."""
        low, high = self.support()
        chosen = self._data[pick(uniforms(rng, size), self._masses, len(self._data))]
        z = truncated_normal_ppf(uniforms(rng, size), (low - chosen) / self.width, (high - chosen) / self.width)
        return item(np.clip(chosen + self.width * z, low, high))

    def _ppf(self, u: Array) -> Array:
        low, high = self.support()
        reach = 9 * self.width  # beyond it a bell holds 1e-19
        start = np.full(u.shape, max(low, self._data[0] - reach))
        end = np.full(u.shape, min(high, self._data[-1] + reach))
        return invert_cdf(self._cdf, u, start, end)

    def _cdf(self, x: Array) -> Array:
        low, high = self.support()
        start = (low - self._data) / self.width

        def inside(part: Array) -> Array:
            return np.exp(normal_log_mass(start, (part[:, None] - self._data) / self.width)).sum(axis=1)

        return np.clip(self._blocks(inside, np.clip(x, low, high)) / self._total, 0, 1)

    def _log_prob(self, x: Array) -> Array:
        def log_sum(part: Array) -> Array:
            squares = -0.5 * ((part[:, None] - self._data) / self.width) ** 2
            peak = squares.max(axis=1, keepdims=True)
            return peak[:, 0] + np.log(np.exp(squares - peak).sum(axis=1))

        return self._blocks(log_sum, x) - math.log(self.width * math.sqrt(2 * math.pi) * self._total)

    def _blocks(self, function: Any, x: Array) -> Array:
        """Applies a function of (m,) to x in blocks, so that the (m, n) matrix stays small."""
        step = max(1, _BLOCK // len(self._data))
        flat = x.ravel()
        parts = [function(flat[start : start + step]) for start in range(0, len(flat), step)]
        return np.concatenate(parts).reshape(x.shape) if parts else np.zeros(x.shape)

    @classmethod
    def fit(cls, data: Any, *, low: float | None = None, high: float | None = None) -> KernelDensity:
        """Keeps the data as values, with Scott's bandwidth."""
        values = observations(cls.tag, data)
        if values.std() == 0:
            raise DistributionError("kernel_density: every observation is the same. Write the plain value instead.")
        return cls(values.tolist(), low=low, high=high)
