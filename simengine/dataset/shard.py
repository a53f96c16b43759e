"""A shard: the unit of work, of failure and of proof.

A shard is a folder with the samples ``start`` to ``stop - 1``:

- ``records.jsonl``: one `SampleRecord` a line, canonical JSON;
- ``000012.CAMERA.FRAME.OUTPUT.png``: the pictures;
- ``signals.parquet``: the signals with their labels, if the scene has sensors that make any;
- ``shard.json``: SHA-256 and size of every other file, the list of samples, counts, and its own seal.

It is written as ``.NAME.tmp`` beside its place, made safe on the disk, and renamed: under its own
name it is always whole. What a killed process leaves behind is only ever a folder ``.NAME.tmp``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, sync
from simengine.dataset.record import SampleRecord
from simengine.dataset.signals import SIGNALS, SignalWriter
from simengine.dataset.tally import Tally
from simengine.errors import SimengineError

__all__ = [
    "SHARDS",
    "ShardWriter",
    "Sink",
    "check_shard",
    "hash_file",
    "picture_name",
    "read_shard",
    "remove_drafts",
    "shard_folder",
]

SHARDS = "shards"
"""Folder of the shards in a data set."""

RECORDS, INDEX = "records.jsonl", "shard.json"
_SYNC_THREADS = 16  # waiting side by side shares the disk's commits: 0.15 ms a file instead of 4 ms
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def shard_folder(number: int) -> str:
    """Path of a shard relative to the data set, ``shards/000012``."""
    return f"{SHARDS}/{number:06d}"


def picture_name(index: int, camera: str, frame: int, output: str) -> str:
    """File name of a picture within its shard.

    Names of cameras stay distinct and are safe on any file system and in glob patterns: ``top[0]``
    becomes ``top.0``, and characters beyond letters, digits, ``_`` and ``-`` are written ``%XX``.
    """
    base, bracket, copy = camera.partition("[")
    parts = [base, copy.removesuffix("]")] if bracket and copy.endswith("]") else [camera]
    safe = ".".join("".join(c if c in _PLAIN else "".join(f"%{b:02X}" for b in c.encode()) for c in p) for p in parts)
    return f"{index:06d}.{safe}.{frame}.{output}.png"


class Sink(Protocol):
    """Where the files of a sample go."""

    def write(self, name: str, data: bytes) -> None:
        """Takes a file."""

    def remove(self, name: str) -> None:
        """Gives a file up: its try was rejected."""

    def add_signal(self, row: Mapping[str, Any]) -> None:
        """Takes a row of signals of a try that can't be rejected any more; see `simengine.dataset.signals`."""


