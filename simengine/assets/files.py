"""Finding the files that a scene names."""

from __future__ import annotations

from pathlib import Path

from simengine.errors import SimengineError

__all__ = ["LARGEST_FILE", "asset_path", "check_file"]

LARGEST_FILE = 500 * 2**20
"""Files larger than this are refused [bytes]."""

_LIBRARY = "pybullet_data:"


def asset_path(name: str, *, base: str) -> Path:
    """The file behind a name: relative to `base`, or in PyBullet's library after ``pybullet_data:``."""
    if name.startswith(_LIBRARY):
        import pybullet_data

        return Path(pybullet_data.getDataPath(), name.removeprefix(_LIBRARY))
    return Path(base, name).absolute()


def check_file(file: Path, *, kind: str) -> tuple[int, int]:
    """Size and time of change of a file worth opening.

    Raises:
        SimengineError: If it is missing, a folder, empty or huge.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise SimengineError(
            f"{kind} {file} can't be read ({error.strerror}). Check the path: it is relative to the scene file."
        ) from None
    if file.is_dir():
        raise SimengineError(f"{kind} {file} is a folder. Name a file in it.")
    if status.st_size == 0:
        raise SimengineError(f"{kind} {file} is empty. Export it again.")
    if status.st_size > LARGEST_FILE:
        raise SimengineError(
            f"{kind} {file} has {status.st_size / 2**20:.0f} MiB; at most {LARGEST_FILE / 2**20:.0f} MiB are read. "
            "Simplify the mesh."
        )
    return status.st_size, status.st_mtime_ns
