"""HDF5: ``/RECORDING/CHANNEL/signal`` in chunks, label columns as attributes, lists and stems as data sets beside it.

Attributes of a recording hold for its channels; data sets carry their ``unit``; ``/columns`` says what each column means.
Other files are read too: every long vector is a channel, and attributes of it and of the groups above it, or scalars
beside it, tell its rate, speed and labels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import atomic_path, disk_errors
from simengine.errors import SimengineError
from simengine.formats.native_names import columns_of_name
from simengine.formats.signal import LazyRecords, SignalRecord
from simengine.formats.signal_columns import COLUMNS, plain_row
from simengine.formats.signal_hints import SignalHints, channel_columns
from simengine.formats.signal_npz import LEAST_SAMPLES, scalar_columns
from simengine.formats.signal_rows import FileNames, shared_and_own

if TYPE_CHECKING:
    import h5py

__all__ = ["opened", "read_hdf5", "write_hdf5"]

_CHUNK = 1 << 16  # samples
_UNIT = re.compile(r", ([^ ,;]+)(?: from the first sample| then)?$")


def read_hdf5(source: Path, hints: SignalHints) -> LazyRecords:
    """Opens all channels of an HDF5 file; samples are read when a record is asked for.

    Raises:
        SimengineError: The file is damaged or has no signals.
    """
    h5py = _h5py()
    places: list[str] = []

    def visit(name: str, node: Any) -> None:
        inside = isinstance(node, h5py.Dataset) and node.ndim in (1, 2) and node.dtype.kind in "fiu"
        if inside and node.size >= LEAST_SAMPLES and (name.endswith("/signal") or "signal" not in node.parent):
            places.append(name)

    with opened(source) as file:
        file.visititems(visit)
        names = [_channel(file[place]) for place in places]
        if not places:
            raise SimengineError(f"{source} has no vector of {LEAST_SAMPLES} samples or more: it holds {list(file)}.")
    wanted = [place for place, name in zip(places, names, strict=True) if hints.wants(name)]
    if not wanted:
        hints.wanted(names, source)
    return LazyRecords(len(wanted), lambda number: _record(source, hints, wanted[number]))


def write_hdf5(recordings: Iterable[tuple[str, list[SignalRecord]]], path: Path) -> None:
    """Writes recordings to one file, one recording in memory at a time; equal recordings give equal bytes."""
    h5py = _h5py()
    names, used = FileNames(), dict[str, None]()
    with atomic_path(path) as draft, h5py.File(draft, "w") as file:
        for recording_id, channels in recordings:
            group = file.create_group(names(recording_id))
            shared, own = shared_and_own([plain_row(record.row) for record in channels])
            _write_attributes(group, shared)
            of_channel = FileNames()
            for record, columns in zip(channels, own, strict=True):
                place = group.create_group(of_channel(str(record.row["channel"])))
                _write_attributes(place, columns)
                unit = str(record.row.get("unit") or "")
                _write_list(place, "signal", record.signal, unit)
                for name, values in record.arrays.items():
                    _write_list(place, name, values, unit if name.startswith("stem_") else _unit_of(name))
                used |= dict.fromkeys([*record.row, *record.arrays])
        meanings = file.create_group("columns")
        for name in (one for one in COLUMNS if one in used):
            meanings.attrs[name] = COLUMNS[name].meaning
        file.attrs["format"] = "simengine signals 1"


def _write_attributes(node: h5py.Group, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        if isinstance(value, list | dict):
            node.attrs[name] = canonical_json(value).decode()
        elif value is not None:
            node.attrs[name] = value


def _write_list(node: h5py.Group, name: str, values: np.ndarray, unit: str) -> None:
    if values.dtype.kind == "U":
        values = np.char.encode(values, "utf-8") if len(values) else np.empty(0, "S1")
    chunks = (min(len(values), _CHUNK),) if len(values) > 1024 else None
    written = node.create_dataset(
        name, data=values, chunks=chunks, compression="gzip" if chunks else None, shuffle=bool(chunks)
    )
    if unit:
        written.attrs["unit"] = unit


def _unit_of(name: str) -> str:
    found = _UNIT.search(COLUMNS[name].meaning) if name in COLUMNS else None
    return found[1] if found else ""


def _record(source: Path, hints: SignalHints, place: str) -> SignalRecord:
    with opened(source) as file:
        node = file[place]
        row: dict[str, Any] = columns_of_name(source.stem, within=source.stem)
        own = node.name.endswith("/signal")
        parents = [file[part] for part in _above(node.name)]
        for parent in parents:
            row |= scalar_columns({name: _value(value) for name, value in parent.attrs.items()})
            if not own:
                row |= scalar_columns(
                    {name: _value(part[()]) for name, part in parent.items() if getattr(part, "size", None) == 1}
                )
        attributes = {name: _value(value) for name, value in node.attrs.items()}
        row |= scalar_columns(attributes)
        if own:
            lists = {name: _value(part[()]) for name, part in node.parent.items() if name != "signal"}
            row |= {name: values for name, values in lists.items() if isinstance(values, np.ndarray)}
        channel = _channel(node)
        recording = "" if own else node.parent.name.strip("/")
        return hints.record(
            node[()], channel_columns(channel) | row, source=source, channel=channel, recording=recording
        )


def _above(name: str) -> list[str]:
    """The root and all groups on the way to a data set."""
    parts = name.strip("/").split("/")[:-1]
    return ["/", *("/" + "/".join(parts[: k + 1]) for k in range(len(parts)))]


def _channel(node: h5py.Dataset) -> str:
    tail = node.name.rsplit("/", 1)[-1]
    if tail == "signal" and node.parent.name != "/":
        return str(_value(node.parent.attrs.get("channel", node.parent.name.rsplit("/", 1)[-1])))
    return tail


def _value(value: Any) -> Any:
    """An attribute or data set as Python has it: text as str, one number as a number."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    if isinstance(value, np.ndarray) and value.dtype.kind in "SO":
        value = np.array([one.decode() if isinstance(one, bytes) else str(one) for one in value.ravel()], dtype=np.str_)
    if isinstance(value, np.ndarray) and value.size == 1 and value.ndim == 0:
        value = value[()]
    return value.item() if isinstance(value, np.generic) else value


def opened(source: Path) -> h5py.File:
    """Opens an HDF5 file for reading.

    Raises:
        SimengineError: It is no sound HDF5 file, or h5py is not installed.
    """
    h5py = _h5py()
    with disk_errors("read", source):
        source.open("rb").close()
    try:
        return h5py.File(source, "r")
    except OSError as error:
        raise SimengineError(f"{source} is no sound HDF5 file ({error}): copy it again from its source.") from None


def _h5py() -> Any:
    try:
        import h5py
    except ImportError:
        raise SimengineError("HDF5 needs the package h5py: pip install 'simengine[signals]'.") from None
    return h5py
