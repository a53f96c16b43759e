"""Tables of columns (CSV, Parquet) as numbers that metrics can compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError

__all__ = ["Table", "encode_tables", "open_table", "table_files"]

_MOST_LEVELS = 50


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Attributes:
        name: Name of the folder or file.
        columns: By name: float64 for numbers and truth values, str for text.
    """

    name: str
    columns: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def take(self, rows: Sequence[int] | np.ndarray) -> Table:
        """The rows with these numbers."""
        return Table(self.name, {name: column[rows] for name, column in self.columns.items()})


def table_files(path: Path) -> list[Path]:
    """The CSV and Parquet files at a path, sorted."""
    if path.is_file():
        return [path]
    return sorted(f for f in path.rglob("*") if f.suffix.lower() in (".csv", ".parquet") and not f.name.startswith("."))


def open_table(path: str | Path, *, drop_missing: bool = False) -> Table:
    """Reads a CSV or Parquet file, or all of a folder one after another.

    Args:
        path: File or folder.
        drop_missing: Leave out rows in which a value is missing, instead of raising.

    Raises:
        SimengineError: There is no table, files of a folder have different columns, a column is no number or text, or
            a value is missing.
    """
    import pyarrow as pa

    source = Path(path)
    files = table_files(source)
    if not files:
        raise SimengineError(f"{source} holds no table: no file there ends in .csv or .parquet.")
    parts = [_read(file) for file in files]
    for file, part in zip(files[1:], parts[1:], strict=True):
        if set(part.column_names) != set(parts[0].column_names):
            odd = sorted(set(part.column_names) ^ set(parts[0].column_names))
            raise SimengineError(
                f"{file} has other columns than {files[0]} ({', '.join(odd)}): give files of one kind of table."
            )
    table = pa.concat_tables([part.select(parts[0].column_names) for part in parts], promote_options="permissive")
    columns, missing = {}, np.zeros(len(table), bool)
    for name in table.column_names:
        values, absent = _column(table[name], f"{source}: column {name!r}")
        if absent.any() and not drop_missing:
            raise SimengineError(
                f"{source}: column {name!r} has {int(absent.sum())} missing values, the first in row"
                f" {int(absent.argmax()) + 1}: fill them, or leave such rows out with --drop-missing."
            )
        columns[name] = values
        missing |= absent
    if missing.all():
        raise SimengineError(f"{source} has {len(table)} rows, none of them without a missing value: give more.")
    return Table(source.stem if source.is_file() else source.name, columns).take(np.flatnonzero(~missing))


def encode_tables(tables: Sequence[Table], *, target: str | None = None) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Tables as matrices with the same columns, standardised by the first.

    A column of numbers is less the mean and divided by the deviation of the first table. A column of text becomes one
    column of 0 and 1 for each of its levels in any table, standardised likewise. Columns that are constant in all are
    left out.

    Args:
        tables: The real table first.
        target: A column left out: what `utility` predicts.

    Returns:
        Matrices of shape (rows, d), and the names of the d columns.

    Raises:
        SimengineError: The tables have different columns or kinds of columns, or nothing is left.
    """
    first = tables[0]
    for table in tables[1:]:
        if set(table.columns) != set(first.columns):
            odd = sorted(set(table.columns) ^ set(first.columns))
            raise SimengineError(
                f"{first.name} and {table.name} have different columns ({', '.join(odd)}): give both the same."
            )
        for name, column in first.columns.items():
            if (column.dtype.kind == "f") != (table.columns[name].dtype.kind == "f"):
                raise SimengineError(
                    f"column {name!r} is numbers in one of {first.name} and {table.name} and text in the other:"
                    " write it the same way in both."
                )
    names, encoded = [], []
    for name in (name for name in first.columns if name != target):
        columns = [table.columns[name] for table in tables]
        if columns[0].dtype.kind == "f":
            names.append(name)
            encoded.append(columns)
            continue
        levels = sorted({level for column in columns for level in column.tolist()})
        if len(levels) > _MOST_LEVELS:
            continue  # free text or a key: no two rows alike, nothing to compare
        names += [f"{name} = {level}" for level in levels]
        encoded += [[(column == level).astype(np.float64) for column in columns] for level in levels]
    kept = [k for k, columns in enumerate(encoded) if np.ptp(np.concatenate(columns)) > 0.0]
    if not kept:
        raise SimengineError(f"{first.name} has no column that varies and is not the target: nothing can be compared.")
    scaled = [_standardised(encoded[k]) for k in kept]
    return [np.column_stack(columns) for columns in zip(*scaled, strict=True)], tuple(names[k] for k in kept)


def _standardised(columns: list[np.ndarray]) -> list[np.ndarray]:
    mean = columns[0].mean()
    deviation = columns[0].std() or np.concatenate(columns).std()  # constant in the real table alone
    return [(column - mean) / deviation for column in columns]


def _read(file: Path) -> Any:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    try:
        with disk_errors("read", file):
            if file.suffix.lower() == ".parquet":
                return pa.parquet.read_table(file)
            return pa.csv.read_csv(file)
    except pa.ArrowInvalid as error:
        raise SimengineError(f"{file} is no table that can be read: {error}") from error


def _column(column: Any, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Values and where they are missing."""
    import pyarrow as pa

    kind = column.type
    absent = column.is_null().to_numpy(zero_copy_only=False)
    if (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    ):
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return values, absent | ~np.isfinite(values)
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts = column.to_numpy(zero_copy_only=False)
        absent = absent | np.array([text in (None, "") for text in texts], bool)
        return np.array([text or "" for text in texts], dtype=str), absent
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan), np.ones(len(column), bool)
    raise SimengineError(f"{where} is of type {kind}: give numbers, truth values or text, or leave it out.")
