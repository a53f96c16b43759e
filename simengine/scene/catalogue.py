"""The scenes and randomizers that come with simengine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from simengine.errors import Problem, SpecError
from simengine.scene.expression import nearest

__all__ = ["describe", "find_randomizer", "find_scene", "randomizer_names", "scene_names"]

Kind = Literal["scene", "randomizer"]


def scene_names() -> list[str]:
    """Names of the shipped scenes, sorted."""
    return sorted(_entries("scene"))


def randomizer_names() -> list[str]:
    """Names of the shipped randomizers (``lighting/light``), sorted."""
    return sorted(_entries("randomizer"))


def find_scene(name_or_path: str | Path) -> Path:
    """File of a scene given by path or by its name in the catalogue.

    Raises:
        SpecError: There is none; names the nearest.
    """
    return _find(name_or_path, "scene")


def find_randomizer(name_or_path: str | Path) -> Path:
    """File of a randomizer given by path or by its name in the catalogue.

    Raises:
        SpecError: There is none; names the nearest.
    """
    return _find(name_or_path, "randomizer")


def describe(name: str, *, kind: Kind) -> str:
    """One-line description of a scene or randomizer; what is wrong with the file if it can't be read."""
    from simengine.scene.document import parse_file

    try:
        node = parse_file(_find(name, kind)).child("description")
    except SpecError as error:
        return f"(not readable: {error.problems[0]})"
    return node.value if node is not None and isinstance(node.value, str) else ""


@lru_cache(maxsize=2)
def _entries(kind: Kind) -> dict[str, Path]:
    folder = _folder(kind)
    files = sorted(folder.rglob("*.yaml")) if folder else []
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in files} if folder else {}


def _folder(kind: Kind) -> Path | None:
    """The catalogue in the wheel, or that of the repository for an editable installation."""
    package = Path(__file__).resolve().parents[1]
    for place in (package / "catalogue", package.parent):
        if (place / f"{kind}s").is_dir():
            return place / f"{kind}s"
    return None


def _find(name_or_path: str | Path, kind: Kind) -> Path:
    text = str(name_or_path)
    if text in _entries(kind):
        return _entries(kind)[text]
    path = Path(text)
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):
        pass
    if path.suffix in (".yaml", ".yml") or isinstance(name_or_path, Path):
        raise SpecError(
            [Problem(f"there is no file '{text}'.", remedy=f"Name a YAML file or a {kind} of the catalogue.")]
        )
    remedy = nearest(text, _entries(kind), most=24)
    raise SpecError([Problem(f"there is no {kind} '{text}', neither in the catalogue nor as a file.", remedy=remedy)])
