"""The manifest: what a data set is made from, and what was made.

``dataset.json`` stands in a finished data set, ``dataset.partial.json`` in an unfinished one. Both
hold the *plan*, everything that determines the bytes:

=================  ==================================================================================
``scene``          name, description and the whole resolved tree of the scene
``base``           folder of the scene file relative to the data set, if the scene names files by it
``randomizers``    names of the overlays, in order (they are already part of the tree)
``overrides``      values set by the caller (part of the tree too)
``plugins``        SHA-256 of the plug-ins that were loaded by name, by file name
``seed``           seed of the random streams
``count``          number of samples
``shard_size``     samples in a shard
``outputs``        the pictures written, and what their values mean
``signals``        the file of signals, if there are sensors that write any
``spec_hash``      hash of everything in the scene that determines the data, files it names included
``versions``       versions of the packages that can change a byte
``platform``       what of the machine can change a byte
=================  ==================================================================================

A finished one also has ``classes`` (names with their ids, from 1), ``shards`` (their hashes), ``hash`` (of
the shards' hashes), ``summary`` (a `Tally`) and ``exports`` (hashes of the files that formats wrote). There
is no time and no host in it. The keys stand in the order of their making: that of the objects in the scene
numbers them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors
from simengine.dataset.tally import Tally
from simengine.errors import SimengineError

__all__ = [
    "FORMAT",
    "MANIFEST",
    "PARTIAL",
    "dataset_hash",
    "finished_manifest",
    "partial_bytes",
    "plan_differences",
    "read_manifest",
]

FORMAT = 1
"""Version of the layout on disk."""

MANIFEST = "dataset.json"
"""Name of the manifest of a finished data set."""

PARTIAL = "dataset.partial.json"
"""Name of the manifest of an unfinished one."""


def partial_bytes(plan: Mapping[str, Any]) -> bytes:
    """The manifest of a data set that is only planned."""
    return canonical_json({"format": FORMAT, "plan": dict(plan)}, indent=True, ordered=True)


def finished_manifest(
    plan: Mapping[str, Any], *, classes: Sequence[str], shards: Sequence[str], tally: Tally
) -> dict[str, Any]:
    """The manifest of a finished data set, without exports.

    Args:
        plan: What it was made from.
        classes: Class names in the order of their ids.
        shards: Hash of each shard.
        tally: What it holds.
    """
    return {
        "format": FORMAT,
        "plan": dict(plan),
        "classes": [{"id": number, "name": name} for number, name in enumerate(classes, start=1)],
        "shards": list(shards),
        "hash": dataset_hash(shards),
        "summary": tally.to_dict(),
        "exports": {},
    }


def dataset_hash(shards: Sequence[str]) -> str:
    """SHA-256 over the shards' hashes: one number for every byte of the data."""
    return hashlib.sha256("\n".join(shards).encode()).hexdigest()


def read_manifest(root: Path, *, partial: bool = False) -> dict[str, Any]:
    """Reads the manifest of a data set.

    Args:
        root: Its folder.
        partial: Whether an unfinished data set will do.

    Raises:
        SimengineError: There is none, it is unreadable, or of another format.
    """
    path = root / MANIFEST
    if not path.is_file():
        if not (root / PARTIAL).is_file():
            raise SimengineError(f"{root} is no data set: it has no {MANIFEST}. Give the folder that `--out` named.")
        if not partial:
            raise SimengineError(
                f"{root} is not finished: it still has {PARTIAL}. Run the same `simengine generate` command again; it goes on where it stopped."
            )
        path = root / PARTIAL
    with disk_errors("read", path):
        data = path.read_bytes()
    try:
        manifest = json.loads(data)
        version = manifest["format"]
        manifest["plan"]["count"]
    except (ValueError, KeyError, TypeError) as error:
        raise SimengineError(f"{path} is damaged ({error}). Restore it, or generate into another folder.") from error
    if version != FORMAT:
        raise SimengineError(
            f"{path} has format {version}; this simengine reads format {FORMAT}. Use the version it names."
        )
    return manifest


def plan_differences(old: Mapping[str, Any], new: Mapping[str, Any], *, ignore: Sequence[str] = ()) -> list[str]:
    """Names each value that two plans don't share, ``seed: 0 there, 1 now``.

    Args:
        old: The plan on disk.
        new: The plan of this run.
        ignore: Keys that don't count.
    """
    keep = lambda plan: {key: value for key, value in plan.items() if key not in ignore}  # noqa: E731
    return list(_differences(keep(old), keep(new), ""))


def _differences(old: Any, new: Any, path: str) -> Iterator[str]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{path}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, f"{path}[{number}]")
    else:
        yield f"{path}: {_short(old)} there, {_short(new)} now"


class _Absent:
    """Stands for a key that one side lacks."""


_ABSENT = _Absent()


def _short(value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
