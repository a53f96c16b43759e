"""Runs of equal labels down the columns of a picture: masks as COCO keeps them, without a loop over pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_RUNS", "Runs", "column_runs"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Runs:
    """Vertical runs of pixels with one label, in order of column and row; a run never crosses columns.

    Attributes:
        value: Label of each run, shape (R,), never 0.
        x: Column, shape (R,).
        y: First row, shape (R,).
        length: Number of pixels, shape (R,).
    """

    value: Ints
    x: Ints
    y: Ints
    length: Ints

    def split(self) -> dict[int, Runs]:
        """The runs of each label by itself, labels in rising order."""
        order = np.argsort(self.value, kind="stable")
        value = self.value[order]
        first = np.flatnonzero(np.diff(value, prepend=value[:1] - 1))
        columns = (value, self.x[order], self.y[order], self.length[order])
        ends = np.append(first, len(value))[1:]
        return {int(value[a]): Runs(*(part[a:b] for part in columns)) for a, b in zip(first, ends, strict=True)}

    def shift(self, x: int, y: int) -> Runs:
        """The same runs, moved right and down [px]."""
        return Runs(self.value, self.x + x, self.y + y, self.length)

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int(self.length.sum())

    @property
    def box(self) -> list[int] | None:
        """Tight box [x, y, w, h]; None without a run."""
        if not len(self.x):
            return None
        left, top = int(self.x[0]), int(self.y.min())
        return [left, top, int(self.x[-1]) + 1 - left, int((self.y + self.length).max()) - top]

    def counts(self, *, width: int, height: int) -> Ints:
        """Run lengths as COCO counts them: column by column, alternating outside and inside, outside first."""
        start = self.x * height + self.y
        end = start + self.length
        joined = start[1:] == end[:-1]
        start, end = start[np.append(True, ~joined)], end[np.append(~joined, True)]
        edges = np.empty(2 * len(start) + 2, dtype=np.int64)
        edges[0], edges[-1] = 0, width * height
        edges[1:-1:2], edges[2:-1:2] = start, end
        counts = np.diff(edges)
        return counts if counts[-1] else counts[:-1]

    def compress(self, *, width: int, height: int) -> dict[str, Any] | None:
        """COCO's compressed RLE of a mask, the same bytes as ``pycocotools.mask.encode`` of the whole picture.

        Args:
            width: Of the picture.
            height: Of the picture.

        Returns:
            ``{"size": [height, width], "counts": str}``; None without a run.
        """
        from pycocotools import mask

        if not len(self.x):
            return None
        raw = {"size": [height, width], "counts": self.counts(width=width, height=height)}
        packed = mask.frPyObjects(raw, height, width)
        return {"size": [height, width], "counts": packed["counts"].decode("ascii")}


def column_runs(labels: NDArray[Any]) -> Runs:
    """Finds the runs of non-zero labels in a picture.

    Args:
        labels: Integers or booleans, shape (h, w).
    """
    columns = np.ascontiguousarray(labels.T)
    width, height = columns.shape
    change = np.empty((width, height), dtype=bool)
    change[:, :1] = True
    np.not_equal(columns[:, 1:], columns[:, :-1], out=change[:, 1:])
    start = np.flatnonzero(change)
    length = np.diff(start, append=width * height)
    value = columns.ravel()[start].astype(np.int64)
    kept = value != 0
    start = start[kept]
    return Runs(value[kept], start // height, start % height, length[kept])


NO_RUNS = column_runs(np.zeros((0, 0), dtype=bool))
"""Of a label that no pixel has."""
