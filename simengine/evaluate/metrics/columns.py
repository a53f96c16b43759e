"""Distances of tables: column by column (Hellinger) and between pairs of columns (correlations)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_pair

__all__ = ["CorrelationDifference", "correlation_difference", "hellinger"]


@dataclass(frozen=True)
class CorrelationDifference:
    """How far two correlation matrices are apart.

    Attributes:
        value: Frobenius norm of the difference; grows with the number of columns.
        scaled: The same divided by sqrt(d (d - 1)): the root mean square over pairs of columns.
        dimension: Number of columns d.
    """

    value: float
    scaled: float
    dimension: int

    def __float__(self) -> float:
        return self.value


def hellinger(real: ArrayLike, synthetic: ArrayLike, *, bins: int | None = None) -> np.ndarray:
    """Hellinger distance of each column.

    H = sqrt(1 - sum_b sqrt(p_b q_b)), p and q the shares of both sets in common bins.

    Bins hold about equal numbers of the pooled values (edges are pooled quantiles), so that H does not
    change under a monotone change of units and one outlier does not swallow the bins; repeated values
    get bins of their own.

    Range: 0 to 1 for each column. Better: lower. Biased upwards by about (bins - 1) / 8 (1/n + 1/m) in
    H^2: compare with `floor`.
    Source: Hellinger (1909); Le Cam and Yang, "Asymptotics in Statistics" (2000), ch. 3.

    Args:
        real: Shape (n, d).
        synthetic: Shape (m, d).
        bins: Number of bins; None for 2 n^(1/3) of the smaller set (Rice's rule).

    Returns:
        Shape (d,); its mean is the distance of the table.

    Raises:
        SimengineError: The tables are no valid pair, or there are fewer than two bins.

    Example:
        >>> hellinger([[0.0, 1.0], [1.0, 1.0]], [[0.0, 2.0], [1.0, 2.0]], bins=2).tolist()
        [0.0, 1.0]
    """
    first, second = as_pair(real, synthetic)
    if bins is None:
        bins = max(2, round(2.0 * min(len(first), len(second)) ** (1.0 / 3.0)))
    if bins < 2:
        raise SimengineError(f"bins is {bins}: give at least 2.")
    levels = np.arange(1, bins) / bins
    distances = []
    for x, y in zip(first.T, second.T, strict=True):
        edges = np.unique(np.quantile(np.concatenate([x, y]), levels, method="inverted_cdf"))
        p, q = (np.bincount(np.searchsorted(edges, z), minlength=len(edges) + 1) / len(z) for z in (x, y))
        distances.append(np.sqrt(max(0.0, 1.0 - float(np.sqrt(p * q).sum()))))
    return np.array(distances)


def correlation_difference(real: ArrayLike, synthetic: ArrayLike) -> CorrelationDifference:
    """Pairwise correlation difference: |corr(real) - corr(synthetic)| in the Frobenius norm.

    A column that is constant in a set is uncorrelated with all others there.

    Range: value 0 to 2 sqrt(d (d - 1)), scaled 0 to 2. Better: lower.
    Source: Goncalves et al., "Generation and evaluation of synthetic patient data", BMC Medical Research
    Methodology 20 (2020). The scaled form is free of the number of columns.

    Args:
        real: Shape (n, d), n >= 2, d >= 2.
        synthetic: Shape (m, d), m >= 2.

    Raises:
        SimengineError: The tables are no valid pair or have a single column.

    Example:
        >>> result = correlation_difference([[0.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
        >>> round(result.value, 3), round(result.scaled, 3)  # correlation 1 became -1, twice in the matrix
        (2.828, 2.0)
    """
    first, second = as_pair(real, synthetic, rows=2)
    d = first.shape[1]
    if d < 2:
        raise SimengineError("a single column has no correlations: give at least two.")
    value = float(np.linalg.norm(_correlations(first) - _correlations(second)))
    return CorrelationDifference(value, value / math.sqrt(d * (d - 1)), d)


def _correlations(table: np.ndarray) -> np.ndarray:
    centred = table - table.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    constant = np.ptp(table, axis=0) == 0.0  # the mean of equal numbers can be off by rounding
    normed = np.where(constant, 0.0, centred / np.where(constant, 1.0, lengths))
    matrix = normed.T @ normed
    np.fill_diagonal(matrix, 1.0)
    return matrix
