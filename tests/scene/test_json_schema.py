import jsonschema
import pytest
from oracles.draws import fits

from simengine.sampling.distribution import DISTRIBUTIONS
from simengine.scene.catalogue import find_randomizer, find_scene, randomizer_names, scene_names
from simengine.scene.document import parse, parse_file
from simengine.scene.json_schema import randomizer_schema, scene_schema
from simengine.scene.load import load_scene

Validator = jsonschema.Draft202012Validator


@pytest.fixture(scope="module")
def scenes():
    schema = scene_schema()
    Validator.check_schema(schema)
    return Validator(schema)


@pytest.fixture(scope="module")
def randomizers():
    schema = randomizer_schema()
    Validator.check_schema(schema)
    return Validator(schema)


def test_shipped_files_are_valid(scenes, randomizers):
    for name in scene_names():
        scenes.validate(parse_file(find_scene(name)).plain())
        for randomizer in randomizer_names():
            if fits(load_scene(name), randomizer):
                scenes.validate(load_scene(name, randomizers=[randomizer]).tree)
    for name in randomizer_names():
        randomizers.validate(parse_file(find_randomizer(name)).plain())


def test_every_distribution_and_every_field_is_described(scenes):
    definitions = scenes.schema["$defs"]
    assert {family["title"] for family in definitions["Distribution"]["anyOf"]} == set(DISTRIBUTIONS)
    material = definitions["Material"]["anyOf"][0]["properties"]
    assert all("description" in field for field in material.values())
    assert material["roughness"]["anyOf"][0]["maximum"] == 1.0


GOOD = [
    "objects: {a: {shape: {die: }}}",
    "objects: {a: {shape: {die: {size: 16 mm}}, count: {integer: [1, 3]}}}",
    "objects: {a: {shape: {choose: [{box: {}}, {can: {}}]}, material: {roughness: {nominal: 0.5, vary: 10%}}}}",
    "objects: {a: {shape: {box: {size: [{uniform: [1 cm, '= x']}, '= x', 1]}}, material: {base_color: '#ff0000'}}}",
    "objects: {a: {shape: {box: {}}, placement: {fixed: {rotation: [0, 0, 30 deg]}}}}",
    "objects: {a: {shape: {box: {}}, placement: {fixed: {rotation: {any_rotation: {}}}}}}",
    "environment: {constant: {radiance: {loguniform: [0.1, {uniform: [1, 2]}]}}}",
    "variables: {x: {normal: {mean: {uniform: [0, 1]}, sd: 1}}}\nplan: {grid: {size: 3}}",
]
BAD = [
    "objects: {a: {shape: {die: {sise: 1}}}}",
    "objects: {a: {shape: {box: {}, can: {}}}}",
    "objects: {a: {shape: {box: {}}, material: {roughness: 2}}}",
    "objects: {a: {shape: {box: {}}, material: {roughness: rough}}}",
    "objects: {a: {shape: {box: {}}, material: {roughness: {unifrom: [0, 1]}}}}",
    "objects: {a: {shape: {box: {}}, physics: {static: 'yes'}}}",
    "objects: {a: {}}",
    "cameras: {c: {resolution: 640}}",
    "plan: sobl",
    "thing: 1",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_loads_is_valid(scenes, text):
    scenes.validate(parse(text, file="f").plain())


@pytest.mark.parametrize("text", BAD)
def test_what_does_not_load_is_invalid(scenes, text):
    with pytest.raises(jsonschema.ValidationError):
        scenes.validate(parse(text, file="f").plain())


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"sett": {}},
        {"set": {"a..b": 1}},
        {"vary": {"a.b": "much"}},
        {"remove": "a"},
        {"simengine": 2, "set": {"a": 1}},
    ],
)
def test_wrong_randomizers_are_invalid(randomizers, tree):
    with pytest.raises(jsonschema.ValidationError):
        randomizers.validate(tree)
