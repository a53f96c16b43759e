import numpy as np
import pytest
from scipy import stats

from simengine.errors import SimengineError
from simengine.evaluate.metrics.bootstrap import bootstrap, paired_bootstrap


def mean(x):
    return x.sum() / len(x)  # np.mean costs four times as much on short arrays


def coverage(draw, truth, *, repeats, **options):
    """Share of data sets whose 95 % interval holds the truth."""
    hits = 0
    for seed in range(repeats):
        samples, units = draw(np.random.default_rng([7, seed]))
        hits += truth in bootstrap(*samples, units=units, seed=seed, **options)
    return hits / repeats


@pytest.mark.parametrize("method", ["percentile", "bca", "half"])
def test_a_95_percent_interval_of_a_mean_holds_the_truth(method):
    found = coverage(lambda rng: ((mean, rng.normal(size=80)), None), 0.0, repeats=800, resamples=250, method=method)
    assert 0.93 <= found <= 0.97


@pytest.mark.parametrize("method", ["percentile", "bca", "half"])
def test_coverage_over_units(method):
    """Eight correlated rows a unit: resampling units is honest, resampling rows claims far too much."""

    def clustered(rng, named):
        values = rng.normal(size=(80, 1)) + 0.5 * rng.normal(size=(80, 8))
        return (mean, values.ravel()), [np.repeat(np.arange(80), 8)] if named else None

    options = {"repeats": 400, "resamples": 250, "method": method}
    assert 0.93 <= coverage(lambda rng: clustered(rng, True), 0.0, **options) <= 0.97
    options |= {"repeats": 60}
    if method == "percentile":
        assert coverage(lambda rng: clustered(rng, False), 0.0, **options) < 0.7


def test_coverage_of_a_difference_of_two_skewed_samples():
    def draw(rng):
        return (lambda x, y: mean(x) - mean(y), rng.exponential(2.0, size=120), rng.exponential(1.0, size=90)), None

    assert 0.93 <= coverage(draw, 1.0, repeats=400, resamples=250, method="bca") <= 0.97


def test_bca_corrects_where_percentiles_fail():
    """The variance of a small sample is biased and skewed: BCa comes closer to the nominal coverage."""

    def draw(rng):
        return (np.var, rng.normal(size=30)), None

    plain = coverage(draw, 1.0, repeats=200, resamples=200, method="percentile")
    corrected = coverage(draw, 1.0, repeats=200, resamples=200, method="bca")
    assert plain < corrected - 0.02
    assert abs(corrected - 0.95) < abs(plain - 0.95)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_ends_equal_scipy(method):
    """SciPy's intervals are not widened for few units: it is asked for the wider level instead."""
    rng = np.random.default_rng(3)
    x, y = rng.gamma(1.5, size=40), rng.gamma(3.0, size=55)
    level = 2 * stats.norm.cdf(stats.t.ppf(0.975, 39) * np.sqrt(40 / 39)) - 1
    ours = bootstrap(lambda a, b: np.log(a.mean() / b.mean()), x, y, method=method, resamples=8000)
    theirs = stats.bootstrap(
        (x, y),
        lambda a, b, axis: np.log(a.mean(axis=axis) / b.mean(axis=axis)),
        method="BCa" if method == "bca" else "percentile",
        confidence_level=level,
        n_resamples=20000,
        random_state=0,
    )
    width = ours.high - ours.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.03 * width)


def test_paired_gain_is_found_and_a_planted_zero_is_not_claimed():
    found = claimed = held = 0
    repeats = 200
    for seed in range(repeats):
        rng = np.random.default_rng([9, seed])
        difficulty = rng.normal(size=100)
        one, other, same = (difficulty + 0.3 * rng.normal(size=100) for _ in range(3))
        options = {"resamples": 300, "seed": seed, "method": "percentile"}
        gain = paired_bootstrap(mean, one + 0.2, other, **options)
        found += gain.p_value < 0.05
        held += 0.2 in gain.interval
        claimed += paired_bootstrap(mean, one, same, **options).p_value < 0.05
    assert found / repeats > 0.97
    assert 0.92 <= held / repeats <= 0.98
    assert 0.025 <= claimed / repeats <= 0.08


def test_pairing_is_what_makes_the_interval_narrow():
    rng = np.random.default_rng(4)
    difficulty = 5.0 * rng.normal(size=60)
    one, other = difficulty + 0.1 * rng.normal(size=60) + 0.2, difficulty + 0.1 * rng.normal(size=60)
    paired = paired_bootstrap(mean, one, other).interval
    apart = bootstrap(lambda a, b: mean(a) - mean(b), one, other)
    assert paired.value == pytest.approx(apart.value)
    assert paired.high - paired.low < 0.1 * (apart.high - apart.low)


def test_paired_rows_stay_together_with_what_they_share():
    truth = np.arange(50) % 2
    wrong = paired_bootstrap(lambda p, t: (p == t).mean(), truth, 1 - truth, shared=[truth], method="half")
    assert wrong.interval.low == wrong.interval.high == float(wrong) == 1.0
    assert wrong.p_value < 0.01


def test_same_seed_same_interval_and_another_seed_another():
    x = np.random.default_rng(5).normal(size=30)
    first = bootstrap(np.mean, x, resamples=200)
    assert first == bootstrap(np.mean, x, resamples=200)
    assert first != bootstrap(np.mean, x, resamples=200, seed=1)


def test_a_constant_statistic_has_an_interval_of_no_width():
    interval = bootstrap(np.mean, np.ones(10), unit="image")
    assert (interval.low, interval.value, interval.high) == (1.0, 1.0, 1.0)
    assert str(interval) == "1, 95% [1, 1] (bca, unit image, n = 10)"


def test_undefined_resamples_are_left_out_only_if_rare():
    x = np.arange(40.0)
    rare = bootstrap(lambda a: a.mean() if (a < 10).any() else np.nan, x, method="percentile", resamples=300)
    assert rare.low < 19.5 < rare.high
    with pytest.raises(SimengineError, match="too few units"):
        bootstrap(lambda a: a.mean() if (a == 0).any() else np.nan, x, method="percentile", resamples=300)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap(np.mean), "no sample"),
        (lambda: bootstrap(np.mean, np.ones(1)), "only one row"),
        (lambda: bootstrap(np.mean, np.ones(4), units=[["a"] * 4], unit="scene"), "only one scene"),
        (lambda: bootstrap(np.mean, np.ones(4), units=[["a"] * 3]), "3 names for 4 rows"),
        (lambda: bootstrap(np.mean, np.ones(4), units=[None, None]), "2 entries for 1 samples"),
        (lambda: bootstrap(np.mean, np.ones(4), method="jackknife"), "choose bca"),
        (lambda: bootstrap(np.mean, np.ones(4), confidence=95), "confidence is 95"),
        (lambda: bootstrap(lambda x: np.nan, np.ones(4)), "no interval"),
        (lambda: paired_bootstrap(np.mean, np.ones(4), np.ones(3)), "4, 3 rows"),
        (lambda: paired_bootstrap(np.mean, np.ones(1), np.ones(1)), "only one row"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(SimengineError, match=message):
        call()
