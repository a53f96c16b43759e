import numpy as np
import pytest
from scipy import stats

from simengine.sampling.counts import Integer, Poisson
from simengine.sampling.curve import Curve
from simengine.sampling.distribution import DistributionError
from simengine.sampling.mixture import Mixture, fit_gaussian_mixture
from simengine.sampling.normal import Normal
from simengine.sampling.streams import stream
from simengine.sampling.uniform import Uniform

OURS = Mixture([Normal(-2, 0.5), Normal(1, 1), Uniform(5, 6)], [1, 2, 1])


def oracle_pdf(x):
    return 0.25 * stats.norm(-2, 0.5).pdf(x) + 0.5 * stats.norm(1, 1).pdf(x) + 0.25 * stats.uniform(5, 1).pdf(x)


def oracle_cdf(x):
    return 0.25 * stats.norm(-2, 0.5).cdf(x) + 0.5 * stats.norm(1, 1).cdf(x) + 0.25 * stats.uniform(5, 1).cdf(x)


def test_density_and_cumulative_function():
    x = np.linspace(-5, 7, 301)
    assert np.allclose(np.exp(OURS.log_prob(x)), oracle_pdf(x))
    assert np.allclose(OURS.cdf(x), oracle_cdf(x))
    assert OURS.support() == (-np.inf, np.inf)


def test_draws_follow_the_density(density_p, count):
    assert density_p(OURS, OURS.sample(stream(1, 0, "mixture"), count), -8, 8, bins=64, breaks=(5, 6)) > 1e-3


def test_quantiles_by_bisection(uniform_p):
    u = np.linspace(0.0005, 0.9995, 400)
    x = OURS.ppf(u)
    assert np.allclose(oracle_cdf(x), u, atol=1e-12)
    assert np.all(np.diff(x) >= 0)
    gap = Mixture([Uniform(0, 1), Uniform(10, 11)])
    assert gap.ppf(0.5) == pytest.approx(1)
    assert gap.ppf(0.5 + 1e-9) == pytest.approx(10)
    assert Mixture([Normal(0, 1), Normal(0, 1)]).ppf(0.975) == pytest.approx(stats.norm.ppf(0.975))
    assert Mixture([Normal(0, 1), Normal(50, 1)], [1, 0]).ppf(0.999999) == pytest.approx(stats.norm.ppf(0.999999))


def test_mixture_of_counts(chi_square, count):
    ours = Mixture([Integer(0, 3), Poisson(6)], [1, 3])
    k = np.arange(40)
    weights = 0.25 * stats.randint(0, 4).pmf(k) + 0.75 * stats.poisson(6).pmf(k)
    assert np.allclose(np.exp(ours.log_prob(k)), weights)
    draws = ours.sample(stream(2, 0, "counts"), count)
    assert draws.dtype == np.int64
    assert chi_square(np.bincount(draws, minlength=40), weights * count) > 1e-3
    u = np.linspace(0.001, 0.999, 500)
    assert np.array_equal(ours.ppf(u), np.searchsorted(np.cumsum(weights), u))
    assert type(ours.sample(stream(0, 0, "x"))) is int
    assert type(ours.ppf(0.5)) is int


def test_nested_mixture():
    inner = Mixture([Normal(0, 1), Normal(4, 1)])
    outer = Mixture([inner, Curve([[0, 1], [1, 1]])])
    assert outer.log_prob(0.5) == pytest.approx(np.log(0.5 * np.exp(inner.log_prob(0.5)) + 0.5))


@pytest.mark.parametrize(
    "parts", [[(1.0, 0.0, 1.0)], [(0.5, -2.0, 0.5), (0.5, 1.0, 1.0)], [(0.2, 0, 0.3), (0.5, 3, 0.5), (0.3, 6, 0.2)]]
)
def test_fit_finds_the_number_of_components_and_their_parameters(parts):
    rng = np.random.default_rng(7)
    data = np.concatenate([rng.normal(mean, sd, int(8000 * weight)) for weight, mean, sd in parts]) * 0.01 + 0.05
    fitted = Mixture.fit(data)
    assert len(fitted.components) == len(parts)
    for weight, component, part in zip(fitted.probabilities, fitted.components, parts, strict=True):
        assert weight == pytest.approx(part[0], abs=0.03)
        assert component.mean == pytest.approx(part[1] * 0.01 + 0.05, abs=0.001)
        assert component.sd == pytest.approx(part[2] * 0.01, rel=0.08)


def test_fit_is_likelier_than_the_truth():
    rng = np.random.default_rng(3)
    data = np.concatenate([rng.normal(0, 1, 700), rng.normal(2.5, 0.7, 300)])
    truth = Mixture([Normal(0, 1), Normal(2.5, 0.7)], [7, 3])
    assert Mixture.fit(data, count=2).log_prob(data).sum() > truth.log_prob(data).sum()
    assert Mixture.fit(data) == Mixture.fit(data)
    likelihoods = [fit_gaussian_mixture(data, k)[3] for k in (1, 2, 3)]
    assert likelihoods[0] == pytest.approx(stats.norm(data.mean(), data.std()).logpdf(data).sum())
    assert likelihoods == sorted(likelihoods)
    assert Mixture.fit(data, count=2).log_prob(data).sum() == pytest.approx(likelihoods[1], rel=1e-6)


def test_fit_survives_ties_and_outliers():
    for data in ([0, 0, 0, 0, 1], [0] * 50 + [1e6], np.repeat([1.0, 2.0, 3.0], 30)):
        fitted = Mixture.fit(data)
        assert np.all(np.isfinite(fitted.log_prob(np.asarray(data, float))))


def test_fit_refuses_too_little():
    for data, options in (([1, 1, 1], {}), ([1, 2], {"count": 3}), ([1, 2], {"count": 0}), ([], {})):
        with pytest.raises(DistributionError, match="mixture"):
            Mixture.fit(data, **options)
