"""What every metric asks of its arrays, and the distances between their rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError

__all__ = ["as_features", "as_labels", "as_pair", "squared_distances", "unit_rows"]

_CANCELLED = 1e-8  # below this share of |x|^2 + |y|^2 the expanded square has lost more than half of its digits


def as_features(name: str, values: ArrayLike, *, rows: int = 1) -> np.ndarray:
    """Features as float64 of shape (n, d), checked.

    Args:
        name: What the features are called in an error.
        values: Numbers of shape (n, d): n items, d columns.
        rows: Fewest items that the metric can work with.

    Raises:
        SimengineError: The shape is wrong, there are too few items, or a number is not finite.
    """
    features = np.asarray(values, dtype=np.float64)
    if features.ndim != 2 or features.shape[1] == 0:
        raise SimengineError(
            f"{name} has shape {features.shape}: give features of shape (n, d), one row an item"
            " (reshape(-1, 1) for a single column)."
        )
    if len(features) < rows:
        raise SimengineError(f"{name} has {len(features)} rows, this metric needs at least {rows}: give more items.")
    bad = np.argwhere(~np.isfinite(features))
    if len(bad):
        row, column = bad[0].tolist()
        raise SimengineError(
            f"{name}[{row}, {column}] is {features[row, column]} ({len(bad)} numbers are not finite):"
            " drop or fill such rows first."
        )
    return features


def as_pair(real: ArrayLike, synthetic: ArrayLike, *, rows: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Real and synthetic features (see `as_features`), which must have the same columns.

    Raises:
        SimengineError: As `as_features`, or the numbers of columns differ.
    """
    first, second = as_features("real", real, rows=rows), as_features("synthetic", synthetic, rows=rows)
    if first.shape[1] != second.shape[1]:
        raise SimengineError(
            f"real has {first.shape[1]} columns and synthetic {second.shape[1]}: compute both by the same features."
        )
    return first, second


def as_labels(name: str, values: ArrayLike, *, rows: int = 1) -> np.ndarray:
    """Names or numbers of categories of shape (n,), checked.

    Raises:
        SimengineError: The shape is not (n,) or there are fewer than ``rows``.
    """
    labels = np.asarray(values)
    if labels.ndim != 1 or len(labels) < rows:
        raise SimengineError(f"{name} has shape {labels.shape}: give one label an item, at least {rows}.")
    return labels


def unit_rows(name: str, features: np.ndarray) -> np.ndarray:
    """Rows divided by their Euclidean length.

    Raises:
        SimengineError: A row is zero and so has no direction.
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    if not lengths.all():
        row = int(np.flatnonzero(lengths[:, 0] == 0)[0])
        raise SimengineError(f"{name}[{row}] is all zeros and has no direction: drop such rows before a cosine kernel.")
    return features / lengths


def squared_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances between the rows of two arrays, exactly 0 for equal rows.

    Expanded squares through one matrix product, which is tens of times faster than taking
    differences; pairs so close that digits cancel are computed again from their differences.

    Args:
        first: Shape (n, d).
        second: Shape (m, d).

    Returns:
        Shape (n, m).
    """
    centre = first.mean(axis=0)
    first, second = first - centre, second - centre
    total = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None, :]
    squares = total - 2.0 * (first @ second.T)
    close = squares <= _CANCELLED * total
    for row in np.flatnonzero(close.any(axis=1)):
        columns = np.flatnonzero(close[row])
        squares[row, columns] = ((second[columns] - first[row]) ** 2).sum(axis=1)
    return squares
