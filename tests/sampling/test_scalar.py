import math

import numpy as np
import pytest
from scipy import stats

from simengine.sampling.beta import Beta
from simengine.sampling.counts import Integer, Poisson
from simengine.sampling.curve import Curve
from simengine.sampling.distribution import DistributionError
from simengine.sampling.normal import Normal
from simengine.sampling.streams import stream
from simengine.sampling.uniform import LogUniform, Uniform

U = np.concatenate([[1e-12, 1e-6], np.linspace(0.001, 0.999, 201), [1 - 1e-6, 1 - 1e-12]])

CONTINUOUS = [
    (Uniform(-2, 5), stats.uniform(-2, 7), (-2, 5)),
    (LogUniform(0.01, 100), stats.loguniform(0.01, 100), (0.01, 100)),
    (Normal(3, 2), stats.norm(3, 2), (3 - 20, 3 + 20)),
    (Normal(0, 1, -1, 2), stats.truncnorm(-1, 2), (-1, 2)),
    (Normal(1, 2, low=4), stats.truncnorm(1.5, math.inf, 1, 2), (4, 24)),
    (Normal(0, 1, high=-6), stats.truncnorm(-math.inf, -6), (-12, -6)),
    (Normal(0, 1, low=9, high=11), stats.truncnorm(9, 11), (9, 11)),
    (Beta(2, 5), stats.beta(2, 5), (0, 1)),
    (Beta(2, 1.5, -3, 4), stats.beta(2, 1.5, -3, 7), (-3, 4)),
    (Curve([[0, 0], [3, 2]]), stats.triang(1, 0, 3), (0, 3)),
    (Curve([[-1, 0], [0, 4], [3, 0]]), stats.triang(0.25, -1, 4), (-1, 3)),
    (Curve([[2, 5], [3, 5], [6, 5]]), stats.uniform(2, 4), (2, 6)),
]


@pytest.mark.parametrize(("ours", "oracle", "bounds"), CONTINUOUS, ids=lambda value: str(value)[:30])
def test_continuous_against_scipy(ours, oracle, bounds):
    x = np.linspace(*bounds, 401)
    inner = (x > bounds[0]) & (x < bounds[1])
    assert np.allclose(ours.log_prob(x)[inner], oracle.logpdf(x)[inner], rtol=1e-8, atol=1e-8)
    assert np.allclose(ours.cdf(x), oracle.cdf(x), rtol=1e-8, atol=1e-12)
    assert np.allclose(ours.ppf(U), oracle.ppf(U), rtol=1e-6, atol=1e-9)
    assert np.all(np.diff(ours.ppf(U)) > 0)
    low, high = ours.support()
    outside = [v for v in (low - 1, high + 1) if math.isfinite(v)]
    assert all(ours.log_prob(v) == -math.inf for v in outside)
    assert all(ours.cdf(v) in (0.0, 1.0) for v in outside)
    assert np.isneginf(ours.log_prob(math.nan))
    assert isinstance(ours.ppf(0.5), float)
    assert isinstance(ours.log_prob(ours.ppf(0.5)), float)


@pytest.mark.parametrize(("ours", "oracle", "bounds"), CONTINUOUS, ids=lambda value: str(value)[:30])
def test_draws_follow_the_density(ours, oracle, bounds, density_p, count):
    draws = ours.sample(stream(11, 0, repr(ours)), count)
    breaks = (
        np.geomspace(*bounds, 30)
        if isinstance(ours, LogUniform)
        else (0.0, *(p[0] for p in getattr(ours, "points", ())))
    )
    assert density_p(ours, draws, *bounds, breaks=breaks) > 1e-3


def test_a_wrong_sampler_would_be_found(density_p, count):
    with pytest.raises(AssertionError):
        assert density_p(Normal(0, 1), Normal(0, 1.03).sample(stream(0, 0, "wrong"), count), -10, 10) > 1e-3


def test_a_bowl_of_beta_follows_scipy(chi_square, count):
    ours, oracle = Beta(0.4, 0.7), stats.beta(0.4, 0.7)
    edges = np.linspace(0, 1, 41)
    draws = ours.sample(stream(12, 0, "bowl"), count)
    assert chi_square(np.histogram(draws, edges)[0], np.diff(oracle.cdf(edges)) * count) > 1e-3
    x = np.linspace(0.001, 0.999, 99)
    assert np.allclose(ours.log_prob(x), oracle.logpdf(x))


def test_truncation_far_in_a_tail_stays_exact(chi_square, count):
    ours = Normal(0, 1, low=25, high=26)  # nearly exponential with rate 25
    draws = ours.sample(stream(13, 0, "tail"), count)
    edges = np.linspace(25, 25.4, 30)
    assert draws.min() >= 25
    log_sf = stats.norm.logsf(edges) - stats.norm.logsf(25)
    assert chi_square(np.histogram(draws, edges)[0], -np.diff(np.exp(log_sf)) * count) > 1e-3


DISCRETE = [
    (Integer(1, 6), stats.randint(1, 7)),
    (Integer(-3, 3), stats.randint(-3, 4)),
    (Poisson(0.3), stats.poisson(0.3)),
    (Poisson(7), stats.poisson(7)),
    (Poisson(900), stats.poisson(900)),
]


