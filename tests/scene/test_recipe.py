import math

import numpy as np
import pytest

from simengine.scene.units import UNITS, parse_quantity


def material(value, key="roughness"):
    return f"objects: {{a: {{shape: {{box: {{}}}}, material: {{{key}: {value}}}}}}}"


def drawn(spec, count=200, get=lambda scene: scene.objects[0].spec.material.roughness):
    return np.array([get(spec.sample(0, index)) for index in range(count)])


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("16 mm", "m", 0.016), ("1.5e2cm", "m", 1.5), ("2 in", "m", 0.0508), ("30 deg", "rad", math.pi / 6), ("1/240 s", "s", 1 / 240),
        ("1500 rpm", "Hz", 25.0), ("60 rpm", "rad/s", 2 * math.pi), ("20 %", "", 0.2), ("20%", "", 0.2), ("5 g", "kg", 0.005),
        ("1 g", "m/s^2", 9.80665), ("7.8 g/cm^3", "kg/m^3", 7800.0), ("36 km/h", "m/s", 10.0), ("wood", "m", "wood"), (3, "m", 3),
        ("2 mm", None, 0.002), ("30 deg", None, math.pi / 6), ("3 red balls", None, "3 red balls"), ("7", None, 7.0),
    ],
)  # fmt: skip
def test_quantities(text, unit, value):
    assert parse_quantity(text, unit=unit) == (pytest.approx(value) if isinstance(value, float) else value)


def test_every_unit_converts_to_its_si_unit_by_one():
    for unit, factors in UNITS.items():
        assert all(factor > 0 for factor in factors.values())
        assert factors.get(unit, 1.0) == 1.0


def test_units_inside_recipes(load):
    spec = load(
        """
        variables: {gap: {uniform: [10 mm, 20 mm]}}
        objects:
          a:
            shape: {box: {size: [{uniform: [1 cm, 2 cm]}, "= gap", 30 mm]}}
            physics: {mass: {normal: {mean: 100 g, sd: 10 g, low: 50 g, high: 150 g}}}
        cameras: {c: {pose: {orbit: {azimuth: {uniform: [-180 deg, 180 deg]}}}, intrinsics: {fov: 50 deg}}}
        """
    )
    for index in range(20):
        scene = spec.sample(0, index)
        x, y, z = scene.objects[0].spec.shape.box.size
        assert 0.01 <= x <= 0.02
        assert y == scene.model.variables["gap"]
        assert 0.01 <= y <= 0.02
        assert z == 0.03
        assert 0.05 <= scene.objects[0].spec.physics.mass <= 0.15
        assert -math.pi <= scene.cameras[0].spec.pose.orbit.azimuth <= math.pi
        assert scene.cameras[0].spec.intrinsics.fov == pytest.approx(math.radians(50))


def test_percentages_vary_uniformly_around_the_nominal(load):
    values = drawn(load(material("{nominal: 0.5, vary: 20%}")), 400)
    assert 0.4 <= values.min() < 0.41
    assert 0.59 < values.max() <= 0.6
    assert values.mean() == pytest.approx(0.5, abs=0.01)


def test_a_distribution_under_vary_is_the_factor(load):
    spec = load(material("{nominal: 0.2, vary: {choose: [0.5, 2]}}"))
    assert set(drawn(spec, 30).tolist()) == {0.1, 0.4}


def test_a_nominal_may_be_a_recipe(load):
    spec = load(material("{nominal: {choose: [0.1, 0.5]}, vary: 10%}"))
    for index in range(30):
        scene = spec.sample(0, index)
        path = "objects.a[0].material.roughness"
        assert scene.draws[path] == scene.draws[f"{path}.nominal"] * scene.draws[f"{path}.vary"]
        assert scene.draws[f"{path}.nominal"] in (0.1, 0.5)


def test_colours_vary_by_component_and_stay_colours(load):
    get = lambda scene: scene.objects[0].spec.material.base_color  # noqa: E731
    values = drawn(load(material('{nominal: "#ff8000", vary: 30%}', "base_color")), 100, get)
    assert values.shape == (100, 3)
    assert values.max() == 1.0
    assert (values[:, 2] == 0).all()
    assert len(set(values[:, 1].tolist())) == 100
    assert abs(np.corrcoef(values[:, 0], values[:, 1])[0, 1]) < 0.5


def test_clip_keeps_the_range(load):
    values = drawn(load(material("{nominal: 0.95, vary: 20%, clip: [0.8, 1]}")), 200)
    assert values.min() == 0.8
    assert values.max() == 1.0


def test_whole_numbers_stay_whole(load):
    spec = load("objects: {a: {count: {nominal: 10, vary: 30%}, shape: {box: {}}}}")
    counts = {len(spec.sample(0, index).objects) for index in range(60)}
    assert counts <= set(range(7, 14))
    assert len(counts) > 3


def test_parameters_may_be_drawn(load):
    spec = load(
        """
        variables: {top: {uniform: [0.5, 1.0]}}
        objects: {a: {shape: {box: {}}, material: {roughness: {uniform: [{uniform: [0.0, 0.1]}, "= top"]}}}}
        """
    )
    for index in range(30):
        scene = spec.sample(0, index)
        path = "objects.a[0].material.roughness"
        assert scene.draws[f"{path}.uniform[0]"] <= scene.draws[path] <= scene.draws["variables.top"]


