import pytest

from simengine.scene.catalogue import randomizer_names, scene_names
from simengine.scene.check import check_file


@pytest.mark.parametrize("name", [*scene_names(), *randomizer_names()])
def test_everything_shipped_is_in_order(name):
    assert [str(problem) for problem in check_file(name)] == []


def write(tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text)
    return file


def test_a_scene(tmp_path):
    file = write(tmp_path, "s.yaml", "objects: {a: {shape: {bxo: {}}}}")
    (problem,) = check_file(file)
    assert str(problem).startswith(f"{file}:1:23: objects.a.shape.bxo: the key 'bxo' is unknown. Did you mean 'box'?")


def test_a_randomizer_is_checked_without_a_scene(tmp_path):
    text = """\
name: t
set:
  objects[*].material.roughness: {uniform: [0, 2]}
  objects[*].shape: {choose: [{box: {}}, {cone: {hight: 1}}]}
vary:
  lights[*].area.power: ten
  lights[*].area.size: {unifrom: [1, 2]}
add:
  objects.x: {count: 2}
"""
    found = [(p.mark.line, p.mark.column, str(p)) for p in check_file(write(tmp_path, "r.yaml", text))]
    assert [entry[:2] for entry in found] == [(3, 34), (4, 50), (6, 25), (7, 24), (9, 14)]
    for (*_, text), words in zip(found, ("can give 2", "'height'", "write 10%", "", "'shape' is missing"), strict=True):
        assert words in text


def test_a_plugin_by_its_suffix(tmp_path):
    (problem,) = check_file(write(tmp_path, "p.py", "x = 1\n"))
    assert "defines no distribution" in problem.message


def test_what_is_not_there():
    (problem,) = check_file("nothing.yaml")
    assert "there is no file" in problem.message
    (problem,) = check_file("nothing.py")
    assert "there is no plug-in" in problem.message
