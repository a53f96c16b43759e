import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.bootstrap import bootstrap
from simengine.evaluate.metrics.kernel_distance import (
    kid,
    kid_blocks,
    kid_subsets,
    median_bandwidth,
    mmd,
    unbiased_mmd2,
)


def naive(x, y, kernel):
    """The unbiased statistic by loops over pairs."""
    n, m = len(x), len(y)
    first = sum(kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    second = sum(kernel(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return first + second - 2 * sum(kernel(a, b) for a in x for b in y) / (n * m)


def gaussian_mmd2(shift, d, bandwidth):
    """Closed form between N(0, I) and N(shift, I) in d dimensions."""
    s = bandwidth**2
    return 2 * (s / (s + 2)) ** (d / 2) * (1 - np.exp(-(shift @ shift) / (2 * (s + 2))))


def test_kid_equals_loops():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(23, 5)), rng.normal(size=(17, 5)) + 0.3
    assert kid(x, y) == pytest.approx(naive(x, y, lambda a, b: (a @ b / 5 + 1) ** 3), rel=1e-10)


def test_mmd_equals_loops():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(25, 3)) * 2
    expected = naive(x, y, lambda a, b: np.exp(-((a - b) ** 2).sum() / (2 * 0.7**2)))
    assert mmd(x, y, bandwidth=0.7) == pytest.approx(expected, rel=1e-10)


def test_kid_equals_its_closed_form_on_gaussians():
    """d = 1, degree 2: k = x^2 y^2 + 2xy + 1, so MMD^2 = (E x^2 - E y^2)^2 + 2 (E x - E y)^2."""
    rng = np.random.default_rng(2)
    values = [kid(rng.normal(size=(100, 1)), rng.normal(0.5, 1.2, size=(100, 1)), degree=2) for _ in range(300)]
    expected = (1.0 - (0.25 + 1.44)) ** 2 + 2 * 0.25
    assert np.mean(values) == pytest.approx(expected, abs=4 * np.std(values) / np.sqrt(300))


def test_mmd_equals_its_closed_form_on_gaussians():
    rng = np.random.default_rng(3)
    shift = np.array([0.6, 0.0, -0.4])
    values = [mmd(rng.normal(size=(60, 3)), rng.normal(size=(80, 3)) + shift, bandwidth=1.3) for _ in range(400)]
    error = np.std(values) / np.sqrt(400)
    assert error < 0.002
    assert np.mean(values) == pytest.approx(gaussian_mmd2(shift, 3, 1.3), abs=4 * error)


@pytest.mark.parametrize("metric", [kid, mmd])
def test_unbiased_at_equal_distributions(metric):
    rng = np.random.default_rng(4)
    values = [metric(rng.normal(size=(30, 4)), rng.normal(size=(30, 4))) for _ in range(400)]
    assert abs(np.mean(values)) < 4 * np.std(values) / 20
    assert min(values) < 0


def test_half_sample_intervals_of_mmd_hold_the_truth():
    shift = np.array([1.0])
    truth, hits, repeats = gaussian_mmd2(shift, 1, 1.0), 0, 200
    for seed in range(repeats):
        rng = np.random.default_rng([5, seed])
        z = np.concatenate([rng.normal(size=(80, 1)), rng.normal(size=(80, 1)) + shift])
        k = np.exp(-((z - z.T) ** 2) / 2)

        def value(i, j, k=k):
            return unbiased_mmd2(k[np.ix_(i, i)], k[np.ix_(j + 80, j + 80)], k[np.ix_(i, j + 80)])

        hits += truth in bootstrap(value, np.arange(80), np.arange(80), method="half", resamples=150, seed=seed)
    assert 0.92 <= hits / repeats <= 0.98


def test_kid_of_equal_distributions_has_an_interval_with_zero():
    rng = np.random.default_rng(6)
    interval = bootstrap(kid, rng.normal(size=(80, 8)), rng.normal(size=(80, 8)), method="half", resamples=300)
    assert 0.0 in interval


def test_subsets_of_everything_are_the_full_statistic():
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(40, 6)), rng.normal(size=(40, 6)) + 1
    whole = kid_subsets(x, y, size=40, count=3)
    assert whole.value == pytest.approx(kid(x, y))
    assert whole.deviation == pytest.approx(0.0, abs=1e-12)
    parts = kid_subsets(x, y, size=20, count=200)
    assert parts.value == pytest.approx(kid(x, y), rel=0.1)
    assert kid_subsets(x, y, size=20, count=5) == kid_subsets(x, y, size=20, count=5)


def test_blocks_know_their_standard_error():
    rng = np.random.default_rng(8)
    estimates = [
        kid_blocks(rng.normal(size=(200, 2)), rng.normal(size=(200, 2)) + 1, blocks=10, seed=i) for i in range(200)
    ]
    claimed = np.mean([e.deviation for e in estimates]) / np.sqrt(10)
    assert claimed == pytest.approx(np.std([e.value for e in estimates]), rel=0.2)
    assert estimates[0].size == 20


def test_median_bandwidth():
    rng = np.random.default_rng(9)
    x = rng.normal(size=(40, 3))
    expected = np.median([np.linalg.norm(x[i] - x[j]) for i in range(40) for j in range(i)])
    assert median_bandwidth(x[:15], x[15:]) == pytest.approx(expected)
    assert mmd(x[:20], x[20:]) == mmd(x[:20], x[20:], bandwidth=median_bandwidth(x))
    assert median_bandwidth(np.linspace(0, 1, 5000)[:, None]) == pytest.approx(1 - np.sqrt(0.5), rel=1e-2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: kid(x[:1], x), "at least 2"),
        (lambda x: kid_subsets(x, x, size=99), "99 rows"),
        (lambda x: kid_blocks(x, x, blocks=8), "8 blocks"),
        (lambda x: mmd(x, x, bandwidth=0.0), "bandwidth is 0"),
        (lambda x: mmd(x * 0, x * 0), "give a bandwidth"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(SimengineError, match=message):
        call(np.random.default_rng(0).normal(size=(10, 2)))
