"""Files that a scene refers to: where they are, whether they exist, what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from simengine.errors import Problem
from simengine.sampling.distribution import DISTRIBUTIONS
from simengine.scene.node import Node, format_path

__all__ = ["LIBRARY_PREFIX", "check_drawn_file", "check_files", "referenced_files", "resolve_file"]

LIBRARY_PREFIX = "pybullet_data:"
"""What the name of a file in PyBullet's object library starts with."""

PICTURES = (".png", ".jpg", ".jpeg", ".hdr", ".bmp", ".webp", ".tif", ".tiff", ".exr")


def resolve_file(name: str, base: str) -> Path:
    """The path of a file as a scene names it.

    Args:
        name: Relative to the scene file, absolute, or ``pybullet_data:...``.
        base: Folder of the scene file.
    """
    if name.startswith(LIBRARY_PREFIX):
        import pybullet_data

        return Path(pybullet_data.getDataPath()) / name.removeprefix(LIBRARY_PREFIX)
    return Path(base) / Path(name).expanduser()


def check_files(root: Node, base: str) -> list[Problem]:
    """A problem for every named file or folder that is not there."""
    problems = []
    for path, node in _named(root):
        problem = _check(node.value, str(path[-1]), base)
        if problem:
            problems.append(Problem(problem, node.mark, format_path(path), "Paths are relative to the scene file."))
    return problems


def check_drawn_file(path: str, value: object, base: str) -> str:
    """What is wrong with a drawn value that names a file or folder; empty if nothing, or if it names none."""
    key = path.rpartition(".")[2]
    return _check(value, key, base) if key in ("file", "folder") and isinstance(value, str) else ""


def referenced_files(root: Node, base: str) -> Iterator[tuple[str, str]]:
    """Name and fingerprint of everything that is named: of a file its content, of a folder its names and sizes."""
    for path, node in _named(root):
        place = resolve_file(node.value, base)
        if path[-1] == "folder":
            listing = [f"{file.name}:{file.stat().st_size}" for file in sorted(place.iterdir()) if file.is_file()]
            yield node.value, blake2b("\n".join(listing).encode(), digest_size=16).hexdigest()
        else:
            digest = blake2b(digest_size=16)
            with place.open("rb") as stream:
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)
            yield node.value, digest.hexdigest()


def _named(root: Node) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    """Nodes that name a file or folder: texts under `file` and `folder`, or alternatives of a choice there."""
    for path, node in root.walk():
        if path and path[0] == "variables" and (len(path) < 3 or path[-2] not in DISTRIBUTIONS):
            continue  # a variable of that name is no file by itself
        names = [key for key in path if isinstance(key, str) and key not in ("choose", "options")]
        named = isinstance(node.value, str) and bool(names) and names[-1] in ("file", "folder")
        if named and not node.value.lstrip().startswith("="):
            yield (*path[:-1], names[-1]) if path[-1] != names[-1] else path, node


def _check(name: str, key: str, base: str) -> str:
    try:
        place = resolve_file(name, base)
        if key == "folder":
            if not place.is_dir():
                return f"there is no folder '{name}'."
            if not any(file.suffix.lower() in PICTURES for file in place.iterdir()):
                return f"the folder '{name}' holds no pictures."
        elif not place.is_file():
            return f"there is no file '{name}'."
    except ImportError:
        return f"'{name}' needs the package pybullet_data, which is not installed."
    except (OSError, ValueError) as error:
        return f"'{name}' can't be read: {error}."
    return ""
