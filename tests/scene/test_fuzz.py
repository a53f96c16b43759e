"""Whatever stands in a file, the end is a scene that samples, a rejection, or problems with a place."""

import copy
import json

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simengine.errors import Rejected, SpecError
from simengine.scene.catalogue import find_randomizer, find_scene, randomizer_names, scene_names
from simengine.scene.check import check_file
from simengine.scene.document import parse, parse_file
from simengine.scene.overlay import apply_overlay, read_overlay
from simengine.scene.spec import SceneSpec

SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
SCENES = {name: parse_file(find_scene(name)).plain() for name in scene_names()}
TEXTS = {name: find_scene(name).read_text() for name in scene_names()}

KEYS = st.sampled_from(
    ["objects", "shape", "count", "choose", "nominal", "vary", "uniform", "normal", "material", "roughness", "repeat", "grid", "label",
     "box", "size", "variables", "placement", "plan", "constraints", "constant", "options", "x", "clip", "file", "pose", "0", ""]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**6), 10**6), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8), KEYS,
    st.sampled_from(["= 1 / 0", "= x", "= span * 1e300 * 1e300", "=", "= index", "10%", "-5 mm", "1 kg", "#ff0000", "#zz0000", "sobol", "= [1, 2]",
                     "= count('die')", "= span", "pybullet_data:", "pybullet_data:../..", "/", "\x00", "~root", "1/0 s"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=3),
        st.builds(lambda v: {"uniform": v}, inner),
        st.builds(lambda v, w: {"nominal": v, "vary": w}, inner, inner),
        st.builds(lambda v: {"choose": v}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


def end_is_clear(make):
    try:
        spec = make()
    except SpecError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.message.strip()
            assert problem.mark is not None, problem
            assert problem.mark.line >= 1
            assert problem.mark.column >= 1
        return
    assert len(spec.hash) == 32
    for index in range(3):
        try:
            scene = spec.sample(0, index)
        except Rejected as rejected:
            assert rejected.stage == "draw"
        else:
            json.dumps(scene.draws, allow_nan=False)


def places(tree, path=()):
    yield path
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, part in entries:
        yield from places(part, (*path, key))


@st.composite
def mutated_trees(draw):
    tree = copy.deepcopy(SCENES[draw(st.sampled_from(sorted(SCENES)))])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(tree))[1:] or [("a",)]))
        owner = tree
        for key in path[:-1]:
            owner = owner[key]
        action = draw(st.sampled_from(["replace", "delete", "add", "rename"]))
        if action == "delete" and len(tree) > 1:
            del owner[path[-1]]
        elif action == "rename" and isinstance(owner, dict):
            owner[draw(KEYS)] = owner.pop(path[-1])
        elif action == "add" and isinstance(owner, dict):
            owner[draw(KEYS)] = draw(VALUES)
        else:
            owner[path[-1]] = draw(VALUES)
    return tree


@SETTINGS
@given(mutated_trees())
def test_mutated_scenes(tree):
    text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)
    end_is_clear(lambda: SceneSpec(parse(text, file="f.yaml"), base="."))


@st.composite
def mutated_texts(draw):
    text = TEXTS[draw(st.sampled_from(sorted(TEXTS)))]
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        insert = draw(st.one_of(st.sampled_from(["{", "}", "[", "]", ":", ": ", "\n", "\t", "- ", "&a ", "*a", "'", '"', "#", "%", "!x ", "---\n", "<<: "]),
                                st.text(max_size=3)))  # fmt: skip
        text = text[:place] + insert + text[place + length :]
    return text


@SETTINGS
@given(mutated_texts())
def test_mutated_texts(text):
    end_is_clear(lambda: SceneSpec(parse(text, file="f.yaml"), base="."))


@SETTINGS
@given(st.text(alphabet=st.characters(), max_size=60) | st.text(alphabet="{}[]:,-&*#'\"!|>%@ \n\tab1=", max_size=60))
def test_random_texts(text):
    end_is_clear(lambda: SceneSpec(parse(text, file="f.yaml"), base="."))


@SETTINGS
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_random_trees(tree):
    text = json.dumps({"objects": {"a": tree}, **tree})
    end_is_clear(lambda: SceneSpec(parse(text, file="f.yaml"), base="."))


@SETTINGS
@given(st.binary(max_size=80))
def test_random_bytes(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("fuzz") / "f.yaml"
    file.write_bytes(data)
    for problem in check_file(file):
        assert problem.mark is not None


PATHS = st.sampled_from(
    ["objects[*].material.roughness", "objects[*].shape", "objects[*].count", "objects[*]", "lights[*]", "lights[*].area", "variables.x",
     "variables[*]", "cameras[*].pose.orbit", "cameras[*].resolution[0]", "environment", "environment.constant", "objects[!label]", "plan",
     "objects[*].placement.drop.size", "objects[*].materials[*]", "constraints", "constraints[0]", "labels.classes[*]", "name", "bad", "a..b"]
)  # fmt: skip


@SETTINGS
@given(
    st.sampled_from(sorted(SCENES)),
    st.dictionaries(PATHS, VALUES, max_size=3),
    st.dictionaries(PATHS, VALUES, max_size=2),
    st.dictionaries(PATHS, VALUES, max_size=2),
    st.lists(PATHS, max_size=2),
)
def test_random_randomizers(tmp_path_factory, scene, to_set, to_vary, to_add, to_remove):
    file = tmp_path_factory.mktemp("fuzz") / "r.yaml"
    file.write_text(json.dumps({"set": to_set, "vary": to_vary, "add": to_add, "remove": to_remove}))

    def make():
        root = parse_file(find_scene(scene))
        apply_overlay(root, read_overlay(file).edits)
        return SceneSpec(root, base=".")

    end_is_clear(make)
    for problem in check_file(file):
        assert problem.mark is not None, problem


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(SCENES)),
    st.lists(st.sampled_from([n for n in randomizer_names() if "photos" not in n]), max_size=4),
)
def test_shipped_randomizers_stack_in_any_order(scene, names):
    def make():
        root = parse_file(find_scene(scene))
        for name in names:
            apply_overlay(root, read_overlay(find_randomizer(name)).edits)
        return SceneSpec(root, base=".")

    if (
        len({n for n in names if n.startswith("distractors")})
        + names.count("distractors/light")
        + names.count("distractors/strong")
        > 2
    ):
        return
    end_is_clear(make)
