"""Reading a data set: records and signals one by one, pictures decoded to arrays. Needs neither physics nor renderer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from simengine.dataset.disk import disk_errors
from simengine.dataset.manifest import read_manifest
from simengine.dataset.pictures import decode_picture
from simengine.dataset.record import SampleRecord, ViewRecord
from simengine.dataset.shard import RECORDS, shard_folder
from simengine.dataset.signals import SIGNALS, read_signals
from simengine.dataset.tally import Tally
from simengine.errors import SimengineError

__all__ = ["Dataset"]


class Dataset:
    """A finished data set on disk.

    Example:
        >>> data = Dataset.open("out/dice")  # doctest: +SKIP
        >>> for sample in data:  # doctest: +SKIP
        ...     for view in sample.views:
        ...         rgb, depth = data.picture(view, "rgb"), data.picture(view, "depth")

    Attributes:
        root: Its folder.
        manifest: The content of ``dataset.json``; see `simengine.dataset.manifest`.
    """

    def __init__(self, root: Path, manifest: dict[str, Any]) -> None:
        self.root = root
        self.manifest = manifest

    @classmethod
    def open(cls, path: str | Path) -> Dataset:
        """Opens a data set.

        Raises:
            SimengineError: There is none, it is unfinished, or damaged.
        """
        root = Path(path)
        return cls(root, read_manifest(root))

    @property
    def plan(self) -> dict[str, Any]:
        """What it was made from."""
        return self.manifest["plan"]

    @property
    def name(self) -> str:
        """Name of the scene."""
        return self.plan["scene"]["name"]

    @property
    def classes(self) -> dict[str, int]:
        """Class ids, from 1, by name."""
        return {entry["name"]: entry["id"] for entry in self.manifest["classes"]}

    @property
    def outputs(self) -> list[str]:
        """The pictures that every view has."""
        return list(self.plan["outputs"])

    @property
    def hash(self) -> str:
        """One number for every byte of the data."""
        return self.manifest["hash"]

    @property
    def summary(self) -> Tally:
        """What it holds."""
        return Tally.from_dict(self.manifest["summary"])

    @property
    def shard_count(self) -> int:
        """Number of shards."""
        return -(-len(self) // self.plan["shard_size"])

    def __len__(self) -> int:
        """Number of samples."""
        return self.plan["count"]

    def __iter__(self) -> Iterator[SampleRecord]:
        """Every sample's record in order, one in memory at a time."""
        return (SampleRecord.from_dict(json.loads(line)) for line in self.lines())

    def __getitem__(self, index: int) -> SampleRecord:
        """The record of one sample."""
        if not 0 <= index < len(self):
            raise IndexError(f"sample {index}: the data set has samples 0 to {len(self) - 1}")
        size = self.plan["shard_size"]
        lines = self.shard_lines(index // size)
        return SampleRecord.from_dict(json.loads(next(line for n, line in enumerate(lines) if n == index % size)))

    def lines(self) -> Iterator[bytes]:
        """The lines of every record, in order."""
        for number in range(self.shard_count):
            yield from self.shard_lines(number)

    def shard_lines(self, number: int) -> Iterator[bytes]:
        """The lines of the records of one shard, each with its line break."""
        path = self.root / shard_folder(number) / RECORDS
        with disk_errors("read", path), path.open("rb") as file:
            yield from file

    def signals(
        self, *, columns: Sequence[str] | None = None, indices: Sequence[int] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every row of signals in order, a few in memory at a time.

        Args:
            columns: Names of the columns wanted (`simengine.dataset.signals.COLUMNS`); all if None.
            indices: Numbers of the samples wanted; all if None.

        Yields:
            One recording by one sensor: its labels, and arrays for the signal and the nested labels.

        Raises:
            SimengineError: The data set has no signals, no such column, or a file can't be read.

        Example:
            >>> data = Dataset.open("out/bench")  # doctest: +SKIP
            >>> for row in data.signals(columns=["signal", "fs", "fault_type"]):  # doctest: +SKIP
            ...     print(row["fault_type"], row["signal"].std())
        """
        size = self.plan["shard_size"]
        shards = range(self.shard_count) if indices is None else sorted({index // size for index in indices})
        paths = [self.root / shard_folder(number) / SIGNALS for number in shards]
        if paths and not any(path.is_file() for path in paths):
            raise SimengineError(f"{self.root} has no signals: its scene has no `sensors` that make any.")
        for path in paths:
            if path.is_file():  # a shard whose samples made none has none
                yield from read_signals(path, columns=columns, indices=indices)

    def picture(self, view: ViewRecord, output: str) -> NDArray[Any]:
        """One picture of a view, decoded.

        Args:
            view: A view of one of its records.
            output: ``rgb``, ``depth``, ``instances``, ``classes``, ``normals`` or ``coordinates``.

        Returns:
            rgb: uint8 (H, W, 3); depth: float32 (H, W) [m], 0 for nothing; instances, classes: int32 (H, W);
            normals: float32 (H, W, 3) in the camera's frame; coordinates: float32 (H, W, 3) [m].

        Raises:
            SimengineError: The data set has no such output, or the file can't be read.
        """
        if output not in view.files:
            raise SimengineError(f"{self.root} has no {output!r} pictures; it has {', '.join(view.files) or 'none'}.")
        path = self.root / view.files[output]
        with disk_errors("read", path):
            data = path.read_bytes()
        return decode_picture(output, data, scale=view.depth_scale)
