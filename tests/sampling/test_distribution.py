import json
import math
import pickle
import subprocess
import sys

import jsonschema
import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.sampling import distribution as module
from simengine.sampling.distribution import DISTRIBUTIONS, Distribution, DistributionError, from_dict, register
from simengine.sampling.params import Number, param
from simengine.sampling.streams import stream


def test_every_family_has_an_example_and_the_reverse(examples):
    assert {next(iter(tree)) for tree in examples} == set(DISTRIBUTIONS)


def test_round_trip(example):
    distribution = from_dict(example)
    tree = distribution.to_dict()
    assert list(tree) == list(example)
    again = from_dict(json.loads(json.dumps(tree)))
    assert again == distribution
    assert hash(again) == hash(distribution)
    assert again.to_dict() == tree
    assert repr(again) == repr(distribution)
    assert repr(distribution).startswith(type(distribution).__name__ + "(")
    assert pickle.loads(pickle.dumps(distribution)) == distribution


def test_all_examples_differ(examples):
    made = [from_dict(tree) for tree in examples]
    assert all(a != b for i, a in enumerate(made) for b in made[i + 1 :])
    assert from_dict({"choose": [1]}) != from_dict({"choose": [True]})
    assert from_dict({"uniform": [0, 1]}) != "uniform"


def test_same_stream_same_draw(example):
    distribution = from_dict(example)
    for size in (None, 5):
        first, second = (distribution.sample(stream(3, 1, "leaf"), size) for _ in range(2))
        assert np.array_equal(np.asarray(first, dtype=object), np.asarray(second, dtype=object))


def test_shapes_and_types_of_draws(example):
    distribution = from_dict(example)
    rng = stream(0, 0, "shape")
    one = distribution.sample(rng)
    if distribution.event_shape:
        assert isinstance(one, np.ndarray)
        assert one.shape == distribution.event_shape
        assert one.dtype == np.float64
    else:
        assert not isinstance(one, np.ndarray | np.generic)
        json.dumps(one)
    for size, shape in ((4, (4,)), ((2, 3), (2, 3)), (0, (0,))):
        assert np.shape(distribution.sample(rng, size)) == shape + distribution.event_shape


def test_draws_lie_in_the_support_and_have_a_density(example):
    distribution = from_dict(example)
    draws = distribution.sample(stream(1, 0, "support"), 500)
    if draws.dtype == object:
        if "constant" not in example:
            with pytest.raises(DistributionError, match="no bounds"):
                distribution.support()
    else:
        low, high = distribution.support()
        assert np.all(draws >= np.asarray(low) - 1e-9)
        assert np.all(draws <= np.asarray(high) + 1e-9)
    if "random_texture" in example:
        with pytest.raises(DistributionError, match="no density"):
            distribution.log_prob(draws[0])
    elif draws.dtype == object or "constant" in example:
        assert all(math.isfinite(distribution.log_prob(draw)) for draw in draws.tolist())
    else:
        assert np.all(np.isfinite(distribution.log_prob(draws)))


def test_examples_meet_their_json_schema(example):
    ((tag, params),) = example.items()
    schema = DISTRIBUTIONS[tag].json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(params, schema)
    jsonschema.validate(from_dict(example).to_dict()[tag], schema)
    if tag != "constant":
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"no_such_parameter": 1}, schema)
    assert schema["description"] == DISTRIBUTIONS[tag].summary


