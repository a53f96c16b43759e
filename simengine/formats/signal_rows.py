"""Rows of a recording on their way to a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from simengine.formats.signal import SignalRecord, SignalSet
from simengine.formats.signal_columns import plain_row

__all__ = ["FileNames", "full_row", "recordings", "shared_and_own"]


def full_row(record: SignalRecord, *, stems: bool = True) -> dict[str, Any]:
    """All columns of a record but its samples, lists included, in JSON types.

    Args:
        record: The record.
        stems: Whether the stems, each as long as the signal, are wanted.
    """
    lists = {name: values for name, values in record.arrays.items() if stems or not name.startswith("stem_")}
    return plain_row({**record.row, **lists})


def shared_and_own(rows: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Parts rows into the columns that all share with equal values, and each one's others."""
    first = rows[0]
    same = {name for name in first if all(name in row and row[name] == first[name] for row in rows)}
    same -= {"channel", "signal_id"}
    own = [{name: value for name, value in row.items() if name not in same} for row in rows]
    return {name: value for name, value in first.items() if name in same}, own


def recordings(records: SignalSet) -> Iterator[tuple[str, list[SignalRecord]]]:
    """Channels that follow each other with one ``recording_id``, rate and length, one recording in memory at a time."""
    batch: list[SignalRecord] = []
    key = None
    for record in records:
        mine = (record.row.get("recording_id"), record.rate, len(record.signal))
        again = any(record.row.get("channel") == other.row.get("channel") for other in batch)
        if batch and (mine != key or again):
            yield str(key[0]), batch  # type: ignore[index]
            batch = []
        key = mine
        batch.append(record)
    if batch:
        yield str(key[0]), batch  # type: ignore[index]


class FileNames:
    """Makes safe names of files from ids, no two alike."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, name: str) -> str:
        """The name for an id."""
        safe = re.sub(r"[^A-Za-z0-9_.@-]+", "_", name).strip("._") or "recording"
        unique, number = safe, 1
        while unique.lower() in self._seen:  # file systems may not tell cases apart
            number += 1
            unique = f"{safe}-{number}"
        self._seen.add(unique.lower())
        return unique
