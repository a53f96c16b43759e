"""Intervals hold the truth, planted gains are found, planted zeros are not claimed: by simulation.

The surrogate of an experiment is a random-effects model in closed form: the value of arm k, seed s and test unit i is
mean_k + seed effect_ks + unit difficulty_i + taste_ki + noise_ksi, and the metric is the weighted mean over units.
"""

import numpy as np
import pytest
from scipy import stats

from simengine.errors import SimengineError
from simengine.evaluate.gain.statistics import Inference, Scores, holm, infer, joint_draws, unit_weights

UNITS, RESAMPLES = 50, 200
WEIGHTS = [unit_weights(UNITS, resamples=RESAMPLES, seed=k) for k in range(20)]


def surrogate(rng, means, *, seeds, seed_sd=0.04, noise=0.2, seed_sds=None):
    """Scores of one experiment, an arm each."""
    weights = WEIGHTS[rng.integers(len(WEIGHTS))]
    difficulty = 0.25 * rng.normal(size=UNITS)
    cells = []
    for k, mean in enumerate(means):
        sd = seed_sd if seed_sds is None else seed_sds[k]
        values = mean + sd * rng.normal(size=(seeds, 1)) + difficulty + 0.1 * rng.normal(size=UNITS)
        values = values + noise * rng.normal(size=(seeds, UNITS))
        cells.append(Scores(values.mean(axis=1), values @ weights.T / UNITS))
    return cells


@pytest.mark.parametrize(("seeds", "noise"), [(3, 0.1), (3, 0.4), (5, 0.2), (20, 0.2)])
@pytest.mark.parametrize("sds", [(0.04, 0.04), (0.02, 0.06)])
def test_a_95_percent_interval_of_a_gain_holds_the_truth(seeds, noise, sds):
    rng = np.random.default_rng(seeds)
    hits, repeats = 0, 1200
    for _ in range(repeats):
        base, arm = surrogate(rng, (0.6, 0.7), seeds=seeds, noise=noise, seed_sds=sds)
        low, high = infer(arm - base, units=UNITS).interval()
        hits += low <= 0.1 <= high
    assert 0.93 <= hits / repeats <= 0.97


def test_pairing_is_what_makes_intervals_narrow():
    base, arm = surrogate(np.random.default_rng(0), (0.6, 0.7), seeds=5)
    paired = infer(arm - base, units=UNITS).error
    alone = np.hypot(infer(arm, units=UNITS).error, infer(base, units=UNITS).error)
    assert paired < 0.8 * alone


def test_resampling_units_or_seeds_alone_claims_too_much():
    """What the crossed error is for: either half of it alone misses the truth far too often."""
    rng = np.random.default_rng(5)
    units_only = seeds_only = 0
    for _ in range(300):
        base, arm = surrogate(rng, (0.6, 0.7), seeds=5, seed_sd=0.08, noise=0.05)
        gain = arm - base
        half = 1.96 * gain.draws.mean(axis=0).std()
        units_only += abs(gain.points.mean() - 0.1) <= half
        base, arm = surrogate(rng, (0.6, 0.7), seeds=20, seed_sd=0.005, noise=0.02)
        gain = arm - base
        half = stats.t.ppf(0.975, 19) * gain.points.std(ddof=1) / np.sqrt(20)
        seeds_only += abs(gain.points.mean() - 0.1) <= half
    assert units_only / 300 < 0.85
    assert seeds_only / 300 < 0.85


def test_planted_zeros_are_not_claimed_and_a_planted_gain_is_found():
    rng = np.random.default_rng(2)
    false, found, uncorrected, repeats = 0, 0, 0, 500
    for _ in range(repeats):
        base, *arms = surrogate(rng, [0.6] * 7, seeds=4)
        p_values = [infer(arm - base, units=UNITS).p_value for arm in arms]
        uncorrected += min(p_values) < 0.05
        false += min(holm(p_values)) < 0.05
        base, *arms = surrogate(rng, [0.6] * 6 + [0.8], seeds=6)
        found += holm([infer(arm - base, units=UNITS).p_value for arm in arms])[-1] < 0.05
    assert false / repeats <= 0.06
    assert uncorrected / repeats > 0.12  # without correction one would be claimed this often
    assert found / repeats > 0.9


def test_the_detectable_gain_is_found_four_times_in_five():
    rng = np.random.default_rng(3)
    gains = [0.02 * k for k in range(1, 9)]
    found = dict.fromkeys(gains, 0)
    stated = []
    for _ in range(150):
        for gain in gains:
            base, arm = surrogate(rng, (0.6, 0.6 + gain), seeds=8)
            result = infer(arm - base, units=UNITS)
            stated.append(result.detectable())
            found[gain] += result.p_value < 0.05
    at = np.interp(np.mean(stated), gains, [found[gain] / 150 for gain in gains])
    assert at == pytest.approx(0.8, abs=0.06)


def test_more_comparisons_need_a_larger_gain():
    result = Inference(0.1, 0.03, 12.0)
    assert result.detectable(comparisons=8) > result.detectable() > 2 * result.error


def test_p_values_and_intervals_agree():
    result = Inference(0.1, 0.05, 7.0)
    t = stats.t(7.0)
    assert result.p_value == pytest.approx(2 * t.sf(2.0))
    assert result.interval() == pytest.approx((0.1 - t.ppf(0.975) * 0.05, 0.1 + t.ppf(0.975) * 0.05))
    assert result.estimate(most=0.15).high == 0.15


def test_equal_models_have_no_gain_and_no_error():
    base, arm = surrogate(np.random.default_rng(1), (0.6, 0.6), seeds=3)
    result = infer(base - base, units=UNITS)
    assert (result.value, result.error, result.p_value) == (0.0, 0.0, 1.0)
    assert infer(arm - base, units=UNITS).p_value > 0.0


def test_one_seed_tells_of_units_alone():
    rng = np.random.default_rng(4)
    values = rng.normal(size=UNITS)
    weights = unit_weights(UNITS, resamples=20_000)
    result = infer(Scores(np.array([values.mean()]), (weights @ values / UNITS)[None]), units=UNITS)
    assert result.error == pytest.approx(stats.sem(values), rel=0.03)
    assert result.freedom == UNITS - 1


def test_joint_draws_have_the_errors_of_the_closed_form():
    cells = surrogate(np.random.default_rng(6), (0.6, 0.7, 0.8), seeds=12)
    cells = [Scores(c.points, c.draws) for c in cells]
    drawn = joint_draws(cells, units=UNITS)
    assert drawn.shape == (3, RESAMPLES)
    for row, cell in zip(drawn, cells, strict=True):
        assert row.std() == pytest.approx(infer(cell, units=UNITS).error, rel=0.25)
    gain = infer(cells[1] - cells[0], units=UNITS)
    assert (drawn[1] - drawn[0]).std() == pytest.approx(gain.error, rel=0.35)


def test_holm_is_that_of_statsmodels():
    """Values of statsmodels.stats.multitest.multipletests(p, method='holm'), 0.14.4."""
    p_values = [0.001, 0.02, 0.03, 0.04, 0.5]
    assert holm(p_values) == pytest.approx([0.005, 0.08, 0.09, 0.09, 0.5])
    assert holm([]) == []
    assert holm([0.9, 0.9]) == [1.0, 1.0]


def test_weights_never_drop_a_unit():
    weights = unit_weights(8, resamples=1000)
    assert weights.min() > 0.0
    np.testing.assert_allclose(weights.mean(axis=1), 1.0)
    with pytest.raises(SimengineError, match="1 independent unit,"):
        unit_weights(1, resamples=10)
