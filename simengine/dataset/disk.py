"""Writing files that are either whole or absent, and disk errors in words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from simengine.errors import SimengineError

__all__ = ["atomic_file", "atomic_path", "disk_errors", "sync", "write_atomic"]

_REMEDIES = {
    errno.ENOSPC: "The disk is full: free some space",
    errno.EDQUOT: "Your disk quota is used up: free some space",
    errno.EFBIG: "The file grew past the limit of the file system or of `ulimit -f`: raise it or choose another folder",
    errno.EROFS: "The file system is read-only: choose another folder",
    errno.EACCES: "You may not write there: change the rights of the folder or choose another",
    errno.EPERM: "You may not write there: change the rights of the folder or choose another",
    errno.ENOTDIR: "A file stands where a folder is needed: remove it or choose another folder",
    errno.EEXIST: "A file stands where a folder is needed: remove it or choose another folder",
    errno.ENAMETOOLONG: "The name is too long for the file system: choose a shorter folder",
    errno.EMFILE: "Too many files are open: raise `ulimit -n`",
    errno.EIO: "The disk reports a fault: check it or choose another",
    errno.ENOENT: "It vanished or can't be made there: choose another folder",
}


@contextmanager
def disk_errors(doing: str, path: Path) -> Iterator[None]:
    """Turns an `OSError` into a `SimengineError` that says what, where, why and the remedy.

    Args:
        doing: What is tried, e.g. ``write``.
        path: Where, used if the error itself names no file.
    """
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else path
        why = error.strerror or str(error)
        remedy = _REMEDIES.get(error.errno or 0, "Check the disk or choose another folder")
        raise SimengineError(f"can't {doing} {where}: {why}. {remedy}, then run the same command again.") from error


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Gives a name to write a file under, by any library, that becomes ``path`` only when it is whole and safe.

    Args:
        path: Where it shall stand; its folder exists. Nothing changes there if the block raises.

    Raises:
        SimengineError: The disk refuses.
    """
    draft = path.with_name(f".{path.name}.tmp")
    with disk_errors("write", path):
        try:
            yield draft
            sync(draft)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        sync(path.parent)


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Opens a file that appears under its name only when it is whole; see `atomic_path`."""
    with atomic_path(path) as draft, draft.open("wb") as file:
        yield file


def write_atomic(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all; see `atomic_file`."""
    with atomic_file(path) as file:
        file.write(data)


def sync(path: Path) -> None:
    """Makes a file, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
