"""Intervals, p-values and power of gains over two crossed sources of chance: test units and training seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, ndtri, stdtr, stdtrit

from simengine.errors import SimengineError
from simengine.evaluate.gain.results import Estimate
from simengine.sampling.streams import stream, uniforms

__all__ = ["METHOD", "Inference", "Scores", "holm", "infer", "joint_draws", "unit_weights"]

METHOD = (
    "Every model answers the same test units. Units are resampled with the same random weights for all models "
    "(Bayesian bootstrap), so that what makes a unit easy or hard cancels in a difference; seeds (subset of real data "
    "and initialisation) are paired between arms. The variance of a mean over seeds is the variance between seeds "
    "plus the variance over resampled units, less what both count (their interaction); intervals and p-values are "
    "Student's with degrees of freedom after Satterthwaite. Corrected p-values are Holm's."
)


@dataclass(frozen=True)
class Scores:
    """A metric of one arm, or a difference of two.

    Attributes:
        points: The metric of each seed on all test units, shape (seeds,).
        draws: The same under each set of random weights of the test units, shape (seeds, resamples).
    """

    points: np.ndarray
    draws: np.ndarray

    def __sub__(self, other: Scores) -> Scores:
        """The difference, paired over seeds and resamples."""
        return Scores(self.points - other.points, self.draws - other.draws)


@dataclass(frozen=True)
class Inference:
    """A mean with what is known of its error.

    Attributes:
        value: Mean over seeds.
        error: Standard error.
        freedom: Degrees of freedom of the error.
    """

    value: float
    error: float
    freedom: float

    def interval(self, *, confidence: float = 0.95) -> tuple[float, float]:
        """Lower and upper end."""
        half = float(stdtrit(self.freedom, 0.5 + confidence / 2.0)) * self.error
        return self.value - half, self.value + half

    def estimate(self, *, least: float = -math.inf, most: float = math.inf) -> Estimate:
        """The value with its 95 % interval, the ends kept within the range of the metric."""
        low, high = self.interval()
        return Estimate(self.value, max(low, least), min(high, most))

    @property
    def p_value(self) -> float:
        """Two-sided, of a true value of 0."""
        if self.error == 0.0:
            return 1.0 if self.value == 0.0 else 0.0
        return 2.0 * float(stdtr(self.freedom, -abs(self.value) / self.error))

    def detectable(self, *, comparisons: int = 1, level: float = 0.05, power: float = 0.8) -> float:
        """The smallest true value that would be found significant with a probability of `power`.

        (t_{1 - level / (2 comparisons)} + t_{power}) * error, the usual approximation of the noncentral t.

        Args:
            comparisons: Number of comparisons that the level is shared by (Bonferroni, the first step of Holm).
            level: Of the two-sided test.
            power: Wanted probability.
        """
        ends = stdtrit(self.freedom, np.array([1.0 - level / (2.0 * comparisons), power]))
        return float(ends.sum()) * self.error


def unit_weights(units: int, *, resamples: int, seed: int = 0) -> np.ndarray:
    """Random weights of test units, the same for every arm.

    Exponential with mean 1, scaled to a mean of 1 in each row (Dirichlet). No unit ever has a weight of 0, so
    metrics that need every class are defined in every resample.

    Source: Rubin, "The Bayesian bootstrap", Ann. Statist. 9 (1981).

    Args:
        units: How many.
        resamples: Rows.
        seed: Of the stream.

    Returns:
        Shape (resamples, units).

    Raises:
        SimengineError: There are fewer than two units.
    """
    if units < 2:
        raise SimengineError(
            f"the test set has {units} independent unit{'s' * (units != 1)}, and an interval needs at least two: "
            "add test images or records of other groups."
        )
    drawn = -np.log(uniforms(stream(seed, 0, "gain.units"), (resamples, units)))
    return drawn / drawn.mean(axis=1, keepdims=True)


def infer(scores: Scores, *, units: int) -> Inference:
    """Mean over seeds, and its standard error over test units and seeds.

    With g_s the metric of seed s, V_u the variance of the mean over resampled units, V_1 the mean variance of
    single seeds over resampled units and s^2 the variance between seeds:

    error^2 = s^2 / S + max(0, V_u - V_x),  V_x = max(0, (V_1 - V_u) / (S - 1))

    because both V_u and s^2 / S hold the interaction V_x of seeds and units. With one seed the error is that over
    units alone. Satterthwaite's degrees of freedom are drawn towards S - 1 by the share of the variance that comes
    from seeds, because few seeds often find their own variance too small. By simulation (tests) a 95 % interval holds
    the truth in 93 to 97 % of experiments from three seeds on; with two in 90 to 96 %.

    Source: Owen, "The pigeonhole bootstrap", Ann. Appl. Statist. 1 (2007), for crossed factors; Satterthwaite,
    "An approximate distribution of estimates of variance components", Biometrics Bulletin 2 (1946).

    Args:
        scores: A metric, or a paired difference.
        units: Number of independent test units.

    Returns:
        The mean with its error.
    """
    seeds = len(scores.points)
    value = float(scores.points.mean())
    scale = (units + 1.0) / (units - 1.0)  # a Dirichlet mean varies by s^2 / (n + 1) with n in the denominator of s^2
    over_units = scale * float(scores.draws.mean(axis=0).var())
    if seeds == 1:
        return Inference(value, math.sqrt(over_units), units - 1.0)
    between = float(scores.points.var(ddof=1)) / seeds
    own = max(0.0, over_units - _interaction(scores, over_units, scale))
    spread = between**2 / (seeds - 1.0) + over_units**2 / (units - 1.0)
    if spread == 0.0:
        return Inference(value, 0.0, units - 1.0)
    variance = between + own
    satterthwaite = max(seeds - 1.0, variance**2 / spread)
    freedom = seeds - 1.0 + (satterthwaite - (seeds - 1.0)) * own / variance
    return Inference(value, math.sqrt(variance), freedom)


def joint_draws(cells: Sequence[Scores], *, units: int, seed: int = 0) -> np.ndarray:
    """Plausible true values of several metrics together, for intervals of functions of them.

    Each draw moves the means by one resample of the test units and by one draw of the seeds' mean (Student's t with
    the variance between seeds; the same draw for all cells, as seeds are paired), less their interaction; see `infer`.

    Args:
        cells: Metrics with the same seeds and the same weights of units.
        units: Number of independent test units.
        seed: Of the stream.

    Returns:
        Shape (cells, resamples).
    """
    seeds, resamples = cells[0].draws.shape
    rng = stream(seed, 0, "gain.seeds")
    scale = (units + 1.0) / (units - 1.0)
    means = np.stack([cell.draws.mean(axis=0) for cell in cells])
    moved = math.sqrt(scale) * (means - means.mean(axis=1, keepdims=True))
    drawn = np.stack([cell.points.mean() for cell in cells])[:, None] + moved
    if seeds == 1:
        return drawn
    normal = ndtri(uniforms(rng, (seeds, resamples)))
    chi_square = 2.0 * gammaincinv(0.5 * (seeds - 1.0), uniforms(rng, resamples))
    spread = 1.0 / np.sqrt(seeds * chi_square)  # of the seeds' deviations times normals: Student's t of their mean
    for row, cell in enumerate(cells):
        over_units = float(moved[row].var())
        if over_units > 0.0:
            moved[row] *= math.sqrt(max(0.0, 1.0 - _interaction(cell, over_units, scale) / over_units))
        drawn[row] = cell.points.mean() + moved[row] + spread * ((cell.points - cell.points.mean()) @ normal)
    return drawn


def _interaction(scores: Scores, over_units: float, scale: float) -> float:
    """The part of the variance of the mean that comes from units which seeds find differently hard."""
    single = scale * float(scores.draws.var(axis=1).mean())
    return max(0.0, (single - over_units) / (len(scores.points) - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected so that the chance of any false claim in the family stays below the level.

    Sorted ascending, the k-th of m is multiplied by m - k + 1; none is smaller than the one before, none above 1.

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979).

    Args:
        p_values: Of all comparisons that were made.

    Example:
        >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=float)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate((len(values) - np.arange(len(values))) * values[order])
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(1.0, steps)
    return corrected.tolist()
