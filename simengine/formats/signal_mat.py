"""MATLAB ``.mat``, in the naming of CWRU: ``X105_DE_time`` for a channel, ``X105RPM`` for the speed.

The number in the names tells rate and fault of CWRU's own records. What `write_mat` writes has the labels as JSON text in
``X1_labels`` (``jsondecode`` in MATLAB), the rate in ``X1FS``, and stems as ``X1_DE_stem_fault``. Files with other
variables are read as one channel a vector, with ``fs`` and ``rpm`` as scalars.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError
from simengine.formats.native_names import columns_of_cwru_number, columns_of_name
from simengine.formats.signal import SignalRecord
from simengine.formats.signal_hints import SignalHints
from simengine.formats.signal_npz import LEAST_SAMPLES, scalar_columns
from simengine.formats.signal_rows import full_row

__all__ = ["read_mat", "write_mat"]

_TIME = re.compile(r"X(\d+)_(\w+)_time")
_HEADER = b"MATLAB 5.0 MAT-file, written by simengine"  # in place of scipy's, which tells the clock and the system


def read_mat(source: Path, hints: SignalHints) -> list[SignalRecord]:
    """Reads all channels of a ``.mat`` file.

    Raises:
        SimengineError: The file is damaged, has no signals, or a record is not fit.
    """
    variables = _variables(source)
    named = [(name, found) for name in variables if (found := _TIME.fullmatch(name))]
    if not named:
        return _vectors(source, hints, variables)
    own = _own_number(source, [int(found[1]) for _, found in named])
    channels = {found[2]: name for name, found in named if int(found[1]) == own}
    prefix = re.fullmatch(r"(X\d+)_\w+_time", next(iter(channels.values())))[1]  # type: ignore[index]
    whole = columns_of_name(source.stem, within=source.stem)
    for name, column in ((f"{prefix}RPM", "speed_rpm"), (f"{prefix}FS", "fs")):
        if name in variables and np.size(variables[name]) == 1:
            whole[column] = float(np.ravel(variables[name])[0])
    labels = _labels(source, variables.get(f"{prefix}_labels"))
    records = []
    for channel, name in channels.items():
        row = columns_of_cwru_number(own, channel) | whole if not labels else whole | labels.get(channel, {})
        channel = row.get("channel") or channel
        if hints.wants(channel):
            stems = {
                key[len(name) - 4 :]: value.ravel()
                for key, value in variables.items()
                if key.startswith(f"{name[:-4]}stem_")
            }
            records.append(hints.record(variables[name], row | stems, source=source, channel=channel))
    if not records:
        hints.wanted(list(channels), source)
    return records


def write_mat(recording: Sequence[SignalRecord], folder: Path, name: str, number: int) -> list[Path]:
    """Writes the channels of one recording as ``NAME.mat``, with its number in the variables' names."""
    from scipy.io import savemat

    variables: dict[str, Any] = {}
    labels = {}
    taken: set[str] = set()
    for record in recording:
        channel = _variable(str(record.row["channel"]), taken)
        variables[f"X{number:03d}_{channel}_time"] = record.signal[:, None]
        for stem in (key for key in record.arrays if key.startswith("stem_")):
            variables[f"X{number:03d}_{channel}_{stem}"] = record.arrays[stem][:, None]
        labels[channel] = full_row(record, stems=False)
    if recording[0].row.get("speed_rpm") is not None:
        variables[f"X{number:03d}RPM"] = np.array([[recording[0].row["speed_rpm"]]])
    variables[f"X{number:03d}FS"] = np.array([[recording[0].rate]])
    variables[f"X{number:03d}_labels"] = canonical_json(labels, ordered=True).decode()
    buffer = io.BytesIO()
    savemat(buffer, variables, long_field_names=True, do_compression=True)
    data = buffer.getvalue()
    path = folder / f"{name}.mat"
    write_atomic(path, _HEADER.ljust(116) + data[116:])
    return [path]


def _variables(source: Path) -> dict[str, Any]:
    """The variables of a file of version 4 to 7.3; the last is HDF5, with matrices transposed."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        with disk_errors("read", source):
            return {name: value for name, value in loadmat(source).items() if not name.startswith("__")}
    except NotImplementedError:
        from simengine.formats.signal_hdf5 import opened

        with opened(source) as file:
            return {name: node[()].T for name, node in file.items() if getattr(node, "ndim", None) == 2}
    except (MatReadError, ValueError, TypeError, OverflowError) as error:
        raise SimengineError(f"{source} is no sound .mat file ({error}): copy it again from its source.") from None


def _own_number(source: Path, numbers: list[int]) -> int:
    """The number of the file: some of CWRU's files hold variables of another record too (its own comes by name)."""
    named = [int(text) for text in re.findall(r"\d+", source.stem)]
    return next((number for number in named if number in numbers), numbers[0])


def _labels(source: Path, text: Any) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        return dict(json.loads(str(np.ravel(text)[0])))
    except (ValueError, TypeError, IndexError) as error:
        raise SimengineError(f"{source}: its labels are no JSON ({error}): export it again.") from None


def _vectors(source: Path, hints: SignalHints, variables: Mapping[str, Any]) -> list[SignalRecord]:
    """One channel a vector, for files of any other naming."""
    numeric = {name: np.asarray(value) for name, value in variables.items() if np.asarray(value).dtype.kind in "fiu"}
    signals = {name: value for name, value in numeric.items() if value.size >= LEAST_SAMPLES}
    if not signals:
        raise SimengineError(
            f"{source} has no vector of {LEAST_SAMPLES} samples or more: it holds {', '.join(variables) or 'nothing'}."
        )
    row = columns_of_name(source.stem, within=source.stem)
    row |= scalar_columns({name: value.ravel()[0] for name, value in numeric.items() if value.size == 1})
    return [
        hints.record(signals[name], row, source=source, channel=name) for name in hints.wanted(list(signals), source)
    ]


def _variable(channel: str, taken: set[str]) -> str:
    """A channel's name as part of a variable's: letters, digits and ``_``, short enough for MATLAB's 63."""
    safe = unique = re.sub(r"\W", "_", channel, flags=re.ASCII)[:36] or "channel"
    number = 1
    while unique in taken:
        number += 1
        unique = f"{safe}_{number}"
    taken.add(unique)
    return unique
