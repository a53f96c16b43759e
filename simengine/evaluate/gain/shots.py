"""Few real windows for training: from one kind of fault and one healthy record, tested on the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.metrics.units import shuffled
from simengine.sampling.streams import stream

__all__ = ["HEALTHY", "Draw", "Shots"]

HEALTHY = "normal"
"""The fault type of healthy records."""


@dataclass(frozen=True, eq=False)
class Draw:
    """One split.

    Attributes:
        pool: Windows that training may draw from.
        test: Windows that are tested.
        order: The pool of each class, in the order in which windows are taken.
    """

    pool: np.ndarray
    test: np.ndarray
    order: tuple[np.ndarray, ...]

    @staticmethod
    def of_pool(pool: np.ndarray, test: np.ndarray, *, labels: np.ndarray, seed: int) -> Draw:
        """Shuffles each class of a pool; the first n are the subset of n, so subsets of a seed are nested."""
        order = []
        for name in np.unique(labels[pool]):
            rows = pool[labels[pool] == name]
            order.append(rows[shuffled(stream(seed, 0, f"gain.shots.{name}"), len(rows))])
        return Draw(pool, test, tuple(order))

    def train(self, count: int) -> np.ndarray:
        """So many windows of each class.

        Raises:
            SimengineError: A class has fewer.
        """
        short = [rows for rows in self.order if len(rows) < count]
        if short:
            raise SimengineError(
                f"{count} windows a class are asked for, and a class has {min(map(len, short))} to draw from: ask for "
                "fewer, or cut windows closer (--hop)."
            )
        return np.concatenate([rows[:count] for rows in self.order])


@dataclass(frozen=True, eq=False)
class Shots:
    """Splits of real records by a column, e.g. the size of the fault, and by healthy record.

    A way takes the faulty records of one value of the column and one healthy record for training, and tests on the
    faulty records of all other values and the other healthy records. Seeds take the ways in turn.

    Attributes:
        by: The column.
        ways: Records for training and for testing of each way.
        note: What the splits are, for readers.
    """

    by: str
    ways: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    note: str

    @staticmethod
    def split(labels: Sequence[str], values: Sequence[object], *, by: str) -> Shots:
        """Finds all ways.

        Args:
            labels: Fault type of each record; ``normal`` is healthy.
            values: Value of the column of each record.
            by: Name of the column.

        Raises:
            SimengineError: Fewer than two values hold every fault type, or there are fewer than two healthy records.
        """
        healthy = [k for k, label in enumerate(labels) if label == HEALTHY]
        faults = {label for label in labels if label != HEALTHY}
        of_value: dict[object, list[int]] = {}
        for k, (label, value) in enumerate(zip(labels, values, strict=True)):
            if label != HEALTHY and value is not None:
                of_value.setdefault(value, []).append(k)
        whole = [value for value, rows in of_value.items() if {labels[k] for k in rows} == faults]
        if len(of_value) < 2 or not whole or len(healthy) < 2:
            raise SimengineError(
                f"real records can't be split by {by}: {len(whole)} of its {len(of_value)} values have every fault type, "
                f"and there are {len(healthy)} healthy records; it takes one such value of two, and two healthy records. "
                "Name another column (--split-by), or give --test."
            )
        ways = []
        for value, normal in product(sorted(whole, key=str), healthy):
            train = (*of_value[value], normal)
            others = [k for other, rows in of_value.items() if other != value for k in rows]
            ways.append((train, (*sorted(others), *(k for k in healthy if k != normal))))
        note = (
            f"Each seed trains on windows of one value of {by} and one healthy record, and is tested on all faulty records "
            f"of other values and the other healthy records: {len(ways)} ways, taken in turn."
        )
        return Shots(by, tuple(ways), note)

    def draw(self, seed: int, *, labels: np.ndarray, records: np.ndarray) -> Draw:
        """The split of a seed.

        Args:
            seed: From 0.
            labels: Fault type of each window.
            records: Number of the record of each window.
        """
        train, test = self.ways[seed % len(self.ways)]
        pool = np.flatnonzero(np.isin(records, train))
        return Draw.of_pool(pool, np.flatnonzero(np.isin(records, test)), labels=labels, seed=seed)
