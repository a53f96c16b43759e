"""What synthetic data is worth in real items, and how much of the gap to all real data it closes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.gain.results import Estimate

__all__ = ["Worth", "gap_closed", "items_worth"]


@dataclass(frozen=True)
class Worth:
    """A number of real items with its interval.

    Attributes:
        real: Real items; the nearest count that was run where `relation` is not ``about``.
        low: Lower end, at most the largest count that was run; None below the smallest.
        high: Upper end, at least the smallest count that was run; None above the largest.
        relation: ``about``, ``more than`` or ``fewer than``.
    """

    real: float
    low: float | None
    high: float | None
    relation: str

    @property
    def text(self) -> str:
        """For readers, e.g. ``about 75``."""
        return f"{self.relation} {self.real:,.0f}"


def items_worth(
    counts: Sequence[int], curve: np.ndarray, reached: float, *, curve_draws: np.ndarray, reached_draws: np.ndarray
) -> Worth:
    """The number of real items at which the real-only curve reaches a metric.

    The curve is made monotone (isotonic regression: more data does not harm) and interpolated linearly in the
    logarithm of the count. Beyond its ends nothing is extrapolated.

    Source: Barlow et al., "Statistical Inference under Order Restrictions" (1972), for the regression.

    Args:
        counts: Real items of the curve, ascending, all above 0.
        curve: The metric of real data alone at each, shape (counts,).
        reached: The metric that the arm reaches.
        curve_draws: Plausible curves, shape (counts, resamples); see `joint_draws`.
        reached_draws: Plausible values of what the arm reaches, of the same draws, shape (resamples,).

    Returns:
        The number with its 95 % interval.

    Raises:
        SimengineError: The counts are not ascending from 1.

    Example:
        >>> import numpy as np
        >>> curve = np.array([0.5, 0.6, 0.7])
        >>> same = {"curve_draws": np.tile(curve[:, None], 9), "reached_draws": np.full(9, 0.65)}
        >>> worth = items_worth([10, 20, 40], curve, 0.65, **same)
        >>> worth.text, round(worth.real, 3)
        ('about 28', 28.284)
        >>> items_worth([10, 20, 40], curve, 0.75, **same).text
        'more than 40'
    """
    if list(counts) != sorted(set(counts)) or not counts or counts[0] < 1:
        raise SimengineError(f"counts are {list(counts)}: give different numbers from 1, ascending.")
    drawn = np.array([_position(counts, curve_draws[:, b], reached_draws[b]) for b in range(len(reached_draws))])
    low = float(np.quantile(drawn, 0.025, method="lower"))
    high = float(np.quantile(drawn, 0.975, method="higher"))
    real = _position(counts, curve, reached)
    relation = "more than" if real == math.inf else "fewer than" if real == 0.0 else "about"
    nearest = {"more than": float(counts[-1]), "fewer than": float(counts[0])}.get(relation, real)
    lower = None if low == 0.0 else min(low, float(counts[-1]))
    upper = None if high == math.inf else max(high, float(counts[0]))
    return Worth(nearest, lower, upper, relation)


def _position(counts: Sequence[int], curve: np.ndarray, reached: float) -> float:
    """Where a curve reaches a value; 0 below its beginning, infinity above its end."""
    from scipy.optimize import isotonic_regression

    rising = isotonic_regression(curve).x
    if reached > rising[-1]:
        return math.inf
    if reached < rising[0]:
        return 0.0
    step = int(np.searchsorted(rising, reached))  # the first count that reaches it
    if step == 0 or rising[step] == reached:
        return float(counts[step])
    share = (reached - rising[step - 1]) / (rising[step] - rising[step - 1])
    return float(counts[step - 1] * (counts[step] / counts[step - 1]) ** share)


def gap_closed(
    arm: float,
    baseline: float,
    full: float,
    *,
    arm_draws: np.ndarray,
    baseline_draws: np.ndarray,
    full_draws: np.ndarray,
) -> Estimate | None:
    """Share of the gap between little and all real data that an arm closes: (arm - baseline) / (full - baseline).

    Args:
        arm: The arm's metric.
        baseline: The baseline's metric at the same count.
        full: The baseline's metric with all real data.
        arm_draws: Plausible values of each, shape (resamples,); see `joint_draws`.
        baseline_draws: Likewise.
        full_draws: Likewise.

    Returns:
        The share, of 1 where the arm is as good as all real data, with its 95 % interval; None if the gap itself is
        not above 0 in 97.5 % of the draws, because then a share of it means nothing.
    """
    gap = full_draws - baseline_draws
    if full <= baseline or np.mean(gap <= 0.0) > 0.025:
        return None
    low, high = _ratio_ends(arm_draws - baseline_draws, gap)
    return Estimate((arm - baseline) / (full - baseline), low, high)


def _ratio_ends(above: np.ndarray, below: np.ndarray) -> tuple[float, float]:
    """Quantiles of a ratio whose denominator is hardly ever below 0; those draws count as beyond either end."""
    ratio = np.where(below > 0.0, above / np.where(below > 0.0, below, 1.0), np.sign(above) * math.inf)
    low = float(np.quantile(ratio, 0.025, method="lower"))
    high = float(np.quantile(ratio, 0.975, method="higher"))
    finite = ratio[np.isfinite(ratio)]
    return (low if math.isfinite(low) else float(finite.min()), high if math.isfinite(high) else float(finite.max()))
