"""Bias: which classes, sizes and positions synthetic data over- or under-represents, and where a model is worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_features, as_labels
from simengine.evaluate.metrics.bootstrap import Interval, bootstrap
from simengine.evaluate.metrics.label_statistics import BoxTable
from simengine.evaluate.metrics.units import unit_codes

__all__ = ["Balance", "amplification", "balance", "position_slices", "size_slices", "slice_gaps"]


@dataclass(frozen=True)
class Balance:
    """Shares of categories in two sets.

    Attributes:
        distance: Total variation distance of the shares.
        categories: Names, those of either set, sorted.
        real: Share of each category in the real set.
        synthetic: Share of each category in the synthetic set.
    """

    distance: float
    categories: tuple[str, ...]
    real: tuple[float, ...]
    synthetic: tuple[float, ...]

    def __float__(self) -> float:
        return self.distance


def balance(real: ArrayLike, synthetic: ArrayLike) -> Balance:
    """How differently two sets are spread over categories: classes, sizes, positions or pairs of them.

    distance = 1/2 sum_c |p_c - q_c|: the share of items that would have to change their category.

    Range: 0 to 1. Better: lower, if the real set is as deployment will be.
    Source: total variation, Levin and Peres, "Markov Chains and Mixing Times" (2017), ch. 4.

    Args:
        real: Category of each real item, shape (n,): classes, or `size_slices`, or `position_slices`.
        synthetic: Category of each synthetic item, shape (m,).

    Raises:
        SimengineError: A set is empty.

    Example:
        >>> result = balance(["cat", "dog"], ["cat", "cat", "cat", "dog"])
        >>> result.distance, result.categories, result.synthetic
        (0.25, ('cat', 'dog'), (0.75, 0.25))
    """
    first, second, names = _categories(real, synthetic)
    p, q = (np.array([(labels == name).mean() for name in names]) for labels in (first, second))
    return Balance(float(np.abs(p - q).sum() / 2.0), tuple(names), tuple(p.tolist()), tuple(q.tolist()))


def amplification(
    real: ArrayLike,
    synthetic: ArrayLike,
    *,
    real_units: Sequence[Any] | np.ndarray | None = None,
    synthetic_units: Sequence[Any] | np.ndarray | None = None,
    unit: str = "row",
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Interval]:
    """How many times more common a category is in the synthetic set than in the real one, with intervals.

    ratio_c = ((s_c + 1/2) / (n_s + C/2)) / ((r_c + 1/2) / (n_r + C/2)), counts s and r, C categories; the
    halves (Jeffreys' prior) keep a category that one set lacks finite. For what co-occurs ("cup" with
    "left hand") give joined names as categories.

    Range: above 0; 1 is the real share. Better: an interval that holds 1; wholly above 1 the synthetic data
    amplifies the category, wholly below it suppresses it. The intervals are of one category each.
    Source: Zhao et al., "Men also like shopping: reducing gender bias amplification", EMNLP 2017,
    arXiv:1707.09457, as a ratio.

    Args:
        real: Category of each real item, shape (n,).
        synthetic: Category of each synthetic item, shape (m,).
        real_units: Picture or recording of each real item; items of one picture are not independent.
        synthetic_units: The same of the synthetic items.
        unit: Word for the unit.
        confidence: Nominal coverage.
        resamples: For each interval (percentile).
        seed: Of the random stream.

    Returns:
        By category, sorted.

    Raises:
        SimengineError: A set is empty, or units don't fit.

    Example:
        >>> ratios = amplification(["cat"] * 50 + ["dog"] * 50, ["cat"] * 80 + ["dog"] * 20)
        >>> round(ratios["cat"].value, 2), 1.0 in ratios["cat"], ratios["dog"].high < 1
        (1.59, False, True)
    """
    first, second, names = _categories(real, synthetic)
    prior = len(names) / 2.0
    codes = [
        unit_codes(len(labels), units, what=what)
        for labels, units, what in (
            (first, real_units, "real_units"),
            (second, synthetic_units, "synthetic_units"),
        )
    ]

    def share(counts: np.ndarray) -> float:
        hits, total = counts.sum(axis=0)
        return (hits + 0.5) / (total + prior)

    intervals = {}
    for name in names:
        tables = [
            np.column_stack([np.bincount(code, weights=labels == name), np.bincount(code)])
            for labels, code in zip((first, second), codes, strict=True)
        ]
        intervals[name] = bootstrap(
            lambda r, s: share(s) / share(r),
            *tables,
            unit=unit,
            method="percentile",
            confidence=confidence,
            resamples=resamples,
            seed=seed,
        )
    return intervals


def slice_gaps(
    values: ArrayLike,
    slices: ArrayLike,
    *,
    units: Sequence[Any] | np.ndarray | None = None,
    unit: str = "row",
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Interval]:
    """How much worse or better a model does on a slice of the data than on all of it, with intervals.

    gap_c = mean of values in slice c - mean of all values

    Range: that of the values (errors or scores of single items). Better: closer to 0.
    Source: Barocas, Hardt and Narayanan, "Fairness and Machine Learning" (2023), ch. 3: disaggregated
    evaluation; Eyuboglu et al., "Domino", ICLR 2022, arXiv:2203.14960 for slices.

    Args:
        values: Error or score of each item, shape (n,).
        slices: Slice of each item, shape (n,): class, `size_slices`, `position_slices`, occlusion, ...
        units: Picture or recording of each item, or None where items are independent.
        unit: Word for the unit.
        confidence: Nominal coverage.
        resamples: For each interval (percentile).
        seed: Of the random stream.

    Returns:
        By slice, sorted.

    Raises:
        SimengineError: Values and slices differ in number, or a slice lies in too few units for an interval.

    Example:
        >>> import numpy as np
        >>> gaps = slice_gaps(np.tile([0.1, 0.1, 0.4], 30), ["large", "medium", "small"] * 30)
        >>> round(gaps["small"].value, 6), gaps["small"].low > 0, gaps["large"].high < 0
        (0.2, True, True)
    """
    names = as_labels("slices", slices, rows=1).astype(str)
    column = as_features("values", np.reshape(values, (-1, 1)))[:, 0]
    if len(column) != len(names):
        raise SimengineError(f"there are {len(column)} values and {len(names)} slices: give one slice for each value.")

    def gap(table: np.ndarray) -> float:
        inside = table[:, 1] > 0.0
        return table[inside, 0].mean() - table[:, 0].mean() if inside.any() else np.nan

    return {
        name: bootstrap(
            gap,
            np.column_stack([column, names == name]),
            units=[units],
            unit=unit,
            method="percentile",
            confidence=confidence,
            resamples=resamples,
            seed=seed,
        )
        for name in sorted(set(names.tolist()))
    }


def size_slices(table: BoxTable, *, edges: Sequence[float] = (32.0, 96.0)) -> np.ndarray:
    """Size class of each box, by COCO's areas.

    small: w h < edges[0]^2, medium: up to edges[1]^2, large: the rest.

    Range: names. Better: not a score; goes into `balance`, `amplification` and `slice_gaps`.
    Source: COCO's evaluation, Lin et al., arXiv:1405.0312 (box area in place of mask area).

    Args:
        table: The boxes.
        edges: Edges of the squares that separate the classes, pixels.

    Returns:
        Names, shape (k,).

    Example:
        >>> import numpy as np
        >>> boxes = np.array([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 50.0, 50.0], [0.0, 0.0, 99.0, 99.0]])
        >>> size_slices(BoxTable(np.zeros(3, int), boxes, np.array([[200, 200]]))).tolist()
        ['small', 'medium', 'large']
    """
    area = table.boxes[:, 2] * table.boxes[:, 3]
    classes = (area >= edges[0] ** 2).astype(np.intp) + (area >= edges[1] ** 2)
    return np.array(["small", "medium", "large"])[classes]


def position_slices(table: BoxTable, *, grid: int = 3) -> np.ndarray:
    """Cell of the picture in which the centre of each box lies.

    The picture is cut into grid x grid equal cells, ``row 1 column 1`` at the top left.

    Range: names. Better: not a score; goes into `balance`, `amplification` and `slice_gaps`.
    Source: centre bias of data sets, Torralba and Efros, "Unbiased look at dataset bias", CVPR 2011.

    Args:
        table: The boxes.
        grid: Cells along an edge.

    Returns:
        Names, shape (k,).

    Example:
        >>> import numpy as np
        >>> boxes = np.array([[0.0, 0.0, 10.0, 10.0], [180.0, 90.0, 10.0, 10.0]])
        >>> position_slices(BoxTable(np.zeros(2, int), boxes, np.array([[200, 200]]))).tolist()
        ['row 1 column 1', 'row 2 column 3']
    """
    if grid < 1:
        raise SimengineError(f"grid is {grid}: give at least 1.")
    centres = (table.boxes[:, :2] + table.boxes[:, 2:] / 2.0) / table.sizes[table.images]
    cells = np.clip((centres * grid).astype(np.intp), 0, grid - 1)
    return np.array([f"row {row + 1} column {column + 1}" for column, row in cells.tolist()], dtype=str)


def _categories(real: ArrayLike, synthetic: ArrayLike) -> tuple[np.ndarray, np.ndarray, list[str]]:
    first, second = (as_labels(name, x, rows=1).astype(str) for name, x in (("real", real), ("synthetic", synthetic)))
    return first, second, sorted({*first.tolist(), *second.tolist()})
