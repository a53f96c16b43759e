"""What a caller, a JSON file beside the recording and the recording itself say of it, brought together and checked."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError
from simengine.formats.signal import LazyRecords, SignalRecord
from simengine.formats.signal_columns import COLUMNS, split_row
from simengine.signals.catalogue import bearing
from simengine.signals.checked import checked_signal
from simengine.signals.rate_check import check_rate

__all__ = ["SignalHints", "channel_columns"]

_CHECKED = 2**19  # samples that the check of the rate looks at


@dataclass(frozen=True)
class SignalHints:
    """What is said of recordings from outside.

    Attributes:
        columns: Label columns given by the caller; they win over all else.
        channels: Names of the channels wanted; ``None``: all.
        speedless: Whether recordings without a speed are accepted.
        beside_columns: Label columns from the JSON file beside the recording.
        beside_channels: More of them for single channels, by name.
        stem: Path of the file without its suffix, relative to the folder that was opened: names its records.
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    channels: tuple[str, ...] | None = None
    speedless: bool = False
    beside_columns: Mapping[str, Any] = field(default_factory=dict)
    beside_channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stem: str = ""

    @classmethod
    def of(
        cls,
        *,
        rate: float | None,
        speed_rpm: float | Literal["unknown"] | None,
        channels: Sequence[str] | None,
        columns: Mapping[str, Any],
    ) -> SignalHints:
        """Checks what `open_signal_set` was given.

        Raises:
            SimengineError: A column has an unknown name, or the rate or speed is none.
        """
        if isinstance(channels, str):
            channels = (channels,)
        given = dict(columns)
        speedless = speed_rpm == "unknown"
        if rate is not None:
            given["fs"] = rate
        if speed_rpm is not None and not speedless:
            given["speed_rpm"] = speed_rpm
        _check_names(given, "open_signal_set")
        return cls(columns=given, channels=None if channels is None else tuple(channels), speedless=speedless)

    def beside(self, file: Path, root: Path | None = None) -> SignalHints:
        """These hints with those of the JSON file beside a recording, if there is one."""
        stem = file.with_suffix("")
        named = replace(self, stem=stem.relative_to(root).as_posix() if root else stem.name)
        path = next((p for p in (file.with_suffix(".json"), file.with_name(f"{file.name}.json")) if p.is_file()), None)
        if path is None:
            return named
        with disk_errors("read", path):
            text = path.read_bytes()
        try:
            found = json.loads(text)
            if not isinstance(found, dict):
                raise ValueError("it is no object")
            per_channel = found.pop("channels", {})
            if not isinstance(per_channel, dict) or not all(isinstance(part, dict) for part in per_channel.values()):
                raise ValueError("its `channels` is no object of objects")
        except ValueError as error:
            raise SimengineError(
                f"{path} is not readable as label columns ({error}): write one JSON object, e.g. "
                '{"fs": 25600, "speed_rpm": 1480, "fault_type": "normal"}, or move the file away.'
            ) from None
        for columns in (found, *per_channel.values()):
            _check_names(columns, str(path))
        return replace(named, beside_columns=found, beside_channels=per_channel)

    def wants(self, channel: str) -> bool:
        """Whether a channel is to be read."""
        return self.channels is None or channel in self.channels

    def wanted(self, channels: Sequence[str], source: Path) -> list[str]:
        """Those of a file's channels that are to be read.

        Raises:
            SimengineError: None of them was asked for.
        """
        found = [name for name in channels if self.wants(name)]
        if channels and not found:
            raise SimengineError(
                f"{source} has no channel {', '.join(map(repr, self.channels or ()))}: it has {', '.join(channels)}."
            )
        return found

    def record(
        self, signal: np.ndarray, row: Mapping[str, Any], *, source: Path, channel: str, recording: str = ""
    ) -> SignalRecord:
        """Makes a record of a channel, its row completed and checked.

        Args:
            signal: The samples as the file has them, shape (n,), (n, 1) or (1, n).
            row: Columns that the file itself tells.
            source: The file, for errors.
            channel: Name of the channel.
            recording: Name of the recording in its file, if the file has several.

        Raises:
            SimengineError: The samples are no vector of finite numbers, or the rate or the speed is missing.
        """
        name = "/".join(part for part in (self.stem, recording) if part)
        full: dict[str, Any] = {"recording_id": name, "dataset": Path(source).stem, "channel": channel}
        full |= {key: value for key, value in row.items() if value is not None}
        full |= self.beside_columns
        full |= self.beside_channels.get(channel, {})
        full |= self.columns
        full.setdefault("signal_id", f"{full['recording_id']}/{channel}")
        place = f"{source}{f' ({recording})' if recording else ''}, channel {channel}"
        rate = _positive(full.pop("fs", None), "fs", place, _NO_RATE)
        samples = _vector(signal, place)
        speed = full.get("speed_rpm")
        simulated = full.get("seed") is not None  # what it lacks, it lacks for good: an inertial unit has no shaft
        if speed is not None or not (self.speedless or simulated):
            speed = _positive(speed, "speed_rpm", place, _NO_SPEED)
        try:
            samples = checked_signal(samples, rate).astype(np.float32)
        except SimengineError as error:
            raise SimengineError(f"{place}: {error}") from None
        full |= {"fs": rate, "n_samples": len(samples), "speed_rpm": speed}
        full.setdefault("fault_type", "unknown")
        _add_orders(full)
        return SignalRecord(samples, rate, *split_row(full))

    def doubts(self, source: Path, records: Sequence[SignalRecord]) -> list[str]:
        """What is doubtful about a file: at most one sentence, on the first record that contradicts its rate."""
        if isinstance(records, LazyRecords):
            records = records[:1]
        for record in records:
            steady = record.row.get("speed_profile") in (None, "constant", "unknown", "none")
            simulated = record.row.get("seed") is not None
            if simulated or not steady or record.row["speed_rpm"] is None or len(record.signal) < 1024:
                continue
            check = check_rate(record.signal[:_CHECKED], record.rate, record.speed_rpm / 60)
            if check.warning:
                return [f"{source}, {record.id}: {check.warning}"]
        return []


