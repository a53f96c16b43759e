"""Reading one column of numbers from a small file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

__all__ = ["read_column"]


def read_column(path: Path, column: str | int | None = None) -> np.ndarray:
    """Reads a column of numbers.

    Args:
        path: ``.csv`` (comma, semicolon or tab, header optional), ``.txt`` (white space) or ``.npy``.
            Empty lines and what follows ``#`` are skipped in texts.
        column: Name in the header, or number from 0; needed if there are several columns.

    Returns:
        float64, shape ``(n,)``.

    Raises:
        ValueError: The file can't be read, has no such column, or holds something that is no number;
            the message is one sentence with the line.
    """
    try:
        if path.suffix.lower() == ".npy":
            return _array_column(_load(path), column)
        if path.suffix.lower() in (".csv", ".txt"):
            return _text_column(path, column)
    except OSError as error:
        raise ValueError(f"{path} can't be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no UTF-8 text") from None
    raise ValueError(f"{path} is of an unknown kind: use .csv, .txt or .npy")


def _load(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError):
        raise ValueError(f"{path} holds no plain NumPy array") from None


def _array_column(array: np.ndarray, column: str | int | None) -> np.ndarray:
    if array.dtype.kind not in "iuf":
        raise ValueError(f"the array holds {array.dtype}, not numbers")
    if array.ndim == 1 and column in (None, 0):
        return array.astype(float)
    if array.ndim == 2:
        names = [str(number) for number in range(array.shape[1])]
        return array[:, _find(names, column)].astype(float)
    raise ValueError(f"the array has shape {array.shape}, column {column} is not in it")


def _text_column(path: Path, column: str | int | None) -> np.ndarray:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    rows = [(number, text.split("#")[0].strip()) for number, text in enumerate(lines, start=1)]
    rows = [(number, text) for number, text in rows if text]
    if not rows:
        raise ValueError(f"{path} is empty")
    first = rows[0][1]
    delimiter = next((sign for sign in (",", ";", "\t") if sign in first), None)

    def split(text: str) -> list[str]:
        if delimiter is None:
            return text.split() if path.suffix.lower() == ".txt" else [text]
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter))]

    header = split(first)
    named = not all(_is_number(cell) for cell in header)
    names = header if named else [str(number) for number in range(len(header))]
    place = _find(names, column)
    values = []
    for number, text in rows[1:] if named else rows:
        cells = split(text)
        cell = cells[place] if place < len(cells) else ""
        if not _is_number(cell):
            raise ValueError(f"{path}:{number} has {cell!r} in column {names[place]}, which is no number")
        values.append(float(cell))
    return np.asarray(values)


def _find(names: list[str], column: str | int | None) -> int:
    if column is None and len(names) == 1:
        return 0
    if isinstance(column, int) and 0 <= column < len(names):
        return column
    if isinstance(column, str) and column in names:
        return names.index(column)
    fault = "there are several columns" if column is None else f"there is no column {column!r}"
    raise ValueError(f"{fault}; name one of {', '.join(names)}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
