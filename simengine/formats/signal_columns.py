"""The label columns of a recording, real or simulated: those of simengine's data sets and what real sources add.

Names are those of ``bearing-datasets`` 0.3 (MIT) wherever it has one; lengths in mm and speeds in rpm stand in the names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simengine.dataset.signals import COLUMNS as OWN_COLUMNS
from simengine.dataset.signals import FLOOR_COLUMNS, STEM_COLUMNS, Column

__all__ = ["COLUMNS", "is_list", "plain_row", "split_row"]

_MORE = (
    Column("fault_severity", "text", "severity in the source's own words"),
    Column("or_position", "text", "clock position of an outer race fault; 6:00 is under load"),
    Column("operating_condition", "text", "the source's own name of the regime of speed and load"),
    Column("repetition", "whole", "number of the repetition at the same settings"),
    Column("tacho_pulses", "whole", "marks of the tachometer per turn"),
    Column("window_start_s", "number", "start of the window in its recording, s"),
    Column("full_scale", "number", "value, in `unit`, of a full-scale sample of an audio file"),
    Column("injected_into", "text", "signal_id of the healthy recording that a fault was added to"),
)

COLUMNS: dict[str, Column] = {one.name: one for one in (*OWN_COLUMNS, *_MORE, *STEM_COLUMNS, *FLOOR_COLUMNS)}
"""Every column by name, in the order in which tables have them."""

_TYPES = {"samples": np.float32, "numbers": np.float64, "wholes": np.int32, "texts": np.str_}
_MODE_KEYS = ("frequency_hz", "damping", "residue")
_MODE = np.dtype([(key, float) for key in _MODE_KEYS])


def is_list(name: str) -> bool:
    """Whether a column holds a list a row."""
    return name in COLUMNS and COLUMNS[name].kind in (*_TYPES, "modes")


def split_row(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Parts a full row into its single values, in JSON types, and its lists, as arrays of their column's type."""
    arrays = {}
    for name, value in row.items():
        if value is not None and (is_list(name) or isinstance(value, np.ndarray | list)):
            kind = COLUMNS[name].kind if name in COLUMNS else ""
            if kind == "modes" and not isinstance(value, np.ndarray):
                value = np.array([tuple(mode[key] for key in _MODE_KEYS) for mode in value], dtype=_MODE)
            arrays[name] = np.asarray(value, dtype=_TYPES.get(kind))
    return plain_row({name: value for name, value in row.items() if name not in arrays}), arrays


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row in JSON types, known columns first and in order, then the others by name; NaN becomes ``None``."""
    known = [name for name in COLUMNS if name in row]
    return {name: _plain(row[name]) for name in (*known, *sorted(row.keys() - set(known)))}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.names:
        return [dict(zip(value.dtype.names, one, strict=True)) for one in value.tolist()]
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value
