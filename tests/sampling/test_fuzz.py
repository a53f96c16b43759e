"""Whatever stands under a tag: it is a distribution whose draws are sound, or one clear error."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simengine.errors import SimengineError
from simengine.sampling.distribution import DISTRIBUTIONS, DistributionError, from_dict
from simengine.sampling.plan import PLANS, plan_points
from simengine.sampling.streams import stream

NUMBERS = st.one_of(
    st.integers(-4, 30),
    st.floats(-4, 4),
    st.floats(),
    st.integers(),
    st.sampled_from([10**400, 1e-99, 1e99, 1e-320, True, math.pi, 0.1]),
)
VECTORS = st.lists(NUMBERS, min_size=1, max_size=4)
LEAVES = st.one_of(
    NUMBERS, st.none(), st.text(max_size=5), VECTORS, st.lists(VECTORS, max_size=3), st.sampled_from(["z", "#ff0000"])
)
NESTED = st.dictionaries(st.sampled_from(["uniform", "normal", "integer", "choose"]), LEAVES, min_size=1, max_size=1)
ANYTHING = st.one_of(
    LEAVES, NESTED, st.lists(NESTED, max_size=3), st.dictionaries(st.text(max_size=3), LEAVES, max_size=2)
)


def settle(tree):
    try:
        distribution = from_dict(tree)
    except DistributionError as error:
        assert str(error)
        return
    draws = distribution.sample(stream(0, 0, "fuzz"), 20)
    tree = distribution.to_dict()
    assert from_dict(tree) == distribution
    if draws.dtype == object or "constant" in tree or "choose" in tree:
        return
    assert np.all(np.isfinite(draws))
    low, high = distribution.support()
    room = 1e-9 * (1 + np.abs(draws).max())
    assert np.all((draws >= np.asarray(low) - room) & (draws <= np.asarray(high) + room))
    if "hsv" not in tree:
        assert not np.any(np.isnan(distribution.log_prob(draws)))


def mutated(tree):
    """The tree with some of its leaves replaced."""
    if isinstance(tree, dict):
        return st.fixed_dictionaries({key: mutated(value) for key, value in tree.items()})
    if isinstance(tree, list):
        return st.tuples(*[mutated(part) for part in tree]).map(list)
    near = st.floats(0.25, 4).map(lambda factor: tree * factor) if isinstance(tree, float | int) else ANYTHING
    return st.one_of(st.just(tree), st.just(tree), st.just(tree), near, NUMBERS)


@pytest.mark.filterwarnings("error")
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_examples(example, data):
    settle(data.draw(mutated(example)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("tag", sorted(set(DISTRIBUTIONS)))
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(tree=ANYTHING)
def test_any_parameters(tag, tree):
    settle({tag: tree})


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    kind=st.one_of(st.sampled_from(sorted(PLANS)), st.text(max_size=3)), params=ANYTHING, index=st.integers(0, 2**40)
)
def test_any_plan(kind, params, index):
    for plan in (kind, {kind: params}, params):
        try:
            made = plan_points(plan, ["a", "b"], seed=0, index=min(index, 10**6) if "sobol" in str(plan) else index)
        except SimengineError as error:
            assert "plan" in str(error)
            continue
        assert made is None or (made.shape == (2,) and np.all((made > 0) & (made < 1)))
