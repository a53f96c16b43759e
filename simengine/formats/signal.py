"""Vibration recordings, real or simulated, read alike: one record a channel, one set a folder or file."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from simengine.dataset.canonical import canonical_json
from simengine.dataset.manifest import MANIFEST, PARTIAL
from simengine.errors import SimengineError
from simengine.formats.signal_columns import split_row
from simengine.signals.bearing import Bearing, BearingOrders
from simengine.signals.catalogue import bearing as bearing_of_model
from simengine.signals.clock import ShaftClock
from simengine.signals.order_tracking import clock_from_tacho

if TYPE_CHECKING:
    from simengine.formats.signal_hints import SignalHints

__all__ = ["LazyRecords", "SignalRecord", "SignalSet", "open_signal_set"]


@dataclass(frozen=True, eq=False)
class SignalRecord:
    """One channel of one recording with all that is known about it.

    Attributes:
        signal: The samples, shape (n,), float32, in the unit that the column ``unit`` names.
        rate: Samples per second.
        row: Label columns, named as in ``bearing-datasets`` and `simengine.formats.signal_columns`; ``None`` where
            nothing is known or nothing applies.
        arrays: Labels that are lists (``impact_times_s``, ``tacho_s``, ...) and component stems of the signal
            (``stem_fault``, ...), by column.
    """

    signal: np.ndarray
    rate: float
    row: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> SignalRecord:
        """The record of a full row of `simengine.dataset.signals`, its lists as arrays or sequences."""
        signal = np.asarray(row["signal"], dtype=np.float32)
        return cls(signal, float(row["fs"]), *split_row({k: v for k, v in row.items() if k != "signal"}))

    @property
    def id(self) -> str:
        """Its name in the set."""
        return str(self.row.get("signal_id", ""))

    @property
    def duration(self) -> float:
        """Length in s."""
        return len(self.signal) / self.rate

    @property
    def fault_type(self) -> str:
        """Faults joined by ``+``, ``normal``, or ``unknown``."""
        return self.row.get("fault_type") or "unknown"

    @property
    def group(self) -> str:
        """What must stay on one side of a split: the bearing, or the recording where that is not known.

        Recordings of a healthy machine are groups of their own: which bearing ran in it is rarely told.
        """
        bearing = self.row.get("bearing_id")
        return str(bearing if bearing not in (None, "healthy") else self.row.get("recording_id", self.id))

    @property
    def speed_rpm(self) -> float:
        """Mean speed of the shaft, turns per minute.

        Raises:
            SimengineError: It is not known.
        """
        speed = self.row.get("speed_rpm")
        if speed is None:
            raise SimengineError(
                f"{self.id or 'This record'}: the speed of the shaft is not known, and fault lines stand at multiples "
                "of it: open the set again with speed_rpm=..., or put speed_rpm in a JSON file beside the recording."
            )
        return float(speed)

    @cached_property
    def clock(self) -> ShaftClock:
        """Clock of the shaft, time 0 at the first sample: from the tachometer or speed trace, else the mean speed.

        Raises:
            SimengineError: Nothing is known of the speed.
        """
        times, speeds = self.arrays.get("speed_trace_s"), self.arrays.get("speed_trace_hz")
        if times is not None and speeds is not None and len(times) == len(speeds) > 0:
            return ShaftClock(times, speeds)
        tacho = self.arrays.get("tacho_s")
        constant = self.row.get("speed_profile") == "constant"
        if not constant and tacho is not None and len(tacho) > 2:
            return clock_from_tacho(tacho, pulses=int(self.row.get("tacho_pulses") or 1))
        return ShaftClock([0.0], [self.speed_rpm / 60])

    @property
    def bearing(self) -> Bearing | None:
        """The bearing, from its geometry in the row or its designation; ``None`` if neither is known."""
        row = self.row
        model = row.get("bearing_model") or ""
        if all(row.get(name) is not None for name in ("n", "d_mm", "D_mm")):
            angle = math.radians(row.get("phi_deg") or 0.0)
            return Bearing(int(row["n"]), 1e-3 * row["d_mm"], 1e-3 * row["D_mm"], angle, model=model)
        try:
            return bearing_of_model(model) if model else None
        except SimengineError:
            return None  # a designation that is not in the catalogue

    @property
    def orders(self) -> BearingOrders | None:
        """Orders of the bearing's faults, slip included where it is known; ``None`` if nothing is known."""
        given = [self.row.get(name) for name in ("ftf", "bsf", "bpfo", "bpfi")]
        if all(value is not None for value in given):
            return BearingOrders(*map(float, given))  # type: ignore[arg-type]
        bearing = self.bearing
        return bearing.orders if bearing else None


class LazyRecords(Sequence[SignalRecord]):
    """Records that are read when they are asked for.

    Args:
        count: How many.
        read: Reads one by its number.
    """

    def __init__(self, count: int, read: Callable[[int], SignalRecord]) -> None:
        self._numbers: Sequence[int] = range(count)
        self._read = read

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> SignalRecord: ...
    @overload
    def __getitem__(self, index: slice) -> LazyRecords: ...
    def __getitem__(self, index: int | slice) -> SignalRecord | LazyRecords:
        if isinstance(index, slice):
            return self.take(self._numbers[index])
        return self._read(self._numbers[index])

    def take(self, numbers: Sequence[int]) -> LazyRecords:
        """The same reader over other numbers."""
        chosen = LazyRecords(0, self._read)
        chosen._numbers = numbers
        return chosen


