"""Reads a scene: file, randomizers, overrides, checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simengine.scene.catalogue import find_scene
from simengine.scene.document import parse_file
from simengine.scene.spec import SceneSpec

__all__ = ["load_scene"]


def load_scene(
    name_or_path: str | Path, *, randomizers: Sequence[str] = (), overrides: Mapping[str, Any] | Sequence[str] = ()
) -> SceneSpec:
    """Reads a scene and checks it as a whole.

    Args:
        name_or_path: Name in the catalogue (``dice``) or path of a YAML file.
        randomizers: Names in the catalogue (``lighting/light``) or paths, applied in order.
        overrides: Values by path, or texts ``path=value`` (YAML), applied last.

    Returns:
        The scene, ready to `sample`.

    Raises:
        SpecError: Something is wrong; carries every problem found, with file, line and column.
    """
    file = find_scene(name_or_path)
    root = parse_file(file)
    return SceneSpec(root, base=str(file.parent))
