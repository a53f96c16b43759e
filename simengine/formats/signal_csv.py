"""Recordings as text: one column a channel, comma, semicolon, tab or blank between them, with or without a header.

A column of times (``time_s``, ``time``, ``t``, ...) gives the rate. Lines that begin with ``#`` are comments; one such as
``# fs: 25600`` states a label column. What `write_csv` writes has its labels in a JSON file beside it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import atomic_file, disk_errors, write_atomic
from simengine.errors import SimengineError
from simengine.formats.native_names import columns_of_name
from simengine.formats.signal import SignalRecord
from simengine.formats.signal_columns import COLUMNS
from simengine.formats.signal_hints import SignalHints, channel_columns
from simengine.formats.signal_npz import SCALAR_NAMES
from simengine.formats.signal_rows import full_row, shared_and_own

__all__ = ["read_csv", "write_csv"]

_TIMES = {"time": 1.0, "t": 1.0, "time_s": 1.0, "time [s]": 1.0, "time (s)": 1.0, "seconds": 1.0, "time_ms": 1e-3,
          "time [ms]": 1e-3, "time (ms)": 1e-3}  # fmt: skip
_UNEVEN = 0.02  # of a step, by which the mean step of a column of times may differ between its halves
_STATED = re.compile(r"#\s*([A-Za-z_]+)\s*[:=]\s*(\S.*)")


def read_csv(source: Path, hints: SignalHints) -> list[SignalRecord]:
    """Reads all channels of a text file.

    Raises:
        SimengineError: A cell is no number, lines differ in length, times are uneven, or a record is not fit.
    """
    with disk_errors("read", source):
        text = source.read_text(encoding="utf-8-sig", errors="replace")
    stated, lines = _comments(text.splitlines())
    if not lines:
        raise SimengineError(f"{source} is empty: give a text file with a column of numbers a channel.")
    delimiter = _delimiter(lines[0][1])
    head = _cells(lines[0][1], delimiter)
    header = [cell.strip() for cell in head] if not all(_is_number(cell, delimiter) for cell in head) else None
    table = _numbers(source, lines[1:] if header else lines, delimiter, len(head))
    names = header or [f"ch{k + 1}" for k in range(len(head))]
    if len(set(names)) != len(names):
        raise SimengineError(f"{source} has several columns of one name ({', '.join(names)}): name each differently.")
    row: dict[str, Any] = columns_of_name(source.stem, within=source.stem) | stated
    for place, name in reversed(list(enumerate(names))):
        lower = name.lower()
        if lower in _TIMES:
            row.setdefault("fs", _rate_of(table[:, place] * _TIMES[lower], source, name))
        elif lower in SCALAR_NAMES:  # a column that repeats the rate or the speed on every line
            column = SCALAR_NAMES[lower]
            row.setdefault(column, float(table[0, place]) if column == "fs" else float(np.mean(table[:, place])))
        else:
            continue
        table = np.delete(table, place, axis=1)
        del names[place]
    if not names:
        raise SimengineError(f"{source} has times but no channel: add a column of samples.")
    return [
        hints.record(table[:, names.index(name)], row | channel_columns(name), source=source, channel=name)
        for name in hints.wanted(names, source)
    ]


def write_csv(recording: Sequence[SignalRecord], folder: Path, name: str) -> list[Path]:
    """Writes the channels of one recording as ``NAME.csv`` and their labels as ``NAME.json``.

    Samples stand in the shortest text that reads back as the same float32.
    """
    path, first = folder / f"{name}.csv", recording[0]
    signals = np.stack([record.signal for record in recording], axis=1)
    with atomic_file(path) as file:
        file.write((",".join(["time_s", *(_quoted(r.row["channel"]) for r in recording)]) + "\n").encode())
        for start in range(0, len(signals), 8192):
            block = signals[start : start + 8192]
            times = (np.arange(start, start + len(block)) / first.rate).tolist()
            lines = (f"{t:.9g},{','.join(map(str, line))}\n" for t, line in zip(times, block, strict=True))
            file.write("".join(lines).encode())
    shared, own = shared_and_own([full_row(record, stems=False) for record in recording])
    channels = {record.row["channel"]: part for record, part in zip(recording, own, strict=True)}
    beside = folder / f"{name}.json"
    write_atomic(beside, canonical_json({**shared, "channels": channels}, indent=True, ordered=True))
    return [path, beside]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(c in name for c in ',"\n') else name


def _comments(lines: list[str]) -> tuple[dict[str, Any], list[tuple[int, str]]]:
    stated: dict[str, Any] = {}
    kept = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("#"):
            found = _STATED.fullmatch(line.rstrip())
            column = SCALAR_NAMES.get(found[1].lower(), found[1]) if found else ""
            if found and column in COLUMNS:
                text = found[2].strip()
                number = COLUMNS[column].kind in ("number", "whole") and _is_number(text.split()[0], ",")
                stated[column] = float(text.split()[0]) if number else text
        elif line.strip():
            kept.append((number, line))
    return stated, kept


def _delimiter(line: str) -> str:
    return next((mark for mark in (";", "\t", ",") if mark in line), " ")


def _cells(line: str, delimiter: str) -> list[str]:
    return line.split() if delimiter == " " else next(csv.reader([line], delimiter=delimiter))


def _is_number(cell: str, delimiter: str) -> bool:
    try:
        float(cell.replace(",", ".") if delimiter != "," else cell)
    except ValueError:
        return False
    return True


def _numbers(source: Path, lines: list[tuple[int, str]], delimiter: str, width: int) -> np.ndarray:
    """All cells as doubles, shape (lines, width)."""
    texts = [line for _, line in lines]
    if delimiter != ",":  # then a comma can only be the decimal mark
        texts = [text.replace(",", ".") for text in texts]
    try:
        table = np.loadtxt(texts, delimiter=None if delimiter == " " else delimiter, ndmin=2, quotechar='"')
        if table.shape == (len(texts), width):
            return table
    except ValueError:
        pass
    for (number, _), text in zip(lines, texts, strict=True):
        cells = _cells(text, delimiter)
        if len(cells) != width:
            raise SimengineError(
                f"{source}:{number}: the line has {len(cells)} cells, the first one {width}: repair it."
            )
        for column, cell in enumerate(cells, start=1):
            if not _is_number(cell, delimiter):
                raise SimengineError(
                    f"{source}:{number}: cell {column} is {cell!r}, no number: cut the line out or interpolate across it."
                )
    raise SimengineError(f"{source} has no lines of numbers below its header: give a file with samples.")


def _rate_of(times: np.ndarray, source: Path, name: str) -> float:
    if len(times) < 3 or not np.isfinite(times).all():
        raise SimengineError(f"{source}: the column {name!r} does not hold at least three finite times: repair it.")
    steps = np.diff(times)
    step = float(times[-1] - times[0]) / len(steps)
    off = float(np.abs(times - np.linspace(times[0], times[-1], len(times))).max())
    rounded = 1.1 * float(steps[steps > 0].min()) if (steps == 0).any() and (steps > 0).any() else 0.0
    if steps.min() < 0 or step <= 0 or off > max(0.4 * step, rounded):
        raise SimengineError(
            f"{source}: the times in {name!r} are not evenly spaced (steps from {steps.min():.3g} to {steps.max():.3g} s): "
            "resample the recording to equal steps, or drop the column and give rate=...."
        )
    return float(round(1 / step)) if abs(1 / step - round(1 / step)) < 1e-4 / step else 1 / step
