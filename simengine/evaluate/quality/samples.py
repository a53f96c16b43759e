"""A set of items as all metrics see it: several views of the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.sampling.streams import stream

__all__ = ["Sample", "View", "picked", "principal_views", "standardised"]


@dataclass(frozen=True)
class View:
    """One view of a set.

    Attributes:
        rows: What metrics are called with: anything with a length that arrays of row numbers index.
        units: Name of the unit of each row, drawn as a whole; None where rows are independent.
        unit: Word for the unit.
    """

    rows: Any
    units: np.ndarray | None = None
    unit: str = "row"

    @property
    def count(self) -> int:
        """Number of units."""
        return len(self.rows) if self.units is None else len(np.unique(self.units))


@dataclass(frozen=True)
class Sample:
    """Real, synthetic or holdout data.

    Attributes:
        name: Name for the reader.
        ids: Name of each item.
        views: By name: ``features`` (n, d); ``principal`` (n, k); ``columns``; ``spectra``; ``hashes``; ``boxes``;
            ``classes``, ``sizes``, ``positions`` (one name a box or item); ``scenes``.
        labels: Class of each item, for utility; None if items have none.
        table: What a classifier is trained on for utility, shape (n, k); None to take ``features``.
        groups: What no split of items may cut, shape (n,); None where items are independent.
        total: Items in the folder, of which these were drawn.
        digest: Hash of the content.
        notes: What the reader should know about it.
    """

    name: str
    ids: tuple[str, ...]
    views: Mapping[str, View]
    labels: np.ndarray | None = None
    table: np.ndarray | None = None
    groups: np.ndarray | None = None
    total: int = 0
    digest: str = ""
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def features(self) -> np.ndarray:
        """The view ``features``."""
        return np.asarray(self.views["features"].rows)


def picked(count: int, limit: int, *, seed: int, name: str) -> np.ndarray:
    """Numbers of at most ``limit`` of ``count`` items, drawn at random, ascending."""
    if limit < 1:
        raise SimengineError(f"the limit is {limit}: give the number of items to look at, at least 1.")
    if count <= limit:
        return np.arange(count)
    return np.sort(np.argsort(stream(seed, 0, f"evaluate.quality.{name}").random(count), kind="stable")[:limit])


def standardised(sets: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Every set less the mean of the first over its deviation, column by column; columns constant in it are centred."""
    mean, deviation = sets[0].mean(axis=0), sets[0].std(axis=0)
    deviation = np.where(deviation > 1e-9 * (np.abs(mean) + 1.0), deviation, 1.0)
    return [(rows - mean) / deviation for rows in sets]


def principal_views(sets: Sequence[np.ndarray], *, most: int = 16) -> list[np.ndarray]:
    """Coordinates of every set on the leading principal axes of the first.

    As many as an eighth of the rows of the smallest set, so that halves of it still have a covariance.

    Args:
        sets: Features, shape (n, d) each.
        most: Largest number of axes.

    Returns:
        Shape (n, k) each.
    """
    centre = sets[0].mean(axis=0)
    _, values, axes = np.linalg.svd(sets[0] - centre, full_matrices=False)
    useful = int((values > values[0] * 1e-6).sum()) if len(values) and values[0] > 0 else 0
    k = max(1, min(most, useful, min(map(len, sets)) // 8))
    return [(rows - centre) @ axes[:k].T for rows in sets]
