"""Checks a file of any kind: a scene, a randomizer or a plug-in."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from simengine.errors import Problem, SimengineError, SpecError
from simengine.scene.catalogue import find_randomizer, find_scene, randomizer_names
from simengine.scene.document import parse_file
from simengine.scene.load import load_scene
from simengine.scene.node import Node
from simengine.scene.overlay import KINDS, Edit, read_overlay
from simengine.scene.plugins import check_plugin, load_installed
from simengine.scene.problems import problems_of

__all__ = ["check_file"]


def check_file(path: str | Path) -> list[Problem]:
    """Every problem of a scene, a randomizer or a Python plug-in.

    Args:
        path: A file, or a name of the catalogues. A YAML file with one of remove, set, vary and add and
            without objects is a randomizer.

    Returns:
        The problems in order of the text; empty if there is none.
    """
    try:
        if str(path).endswith(".py"):
            return check_plugin(path)
        load_installed()
        file = find_randomizer(path) if str(path) in randomizer_names() else find_scene(path)
        root = parse_file(file)
        if _is_randomizer(root):
            return _check_values(read_overlay(file).edits)
        load_scene(file)
    except SpecError as error:
        return error.problems
    except SimengineError as error:
        return [Problem(str(error))]
    return []


def _is_randomizer(root: Node) -> bool:
    return isinstance(root.value, dict) and "objects" not in root.value and any(kind in root.value for kind in KINDS)


def _check_values(edits: tuple[Edit, ...]) -> list[Problem]:
    """Checks the values of a randomizer against what the schema has at their places."""
    problems = []
    for edit in edits:
        if edit.value is None or edit.slot.annotation is None:
            continue
        node, value = edit.value, edit.value.plain()
        if edit.kind == "vary":  # checked around an unknown value
            value = {"nominal": "= nominal", "vary": value}
            node = Node({"nominal": Node(""), "vary": edit.value}, edit.value.mark)
        try:
            TypeAdapter(edit.slot.annotation).validate_python(value, context={"base": "."})
        except ValidationError as error:
            for problem in problems_of(error, node, start=edit.slot):
                path = f"{edit.path}: {problem.path}" if problem.path else edit.path
                problems.append(Problem(problem.message, problem.mark, path, problem.remedy))
        except PydanticCustomError as error:
            problems.append(Problem(error.message(), edit.value.mark, edit.path))
    return problems