@pytest.mark.parametrize(("ours", "oracle"), DISCRETE, ids=lambda value: str(value)[:30])
def test_discrete_against_scipy(ours, oracle, chi_square, count):
    k = np.arange(oracle.ppf(1e-9), oracle.ppf(1 - 1e-9) + 1)
    assert np.allclose(ours.log_prob(k), oracle.logpmf(k), rtol=1e-9)
    assert np.allclose(ours.cdf(k), oracle.cdf(k))
    assert np.exp(ours.log_prob(k)).sum() == pytest.approx(1, abs=1e-6)
    u = np.random.default_rng(1).random(2000)
    assert np.array_equal(ours.ppf(u), oracle.ppf(u))
    draws = ours.sample(stream(14, 0, repr(ours)), count)
    assert draws.dtype == np.int64
    counts = [np.count_nonzero(draws == value) for value in k]
    assert sum(counts) == count
    assert chi_square(counts, oracle.pmf(k) * count) > 1e-3
    assert np.isneginf(ours.log_prob(0.5))
    assert type(ours.sample(stream(0, 0, "a"))) is int


def test_truncated_poisson(chi_square, count):
    ours = Poisson(3.5, 2, 6)
    weights = stats.poisson(3.5).pmf(np.arange(2, 7))
    weights /= weights.sum()
    assert np.allclose(np.exp(ours.log_prob(np.arange(2, 7))), weights)
    assert np.allclose(ours.cdf([1, 2, 3, 4, 5, 6, 7]), np.append(np.append(0, np.cumsum(weights)), 1))
    assert ours.ppf(1e-15) == 2
    assert ours.ppf(1 - 1e-15) == 6
    draws = ours.sample(stream(15, 0, "truncated"), count)
    assert chi_square(np.bincount(draws, minlength=7)[2:], weights * count) > 1e-3
    assert np.all(np.isneginf(ours.log_prob([1, 7, 2.5])))


def test_integer_ends_are_included_and_one_value_is_enough():
    assert Integer(4, 4).sample(stream(0, 0, "a")) == 4
    draws = Integer(0, 1).sample(stream(0, 0, "a"), 200)
    assert set(draws.tolist()) == {0, 1}


def test_ppf_refuses_what_is_no_probability():
    for u in (-0.1, 1.1, math.nan):
        with pytest.raises(DistributionError, match="probability"):
            Uniform(0, 1).ppf(u)


def test_sample_is_the_ppf_of_one_uniform():
    for distribution in (Uniform(1, 2), Normal(0, 1), Integer(1, 9), Curve([[0, 1], [1, 2]])):
        assert distribution.sample(stream(8, 8, "x")) == distribution.ppf(stream(8, 8, "x").random())


def test_fit_recovers_the_parameters():
    rng = np.random.default_rng(5)
    fitted = Normal.fit(rng.normal(4, 0.5, 20_000))
    assert (fitted.mean, fitted.sd) == pytest.approx((4, 0.5), abs=0.02)
    cut = rng.normal(1, 2, 60_000)
    fitted = Normal.fit(cut[(cut > 0) & (cut < 4)], low=0, high=4)
    assert (fitted.mean, fitted.sd) == pytest.approx((1, 2), rel=0.15)
    fitted = Beta.fit(2 + 3 * rng.beta(2, 7, 20_000), low=2, high=5)
    assert (fitted.a, fitted.b, fitted.low, fitted.high) == pytest.approx((2, 7, 2, 5), rel=0.04)
    oracle = stats.beta.fit(data := rng.beta(0.6, 3, 2000), floc=0, fscale=1)
    fitted = Beta.fit(data)
    assert (fitted.a, fitted.b) == pytest.approx(oracle[:2], rel=1e-3)
    fitted = Uniform.fit(rng.uniform(-1, 2, 20_000))
    assert (fitted.low, fitted.high) == pytest.approx((-1, 2), abs=0.01)
    fitted = LogUniform.fit(np.exp(rng.uniform(-3, 3, 20_000)))
    assert np.log([fitted.low, fitted.high]) == pytest.approx([-3, 3], abs=0.01)
    assert Integer.fit(rng.integers(3, 9, 1000)) == Integer(3, 8)
    assert Poisson.fit(rng.poisson(6.5, 20_000)).mean == pytest.approx(6.5, abs=0.1)


def test_fit_of_a_curve_finds_the_shape():
    truth = Curve([[0, 0], [1, 3], [2, 0.5], [4, 2]])
    fitted = Curve.fit(truth.sample(stream(3, 0, "fit"), 20_000), count=9)
    x = np.linspace(0.05, 3.95, 200)
    assert np.abs(np.exp(fitted.log_prob(x)) - np.exp(truth.log_prob(x))).max() < 0.06


def test_fit_refuses_data_outside_the_family():
    for fit in (
        lambda: LogUniform.fit([-1, 1]),
        lambda: Normal.fit([1, 1]),
        lambda: Normal.fit([1, 2], low=1.5),
        lambda: Beta.fit([0.5, 2]),
        lambda: Beta.fit([0.5, 0.5]),
        lambda: Integer.fit([1.5]),
        lambda: Poisson.fit([-1, 2]),
        lambda: Poisson.fit([0, 0]),
        lambda: Curve.fit([1, 1]),
    ):
        with pytest.raises(DistributionError):
            fit()
