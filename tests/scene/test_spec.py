import pickle
import random

import numpy as np
import pytest
from oracles.draws import first_draw
from scipy import stats

from simengine.errors import Rejected, SpecError
from simengine.scene.catalogue import scene_names
from simengine.scene.constraints import acceptance_text, check_label_constraints
from simengine.scene.load import load_scene
from simengine.scene.spec import SceneSpec

COPIES = """
    variables:
      base: {uniform: [1 cm, 2 cm]}
      twice: = 2 * base
    objects:
      die:
        count: {integer: [2, 5]}
        variables:
          size: {uniform: [0.5, 1.0]}
          edge: = size * base
        shape: {die: {size: = edge}}
        material: {roughness: "= index / count"}
      wall: {repeat: {grid: [2, 3, 1], spacing: [0.5, 10 cm, 1]}, shape: {box: {}}}
      floor: {shape: {plane: {}}}
    lights:
      lamp: {count: 2, area: {power: {uniform: [1, 9]}}}
    cameras:
      top: {count: 3, exposure: "= index * 0.5"}
    world: {gravity: {uniform: [9, 10]}}
    """


def test_copies_ids_and_names(load):
    scene = load(COPIES).sample(3, 4)
    dice = [each for each in scene.objects if each.group == "die"]
    assert [each.id for each in scene.objects] == list(range(1, len(scene.objects) + 1))
    assert [each.name for each in dice] == [f"die[{i}]" for i in range(len(dice))]
    assert len(dice) == scene.draws["objects.die.count"] == dice[0].spec.count
    base = scene.model.variables["base"]
    assert scene.model.variables["twice"] == 2 * base
    for each in dice:
        size = each.spec.variables["size"]
        assert each.spec.shape.die.size == size * base == each.spec.variables["edge"]
        assert each.spec.material.roughness == each.copy / len(dice)
    assert len({each.spec.variables["size"] for each in dice}) == len(dice)
    walls = [each.offset for each in scene.objects if each.group == "wall"]
    assert walls == [(0.5 * i, 0.1 * j, 0.0) for j in range(3) for i in range(2)]
    assert [light.name for light in scene.lights] == ["lamp[0]", "lamp[1]"]
    assert scene.lights[0].spec.area.power != scene.lights[1].spec.area.power
    assert [camera.spec.exposure for camera in scene.cameras] == [0.0, 0.5, 1.0]
    assert 9 <= scene.model.world.gravity <= 10
    assert scene.model.objects == scene.model.lights == scene.model.cameras == {}


def test_draws_are_recorded_by_path(load):
    scene = load(COPIES).sample(0, 0)
    for path in ("variables.base", "objects.die.count", "objects.die[1].variables.size", "objects.die[0].shape.die.size",
                 "lights.lamp[1].area.power", "cameras.top[2].exposure", "world.gravity"):  # fmt: skip
        assert path in scene.draws