def test_units_of_angles_are_stated():
    assert DISTRIBUTIONS["about_axis"].units()["angle"] == "rad"
    assert DISTRIBUTIONS["on_sphere"].units() == {"elevation": "rad", "azimuth": "rad"}
    assert DISTRIBUTIONS["in_cone"].units()["half_angle"] == "rad"
    assert DISTRIBUTIONS["uniform"].units() == {}


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (3, ["3", "no distribution", "{uniform: [0, 1]}"]),
        ({"uniform": [0, 1], "normal": [0, 1]}, ["no distribution"]),
        ({"unifrm": [0, 1]}, ["'unifrm'", "Did you mean uniform?"]),
        ({1: 2}, ["1", "is no distribution"]),
        ({"uniform": [0]}, ["uniform", "[0]", "low, high"]),
        ({"uniform": 3}, ["uniform", "3", "[low, high]"]),
        ({"uniform": {"low": 0}}, ["uniform", "high is missing"]),
        ({"uniform": {"low": 0, "hihg": 1}}, ["uniform", "'hihg'", "Did you mean high?"]),
        ({"uniform": ["a", 1]}, ["uniform", "low is 'a'", "not a number"]),
        ({"uniform": [True, 2]}, ["uniform", "low is True", "not a number"]),
        ({"uniform": [float("nan"), 2]}, ["uniform", "low is nan", "finite"]),
        ({"uniform": [0, 10**400]}, ["uniform", "high", "finite"]),
        ({"uniform": [2, 1]}, ["uniform", "low 2", "high 1", "Swap"]),
        ({"loguniform": [0, 1]}, ["loguniform", "low is 0", "above 0"]),
        ({"loguniform": [3, 1]}, ["loguniform", "Swap"]),
        ({"normal": [0, 0]}, ["normal", "sd is 0", "above 0"]),
        ({"normal": {"mean": 0, "sd": 1, "low": 2, "high": 1}}, ["normal", "low 2", "high 1"]),
        ({"normal": {"mean": 0, "sd": 1, "low": 50}}, ["normal", "50", "30 standard deviations"]),
        ({"beta": [0, 1]}, ["beta", "a is 0", "[0.001, 1e+06]"]),
        ({"uniform": [0, 1e300]}, ["uniform", "1e+300", "1e+100"]),
        ({"beta": {"a": 1, "b": 1, "low": 1, "high": 1}}, ["beta", "low 1"]),
        ({"choose": []}, ["choose", "options", "empty"]),
        ({"choose": {"options": [1, 2], "weights": [1]}}, ["choose", "1 weights for 2"]),
        ({"choose": {"options": [1, 2], "weights": [0, 0]}}, ["choose", "all weights are 0"]),
        ({"choose": {"options": [1, 2], "weights": [-1, 2]}}, ["choose", "weights", "[0, inf]"]),
        ({"choose": {"options": [{1, 2}]}}, ["choose", "JSON"]),
        ({"integer": [1.5, 2]}, ["integer", "1.5", "whole number"]),
        ({"integer": [3, 2]}, ["integer", "low 3", "high 2"]),
        ({"poisson": 0}, ["poisson", "mean is 0"]),
        ({"poisson": {"mean": 1, "low": 3, "high": 2}}, ["poisson", "low 3"]),
        ({"poisson": {"mean": 1, "low": 300}}, ["poisson", "300", "almost nothing"]),
        ({"mixture": [{"choose": ["a"]}]}, ["mixture", "over numbers"]),
        ({"mixture": [{"normal": [0, -1]}]}, ["mixture", "normal", "sd is -1"]),
        ({"mixture": [{"normal": [0, 1]}, {"integer": [0, 1]}]}, ["mixture", "choose"]),
        ({"kernel_density": {}}, ["kernel_density", "values or a file"]),
        ({"kernel_density": [1]}, ["kernel_density", "too few"]),
        ({"kernel_density": [1, 1, 1]}, ["kernel_density", "equal", "Give a number"]),
        ({"kernel_density": {"values": [1, 2], "bandwidth": "wide"}}, ["kernel_density", "'wide'", "silverman"]),
        ({"kernel_density": {"values": [1, 2], "low": 2, "high": 1}}, ["kernel_density", "low 2"]),
        ({"kernel_density": {"values": [1, 2], "low": 99}}, ["kernel_density", "99", "almost nothing"]),
        ({"kernel_density": {"values": [1, 2], "column": "a"}}, ["kernel_density", "column", "file"]),
        ({"kernel_density": {"file": "nowhere.csv"}}, ["kernel_density", "nowhere.csv", "No such file"]),
        ({"curve": [[0, 1]]}, ["curve", "at least two"]),
        ({"curve": [[0, 1], [0, 2]]}, ["curve", "ascending"]),
        ({"curve": [[0, 1], [1, -2]]}, ["curve", "-2", "negative"]),
        ({"curve": [[0, 0], [1, 0]]}, ["curve", "every y is 0"]),
        ({"curve": [[0, 0, 1], [1, 0]]}, ["curve", "3 components, not 2"]),
        ({"in_box": {"size": [1, 1]}}, ["in_box", "size", "2 components, not 3"]),
        ({"in_box": {"size": [1, 1, -1]}}, ["in_box", "size"]),
        ({"in_sphere": {"radius": 1, "inner": 1}}, ["in_sphere", "inner 1", "radius 1"]),
        ({"on_sphere": {"radius": 1, "elevation": [0, 80]}}, ["on_sphere", "elevation", "1.57"]),
        ({"on_sphere": {"radius": 1, "elevation": [1, 0]}}, ["on_sphere", "elevation", "ascending"]),
        ({"on_sphere": {"radius": 1, "azimuth": [0, 7]}}, ["on_sphere", "azimuth", "full turn"]),
        ({"in_cone": {"length": 1, "half_angle": 2}}, ["in_cone", "half_angle is 2"]),
        ({"in_cone": {"length": 1, "half_angle": 1, "axis": [0, 0, 0]}}, ["in_cone", "axis"]),
        ({"any_rotation": {"axis": "z"}}, ["any_rotation", "'axis'", "no parameter"]),
        ({"any_rotation": 3}, ["any_rotation", "3"]),
        ({"about_axis": "w"}, ["about_axis", "'w'", "x, y, z"]),
        ({"about_axis": {"axis": "z", "angle": [0, 7]}}, ["about_axis", "full turn"]),
        ({"hsv": {"h": [0, 1.5]}}, ["hsv", "full turn"]),
        ({"hsv": {"s": 1.5}}, ["hsv", "s is 1.5", "[0, 1]"]),
        ({"palette": ["red"]}, ["palette", "'#rrggbb'"]),
        ({"palette": ["#12345g"]}, ["palette", "'#rrggbb'"]),
        ({"palette": [[0, 0, 255]]}, ["palette", "[0, 1]"]),
        ({"random_texture": {"kinds": ["granite"]}}, ["random_texture", "granite", "marble"]),
        ({"random_texture": {"folder": "nowhere"}}, ["random_texture", "nowhere", "Check the path"]),
        ({"random_texture": {"folder": "x", "kinds": ["wood"]}}, ["random_texture", "beside a folder"]),
    ],
)
def test_errors_name_the_tag_the_value_and_the_remedy(tree, words):
    with pytest.raises(DistributionError) as caught:
        from_dict(tree)
    for word in words:
        assert word in str(caught.value)
    assert isinstance(caught.value, SimengineError)


