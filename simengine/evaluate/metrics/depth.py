"""Depth-versus-depth plot: whether both sets rank and measure the same points as central."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_features, as_pair, squared_distances

__all__ = ["DepthAgreement", "DepthName", "depth", "depth_agreement"]

DepthName = Literal["mahalanobis", "spatial"]


@dataclass(frozen=True)
class DepthAgreement:
    """How well a DD-plot lies on its diagonal.

    Attributes:
        value: R^2 about the line of equal depths.
        depth: Name of the depth, without which the value means nothing.
        real_depths: Depth of every point (real ones first) in the real set, shape (n + m,).
        synthetic_depths: Depth of the same points in the synthetic set.
    """

    value: float
    depth: str
    real_depths: np.ndarray
    synthetic_depths: np.ndarray

    def __float__(self) -> float:
        return self.value


def depth(points: ArrayLike, sample: ArrayLike, *, name: DepthName = "mahalanobis") -> np.ndarray:
    """How central points lie in a sample.

    ``mahalanobis``: 1 / (1 + (z - mu)^T C^-1 (z - mu)), mu and C (with n - 1) of the sample; does not
    change under affine maps. ``spatial``: 1 - |mean of (z - x_i) / |z - x_i||; any n and d, does not
    change under rotation and scaling.

    Range: 0 (outside) to 1 (centre). Better: not a score.
    Source: Liu, Parelius and Singh, "Multivariate analysis by data depth", Ann. Statist. 27 (1999);
    Vardi and Zhang, "The multivariate L1-median and associated data depth", PNAS 97 (2000).

    Args:
        points: Shape (k, d).
        sample: Shape (n, d).
        name: Which depth.

    Returns:
        Shape (k,).

    Raises:
        SimengineError: The arrays don't fit, the depth is unknown, or the covariance is singular.

    Example:
        >>> depth([[0.0], [2.0]], [[-1.0], [0.0], [1.0]]).round(6).tolist()
        [1.0, 0.2]
    """
    where, among = as_features("points", points), as_features("sample", sample, rows=2)
    if where.shape[1] != among.shape[1]:
        raise SimengineError(f"points have {where.shape[1]} columns and the sample {among.shape[1]}: give the same.")
    if name == "mahalanobis":
        return 1.0 / (1.0 + _mahalanobis(where, among))
    if name == "spatial":
        return _spatial(where, among)
    raise SimengineError(f"depth {name!r} is unknown: choose mahalanobis or spatial.")


def depth_agreement(real: ArrayLike, synthetic: ArrayLike, *, name: DepthName = "mahalanobis") -> DepthAgreement:
    """R^2 of the depth-versus-depth plot about its diagonal.

    R^2 = 1 - sum (D_S - D_R)^2 / sum (D_S - mean D_S)^2, over all points of both sets.

    Range: minus infinity to 1. Better: higher; 1 where both sets give all points the same depths, below 0
    where the diagonal says less than the mean.
    Source: Liu, Parelius and Singh (1999) for the plot.

    Args:
        real: Shape (n, d).
        synthetic: Shape (m, d).
        name: Which depth, see `depth`.

    Raises:
        SimengineError: As `depth`, or all depths are equal.

    Example:
        >>> import numpy as np
        >>> x = np.linspace(-1, 1, 21)[:, None]
        >>> depth_agreement(x, x[::-1]).value, depth_agreement(x, x + 3.0).value < 0
        (1.0, True)
    """
    first, second = as_pair(real, synthetic, rows=2)
    points = np.concatenate([first, second])
    in_real, in_synthetic = depth(points, first, name=name), depth(points, second, name=name)
    spread = float(((in_synthetic - in_synthetic.mean()) ** 2).sum())
    if spread == 0.0:
        raise SimengineError("all points are equally deep in the synthetic set, so R^2 is undefined: give more points.")
    value = 1.0 - float(((in_synthetic - in_real) ** 2).sum()) / spread
    return DepthAgreement(value, name, in_real, in_synthetic)


def _mahalanobis(points: np.ndarray, sample: np.ndarray) -> np.ndarray:
    centred = sample - sample.mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    n, d = sample.shape
    if n <= d or values[-1] <= values[0] * 1e-10:
        raise SimengineError(
            f"the covariance of {n} rows and {d} columns is singular: reduce the columns (PCA), give more rows,"
            " or take the spatial depth."
        )
    scores = (points - sample.mean(axis=0)) @ axes.T / values
    return (n - 1) * (scores**2).sum(axis=1)


def _spatial(points: np.ndarray, sample: np.ndarray) -> np.ndarray:
    """By weights 1/|z - x|: mean direction = (z sum w - w X) / n, never an (k, n, d) array."""
    centre = sample.mean(axis=0)
    points, sample = points - centre, sample - centre
    squares = squared_distances(points, sample)
    weights = np.where(squares > 0.0, 1.0 / np.sqrt(np.where(squares > 0.0, squares, 1.0)), 0.0)
    directions = (points * weights.sum(axis=1, keepdims=True) - weights @ sample) / len(sample)
    return 1.0 - np.linalg.norm(directions, axis=1)
