"""Recordings in Parquet: the shards of simengine's data sets, and any table with a column ``signal`` of lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simengine.dataset.disk import disk_errors
from simengine.dataset.reader import Dataset
from simengine.dataset.shard import shard_folder
from simengine.dataset.signals import SIGNALS, read_signals
from simengine.errors import SimengineError
from simengine.formats.signal import LazyRecords, SignalRecord
from simengine.formats.signal_hints import SignalHints

__all__ = ["read_dataset", "read_parquet"]


def read_dataset(folder: Path, hints: SignalHints) -> tuple[str, LazyRecords]:
    """Opens the signals of a data set of simengine.

    Returns:
        Its name, and its records in the order of its samples.

    Raises:
        SimengineError: It is unfinished or damaged, or has no signals.
    """
    dataset = Dataset.open(folder)
    files = [folder / shard_folder(number) / SIGNALS for number in range(dataset.shard_count)]
    if not files[0].is_file():
        raise SimengineError(
            f"{folder} has pictures but no signals: its scene has no vibration sensor. Give `sensors:` an accelerometer "
            "on a machine and generate again."
        )
    return dataset.name, _records(files, hints)


def read_parquet(source: Path, hints: SignalHints) -> LazyRecords:
    """Opens one Parquet file with a row a channel.

    Raises:
        SimengineError: It is damaged or has no column ``signal``.
    """
    return _records([source], hints)


def _records(files: list[Path], hints: SignalHints) -> LazyRecords:
    table = [place for file in files for place in _places(file, hints)]
    if not table:
        raise SimengineError(f"{files[0]}: no row has a channel {', '.join(map(repr, hints.channels or ()))}.")
    return LazyRecords(len(table), _Reader(table, hints))


def _places(file: Path, hints: SignalHints) -> list[tuple[Path, int, int]]:
    """File, group of rows and row in it of each channel that is wanted."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with disk_errors("read", file):
        try:
            with pq.ParquetFile(file) as parquet:
                names, groups = parquet.schema_arrow.names, parquet.num_row_groups
                if "signal" not in names:
                    raise SimengineError(
                        f"{file} has no column 'signal' that holds a list of samples a row; it has {', '.join(names)}."
                    )
                if hints.channels is None or "channel" not in names:
                    sizes = [parquet.metadata.row_group(group).num_rows for group in range(groups)]
                    return [(file, group, row) for group in range(groups) for row in range(sizes[group])]
                channels = [parquet.read_row_group(group, columns=["channel"]).column(0) for group in range(groups)]
        except pa.ArrowInvalid as error:
            raise SimengineError(f"{file} is no Parquet file: {error}. Copy it again from its source.") from None
    return [
        (file, group, row)
        for group, column in enumerate(channels)
        for row, channel in enumerate(column.to_pylist())
        if hints.wants(channel)
    ]


class _Reader:
    """Reads a record by its number, keeping the group of rows that it came from."""

    def __init__(self, places: list[tuple[Path, int, int]], hints: SignalHints) -> None:
        self._places, self._hints = places, hints
        self._held: tuple[Path, int] | None = None
        self._rows: list[dict[str, Any]] = []

    def __call__(self, number: int) -> SignalRecord:
        file, group, place = self._places[number]
        if self._held != (file, group):
            self._rows = list(read_signals(file, groups=[group]))
            self._held = file, group
        row = dict(self._rows[place])
        if row.get("seed") is not None and row.get("fs") is not None:  # our own: checked when it was written
            return SignalRecord.of_row(row | dict(self._hints.columns))
        signal = row.pop("signal")
        channel = str(row.get("channel") or "signal")
        return self._hints.record(signal, row, source=file, channel=channel, recording=str(place))
