import math

import numpy as np
import pytest

from simengine.sampling.choose import Choose
from simengine.sampling.constant import Constant
from simengine.sampling.distribution import DistributionError
from simengine.sampling.streams import stream


def test_frequencies_follow_the_weights(chi_square, count):
    ours = Choose(["a", "b", "c", "d"], [3, 0, 1, 6])
    draws = ours.sample(stream(1, 0, "choose"), count).tolist()
    assert "b" not in draws
    counts = [draws.count(option) for option in "acd"]
    assert chi_square(counts, np.array([0.3, 0.1, 0.6]) * count) > 1e-3
    assert [ours.log_prob(option) for option in "abcde"] == pytest.approx(
        [math.log(0.3), -math.inf, math.log(0.1), math.log(0.6), -math.inf]
    )
    assert ours.probabilities == pytest.approx([0.3, 0, 0.1, 0.6])


def test_equal_weights_by_default(chi_square, count):
    draws = Choose([1, 2.5, 7]).sample(stream(2, 0, "choose"), count)
    assert draws.dtype == float
    assert chi_square([np.count_nonzero(draws == v) for v in (1, 2.5, 7)], np.full(3, count / 3)) > 1e-3


def test_tiny_and_huge_weights_keep_their_ratio():
    assert Choose([0, 1], [1e-90, 1e-90]).probabilities == pytest.approx([0.5, 0.5])
    assert Choose([0, 1], [1e90, 1e90]).probabilities == pytest.approx([0.5, 0.5])


def test_options_keep_their_type_and_are_copies():
    options = [1, True, "1", None, {"wood": {"planks": 2}}, [1, 2]]
    ours = Choose(options)
    seen = [ours.sample(stream(0, index, "types")) for index in range(200)]
    for option in options:
        assert any(type(draw) is type(option) and draw == option for draw in seen)
        assert ours.log_prob(option) == pytest.approx(math.log(1 / 6))
    tree = next(draw for draw in seen if isinstance(draw, dict))
    tree["wood"]["planks"] = 99
    assert ours.options[4] == {"wood": {"planks": 2}}
    batch = ours.sample(stream(0, 0, "types"), (3, 4))
    assert batch.shape == (3, 4)
    assert batch.dtype == object


def test_equal_options_add_up():
    assert Choose(["a", "a", "b", "b"]).log_prob("a") == pytest.approx(math.log(0.5))


def test_ppf_lays_the_options_along_the_unit_interval():
    ours = Choose(["x", "y"], [1, 3])
    assert [ours.ppf(u) for u in (0.01, 0.2499, 0.2501, 0.99)] == ["x", "x", "y", "y"]
    assert ours.ppf(1.0) == "y"
    assert Choose(["x", "y"], [1, 0]).ppf(1 - 2**-53) == "x"


def test_support_of_numbers_only():
    assert Choose([3, 1, 2]).support() == (1, 3)
    low, high = Choose([[0, 5], [1, 2]]).support()
    assert low.tolist() == [0, 2]
    assert high.tolist() == [1, 5]
    for options in (["a", 1], [True, False], [[1], [1, 2]]):
        with pytest.raises(DistributionError, match="no bounds"):
            Choose(options).support()


def test_fit_counts():
    rng = np.random.default_rng(0)
    fitted = Choose.fit(rng.choice(["x", "y", "z"], p=[0.2, 0.5, 0.3], size=20_000))
    found = dict(zip(fitted.options, fitted.probabilities, strict=True))
    assert found == pytest.approx({"x": 0.2, "y": 0.5, "z": 0.3}, abs=0.015)
    assert Choose.fit([{"a": 1}, {"a": 1}, None]).weights == (2.0, 1.0)
    with pytest.raises(DistributionError, match="no observations"):
        Choose.fit([])


def test_constant():
    tree = {"wood": {"planks": [1, 2]}}
    ours = Constant(tree)
    drawn = ours.sample(stream(0, 0, "a"))
    assert drawn == tree
    drawn["wood"]["planks"].append(3)
    assert ours.sample(stream(0, 0, "a")) == {"wood": {"planks": [1, 2]}}
    assert ours.to_dict() == {"constant": {"wood": {"planks": [1, 2]}}}
    assert Constant({"a": 1}).log_prob({"a": 1}) == 0
    assert ours.log_prob(1) == -math.inf
    assert Constant(2).sample(stream(0, 0, "a"), (2, 2)).tolist() == [[2, 2], [2, 2]]
    assert Constant(2).support() == (2, 2)
    assert Constant.fit([4, 4]) == Constant(4)
    with pytest.raises(DistributionError, match="several"):
        Constant.fit([4, 5])
