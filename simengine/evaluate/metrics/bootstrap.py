"""Intervals by resampling named units: percentile, BCa and half-sample; paired differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from simengine.errors import SimengineError
from simengine.evaluate.metrics.units import Groups, group_rows, picked_rows, shuffled
from simengine.sampling.streams import stream

__all__ = ["Interval", "Method", "PairedDifference", "bootstrap", "paired_bootstrap"]

Method = Literal["bca", "percentile", "half"]
_UNDEFINED = 0.1  # largest share of resamples in which a statistic may be undefined


@dataclass(frozen=True)
class Interval:
    """A number with its confidence interval.

    Attributes:
        value: The statistic of all the data.
        low: Lower end.
        high: Upper end.
        confidence: Nominal coverage, e.g. 0.95.
        method: ``bca``, ``percentile`` or ``half``.
        unit: What was resampled, e.g. ``image``.
        units: How many there were in each sample.
        resamples: How many resamples were drawn.
    """

    value: float
    low: float
    high: float
    confidence: float
    method: str
    unit: str
    units: tuple[int, ...]
    resamples: int

    def __float__(self) -> float:
        return self.value

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high

    def __str__(self) -> str:
        counts = " and ".join(str(count) for count in self.units)
        return (
            f"{self.value:.4g}, {self.confidence:.0%} [{self.low:.4g}, {self.high:.4g}]"
            f" ({self.method}, unit {self.unit}, n = {counts})"
        )


@dataclass(frozen=True)
class PairedDifference:
    """A difference between two treatments of the same units.

    Attributes:
        interval: The difference first - second with its interval.
        p_value: Two-sided bootstrap p-value of "no difference", not corrected for other comparisons.
    """

    interval: Interval
    p_value: float

    def __float__(self) -> float:
        return self.interval.value


def bootstrap(
    statistic: Callable[..., Any],
    *samples: Any,
    units: Sequence[Sequence[Any] | np.ndarray | None] | None = None,
    unit: str = "row",
    method: Method = "bca",
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Confidence interval of a statistic by resampling whole units, each sample on its own.

    ``percentile``: quantiles of the statistic over resamples drawn with replacement.
    ``bca``: the same at levels corrected for bias z0 and acceleration a (the latter by leaving out
    one unit at a time):  level' = Phi(z0 + (z0 + z) / (1 - a (z0 + z))).
    ``half``: random halves without replacement; with t* the statistic of a half less its mean over
    halves, the interval is value + quantiles of t*. For statistics of *pairs* (KID, MMD, nearest
    neighbours, Vendi): there a row drawn twice would be its own neighbour. A half-sample mean varies
    around the full mean exactly as much as the full mean around the truth, so nothing is scaled.
    Where a kernel statistic degenerates (equal distributions) it is conservative.
    All three are widened for few units, as a t-interval is: z becomes t of n - 1 degrees of freedom
    (times sqrt(n / (n - 1)) for the first two), n the units of the smallest sample.

    Range: that of the statistic. Better: a narrow interval; coverage is simulated in the tests.
    Intervals of skewed statistics of fewer than about 50 units are still somewhat too narrow. ``bca``
    evaluates the statistic once more for each unit.
    Source: Efron, "Better bootstrap confidence intervals", JASA 82 (1987); Efron and Tibshirani,
    "An Introduction to the Bootstrap" (1993), ch. 14; half-samples: Shao and Wu, "A general theory for
    jackknife variance estimation", Ann. Statist. 17 (1989); widening: Hesterberg, "What teachers should
    know about the bootstrap", The American Statistician 69 (2015).

    Args:
        statistic: Called with as many arrays as there are samples; returns a number. NaN says that
            it is undefined in a resample; that is left out, if it is rare.
        samples: Anything with a length that can be indexed by an array of row numbers.
        units: For each sample the name of the unit of each row (all rows of one image, recording or
            scene are drawn together), or None where rows are independent.
        unit: Word for the unit, kept in the result.
        method: See above.
        confidence: Nominal coverage, in (0, 1).
        resamples: How many.
        seed: Of the random stream.

    Raises:
        SimengineError: Fewer than two units, an unknown method, units that don't fit, or a statistic
            that is undefined for the data or for more than a tenth of the resamples.

    Example:
        >>> import numpy as np
        >>> scores = np.arange(40.0)
        >>> interval = bootstrap(np.mean, scores, unit="image")
        >>> interval.value, 19.5 in interval, 10.0 in interval
        (19.5, True, False)
        >>> recording = np.repeat(np.arange(8), 5)  # five windows of each of eight recordings
        >>> honest = bootstrap(np.mean, scores, units=[recording], unit="recording")
        >>> honest.units, honest.high - honest.low > interval.high - interval.low
        ((8,), True)
    """
    if not samples:
        raise SimengineError("bootstrap got no sample: give the statistic and at least one array.")
    if units is None:
        units = [None] * len(samples)
    if len(units) != len(samples):
        raise SimengineError(f"units has {len(units)} entries for {len(samples)} samples: give one list a sample.")
    groups = [
        group_rows(len(sample), names, what=f"units[{i}]")
        for i, (sample, names) in enumerate(zip(samples, units, strict=True))
    ]
    if min(map(len, groups)) < 2:
        raise SimengineError(f"there is only one {unit} in a sample: an interval needs at least two to resample.")

    def value_of(rows: Sequence[np.ndarray]) -> float:
        return float(statistic(*(sample[row] for sample, row in zip(samples, rows, strict=True))))

    return _interval(value_of, groups, unit=unit, method=method, confidence=confidence, resamples=resamples, seed=seed)[
        0
    ]