def test_samples_are_functions_of_seed_index_and_attempt(load):
    spec = load(COPIES)
    assert spec.sample(1, 2) == spec.sample(1, 2)
    draws = [
        spec.sample(*key[:2], attempt=key[2]).draws
        for key in ((0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (2**63, 0, 0))
    ]
    assert len({draw["variables.base"] for draw in draws}) == 5
    backwards = [spec.sample(0, index).draws for index in reversed(range(5))]
    assert backwards == [spec.sample(0, index).draws for index in range(5)][::-1]


def test_no_global_generator_moves_or_is_moved(load):
    spec = load(COPIES)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    first = spec.sample(0, 0)
    state = random.getstate(), np.random.get_state()[2]  # noqa: NPY002
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    assert spec.sample(0, 0) == first
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    assert (random.getstate(), np.random.get_state()[2]) == state  # noqa: NPY002


def test_a_drawn_leaf_follows_its_distribution(load):
    spec = load("objects: {a: {shape: {box: {}}, material: {roughness: {beta: [2, 5]}}}}")
    values = [spec.sample(7, index).objects[0].spec.material.roughness for index in range(2000)]
    assert stats.kstest(values, stats.beta(2, 5).cdf).pvalue > 1e-3


def test_from_tree_and_pickle_rebuild_the_same(load):
    spec = load(COPIES)
    for again in (SceneSpec.from_tree(spec.tree, spec.base), pickle.loads(pickle.dumps(spec))):
        assert again.hash == spec.hash
        assert again.sample(5, 6) == spec.sample(5, 6)


def test_the_hash_goes_by_what_determines_the_data(load, tmp_path):
    text = "description: {0}\nobjects:\n  a: {{shape: {{box: {{size: [{1}, 1, 1]}}}}}}\n  b: {{shape: {{mesh: {{file: m.obj}}}}}}\n"
    (tmp_path / "m.obj").write_text("v 0 0 0\n")
    first = load(text.format("one", 1)).hash
    assert load("# comment\n" + text.format("two", 1)).hash == first
    assert load(text.format("one", 2)).hash != first
    (tmp_path / "m.obj").write_text("v 0 0 1\n")
    assert load(text.format("one", 1)).hash != first
    swapped = "objects:\n  b: {shape: {box: {}}}\n  a: {shape: {box: {}}}\n"
    straight = "objects:\n  a: {shape: {box: {}}}\n  b: {shape: {box: {}}}\n"
    assert load(swapped).hash != load(straight).hash  # the order numbers the instances


def test_constraints_reject_with_values(load):
    spec = load(
        """
        variables: {x: {uniform: [0, 1]}}
        constraints: ["x > 0.5", "count('die') >= 3"]
        objects: {die: {count: {integer: [1, 5]}, shape: {die: {}}}}
        """
    )
    outcomes = []
    for index in range(60):
        try:
            scene = spec.sample(0, index)
            assert scene.model.variables["x"] > 0.5
            assert len(scene.objects) >= 3
            outcomes.append(None)
        except Rejected as rejected:
            assert rejected.stage == "draw"
            outcomes.append(rejected.reason)
    reasons = [reason for reason in outcomes if reason]
    assert 0 < outcomes.count(None) < 60
    assert any("constraint 'x > 0.5' does not hold with x = 0." in reason for reason in reasons)
    assert any("count('die') = " in reason for reason in reasons)
    text = acceptance_text(tried=60, accepted=outcomes.count(None), reasons=reasons)
    assert text.startswith(f"{outcomes.count(None)} of 60 draws were accepted (")


def test_constraints_on_labels_are_left_to_the_engine(load):
    spec = load("constraints: ['labelled >= 2']\nobjects: {die: {count: 3, shape: {die: {}}}}")
    assert spec.label_constraints == ("labelled >= 2",)
    scene = spec.sample()
    check_label_constraints(spec.label_constraints, scene, labelled=2)
    with pytest.raises(Rejected, match="labelled = 1") as caught:
        check_label_constraints(spec.label_constraints, scene, labelled=1)
    assert caught.value.stage == "labels"


def test_plans_place_the_variables(load):
    text = """
        plan: {latin_hypercube: {size: 16}}
        variables: {x: {uniform: [0, 16]}, kind: {choose: [a, b]}, y: "= 2 * x", z: {normal: [0, 1]}}
        objects: {die: {shape: {die: {}}}}
        """
    spec = load(text)
    scenes = [spec.sample(9, index) for index in range(16)]
    assert sorted(int(scene.model.variables["x"]) for scene in scenes) == list(range(16))
    assert sorted(int(16 * stats.norm.cdf(scene.model.variables["z"])) for scene in scenes) == list(range(16))
    assert [scene.model.variables["kind"] for scene in scenes].count("a") == 8
    assert all(scene.model.variables["y"] == 2 * scene.model.variables["x"] for scene in scenes)
    retry = spec.sample(9, 0, attempt=1)  # a rejected point is replaced, else it would be rejected for ever
    assert retry.model.variables["x"] != scenes[0].model.variables["x"]


def test_values_that_do_not_fit_are_rejected_with_their_place(load):
    spec = load(
        """
        objects:
          a:
            variables: {x: {uniform: [-1, 1]}}
            shape: {sphere: {radius: "= x"}}
        """
    )
    good = bad = 0
    for index in range(40):
        try:
            spec.sample(0, index)
            good += 1
        except Rejected as rejected:
            bad += 1
            assert "objects.a[0].shape.sphere.radius: -0." in rejected.reason
            assert "outside above 0 m" in rejected.reason
            assert "scene.yaml:5:30" in rejected.reason
    assert good > 5
    assert bad > 5


def test_what_can_never_be_drawn_is_an_error_at_load(complaints):
    ((line, column, path, text),) = complaints(
        "variables: {x: {uniform: [1, 2]}}\nobjects: {a: {shape: {sphere: {radius: '= -x'}}}}"
    )
    assert (line, column, path) == (2, 40, "objects.a.shape.sphere.radius")
    assert "outside above 0 m" in text


def test_too_many_copies(complaints):
    ((_, _, path, text),) = complaints("objects: {a: {repeat: {grid: [1000, 1000, 1]}, shape: {box: {}}}}")
    assert path == "objects.a.repeat.grid"
    assert "100,000" in text


@pytest.mark.parametrize("name", scene_names())
def test_shipped_scenes_sample(name):
    spec = load_scene(name)
    assert spec.name == name
    assert spec.description
    for index in range(10):
        scene = first_draw(spec, 2**63, index)
        assert scene.cameras or scene.sensors
        assert scene.lights or scene.model.environment


def test_a_scene_with_many_objects_shares_its_constant_parts(load):
    spec = load("objects: {a: {count: 100000, shape: {box: {}}}, b: {count: 20, shape: {die: {}}, material: {roughness: {uniform: [0, 1]}}}}"
                .replace("100000", "99980"))  # fmt: skip
    scene = spec.sample()
    assert len(scene.objects) == 100_000
    assert len({id(each.spec) for each in scene.objects if each.group == "a"}) == 1
    assert len({id(each.spec.shape) for each in scene.objects if each.group == "b"}) == 1


def test_a_text_instead_of_a_list_of_randomizers():
    with pytest.raises(SpecError, match="lists"):
        load_scene("dice", randomizers="lighting/light")
