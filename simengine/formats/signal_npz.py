"""Recordings in NumPy's ``.npz``: one array a channel, with speed and rate as scalars beside them.

Scalars named ``fs`` (``rate``, ``sampling_rate``) and ``rpm`` (``speed_rpm``) hold for the whole file; ``NAME__rpm``,
``NAME_rpm`` and ``NAME__fs`` for the arrays ``NAME`` and ``NAME_CHANNEL``. Names such as ``IR007_0`` tell their labels.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError
from simengine.formats.native_names import columns_of_name
from simengine.formats.signal import SignalRecord
from simengine.formats.signal_columns import COLUMNS
from simengine.formats.signal_hints import SignalHints

__all__ = ["LEAST_SAMPLES", "SCALAR_NAMES", "read_npz", "scalar_columns"]

LEAST_SAMPLES = 16
"""Arrays with fewer values are no signals."""

SCALAR_NAMES = {
    "fs": "fs", "rate": "fs", "sr": "fs", "sampling_rate": "fs", "sample_rate": "fs", "sampling_frequency": "fs",
    "rpm": "speed_rpm", "speed_rpm": "speed_rpm",
}  # fmt: skip
"""Names under which files state their rate and speed, in lower case."""


def read_npz(source: Path, hints: SignalHints) -> list[SignalRecord]:
    """Reads all channels of an ``.npz`` file.

    Raises:
        SimengineError: The file is damaged, holds pickled objects, or a record is not fit.
    """
    try:
        with disk_errors("read", source), np.load(source) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise SimengineError(f"{source} is no sound .npz of plain arrays ({error}): save it again.") from None
    signals = {name: array for name, array in arrays.items() if array.size >= LEAST_SAMPLES and array.ndim}
    scalars = {name: array.reshape(())[()] for name, array in arrays.items() if array.size == 1}
    if not signals:
        raise SimengineError(f"{source} has no array of {LEAST_SAMPLES} samples or more: it holds {sorted(arrays)}.")
    whole = scalar_columns(scalars)
    records = []
    for name, signal in signals.items():
        prefix, _, tail = name.rpartition("_")
        named, own = columns_of_name(name, within=source.stem), _own_scalars(name, prefix, scalars)
        if prefix and tail in ("DE", "FE", "BA"):
            recording, channel = prefix, tail
        elif own or "native_label" in named:
            recording, channel = name, "signal"
        else:
            recording, channel = "", name
        if hints.wants(channel) or hints.wants(name):
            row = named | whole | own
            records.append(hints.record(signal, row, source=source, channel=channel, recording=recording))
    if not records:
        raise SimengineError(
            f"{source} has no channel {', '.join(map(repr, hints.channels or ()))}: it has {', '.join(signals)}."
        )
    return records


def scalar_columns(scalars: Mapping[str, Any]) -> dict[str, Any]:
    """Label columns among named scalars: rate and speed by their usual names, other columns by theirs."""
    found = {}
    for name, value in scalars.items():
        column = SCALAR_NAMES.get(name.lower(), name)
        if column in COLUMNS:
            found[column] = value.item() if isinstance(value, np.generic) else value
    return found


def _own_scalars(name: str, prefix: str, scalars: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for owner in (prefix, name):
        for spelled, column in SCALAR_NAMES.items():
            for key in (f"{owner}__{spelled}", f"{owner}_{spelled}"):
                if owner and key in scalars:
                    found[column] = float(scalars[key])
    return found
