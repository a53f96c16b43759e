"""Frechet distance of two samples, each taken for a Gaussian (FID)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_pair

__all__ = ["Fid", "fid", "frechet_distance"]


@dataclass(frozen=True)
class Fid:
    """A Frechet distance with what it depends on.

    Attributes:
        value: The distance.
        real_count: Rows of the real set.
        synthetic_count: Rows of the synthetic set.
        dimension: Columns; with fewer rows than this a covariance is singular and the bias large.
    """

    value: float
    real_count: int
    synthetic_count: int
    dimension: int

    def __float__(self) -> float:
        return self.value


def fid(real: ArrayLike, synthetic: ArrayLike) -> Fid:
    """Frechet Inception Distance, stated with n.

    |mu_R - mu_S|^2 + tr(C_R + C_S - 2 (C_R C_S)^(1/2)), covariances with n - 1.

    tr((C_R C_S)^(1/2)) is the sum of the singular values of X_R X_S^T / sqrt((n-1)(m-1)), X the centred
    features: no matrix root is taken, so nothing turns complex or negative where n < d.

    Range: from 0, squared units of the features. Better: lower. Biased upwards at small n (real against
    real is far above 0): compare only values of equal n, and with `floor`; prefer KID below some
    thousand rows.
    Source: Heusel et al., "GANs trained by a two time-scale update rule", NIPS 2017, arXiv:1706.08500;
    bias: Chong and Forsyth, arXiv:1911.07023.

    Args:
        real: Features, shape (n, d), n >= 2.
        synthetic: Features, shape (m, d), m >= 2.

    Raises:
        SimengineError: The features are no valid pair.

    Example:
        >>> result = fid([[0.0], [2.0]], [[3.0], [5.0]])
        >>> round(result.value, 6), result.real_count, result.synthetic_count
        (9.0, 2, 2)
    """
    first, second = as_pair(real, synthetic, rows=2)
    offset = first.mean(axis=0) - second.mean(axis=0)
    x, y = _root(first), _root(second)
    overlap = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    value = offset @ offset + (x**2).sum() + (y**2).sum() - 2.0 * overlap
    return Fid(max(0.0, float(value)), len(first), len(second), first.shape[1])


def frechet_distance(
    first_mean: ArrayLike, first_covariance: ArrayLike, second_mean: ArrayLike, second_covariance: ArrayLike
) -> float:
    """Squared Frechet (2-Wasserstein) distance of two Gaussians from their moments.

    As `fid`, for moments that were published or kept; tr((A B)^(1/2)) = tr((A^(1/2) B A^(1/2))^(1/2)) by
    symmetric eigendecompositions with negative rounding errors set to 0.

    Range: from 0, squared units of the features. Better: lower.
    Source: Dowson and Landau, "The Frechet distance between multivariate normal distributions",
    J. Multivariate Analysis 12 (1982).

    Args:
        first_mean: Shape (d,).
        first_covariance: Shape (d, d), symmetric, positive semi-definite.
        second_mean: Shape (d,).
        second_covariance: Shape (d, d).

    Raises:
        SimengineError: The shapes don't fit.

    Example:
        >>> round(frechet_distance([0.0], [[4.0]], [1.0], [[1.0]]), 6)  # (0 - 1)^2 + (2 - 1)^2
        2.0
    """
    mean, other_mean = np.asarray(first_mean, np.float64), np.asarray(second_mean, np.float64)
    covariance, other_covariance = np.asarray(first_covariance, np.float64), np.asarray(second_covariance, np.float64)
    d = mean.size
    if not (mean.shape == other_mean.shape == (d,) and covariance.shape == other_covariance.shape == (d, d)):
        raise SimengineError(
            f"means of shapes {mean.shape}, {other_mean.shape} and covariances of shapes {covariance.shape},"
            f" {other_covariance.shape}: give (d,) and (d, d) for both."
        )
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    product = root @ other_covariance @ root
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh((product + product.T) / 2.0), 0.0)).sum()
    offset = mean - other_mean
    return max(0.0, float(offset @ offset + np.trace(covariance) + np.trace(other_covariance) - 2.0 * overlap))


def _root(features: np.ndarray) -> np.ndarray:
    """A matrix X of at most d rows with X^T X the covariance."""
    centred = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return np.asarray(np.linalg.qr(centred, mode="r")) if len(features) > features.shape[1] else centred
