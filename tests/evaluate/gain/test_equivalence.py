"""What synthetic data is worth in real items: closed forms, censoring, and coverage by simulation."""

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.gain.equivalence import gap_closed, items_worth
from simengine.evaluate.gain.statistics import Scores, joint_draws, unit_weights

COUNTS = [10, 20, 40, 80, 160]
CURVE = np.array([0.50, 0.58, 0.66, 0.74, 0.82])  # 0.08 a doubling
UNITS = 60


def exact(reached, curve=CURVE, counts=COUNTS):
    return items_worth(
        counts, curve, reached, curve_draws=np.tile(curve[:, None], 50), reached_draws=np.full(50, reached)
    )


@pytest.mark.parametrize("items", [10, 13, 20, 40, 77, 159])
def test_a_logarithmic_curve_is_read_back_exactly(items):
    worth = exact(0.5 + 0.08 * np.log2(items / 10))
    assert worth.real == pytest.approx(items)
    assert (worth.low, worth.high) == pytest.approx((items, items))
    assert worth.text == f"about {items}"


def test_beyond_the_counts_nothing_is_extrapolated():
    assert exact(0.9).text == "more than 160"
    assert (exact(0.9).low, exact(0.9).high) == (160, None)
    assert exact(0.4).text == "fewer than 10"
    assert (exact(0.4).low, exact(0.4).high) == (None, 10)


def test_a_dent_in_the_curve_is_made_monotone():
    worth = exact(0.61, curve=np.array([0.5, 0.66, 0.58, 0.74, 0.82]))  # 20 and 40 are both taken as 0.62
    assert 10 < worth.real < 20
    flat = exact(0.62, curve=np.array([0.5, 0.66, 0.58, 0.74, 0.82]))
    assert flat.real == 20  # the fewest that reach it


def test_counts_must_ascend():
    with pytest.raises(SimengineError, match="ascending"):
        exact(0.6, counts=[20, 10, 40, 80, 160])


def experiment(rng, reached, seeds=4):
    """A curve and an arm, as measured with seeds and test units."""
    weights = unit_weights(UNITS, resamples=200, seed=int(rng.integers(20)))
    difficulty = 0.2 * rng.normal(size=UNITS)
    cells = []
    for mean in (*CURVE, reached):
        values = mean + 0.01 * rng.normal(size=(seeds, 1)) + difficulty + 0.05 * rng.normal(size=UNITS)
        values = values + 0.1 * rng.normal(size=(seeds, UNITS))
        cells.append(Scores(values.mean(axis=1), values @ weights.T / UNITS))
    return cells


def test_intervals_of_the_worth_hold_the_truth():
    rng = np.random.default_rng(3)
    truth, hits, repeats = 40.0, 0, 400
    for _ in range(repeats):
        cells = experiment(rng, 0.66)
        drawn = joint_draws(cells, units=UNITS)
        points = np.array([cell.points.mean() for cell in cells])
        worth = items_worth(COUNTS, points[:-1], points[-1], curve_draws=drawn[:-1], reached_draws=drawn[-1])
        hits += (worth.low or 0.0) <= truth <= (worth.high or np.inf)
    assert 0.92 <= hits / repeats <= 0.99


def test_gap_closed():
    rng = np.random.default_rng(0)
    noise = 0.01 * rng.normal(size=(3, 4000))
    found = gap_closed(
        0.7, 0.6, 0.8, arm_draws=0.7 + noise[0], baseline_draws=0.6 + noise[1], full_draws=0.8 + noise[2]
    )
    assert found.value == pytest.approx(0.5)
    assert found.low < 0.5 < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.01 * np.sqrt(1.5) / 0.2, rel=0.1)  # first order


def test_a_share_of_no_gap_means_nothing():
    rng = np.random.default_rng(0)
    noise = 0.05 * rng.normal(size=(3, 500))
    draws = {"arm_draws": 0.7 + noise[0], "baseline_draws": 0.6 + noise[1], "full_draws": 0.62 + noise[2]}
    assert gap_closed(0.7, 0.6, 0.62, **draws) is None
