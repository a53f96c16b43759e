import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.rare import RareEvents, importance_weights, weighted_mean

EVENTS = RareEvents({"normal": 0.989, "outer": 0.01, "cage": 0.001}, {"normal": 0.4, "outer": 0.3, "cage": 0.3})


def test_rates_estimated_on_enriched_data_are_unbiased():
    misses = {"normal": 0.0, "outer": 0.1, "cage": 0.6}
    truth = sum(EVENTS.rates[name] * misses[name] for name in misses)
    estimates, errors = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        draws = [EVENTS.draw(rng) for _ in range(400)]
        values = [float(rng.random() < misses[name]) for name, _ in draws]
        found = weighted_mean(np.array(values), np.array([weight for _, weight in draws]))
        estimates.append(found.mean)
        errors.append(found.error)
    spread = np.std(estimates)
    assert np.mean(estimates) == pytest.approx(truth, abs=3 * spread / np.sqrt(200))
    assert np.mean(errors) == pytest.approx(spread, rel=0.15)
    # the same 400 items without enrichment would hardly ever see the event
    assert spread < 0.5 * np.sqrt(truth / 400)


def test_weights_average_to_one_and_classes_come_as_drawn():
    rng = np.random.default_rng(0)
    draws = [EVENTS.draw(rng) for _ in range(20_000)]
    assert np.mean([weight for _, weight in draws]) == pytest.approx(1.0, abs=0.02)
    assert np.mean([name == "cage" for name, _ in draws]) == pytest.approx(0.3, abs=0.01)
    assert weighted_mean(np.ones(10), np.ones(10)).effective == pytest.approx(10)


def test_density_weights():
    from scipy.stats import expon, norm

    draws = expon.rvs(size=40_000, random_state=1) + 3.0  # all in the tail of the normal
    weights = importance_weights(norm.logpdf(draws), expon.logpdf(draws - 3.0))
    assert weighted_mean(np.ones(len(draws)), weights).mean == pytest.approx(norm.sf(3.0), rel=0.02)


@pytest.mark.parametrize(
    "rates, drawn, words",
    [
        ({"a": 0.5}, {"a": 1.0}, "rates is .*sum to 1"),
        ({"a": 0.5, "b": 0.5}, {"a": 1.0}, r"drawn\[b\].*must be drawn"),
        ({"a": 1.0}, {"a": 1.5, "b": -0.5}, "probabilities from 0"),
    ],
)
def test_impossible_rates_are_refused(rates, drawn, words):
    with pytest.raises(SimengineError, match=words):
        RareEvents(rates, drawn)
