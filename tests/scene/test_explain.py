import pytest

from simengine.errors import SpecError
from simengine.scene.explain import explain, in_words
from simengine.scene.outline import ROOT, children, step

SCENE = """\
variables: {edge: {uniform: [1 cm, 2 cm]}}
objects:
  die:
    shape: {die: {size: "= edge"}}
    material: {roughness: {uniform: [0.1, 0.2]}}
  mix: {shape: {choose: [{box: {rounding: 0.01}}, {box: {rounding: 0.02}}, {can: }]}}
"""


def test_a_leaf_that_is_set(load):
    spec = load(SCENE)
    told = explain(spec, "objects.die.material.roughness")
    assert told.meaning.startswith("From mirror (0) to matte (1)")
    assert (told.type, told.unit, told.range, told.default) == ("a number", "", "[0, 1]", "0.5")
    (now,) = told.current
    assert now.startswith("drawn: uniform [0.1, 0.2]")
    assert now.endswith("scene.yaml:5:27)")
    size = explain(spec, "objects.die.shape.die.size")
    assert (size.unit, size.range) == ("m", "above 0 m")
    assert size.current[0].startswith("computed: = edge  (")
    assert "objects.die.shape.die.size" in str(size)


def test_a_leaf_that_is_not_set(load):
    spec = load(SCENE)
    assert explain(spec, "objects.die.material.metallic").current == ("not set: 0.0",)
    assert explain(spec, "cameras.camera.intrinsics.fov").default == ""
    assert explain(spec, "world.gravity").unit == "m/s^2"
    (now,) = explain(spec, "objects.die.shape.box.size").current
    assert now.startswith("not used here: shape is die")
    assert explain(spec, "timeline.start").type == "one of settled or a number"


def test_alternatives_and_wildcards_show_each(load):
    spec = load(SCENE)
    told = explain(spec, "objects[*].shape.box.rounding")
    assert [line.split()[0] for line in told.current] == ["0.01", "0.02"]
    assert "one of 3 alternatives (box, box, can)" in explain(spec, "objects.mix.shape").current[0]


def test_what_a_randomizer_set_names_its_file(load, randomizer):
    name = randomizer("simengine: 1\nname: t\nvary: {'objects[*].material.roughness': 10%}\n")
    spec = load(SCENE, randomizers=[name], overrides=["objects.die.material.metallic=1"])
    (now,) = explain(spec, "objects.die.material.roughness").current
    assert "plus or minus 10%" in now
    assert f"{name}:3:41" in now
    assert "--set:1:31" in explain(spec, "objects.die.material.metallic").current[0]


def test_children_are_listed_with_their_values(load):
    told = explain(load(SCENE), "objects.die.material")
    rows = {name: (now, meaning) for name, now, meaning in told.children}
    assert rows["roughness"][0].startswith("drawn: uniform")
    assert rows["metallic"] == ("0.0", "From dielectric (0) to metal (1).")
    assert "objects" in {name for name, _, _ in explain(load(SCENE)).children}
    assert [name for name, _, _ in explain(load(SCENE), "objects").children] == ["die", "mix"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("objects.dei", "Did you mean 'die'"), ("objects.die.materal", "Did you mean 'material'"), ("nothing.here", "has no key 'nothing'"),
        ("objects..x", "no path"), ("objects.die.count.x", "single value"),
    ],
)  # fmt: skip
def test_wrong_paths_name_the_nearest(load, path, words):
    with pytest.raises(SpecError) as caught:
        explain(load(SCENE), path)
    assert words in str(caught.value)


def test_every_key_of_the_schema_says_what_it_means(load):
    """Each field has a meaning, and numbers have a unit or a range unless they are plain factors."""
    queue, seen = [("", ROOT)], set()
    while queue:
        path, slot = queue.pop()
        if slot.part in seen:
            continue
        if slot.part is not None:
            seen.add(slot.part)
            for name in children(slot):
                below = step(slot, name)
                assert below is not None
                described = (below.field.description or "") if below.field else ""
                assert described or below.part, f"{path}.{name} has no description"
                queue.append((f"{path}.{name}", below))
        elif slot.kind is dict:
            queue.append((f"{path}[*]", step(slot, "x")))
    assert len(seen) > 50


def test_words():
    assert in_words(0.5) == "0.5"
    assert in_words("= 2 * x") == "computed: = 2 * x"
    assert in_words({"choose": [1, 2]}) == "drawn: one of [1, 2]"
    assert in_words({"nominal": 3, "vary": "10%"}) == "3, plus or minus 10%"
    assert in_words({"nominal": 3, "vary": {"uniform": [0, 1]}, "clip": [0, 3]}).startswith(
        "3, times a factor, drawn: uniform [0, 1]"
    )
