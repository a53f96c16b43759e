from pathlib import Path

import pytest

from simengine.errors import SpecError
from simengine.scene.catalogue import describe, find_randomizer, find_scene, randomizer_names, scene_names

ROOT = Path(__file__).parents[2]


def test_names_are_the_files():
    assert scene_names() == sorted(file.stem for file in (ROOT / "scenes").glob("*.yaml"))
    assert set(randomizer_names()) == {
        file.relative_to(ROOT / "randomizers").with_suffix("").as_posix()
        for file in (ROOT / "randomizers").rglob("*.yaml")
    }
    assert {"tabletop", "dice", "bin_parts", "conveyor"} <= set(scene_names())


def test_every_entry_has_one_line_that_says_what_it_is():
    for kind, names in (("scene", scene_names()), ("randomizer", randomizer_names())):
        for name in names:
            text = describe(name, kind=kind)
            assert 20 <= len(text) <= 160
            assert "\n" not in text


def test_names_and_paths_find_files(tmp_path):
    assert find_scene("dice").name == "dice.yaml"
    assert find_randomizer("lighting/light").name == "light.yaml"
    own = tmp_path / "own.yaml"
    own.write_text("simengine: 1")
    assert find_scene(own) == own
    assert find_scene(str(own)) == own


@pytest.mark.parametrize(
    ("find", "name", "words"),
    [
        (find_scene, "dise", "Did you mean 'dice'"),
        (find_scene, "nowhere/scene.yaml", "there is no file 'nowhere/scene.yaml'"),
        (find_randomizer, "lightning/strong", "Did you mean 'lighting/strong'"),
        (find_scene, "a\0b", "there is no scene"),
        (find_scene, "x" * 5000, "there is no scene"),
    ],
)
def test_unknown_names_say_what_there_is(find, name, words):
    with pytest.raises(SpecError) as caught:
        find(name)
    assert words in str(caught.value)