def channel_columns(name: str) -> dict[str, Any]:
    """What the name of a channel tells: its axis, if it ends in one (``acc_x``)."""
    tail = name.rsplit("_", 1)[-1].lower()
    return {"axis": tail} if tail in ("x", "y", "z") and tail != name.lower() else {}


_NO_RATE = (
    'no sampling rate is stated. Give rate=... (samples per second), or write {"fs": ...} into a JSON file of the same '
    "name beside it."
)
_NO_SPEED = (
    "no speed of the shaft is stated, and fault lines stand at multiples of it. Give speed_rpm=..., write "
    '{"speed_rpm": ...} into a JSON file of the same name beside it, or say speed_rpm="unknown" to read it without.'
)


def _positive(value: Any, column: str, place: str, missing: str) -> float:
    if value is None:
        raise SimengineError(f"{place}: {missing}")
    try:
        number = float(np.asarray(value, dtype=float).reshape(()))
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise SimengineError(f"{place}: {column} is {value!r}: give a finite number above 0.")
    return number


def _vector(signal: np.ndarray, place: str) -> np.ndarray:
    samples = np.asarray(signal)
    if samples.ndim == 2 and 1 in samples.shape:
        samples = samples.ravel()
    if samples.ndim != 1 or samples.dtype.kind not in "fiu":
        raise SimengineError(
            f"{place}: samples have shape {samples.shape} and type {samples.dtype}: give one vector of real numbers a "
            "channel."
        )
    return samples


def _check_names(columns: Mapping[str, Any], where: str) -> None:
    for name in columns:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, [*COLUMNS, "channels"], n=3, cutoff=0.5)
            hint = f"did you mean {', '.join(near)}?" if near else f"columns are {', '.join(COLUMNS)}."
            raise SimengineError(f"{where}: {name!r} is no label column; {hint}")


def _add_orders(row: dict[str, Any]) -> None:
    """Orders of the faults and geometry of a bearing from the catalogue, where the row has only its name."""
    model = row.get("bearing_model")
    if not model or row.get("bpfo") is not None:
        return
    try:
        found = bearing(str(model))
    except SimengineError:
        return  # a bearing that only its owner knows: its name stays, its orders may be given
    orders = found.orders
    row |= {
        "bearing_model": found.model,
        "bpfo": orders.bpfo,
        "bpfi": orders.bpfi,
        "bsf": orders.bsf,
        "ftf": orders.ftf,
    }
    row |= {"n": found.elements, "d_mm": 1e3 * found.element_diameter, "D_mm": 1e3 * found.pitch_diameter}
    row["phi_deg"] = math.degrees(found.contact_angle)