def paired_bootstrap(
    statistic: Callable[..., Any],
    first: Any,
    second: Any,
    *,
    shared: Sequence[Any] = (),
    units: Sequence[Any] | np.ndarray | None = None,
    unit: str = "row",
    method: Method = "bca",
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> PairedDifference:
    """Difference statistic(first) - statistic(second) of two treatments of the *same* rows.

    Every resample takes the same units from both, so that what makes a unit easy or hard cancels.
    The p-value is 2 min((1 + #[d* <= 0]) / (B + 1), (1 + #[d* >= 0]) / (B + 1)), at most 1.

    Range: that of the statistic's differences; p-value in (0, 1]. Better: an interval wholly on the
    good side of 0.
    Source: Efron and Tibshirani (1993), ch. 8, 13-15; Davison and Hinkley, "Bootstrap Methods and
    their Application" (1997), ch. 4 for the p-value.

    Args:
        statistic: ``statistic(values, *shared) -> float``.
        first: Values of the first treatment, n rows.
        second: Values of the second treatment, the same n rows in the same order.
        shared: Further arrays of n rows that both treatments are judged by, e.g. the truth.
        units: Name of the unit of each row, or None where rows are independent.
        unit: Word for the unit, kept in the result.
        method: See `bootstrap`.
        confidence: Nominal coverage.
        resamples: How many.
        seed: Of the random stream.

    Raises:
        SimengineError: The arrays differ in length, or as `bootstrap`.

    Example:
        >>> import numpy as np
        >>> difficulty = np.linspace(0, 1, 60)  # the same images, one model better by .1 on each
        >>> gain = paired_bootstrap(np.mean, 1.0 - difficulty, 0.9 - difficulty, unit="image")
        >>> round(float(gain), 6), round(gain.interval.low, 6), gain.p_value < 0.01
        (0.1, 0.1, True)
    """
    columns = [first, second, *shared]
    if len({len(column) for column in columns}) != 1:
        lengths = ", ".join(str(len(column)) for column in columns)
        raise SimengineError(f"paired arrays have {lengths} rows: give the same rows in the same order.")
    groups = group_rows(len(first), units)
    if len(groups) < 2:
        raise SimengineError(f"there is only one {unit}: an interval needs at least two to resample.")

    def value_of(rows: Sequence[np.ndarray]) -> float:
        one, two, *rest = (column[rows[0]] for column in columns)
        return float(statistic(one, *rest)) - float(statistic(two, *rest))

    interval, drawn = _interval(
        value_of, [groups], unit=unit, method=method, confidence=confidence, resamples=resamples, seed=seed
    )
    if method == "half":  # these are deviations; the other two methods draw the difference itself
        drawn = interval.value + drawn
    tail = min((1 + int((drawn <= 0).sum())), (1 + int((drawn >= 0).sum())))
    return PairedDifference(interval, min(1.0, 2.0 * tail / (len(drawn) + 1)))


def _interval(
    value_of: Callable[[Sequence[np.ndarray]], float],
    groups: Sequence[Groups],
    *,
    unit: str,
    method: str,
    confidence: float,
    resamples: int,
    seed: int,
) -> tuple[Interval, np.ndarray]:
    """The interval, and the draws: of the statistic, or of its deviation for ``half``."""
    if method not in ("bca", "percentile", "half"):
        raise SimengineError(f"method is {method!r}: choose bca, percentile or half.")
    if not 0.0 < confidence < 1.0 or resamples < 1:
        raise SimengineError(f"confidence is {confidence} and resamples {resamples}: give (0, 1) and at least 1.")
    value = value_of([picked_rows(group, np.arange(len(group))) for group in groups])
    if not math.isfinite(value):
        raise SimengineError(f"the statistic of all the data is {value}: it has no interval.")
    rng = stream(seed, 0, f"evaluate.bootstrap.{method}")
    draw = _half if method == "half" else _with_replacement
    values = np.array([value_of([draw(rng, group) for group in groups]) for _ in range(resamples)])
    values = _defined(values, unit, "of the resamples")
    # Student's t for few units, and the n that a bootstrap variance divides by instead of n - 1 (Hesterberg).
    smallest = min(map(len, groups))
    scores = stdtrit(smallest - 1, np.array([0.5 - confidence / 2.0, 0.5 + confidence / 2.0]))
    if method == "half":
        drawn = (values - values.mean()) * math.sqrt((smallest // 2) / (smallest - smallest // 2))
        low, high = value + np.quantile(drawn, ndtr(scores), method="weibull")
    else:
        drawn = values
        scores = scores * math.sqrt(smallest / (smallest - 1))
        if method == "bca":
            scores = _corrected(scores, value, values, _acceleration(value_of, groups, unit))
        low, high = np.quantile(values, ndtr(scores), method="weibull")
    counts = tuple(len(group) for group in groups)
    return Interval(value, float(low), float(high), confidence, method, unit, counts, resamples), drawn


def _with_replacement(rng: np.random.Generator, group: Groups) -> np.ndarray:
    count = len(group)
    return picked_rows(group, (rng.random(count) * count).astype(np.intp))


def _half(rng: np.random.Generator, group: Groups) -> np.ndarray:
    return picked_rows(group, shuffled(rng, len(group))[: len(group) // 2])


def _defined(values: np.ndarray, unit: str, where: str) -> np.ndarray:
    defined = values[np.isfinite(values)]
    if len(defined) < (1.0 - _UNDEFINED) * len(values):
        missing = 1.0 - len(defined) / len(values)
        raise SimengineError(
            f"the statistic is undefined in {missing:.0%} {where}: what it needs lies in too few units"
            f" (unit {unit}): give more of them or a coarser slice."
        )
    return defined


def _corrected(scores: np.ndarray, value: float, values: np.ndarray, acceleration: float) -> np.ndarray:
    below = ((values < value).sum() + (values <= value).sum()) / (2.0 * len(values))
    edge = 0.5 / len(values)
    bias = ndtri(np.clip(below, edge, 1.0 - edge))
    shifted = bias + scores
    room = 1.0 - acceleration * shifted
    return bias + shifted / room if (room > 0.0).all() else scores


def _acceleration(value_of: Callable, groups: Sequence[Groups], unit: str) -> float:
    """Skewness of the influence of single units, by leaving one out at a time."""
    everything = [picked_rows(group, np.arange(len(group))) for group in groups]
    third = second = 0.0
    for i, group in enumerate(groups):
        count = len(group)
        without = np.array(
            [
                value_of([*everything[:i], picked_rows(group, np.delete(np.arange(count), k)), *everything[i + 1 :]])
                for k in range(count)
            ]
        )
        without = _defined(without, unit, "of the data sets with one unit left out")
        influence = (count - 1) * (without.mean() - without)
        third += float((influence**3).sum()) / count**3
        second += float((influence**2).sum()) / count**2
    return third / (6.0 * second**1.5) if second > 0.0 else 0.0
