import pytest
from oracles.draws import first_draw, fits

from simengine.errors import SpecError
from simengine.scene.catalogue import randomizer_names, scene_names
from simengine.scene.load import load_scene

SCENE = """
    variables: {size: {uniform: [0.01, 0.02]}}
    objects:
      die:
        count: {integer: [2, 4]}
        shape: {die: {size: "= size"}}
        label: {name: die}
        material: {roughness: {uniform: [0.2, 0.6]}, metallic: {uniform: [0, 1]}}
      die_big: {shape: {choose: [{box: {rounding: 0.01}}, {can: {}}, {box: {size: [{uniform: [1, 2]}, 1, 1]}}]}, label: {name: big}}
      table: {shape: {plane: {}}, physics: {static: true}}
    lights:
      window: {area: {power: {uniform: [10, 20]}}}
      sky: {sun: {}}
    cameras:
      top: {pose: {orbit: {distance: 2.0, azimuth: {uniform: [0, 1]}}}}
    """


def overlay(body, name="test"):
    return f"simengine: 1\nname: {name}\ndescription: d\n{body}\n"


def same_elsewhere(before, after, *changed):
    """Draws that both have are equal but for the paths named."""
    for path, value in before.items():
        if not path.startswith(changed):
            assert after[path] == value, path


def test_set_leaves_every_other_draw_as_it_was(load, randomizer):
    plain = load(SCENE)
    name = randomizer(overlay("set: {'objects[*].material.roughness': {beta: [2, 2]}}"))
    changed = load(SCENE, randomizers=[name])
    assert changed.randomizers == ("test",)
    assert changed.hash != plain.hash
    for index in range(10):
        before, after = plain.sample(4, index), changed.sample(4, index)
        paths = [f"objects.{each.name}.material.roughness" for each in after.objects]
        same_elsewhere(before.draws, after.draws, *paths)
        assert set(after.draws) - set(before.draws) <= set(paths)
        assert all(path in after.draws for path in paths)


def test_vary_keeps_the_draw_that_it_wraps(load, randomizer):
    plain = load(SCENE)
    body = (
        "vary: {'objects[die].material.roughness': 10%, 'lights[*].area.power': 50%, 'lights[*].sun.irradiance': 50%}"
    )
    one = load(SCENE, randomizers=[randomizer(overlay(body))])
    more = overlay("vary: {'objects[*].material.roughness': {uniform: [0.9, 1.1]}}", "more")
    two = load(SCENE, randomizers=[randomizer(overlay(body)), randomizer(more, "more")])
    for index in range(10):
        before, after, last = (spec.sample(4, index).draws for spec in (plain, one, two))
        path = "objects.die[0].material.roughness"
        assert after[path] == before[path] * after[f"{path}.vary"]
        assert after[f"{path}.nominal"] == last[f"{path}.nominal"] == before[path]
        assert last[f"{path}.vary"] == after[f"{path}.vary"]
        assert last[path] == pytest.approx(after[path] * last[f"{path}.vary[1]"])
        assert 0.5 <= after["lights.window[0].area.power.vary"] <= 1.5
        assert 1.5 <= after["lights.sky[0].sun.irradiance"] <= 4.5  # the schema's default, varied
        same_elsewhere(before, after, "objects.die", "lights.window[0].area.power")
        same_elsewhere(before, after, *(f"objects.die[{i}].material.roughness" for i in range(4)), "lights.window")


def test_every_shipped_randomizer_leaves_other_draws_alone(tmp_path, monkeypatch):
    for scene in scene_names():
        plain = load_scene(scene)
        first = first_draw(plain, 1, 2)
        for name in randomizer_names():
            if not fits(plain, name):
                continue
            spec = load_scene(scene, randomizers=[name])
            after = spec.sample(1, 2, attempt=first.attempt)
            touched = [path for path in first.draws if after.draws.get(path) != first.draws[path]]
            added = [path for path in after.draws if path not in first.draws]
            vocabulary = {
                "lighting": ("lights.", "environment"), "materials": ("objects.",), "camera": ("cameras.",), "physics": ("objects.",),
                "background": ("objects.", "environment"), "distractors": ("objects.distractor",), "sensor": ("cameras.",),
                "machine": ("machines.", "sensors.", "variables."),
            }  # fmt: skip
            for path in touched + added:
                assert path.startswith(vocabulary[name.split("/")[0]]), (scene, name, path)
            copies = {path for path in first.draws if path.endswith(".count") and not path.startswith("machines.")}
            assert {path: after.draws[path] for path in copies} == {path: first.draws[path] for path in copies}


