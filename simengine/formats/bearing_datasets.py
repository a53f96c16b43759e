"""Folders as ``bearing-datasets`` (MIT) builds them: ``metadata.parquet``, ``signals/part-*.parquet``, ``manifest.json``.

What `write_built` writes, ``bearing_datasets.open(NAME, root=FOLDER)`` opens beside 69 public data sets of real bearings.
Its table leaves nothing open: where our rows have ``None`` it says ``none`` or ``unknown``, and columns that don't apply to
every row are left out of it. All columns of ours, lists included, stand in the files of the signals.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import atomic_file, disk_errors, write_atomic
from simengine.dataset.signals import COLUMNS as OWN_COLUMNS
from simengine.dataset.signals import FLOOR_COLUMNS, STEM_COLUMNS, Column, SignalWriter, read_signals
from simengine.errors import SimengineError
from simengine.formats.signal import LazyRecords, SignalRecord
from simengine.formats.signal_columns import COLUMNS, is_list
from simengine.formats.signal_hints import SignalHints

__all__ = ["read_built", "write_built"]

_SCHEMA_VERSION = 2
_REQUIRED = (
    "dataset", "signal_id", "recording_id", "native_label", "channel", "sensor_location", "fs", "n_samples", "fault_type",
    "fault_location", "sensor_at_fault",
)  # fmt: skip
_NOT_APPLICABLE = {  # what its table says where a healthy machine, or a sensor without that property, has nothing
    "fault_location": "none", "fault_origin": "none", "axis": "none", "bearing_model": "unknown", "speed_profile": "unknown",
    "sensor_mounting": "unknown", "quantity": "unknown", "unit": "unknown", "load_unit": "none", "native_label": "unknown",
    "sensor_location": "unknown",
}  # fmt: skip
_STORED = {one.name: one for one in (*OWN_COLUMNS, *STEM_COLUMNS, *FLOOR_COLUMNS) if one.name != "signal"}


def read_built(folder: Path, hints: SignalHints) -> LazyRecords:
    """Opens a built folder; samples are read when a record is asked for.

    Raises:
        SimengineError: Its table is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = folder / "metadata.parquet"
    try:
        with disk_errors("read", source):
            rows = pq.read_table(source).to_pylist()
        rows = [row for row in rows if hints.wants(row["channel"])]
        places = [(row.pop("signal_file"), row.pop("signal_row_group"), row.pop("signal_row")) for row in rows]
    except (pa.ArrowInvalid, KeyError) as error:
        raise SimengineError(f"{source} is no table of bearing-datasets ({error}): build the folder again.") from None

    def read(number: int) -> SignalRecord:
        file, group, place = places[number]
        path = folder / "signals" / file
        stored = next(row for k, row in enumerate(read_signals(path, groups=[int(group)])) if k == place)
        row = {name: None if value in ("none", "unknown") else value for name, value in rows[number].items()}
        bare = {name for name, value in stored.items() if name.startswith("stem_") and not len(value)}
        row |= {name: value for name, value in stored.items() if value is not None and name not in bare}
        signal: Any = row.pop("signal")
        channel = str(row.pop("channel"))
        return hints.record(signal, row, source=path, channel=channel)

    return LazyRecords(len(rows), read)


def write_built(records: Iterable[SignalRecord], folder: Path, *, name: str, description: str = "") -> list[Path]:
    """Writes records as a built folder, a few in memory at a time.

    Args:
        records: The records.
        folder: Where to; it exists and is empty.
        name: Name of the data set.
        description: What it is, for its manifest.

    Returns:
        The files.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "signals").mkdir()
    path = folder / "signals" / "part-float32.parquet"
    rows: list[dict[str, Any]] = []
    with atomic_file(path) as file, SignalWriter(file, stems=True, floor=True) as writer:
        for record in records:
            writer.add({"signal": record.signal} | {name: _cell(one, record) for name, one in _STORED.items()})
            rows.append(record.row)
    with pq.ParquetFile(path) as written:
        sizes = [written.metadata.row_group(group).num_rows for group in range(written.num_row_groups)]
    places = [(group, row) for group, size in enumerate(sizes) for row in range(size)]
    table = [
        {**row, "signal_file": path.name, "signal_row_group": group, "signal_row": place}
        for row, (group, place) in zip(rows, places, strict=True)
    ]
    filled = _filled(table, name)
    with atomic_file(folder / "metadata.parquet") as file:
        pq.write_table(pa.Table.from_pylist(filled), file, compression="zstd")
    manifest = {
        "dataset": name,
        "schema_version": _SCHEMA_VERSION,
        "description": description,
        "license": "as its owner says",
        "citation": f"{name}, simulated by simengine",
        "columns": {column: _meaning(column) for column in filled[0]},
        "n_recordings": len({row["recording_id"] for row in table}),
        "n_signals": len(table),
    }
    write_atomic(folder / "manifest.json", canonical_json(manifest, indent=True, ordered=True))
    return [path, folder / "metadata.parquet", folder / "manifest.json"]


def _cell(column: Column, record: SignalRecord) -> Any:
    """A cell of the files of signals: what the record has, if the column's kind can hold it."""
    if is_list(column.name):
        return record.arrays.get(column.name, ())
    value = record.row.get(column.name)
    if column.kind == "text":
        return None if value is None else str(value)
    return value if isinstance(value, bool | int | float) else None


def _filled(table: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The table as its schema wants it: required columns in every row, others only if no row lacks them."""
    rows = []
    for row in table:
        healthy = row.get("fault_type") == "normal"
        full = {column: value for column, value in row.items() if not is_list(column)}
        full = {column: full.get(column) for column in dict.fromkeys((*_REQUIRED, *full))}
        full["dataset"] = name
        full["fault_size_mm"] = 0.0 if healthy else row.get("fault_size_mm")
        full["sensor_at_fault"] = bool(row.get("sensor_at_fault"))
        for column, value in _NOT_APPLICABLE.items():
            if full.get(column) is None:
                full[column] = "unknown" if column == "fault_location" and not healthy else value
        rows.append(full)
    columns = dict.fromkeys(column for row in rows for column in row)
    kept = [column for column in columns if all(row.get(column) is not None for row in rows)]
    return [{column: row[column] for column in kept} for row in rows]


def _meaning(column: str) -> str:
    places = {
        "signal_file": "file in signals/",
        "signal_row_group": "its group of rows",
        "signal_row": "row in the group",
    }
    return COLUMNS[column].meaning if column in COLUMNS else places.get(column, column)