@dataclass(frozen=True)
class SignalSet:
    """A set of recordings.

    Attributes:
        name: Name of the folder or file, or of the data set.
        records: One a channel; large sets read them when they are asked for.
        warnings: What is doubtful about the source, one sentence each.
    """

    name: str
    records: Sequence[SignalRecord]
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[SignalRecord]:
        return (self.records[k] for k in range(len(self.records)))

    def subset(self, indices: Sequence[int]) -> SignalSet:
        """The records with these numbers, in this order."""
        if isinstance(self.records, LazyRecords):
            numbers = [self.records._numbers[k] for k in indices]
            return replace(self, records=self.records.take(numbers))
        return replace(self, records=tuple(self.records[k] for k in indices))

    def digest(self) -> str:
        """SHA-256 of all samples, rates and rows, 64 hex digits."""
        total = hashlib.sha256()
        for record in self:
            total.update(canonical_json([record.rate, record.row]))
            total.update(np.ascontiguousarray(record.signal, dtype="<f4").tobytes())
        return total.hexdigest()


_READERS = {  # suffix: the function that reads it; modules load when used
    ".mat": "signal_mat:read_mat",
    ".npz": "signal_npz:read_npz",
    ".csv": "signal_csv:read_csv",
    ".tsv": "signal_csv:read_csv",
    ".txt": "signal_csv:read_csv",
    ".wav": "signal_wav:read_wav",
    ".h5": "signal_hdf5:read_hdf5",
    ".hdf5": "signal_hdf5:read_hdf5",
    ".parquet": "signal_parquet:read_parquet",
}


def open_signal_set(
    path: str | Path,
    *,
    rate: float | None = None,
    speed_rpm: float | Literal["unknown"] | None = None,
    channels: Sequence[str] | None = None,
    **columns: Any,
) -> SignalSet:
    """Opens recordings of vibration, whatever their format.

    Reads a data set of simengine, a folder built by ``bearing-datasets``, or single files and folders of them: MATLAB
    ``.mat`` (named as CWRU's, or any vectors), ``.npz``, CSV, WAV, HDF5 and Parquet. A JSON file beside a file, of the
    same name but for the suffix, adds label columns (``{"fs": 25600, "speed_rpm": 1480, "fault_type": "inner"}``).
    What is given here wins over the JSON file, and that over what the file itself says.

    Args:
        path: File or folder.
        rate: Samples per second, for files that don't say (or say it wrongly).
        speed_rpm: Mean speed of the shaft; ``"unknown"`` reads without one, for files that don't say.
        channels: Names of the channels wanted; all by default.
        **columns: Label columns for all records, e.g. ``fault_type="normal"``, ``bearing_model="6205"``.

    Returns:
        The set. Its ``warnings``, each also raised as a `UserWarning`, tell of files whose shaft lines contradict the
        stated rate.

    Raises:
        SimengineError: Nothing is there, a file is of no known format, states no rate or speed, or holds values that
            are no finite numbers.
    """
    from simengine.formats.signal_hints import SignalHints

    source = Path(path)
    hints = SignalHints.of(rate=rate, speed_rpm=speed_rpm, channels=channels, columns=columns)
    if not source.exists():
        raise SimengineError(f"{source} does not exist: give a file or folder of recordings.")
    name, records, doubts = _read(source, hints)
    if not len(records):
        raise SimengineError(f"{source} holds no recordings: give another file or folder.")
    for doubt in doubts:
        warnings.warn(doubt, UserWarning, stacklevel=2)
    return SignalSet(name, records, tuple(doubts))


def _read(source: Path, hints: SignalHints) -> tuple[str, Sequence[SignalRecord], list[str]]:
    if source.is_file():
        return source.stem, *_read_file(source, hints)
    if (source / MANIFEST).is_file() or (source / PARTIAL).is_file():
        from simengine.formats.signal_parquet import read_dataset

        return *read_dataset(source, hints), []
    if (source / "metadata.parquet").is_file():
        from simengine.formats.bearing_datasets import read_built

        return source.name, read_built(source, hints), []
    files = sorted(p for p in source.rglob("*") if p.suffix.lower() in _READERS and not p.name.startswith("."))
    if not files:
        raise SimengineError(f"{source} holds no recordings: no file there ends in {', '.join(_READERS)}.")
    parts, doubts = [], []
    for file in files:
        found, doubtful = _read_file(file, hints, root=source)
        parts.append(found)
        doubts += doubtful
    return source.name, _joined(parts), doubts


def _joined(parts: Sequence[Sequence[SignalRecord]]) -> Sequence[SignalRecord]:
    """The records of several files as one sequence, read from the disk only if they were before."""
    if not any(isinstance(part, LazyRecords) for part in parts):
        return tuple(record for part in parts for record in part)
    ends = np.cumsum([len(part) for part in parts])

    def read(number: int) -> SignalRecord:
        part = int(np.searchsorted(ends, number, side="right"))
        return parts[part][number - int(ends[part])]  # negative: counted from the end of its part

    return LazyRecords(int(ends[-1]), read)


def _read_file(file: Path, hints: SignalHints, root: Path | None = None) -> tuple[Sequence[SignalRecord], list[str]]:
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise SimengineError(f"{file} is of no known format: give a file that ends in {', '.join(_READERS)}.")
    module, function = reader.split(":")
    records = getattr(import_module(f"simengine.formats.{module}"), function)(file, hints.beside(file, root))
    return records, hints.doubts(file, records)
