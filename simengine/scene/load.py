"""Reads a scene: file, randomizers, overrides, checks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simengine.errors import Problem, SpecError
from simengine.scene.catalogue import find_randomizer, find_scene
from simengine.scene.document import parse_file
from simengine.scene.expression import nearest
from simengine.scene.node import Node
from simengine.scene.overlay import Edit, apply_overlay, parse_overrides, read_overlay
from simengine.scene.paths import Key, Select
from simengine.scene.plugins import load_installed
from simengine.scene.spec import SceneSpec

__all__ = ["load_scene"]


def load_scene(
    name_or_path: str | Path, *, randomizers: Sequence[str] = (), overrides: Mapping[str, Any] | Sequence[str] = ()
) -> SceneSpec:
    """Reads a scene and checks it as a whole.

    Args:
        name_or_path: Name in the catalogue (``dice``) or path of a YAML file.
        randomizers: Names in the catalogue (``lighting/light``) or paths, applied in order.
        overrides: Values by path, or texts ``path=value`` (YAML), applied last. A recipe is a value too.

    Returns:
        The scene, ready to `sample`.

    Raises:
        SpecError: Something is wrong; carries every problem found, with file, line and column.

    Examples:
        >>> spec = load_scene("dice", randomizers=["lighting/light"], overrides={"objects.die.count": 3})
        >>> sum(each.group == "die" for each in spec.sample(seed=0, index=0).objects)
        3
    """
    if isinstance(randomizers, str) or isinstance(overrides, str):
        raise SpecError([Problem("randomizers and overrides are lists.", remedy="Put the text into a list.")])
    load_installed()
    file = find_scene(name_or_path)
    root = parse_file(file)
    names, notes = [], []
    if not isinstance(root.value, dict):
        return SceneSpec(root, base=str(file.parent))  # raises
    for randomizer in randomizers:
        overlay = read_overlay(find_randomizer(randomizer))
        if not sum(apply_overlay(root, overlay.edits)):
            notes.append(f"The randomizer {overlay.name} changes nothing: this scene has none of the places it names.")
        names.append(overlay.name)
    edits = parse_overrides(overrides)
    problems = []
    for edit in edits:
        if not sum(apply_overlay(root, [edit])):
            problems.append(
                Problem(f"'{edit.path}' names nothing in this scene.", edit.mark, remedy=_remedy(root, edit))
            )
    if problems:
        raise SpecError(problems)
    texts = [
        f"{edit.path}={json.dumps(edit.value.plain(), ensure_ascii=False)}" for edit in edits if edit.value is not None
    ]
    return SceneSpec(root, base=str(file.parent), randomizers=names, overrides=texts, notes=notes)


def _remedy(root: Node, edit: Edit) -> str:
    """The nearest name where the path of an override leaves the scene."""
    node = root
    for segment in edit.segments:
        name = segment.name if isinstance(segment, Key) else segment.pattern
        child = node.child(int(name) if name.isdecimal() else name)
        if child is None:
            wild = isinstance(segment, Select) and not segment.literal
            return "" if wild or not isinstance(node.value, dict) else nearest(name, node.value, most=24)
        node = child
    return ""
