"""The folder of a data set: whose it is, what of it is finished, and one writer at a time."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.dataset.manifest import MANIFEST, PARTIAL, partial_bytes, plan_differences, read_manifest
from simengine.dataset.shard import SHARDS, check_shard, remove_drafts, shard_folder
from simengine.dataset.units import WorkUnit, work_units
from simengine.errors import SimengineError

__all__ = ["Progress", "claim_directory"]

_NAMED = 12  # differences that an error spells out


@dataclass(frozen=True)
class Progress:
    """What stands in a folder.

    Attributes:
        finished: Whether the data set is complete.
        pending: The shards that are still to be made.
        damaged: What was wrong with shards found, which are to be made again; one sentence each.
    """

    finished: bool
    pending: tuple[WorkUnit, ...] = ()
    damaged: tuple[str, ...] = ()


@contextmanager
def claim_directory(root: Path, plan: dict[str, Any]) -> Iterator[Progress]:
    """Takes a folder for a data set, alone, and finds out what of it is finished.

    A new folder gets the plan as ``dataset.partial.json``. In an unfinished one every shard is compared with its
    hashes; leftovers of killed processes and damaged shards are removed.

    Args:
        root: The folder.
        plan: What shall stand in it.

    Yields:
        What stands in it.

    Raises:
        SimengineError: The folder holds something else or the data set of another plan, another process writes
            there, or the disk refuses.
    """
    plan = json.loads(canonical_json(plan, ordered=True))
    with disk_errors("make the folder", root):
        root.mkdir(parents=True, exist_ok=True)
    with _lock(root):
        if (root / MANIFEST).exists():
            _compare(root, plan, partial=False)
            (root / PARTIAL).unlink(missing_ok=True)
            yield Progress(finished=True)
            return
        started = (root / PARTIAL).exists()
        if started and _shards(root):
            _compare(root, plan, partial=True)
        else:  # a run that failed before its first shard binds nobody: mend the scene and go
            if not started:
                _refuse_foreign(root)
            write_atomic(root / PARTIAL, partial_bytes(plan))
        with disk_errors("make the folder", root / SHARDS):
            (root / SHARDS).mkdir(exist_ok=True)
        remove_drafts(root)
        yield _survey(root, plan)


def _survey(root: Path, plan: dict[str, Any]) -> Progress:
    pending: list[WorkUnit] = []
    damaged: list[str] = []
    for unit in work_units(plan):
        folder = root / shard_folder(unit.shard)
        if folder.exists():
            with disk_errors("read", folder):
                wrong = check_shard(root, unit.shard, unit.samples)
                if not wrong:
                    continue
                damaged += wrong
                shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
        pending.append(unit)
    return Progress(finished=False, pending=tuple(pending), damaged=tuple(damaged))


def _shards(root: Path) -> list[Path]:
    with disk_errors("read", root / SHARDS):
        return [path for path in (root / SHARDS).glob("*") if not path.name.startswith(".")]


def _compare(root: Path, plan: dict[str, Any], *, partial: bool) -> None:
    old = read_manifest(root, partial=partial)["plan"]
    # A finished data set stays what it is whatever is installed now; an unfinished one must go on with the same.
    differences = plan_differences(old, plan, ignore=() if partial else ("versions", "platform"))
    if not differences:
        return
    shown = "".join(f"\n  {line}" for line in differences[:_NAMED])
    more = f"\n  and {len(differences) - _NAMED} more" if len(differences) > _NAMED else ""
    raise SimengineError(
        f"{root} holds {'an unfinished' if partial else 'a finished'} data set that differs from this command:"
        f"{shown}{more}\nUse another --out, repeat the first command as it was, or delete {root}."
    )


def _refuse_foreign(root: Path) -> None:
    with disk_errors("read", root):
        foreign = sorted(entry.name for entry in root.iterdir() if entry.name != f".{PARTIAL}.tmp")
    if foreign:
        names = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
        raise SimengineError(
            f"{root} is not empty and holds no data set of simengine ({names}), so nothing is written there. "
            "Give a new or an empty folder as --out."
        )


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Holds the folder for this process; the kernel lets go when the process ends, however it ends."""
    with disk_errors("open", root):
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SimengineError(
                f"another process is writing to {root}. Wait for it, stop it, or use another --out."
            ) from None
        except OSError:  # a file system without locks on folders: go without
            pass
        yield
    finally:
        os.close(handle)
