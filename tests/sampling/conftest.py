"""Shared yardsticks of the sampling tests: chi-square against a density, and the examples of every family."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

COUNT = 20_000


def _chi_square(observed, expected):
    """p-value; neighbouring bins are joined until each expects at least 10 draws."""
    observed, expected = np.asarray(observed, float), np.asarray(expected, float)
    joined_observed, joined_expected, o, e = [], [], 0.0, 0.0
    for one, other in zip(observed, expected, strict=True):
        o, e = o + one, e + other
        if e >= 10:
            joined_observed.append(o)
            joined_expected.append(e)
            o = e = 0.0
    joined_observed[-1] += o
    joined_expected[-1] += e
    assert len(joined_expected) > 1, "one bin can't tell anything"
    statistic = np.sum((np.array(joined_observed) - joined_expected) ** 2 / np.array(joined_expected))
    return stats.chi2.sf(statistic, len(joined_expected) - 1)


@pytest.fixture
def chi_square():
    """p-value of counts per bin against expected counts."""
    return _chi_square


@pytest.fixture
def uniform_p():
    """p-value of numbers that should be uniform in [0, 1]."""

    def check(values, bins=40):
        values = np.asarray(values)
        assert values.min() >= -1e-9
        assert values.max() <= 1 + 1e-9
        counts = np.histogram(np.clip(values, 0, 1), bins, (0, 1))[0]
        return _chi_square(counts, np.full(bins, len(values) / bins))

    return check


@pytest.fixture
def density_p():
    """p-value of draws against the integral of exp(log_prob) over bins, by quadrature; checks that it is 1 in all."""

    def check(distribution, draws, low, high, bins=40, breaks=()):
        edges = np.unique(np.concatenate([np.linspace(low, high, bins + 1), [b for b in breaks if low < b < high]]))
        mass = [
            integrate.quad(lambda x: np.exp(distribution.log_prob(x)), a, b, epsabs=1e-10, limit=200)[0]
            for a, b in itertools.pairwise(edges)
        ]
        assert sum(mass) == pytest.approx(1, abs=2e-6)
        assert np.all((draws >= low) & (draws <= high))
        return _chi_square(np.histogram(draws, edges)[0], np.array(mass) * len(draws))

    return check


EXAMPLES = [
    {"constant": 3},
    {"constant": {"wood": {"planks": 2}}},
    {"uniform": [-1, 3]},
    {"loguniform": [0.01, 100]},
    {"normal": [1, 2]},
    {"normal": {"mean": 0, "sd": 1, "low": -0.5, "high": 2}},
    {"beta": {"a": 2, "b": 5, "low": -1, "high": 1}},
    {"choose": ["a", 2, {"b": [1, 2]}, None]},
    {"choose": {"options": [1, 2.5, 4], "weights": [1, 0, 3]}},
    {"integer": [1, 20]},
    {"poisson": 3.5},
    {"poisson": {"mean": 3.5, "low": 2, "high": 6}},
    {"mixture": [{"normal": [0, 1]}, {"uniform": [3, 4]}]},
    {"mixture": {"components": [{"integer": [0, 3]}, {"poisson": 5}], "weights": [1, 2]}},
    {"kernel_density": [1.0, 2.0, 2.5, 7.0]},
    {"kernel_density": {"values": [0.1, 0.4, 0.9], "bandwidth": 0.2, "low": 0, "high": 1}},
    {"curve": [[0, 0], [1, 3], [4, 0]]},
    {"in_box": {"center": [0, 1, 2], "size": [1, 2, 3]}},
    {"in_sphere": {"center": [1, 0, 0], "radius": 2, "inner": 1}},
    {"on_sphere": {"center": [0, 0, 1], "radius": 2, "elevation": [0.2, 1.2], "azimuth": [0, 3]}},
    {"in_disk": {"center": [1, 2], "radius": 0.5, "z": 0.3, "inner": 0.1}},
    {"in_cone": {"apex": [0, 0, 1], "axis": [1, 1, 1], "half_angle": 0.4, "length": 2, "inner": 0.5}},
    {"any_rotation": {}},
    {"about_axis": "z"},
    {"about_axis": {"axis": [1, 2, 3], "angle": [-0.5, 1]}},
    {"hsv": {"h": [0.9, 1.1], "s": [0.2, 0.8], "v": [0.3, 1]}},
    {"palette": ["#ff8000", [0, 0.5, 1]]},
    {"palette": {"colors": ["#ff8000", [0, 0.5, 1]], "weights": [1, 2], "jitter": 0.1}},
    {"random_texture": {}},
    {"random_texture": {"kinds": ["wood", "marble"], "weights": [1, 2], "colors": ["#000000", "#ffffff"]}},
]


@pytest.fixture(params=EXAMPLES, ids=lambda tree: next(iter(tree)))
def example(request):
    """One valid tree of each family and form."""
    return request.param


@pytest.fixture
def examples():
    """All valid trees."""
    return EXAMPLES


@pytest.fixture
def count():
    """Number of draws that a chi-square test uses."""
    return COUNT