def test_missing_parts_start_from_the_defaults(load, randomizer):
    body = """
set:
  cameras[*].exposure: 1.0
  objects[*].physics.friction: 0.9
  environment.constant.radiance: 7
vary:
  cameras[*].intrinsics.fov: 0%
"""
    scene = load(SCENE, randomizers=[randomizer(overlay(body))]).sample()
    assert scene.cameras[0].spec.exposure == 1.0
    assert scene.cameras[0].spec.intrinsics.fov == pytest.approx(0.87)
    assert scene.model.environment.constant.radiance == 7
    assert {each.spec.physics.friction for each in scene.objects} == {0.9}
    assert scene.objects[-1].spec.physics.static
    bare = load(
        "objects: {a: {shape: {box: {}}}}",
        randomizers=[randomizer(overlay("vary: {'cameras[*].pose.look_at.eye': 10%}"))],
    )
    assert "cameras.camera[0].pose.look_at.eye" in bare.sample().draws


def test_tags_match_where_they_are_used(load, randomizer):
    body = "set: {'objects[*].shape.box.rounding': 0.02, 'lights[*].sun.irradiance': 9, 'lights[*].point.radius': 1}"
    spec = load(SCENE, randomizers=[randomizer(overlay(body))])
    options = spec.tree["objects"]["die_big"]["shape"]["choose"]
    assert options[0]["box"]["rounding"] == 0.02
    assert options[2]["box"]["rounding"] == 0.02
    assert options[1] == {"can": {}}
    assert "box" not in spec.tree["objects"]["die"]["shape"]
    assert spec.tree["lights"]["sky"]["sun"] == {"irradiance": 9}
    assert "point" not in str(spec.tree["lights"])


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("objects[*]", {"die", "die_big", "table"}), ("objects[die_*]", {"die_big"}), ("objects[die]", {"die"}), ("objects.die", {"die"}),
        ("objects[!label]", {"table"}), ("objects[d*]", {"die", "die_big"}), ("objects.*", {"die", "die_big", "table"}), ("objects[x]", set()),
    ],
)  # fmt: skip
def test_selection(load, randomizer, pattern, matched):
    spec = load(SCENE, randomizers=[randomizer(overlay(f"set: {{'{pattern}.visible': false}}"))])
    assert {name for name, node in spec.tree["objects"].items() if node.get("visible") is False} == matched
    assert bool(spec.notes) == (not matched)


def test_lists_are_selected_by_number(load, randomizer):
    spec = load(SCENE.replace("distance: 2.0", "target: [1, 2, 3]"),
                randomizers=[randomizer(overlay("set: {'cameras[*].pose.orbit.target[1]': 9}"))])  # fmt: skip
    assert spec.sample().cameras[0].spec.pose.orbit.target == (1, 9, 3)


def test_remove_and_add(load, randomizer):
    body = """
remove: ["objects[*].material.metallic", "lights.sky"]
add:
  objects.extra: {count: 2, shape: {sphere: {}}}
  lights.lamp: {point: {}}
  variables.more: {uniform: [0, 1]}
  constraints: ["more < 2"]
set: {"objects[*].visible": false}
"""
    spec = load(
        "constraints: ['size < 1']\n" + "\n".join(line[4:] for line in SCENE.splitlines()),
        randomizers=[randomizer(overlay(body))],
    )
    scene = spec.sample()
    assert [each.group for each in scene.objects[-2:]] == ["extra", "extra"]
    assert scene.objects[-1].spec.visible  # what a randomizer adds is not touched by its own patterns
    assert not scene.objects[0].spec.visible
    assert [light.name for light in scene.lights] == ["window[0]", "lamp[0]"]
    assert not any("metallic" in path for path in scene.draws)
    assert 0 <= scene.model.variables["more"] <= 1
    assert spec.tree["constraints"] == ["size < 1", "more < 2"]