class ShardWriter:
    """Writes one shard; a context manager that leaves nothing behind unless `commit` was called.

    Args:
        root: Folder of the data set; its folder `SHARDS` exists.
        number: Number of the shard.
    """

    def __init__(self, root: Path, number: int) -> None:
        self.folder = shard_folder(number)
        self.tally = Tally()
        self._number = number
        self._target = root / self.folder
        self._draft = self._target.with_name(f".{self._target.name}.tmp")
        self._samples: list[int] = []
        self._files: dict[str, dict[str, Any]] = {}
        self._signals: tuple[SignalWriter, BinaryIO] | None = None

    def __enter__(self) -> ShardWriter:
        with disk_errors("make the folder", self._draft):
            if self._draft.exists():
                shutil.rmtree(self._draft)
            self._draft.mkdir()
            self._records = (self._draft / RECORDS).open("wb")
        self._digest = hashlib.sha256()
        return self

    def write(self, name: str, data: bytes) -> None:
        """Adds a file."""
        with disk_errors("write", self._draft / name):
            (self._draft / name).write_bytes(data)
        self._files[name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

    def remove(self, name: str) -> None:
        """Takes a file back (its try was rejected)."""
        with disk_errors("remove", self._draft / name):
            (self._draft / name).unlink()
        del self._files[name]

    def add_signal(self, row: Mapping[str, Any]) -> None:
        """Adds a row of signals; see `simengine.dataset.signals`. It can't be taken back."""
        with disk_errors("write", self._draft / SIGNALS):
            if self._signals is None:
                file = (self._draft / SIGNALS).open("wb")
                self._signals = SignalWriter(file, stems="stem_fault" in row, floor="stem_floor" in row), file
            self._signals[0].add(row)

    def add(self, record: SampleRecord) -> None:
        """Adds the record of a sample whose files are written."""
        line = canonical_json(record.to_dict()) + b"\n"
        with disk_errors("write", self._draft / RECORDS):
            self._records.write(line)
        self._digest.update(line)
        self._samples.append(record.index)
        self.tally.add(record)

    def commit(self) -> str:
        """Makes the shard safe on the disk and gives it its name.

        Returns:
            The shard's hash: the seal of its ``shard.json``, which holds the hashes of all its files.

        Raises:
            SimengineError: The disk refuses; nothing then stands under the shard's name.
        """
        with disk_errors("write", self._draft / RECORDS):
            self._records.close()
            size = (self._draft / RECORDS).stat().st_size
        self._files[RECORDS] = {"sha256": self._digest.hexdigest(), "size": size}
        if self._signals is not None:
            path = self._draft / SIGNALS
            with disk_errors("write", path):
                for part in self._signals:
                    part.close()
                self._files[SIGNALS] = {"sha256": hash_file(path), "size": path.stat().st_size}
        index = {"shard": self._number, "samples": self._samples, "files": self._files, "counts": self.tally.to_dict()}
        data = _sealed(index)
        with disk_errors("write", self._draft):
            (self._draft / INDEX).write_bytes(data)
            with ThreadPoolExecutor(_SYNC_THREADS) as pool:
                list(pool.map(sync, [self._draft / name for name in (*self._files, INDEX)]))
            sync(self._draft)
            self._draft.rename(self._target)
            sync(self._target.parent)
        return json.loads(data)["seal"]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._records.close()
            for part in self._signals or ():  # the writer ends its file, or it would when nobody listens any more
                part.close()
        except OSError:
            if error is None:
                raise
        shutil.rmtree(self._draft, ignore_errors=True)


def remove_drafts(root: Path) -> None:
    """Removes what killed processes left of unfinished shards."""
    for draft in sorted((root / SHARDS).glob(".*.tmp")):
        with disk_errors("remove", draft):
            shutil.rmtree(draft)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_shard(root: Path, number: int) -> tuple[dict[str, Any], str]:
    """Reads ``shard.json``.

    Returns:
        Its content and the shard's hash.

    Raises:
        SimengineError: It is absent or unreadable.
    """
    path = root / shard_folder(number) / INDEX
    with disk_errors("read", path):
        data = path.read_bytes()
    try:
        index = json.loads(data)
        seal = index.pop("seal")
        sound = _sealed(index) == data and index["shard"] == number
    except (ValueError, KeyError, TypeError, AttributeError, SimengineError):
        sound = False
    if not sound:
        raise SimengineError(
            f"{shard_folder(number)}/{INDEX}: changed since it was written. Move {path.parent} away and "
            "dataset.json with it, then generate again: whole shards are kept."
        )
    return index, seal


def _sealed(index: dict[str, Any]) -> bytes:
    """An index with its seal, the SHA-256 of the rest: any change to the file shows."""
    seal = hashlib.sha256(canonical_json(index)).hexdigest()
    return canonical_json({**index, "seal": seal}, indent=True)


def check_shard(root: Path, number: int, samples: range) -> list[str]:
    """Compares every file of a shard with its recorded hash.

    Args:
        root: Folder of the data set.
        number: Number of the shard.
        samples: The samples it shall hold.

    Returns:
        What is wrong, one sentence each with the file's path relative to the data set; empty if all is well.
    """
    folder = shard_folder(number)
    try:
        index, _ = read_shard(root, number)
    except SimengineError as error:
        return [str(error)]
    found = {entry.name for entry in (root / folder).iterdir()}
    wrong = [f"{folder}/{name}: not part of the data set" for name in sorted(found - {*index["files"], INDEX})]
    if index["samples"] != list(samples):
        wrong.append(f"{folder}/{INDEX}: holds other samples than {samples.start} to {samples.stop - 1}")
    for name, entry in sorted(index["files"].items()):
        path = root / folder / name
        if name not in found:
            wrong.append(f"{folder}/{name}: missing")
        elif path.stat().st_size != entry["size"]:
            wrong.append(f"{folder}/{name}: has {path.stat().st_size} bytes, written were {entry['size']}")
        elif hash_file(path) != entry["sha256"]:
            wrong.append(f"{folder}/{name}: changed since it was written (SHA-256 differs)")
    return wrong