def test_families_are_imported_only_when_asked_for():
    code = (
        "import sys; from simengine.sampling.distribution import DISTRIBUTIONS, from_dict;"
        "assert 'uniform' in DISTRIBUTIONS and len(list(DISTRIBUTIONS)) == 21;"
        "assert not [m for m in sys.modules if m.startswith('simengine.sampling.') and m.split('.')[-1]"
        " not in ('distribution',)], sys.modules;"
        "from_dict({'uniform': [0, 1]});"
        "assert 'simengine.sampling.mixture' not in sys.modules and 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_plug_in_registers_and_a_taken_tag_is_refused(monkeypatch):
    import dataclasses

    @dataclasses.dataclass(frozen=True, eq=False, repr=False)
    class Twice(Distribution):
        tag = "twice"
        summary = "Twice a number."
        whole = "value"
        value: float = param(Number(), "The number.")

        def sample(self, rng, size=None):
            return 2 * self.value if size is None else np.full(size, 2 * self.value)

    register(Twice)
    try:
        assert from_dict({"twice": 4}).sample(stream(0, 0, "x")) == 8
        assert "twice" in DISTRIBUTIONS
        with pytest.raises(DistributionError, match="density"):
            Twice(1).log_prob(2)
        with pytest.raises(DistributionError, match="fit"):
            Twice.fit([1, 2])
        with pytest.raises(DistributionError, match="plan"):
            Twice(1).ppf(0.5)
    finally:
        del DISTRIBUTIONS["twice"]

    class Thief(Twice):
        tag = "uniform"

    with pytest.raises(DistributionError, match="uniform: is the tag of another"):
        register(Thief)
    assert DISTRIBUTIONS["uniform"] is not Thief


@pytest.mark.parametrize(
    "tag", ["uniform", "normal", "beta", "poisson", "mixture", "kernel_density", "curve", "in_box"]
)
def test_fit_refuses_what_is_no_data(tag):
    family = DISTRIBUTIONS[tag]
    for data in ([], ["a", "b"], [[[1.0]]], [np.nan, 1.0], 3):
        with pytest.raises(DistributionError, match=tag):
            family.fit(data)
    with pytest.raises(DistributionError):
        DISTRIBUTIONS["in_cone"].fit(np.zeros((5, 3)))


def test_module_lists_its_public_names():
    assert set(module.__all__) == {
        "DISTRIBUTIONS",
        "Distribution",
        "DistributionError",
        "Size",
        "from_dict",
        "register",
    }
