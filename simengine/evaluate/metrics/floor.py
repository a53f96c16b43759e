"""What a metric says of two halves of the real data: the value that no synthetic data needs to beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.metrics.units import group_rows, picked_rows, shuffled
from simengine.sampling.streams import stream

__all__ = ["Floor", "floor"]


@dataclass(frozen=True)
class Floor:
    """A metric between random halves of the real data.

    Attributes:
        value: Mean over the splits.
        low: 2.5 % quantile over the splits.
        high: 97.5 % quantile over the splits; a set within it can't be told from real data.
        size: Units in each half; a metric that is biased at small n (FID) is comparable only to its
            value at the same number.
        repeats: Number of splits.
    """

    value: float
    low: float
    high: float
    size: int
    repeats: int

    def __float__(self) -> float:
        return self.value


def floor(
    real: Any,
    metric: Callable[[Any, Any], Any],
    *,
    units: Sequence[Any] | np.ndarray | None = None,
    repeats: int = 20,
    size: int | None = None,
    seed: int = 0,
) -> Floor:
    """A metric between two disjoint random halves of the real data, over repeated splits.

    floor = mean over splits of metric(real[A], real[B]), A and B disjoint and of equal size.

    Range: that of the metric. Better: not a score; synthetic data is as good as this metric can say
    when its value lies within [low, high].
    Source: the null of a two-sample test by random splits; used as "real against real" baseline by
    e.g. Heusel et al., arXiv:1706.08500, and Binkowski et al., arXiv:1801.01401.

    Args:
        real: Anything with a length that can be indexed by an array of row numbers.
        metric: ``metric(half, other_half)``: a number or what ``float`` takes.
        units: Name of the unit of each row; a unit (recording, scene) is never cut in two.
        repeats: Number of splits.
        size: Units in each part; None for half of all.
        seed: Of the random stream.

    Raises:
        SimengineError: Fewer than four units, parts of fewer than two or of more than half, or units that don't fit.

    Example:
        >>> import numpy as np
        >>> real = np.arange(100.0)
        >>> gap = floor(real, lambda a, b: abs(a.mean() - b.mean()))
        >>> gap.size, gap.low <= gap.value <= gap.high
        (50, True)
    """
    groups = group_rows(len(real), units)
    half = len(groups) // 2 if size is None else size
    if not 2 <= half <= len(groups) // 2 or repeats < 1:
        raise SimengineError(
            f"a floor of twice {half} of {len(groups)} units and {repeats} splits is no floor: give at least 4 units,"
            " parts of at least 2 and 1 split."
        )
    rng = stream(seed, 0, "evaluate.floor")
    values = []
    for _ in range(repeats):
        order = shuffled(rng, len(groups))
        one, other = picked_rows(groups, order[:half]), picked_rows(groups, order[half : 2 * half])
        values.append(float(metric(real[one], real[other])))
    low, high = np.quantile(values, [0.025, 0.975])
    return Floor(float(np.mean(values)), float(low), float(high), half, repeats)
