"""Scenes written inside tests."""

import textwrap

import pytest

from simengine.errors import SpecError
from simengine.scene.load import load_scene


@pytest.fixture
def load(tmp_path):
    """Writes a scene file and loads it; keyword arguments go to `load_scene`."""

    def write_and_load(text, **options):
        file = tmp_path / "scene.yaml"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return load_scene(file, **options)

    return write_and_load


@pytest.fixture
def complaints(load):
    """Loads a scene that must fail; the problems as (line, column, path, text), the file's name checked."""

    def load_and_fail(text, **options):
        with pytest.raises(SpecError) as caught:
            load(text, **options)
        found = []
        for problem in caught.value.problems:
            assert problem.mark is not None, problem
            text = f"{problem.message} {problem.remedy}".strip()
            found.append((problem.mark.line, problem.mark.column, problem.path, text))
        return found

    return load_and_fail


@pytest.fixture
def randomizer(tmp_path):
    """Writes a randomizer file; returns its path as text."""

    def write(text, name="overlay"):
        file = tmp_path / f"{name}.yaml"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return str(file)

    return write