def test_choices_of_subtrees_are_drawn_further(load):
    spec = load(
        """
        objects:
          a:
            count: 30
            shape:
              choose:
                options: [{box: {size: [{uniform: [0.1, 0.2]}, 0.1, 0.1]}}, {can: }, {choose: [{mug: {}}, {die: {size: 1 cm}}]}]
                weights: [2, 1, 1]
            material: {texture: {choose: [null, {random_texture: {}}, {wood: {planks: {integer: [1, 4]}}}]}}
        """
    )
    scene = spec.sample(0, 0)
    tags = [each.spec.shape.tag for each in scene.objects]
    assert set(tags) == {"box", "can", "mug", "die"}
    assert tags.count("box") > tags.count("can")
    for each in scene.objects:
        if each.spec.shape.tag == "box":
            path = f"objects.{each.name}.shape.choose.options[0].box.size[0]"
            assert each.spec.shape.box.size[0] == scene.draws[path]
    assert {each.spec.material.texture is None for each in scene.objects} == {True, False}


def test_whole_objects_may_be_chosen(load):
    spec = load(
        """
        objects:
          thing:
            choose:
              - {count: 3, shape: {box: {}}, label: {name: box}}
              - {count: 2, shape: {can: {}}, variables: {r: {uniform: [0, 1]}}, material: {roughness: "= r"}}
        """
    )
    seen = {(scene.objects[0].spec.shape.tag, len(scene.objects)) for scene in (spec.sample(0, i) for i in range(20))}
    assert seen == {("box", 3), ("can", 2)}


def test_a_field_named_like_a_distribution_is_the_field(load):
    spec = load("environment: {constant: {radiance: {uniform: [1, 2]}}}")
    assert 1 <= spec.sample().model.environment.constant.radiance <= 2


def test_words_and_flags_may_be_drawn(load):
    spec = load(
        """
        variables: {n: {integer: [0, 1]}}
        objects:
          a:
            shape: {bolt: {head: {choose: [hex, socket]}}}
            visible: {choose: [true, false]}
            label: {name: "= 'big' if n > 0 else 'small'"}
        """
    )
    scenes = [spec.sample(0, index) for index in range(30)]
    assert {s.objects[0].spec.shape.bolt.head for s in scenes} == {"hex", "socket"}
    assert {s.objects[0].spec.visible for s in scenes} == {True, False}
    for scene in scenes:
        assert scene.objects[0].spec.label.name == ("big" if scene.model.variables["n"] else "small")


@pytest.mark.parametrize(
    ("value", "offset", "words"),
    [
        ("{uniform: [0, 1.7]}", 0, "can give 1.7, outside [0, 1]. Set low and high."),
        ("{normal: [0.5, 0.1]}", 0, "outside [0, 1]. Set low and high."),
        ("{uniform: [1, 0]}", 10, "uniform"),
        ("{uniform: {low: 0, hihg: 1}}", 10, "Did you mean high"),
        ("{unifrom: [0, 1]}", 0, "Did you mean 'uniform'"),
        ("{uniform: [0 kg, 1 kg]}", 0, "'kg' does not fit"),
        ("{nominal: 0.95, vary: 10%}", 0, "can give 1.045, outside [0, 1]"),
        ("{nominal: 0.5}", 0, "'vary' is missing"),
        ("{nominal: 0.5, vary: 10 m}", 21, "write 10%"),
        ("{nominal: 0.5, vary: -1}", 21, "write 10%"),
        ("{nominal: 0.5, vary: 1%, low: 0}", 0, "'low' is unknown"),
        ("{nominal: 2, vary: 1%}", 10, "2 is outside [0, 1]"),
        ("{nominal: 0.5, vary: 1%, clip: 3}", 31, "write [low, high]"),
        ("{choose: [0.1, 1.2]}", 15, "1.2 is outside [0, 1]"),
        ("{choose: [0.1, {uniform: [0, 2]}]}", 15, "can give 2"),
        ("{choose: []}", 9, "at least one option"),
        ("{choose: {options: [0.1], weights: [1, 2]}}", 9, "weights"),
        ("{in_box: {size: [1, 1, 1]}}", 0, ""),
        ("'= 2 +'", 0, "no expression"),
        ("'= 3 * 1'", 0, "3 is outside"),
        ("'= 1 / 0'", 0, "zero"),
        ("'= x'", 0, "no variable 'x'"),
        ("'= count(\"a\")'", 0, "constraints only"),
        ("{hsv: {}}", 0, ""),
        ("true", 0, "not a number"),
        ("[1]", 0, "a number"),
        ("1 kg", 0, "unit"),
        ("rough", 0, "not a number"),
    ],
)
def test_recipes_are_checked_at_load(complaints, value, offset, words):
    text = material(value)
    found = complaints(text)
    assert (found[0][0], found[0][1]) == (1, text.rindex(value) + 1 + offset), found
    assert found[0][2].startswith("objects.a.material.roughness")
    assert words in found[0][3], found
    assert len(found) == 1, found


def test_only_numbers_vary(complaints):
    ((_, _, path, text),) = complaints(material("{nominal: auto, vary: 10%}", "mapping"))
    assert path == "objects.a.material.mapping.nominal"
    assert "only numbers" in text


def test_a_count_needs_whole_numbers(complaints):
    ((_, _, path, text),) = complaints("objects: {a: {count: {uniform: [1, 5]}, shape: {box: {}}}}")
    assert path == "objects.a.count"
    assert "integer or poisson" in text


def test_what_must_not_vary_is_refused(complaints):
    for key, value in (("name", "{choose: [a, b]}"), ("outputs", "[{choose: [rgb, depth]}]"), ("attempts", "hello")):
        ((line, _, path, _),) = complaints(f"{key}: {value}")
        assert line == 1
        assert path.startswith(key)


def test_a_word_in_a_choice_names_the_nearest(complaints):
    text = material("{choose: [auto, triplaner]}", "mapping")
    ((line, column, path, words),) = complaints(text)
    assert (line, column, path) == (1, text.index("triplaner") + 1, "objects.a.material.mapping.choose[1]")
    assert "Did you mean 'triplanar'?" in words