def test_randomizers_stack_in_order_and_overrides_come_last(load, randomizer):
    one = randomizer(overlay("set: {'objects[*].material.roughness': 0.1}", "one"), "one")
    two = randomizer(overlay("set: {'objects[die].material.roughness': 0.2}", "two"), "two")
    path = "objects.die.material.roughness"

    def roughness(**options):
        return load(SCENE, **options).sample().objects[0].spec.material.roughness

    assert roughness(randomizers=[one, two]) == 0.2
    assert roughness(randomizers=[two, one]) == 0.1
    assert roughness(randomizers=[one, two], overrides=[f"{path}=0.3"]) == 0.3
    assert roughness(randomizers=[one, two], overrides={path: 0.4, "objects.table.visible": False}) == 0.4
    assert 0.5 <= roughness(overrides=[f"{path} = {{uniform: [0.5, 0.6]}}"]) <= 0.6


def test_a_randomizer_that_changes_nothing_is_noted(load, randomizer):
    spec = load(SCENE, randomizers=[randomizer(overlay("set: {'lights[*].point.radius': 0.1}", "idle"))])
    assert spec.notes == ("The randomizer idle changes nothing: this scene has none of the places it names.",)


@pytest.mark.parametrize(
    ("body", "line", "column", "words"),
    [
        ("set: {'objects[*].materiel.roughness': 1}", 4, 7, "Did you mean 'material'"),
        ("set:\n  objects[*].material.rougness: 1", 5, 3, "Did you mean 'roughness'"),
        ("vary: {'objects[*].material.mapping': 10%}", 4, 8, "can't vary"),
        ("set: {'objects..die': 1}", 4, 7, "no path"),
        ("set: {'objects[].die': 1}", 4, 7, "empty brackets"),
        ("set: {'objects.die.count.x': 1}", 4, 7, "single value"),
        ("set: {'objects.die[3].count': 1}", 4, 7, "can't select"),
        ("set: {'cameras.top.resolution[5]': 1}", 4, 7, "list"),
        ("sett: {a: 1}", 4, 1, "Did you mean 'set'"),
        ("remove: {a: 1}", 4, 9, "list of paths"),
        ("set: [a]", 4, 6, "mapping of paths"),
        ("add: {'objects[*]': {}}", 4, 7, "no new entry"),
        ("add: {objects.die: {shape: {box: {}}}}", 4, 7, "exists already"),
        ("set: {'objects[*].material.roughness': 7}", 4, 40, "7 is outside [0, 1]"),
        ("set: {'objects[*].material.roughness': '= sise'}", 4, 40, "Did you mean 'size'"),
        ("", 1, 1, "changes nothing"),
    ],
)
def test_wrong_randomizers_say_where(complaints, randomizer, body, line, column, words):
    found = complaints(SCENE, randomizers=[randomizer(overlay(body))])
    assert found[0][:2] == (line, column), found
    assert words in found[0][3], found


@pytest.mark.parametrize(
    ("override", "column", "words"),
    [
        ("objects.dye.count=3", 1, "Did you mean 'die'"),
        ("objects.die.cuont=3", 1, "Did you mean 'count'"),
        ("objects.die.count", 1, "no '='"),
        ("objects.die.count=[1, 2", 19, "expected"),
        ("objects.die.count={uniform: [1, 2]}", 19, "integer or poisson"),
        ("objects.die.material.roughness=7", 32, "7 is outside"),
        ("lights[*].point.radius=1", 1, "names nothing"),
    ],
)
def test_wrong_overrides_say_where(complaints, override, column, words):
    found = complaints(SCENE, overrides=["objects.die.visible=true", override])
    assert found[0][:2] == (2, column), found
    assert words in found[0][3]


def test_an_empty_override_is_null(load):
    spec = load(SCENE, overrides=["objects.die.label="])
    assert spec.sample().objects[0].spec.label is None


def test_unknown_randomizers_name_the_nearest(load):
    with pytest.raises(SpecError, match="Did you mean 'lighting/strong'"):
        load(SCENE, randomizers=["lighting/stron"])
