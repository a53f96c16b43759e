"""What the README shows must work as it stands there."""

import re
from pathlib import Path

import pytest
import yaml

from simengine.cli.main import COMMANDS, make_parser
from simengine.sampling.distribution import DISTRIBUTIONS
from simengine.scene.check import check_file
from simengine.scene.load import load_scene

README = (Path(__file__).parent.parent / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def files(tmp_path):
    paths = []
    for text in blocks("yaml"):
        paths.append(tmp_path / f"{yaml.safe_load(text)['name']}.yaml")
        paths[-1].write_text(text)
    return paths


def test_scene_and_randomizer_load_and_draw(files):
    assert [check_file(path) for path in files] == [[], [], []]
    spec = load_scene(files[0], randomizers=[str(files[1])])
    assert not spec.notes
    scene = spec.sample(0, 0)
    assert len(scene.lights) == 2
    size = scene.draws["variables.size"]
    assert all(thing.spec.shape.box.size[0] == pytest.approx(size) for thing in scene.objects if thing.group == "block")


def test_commands_parse():
    lines = re.sub(r"\\\n\s*", "", "".join(blocks("sh")[1:])).splitlines()
    assert len(lines) >= 18
    for line in lines:
        words = line.split("#")[0].split()
        assert words[0] == "simengine"
        assert words[1] in COMMANDS
        make_parser().parse_args(words[1:])


def test_distributions_named_are_those_there_are():
    paragraph = re.search(r"\*\*Distributions\*\*: (.*?)\n\n", README, re.DOTALL)[1].split("`plan:")[0]
    named = set(re.findall(r"`(\w+)`", paragraph)) - {"low", "high"}
    assert named == set(DISTRIBUTIONS)
