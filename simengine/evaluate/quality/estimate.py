"""A metric of two sets with its interval, beside the floor of two real sets of the same size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.metrics.bootstrap import Interval, bootstrap
from simengine.evaluate.metrics.floor import Floor, floor
from simengine.evaluate.metrics.units import group_rows, shuffled
from simengine.evaluate.quality.samples import View
from simengine.sampling.streams import stream

__all__ = ["Estimate", "Statistic", "estimate"]

Statistic = Callable[[Any, Any], float]


@dataclass(frozen=True)
class Estimate:
    """A metric of real against synthetic data.

    Attributes:
        interval: Value and interval.
        floor: The metric of real against real data; None where there is too little of it.
        sized: Whether value and floor are of the same number of items.
        items: Rows of each set that the value stands on, real and synthetic.
    """

    interval: Interval
    floor: Floor | None
    sized: bool
    items: tuple[int, int]


def estimate(
    statistic: Statistic,
    real: View,
    synthetic: View,
    *,
    sized: bool,
    resamples: int = 200,
    splits: int = 40,
    seed: int = 0,
) -> Estimate:
    """Value, interval and floor of a metric.

    The interval is that of random half-samples (`bootstrap`, ``half``): no row comes twice, which kernels and nearest
    neighbours would not bear. Where the metric depends on the number of items (``sized``), the larger set is thinned to
    the size of the smaller, and the value is the mean over half-samples: it then stands on as many items as each
    half of the floor, and the two can be compared. Otherwise the value is that of all data.

    Args:
        statistic: ``statistic(real, synthetic)``.
        real: The real set.
        synthetic: The synthetic set.
        sized: Whether the statistic depends on the number of items.
        resamples: Half-samples for the interval.
        splits: Splits for the floor.
        seed: Of the random streams.

    Raises:
        SimengineError: Too few units, or as the statistic.
    """
    if min(real.count, synthetic.count) < 4:
        raise SimengineError(f"needs at least 4 {real.unit}s in each set, there are {real.count} and {synthetic.count}")
    whole, rows = real, min(len(real.rows), len(synthetic.rows))
    if sized:
        real, synthetic = (
            _thinned(view, rows, seed=seed, name=f"pool {k}") for k, view in enumerate((real, synthetic))
        )
    alone = whole.count == len(whole.rows)  # then any items make a half, not only those of the pool
    halves: list[float] = []

    def recorded(one: Any, other: Any) -> float:
        halves.append(float(statistic(one, other)))
        return halves[-1]

    interval = bootstrap(
        recorded,
        real.rows,
        synthetic.rows,
        units=[real.units, synthetic.units],
        unit=real.unit,
        method="half",
        resamples=resamples,
        seed=seed,
    )
    if sized:
        value = float(np.mean(halves[1:]))  # the first call was of all rows
        shift = value - interval.value
        interval = replace(interval, value=value, low=interval.low + shift, high=interval.high + shift)
    try:
        if sized and alone:
            against_real = floor(whole.rows, statistic, units=whole.units, repeats=splits, size=rows // 2, seed=seed)
        else:
            against_real = floor(real.rows, statistic, units=real.units, repeats=splits, seed=seed)
    except SimengineError:
        against_real = None
    items = (len(real.rows), len(synthetic.rows))
    return Estimate(interval, against_real, sized, (items[0] // 2, items[1] // 2) if sized else items)


def _thinned(view: View, count: int, *, seed: int, name: str) -> View:
    """As many rows as ``count``, from as many units as there are: each unit gives one row before any gives a second."""
    if len(view.rows) <= count:
        return view
    groups = group_rows(len(view.rows), view.units)
    rng = stream(seed, 0, f"evaluate.quality.{name}")
    ranks = np.empty(len(view.rows))
    for group in groups:
        ranks[group] = shuffled(rng, len(group)) + rng.random(len(group))
    rows = np.sort(np.argsort(ranks, kind="stable")[:count])
    return View(view.rows[rows], None if view.units is None else view.units[rows], view.unit)
