"""Colour statistics: the gentlest map from one cloud of colours to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ColorStatistics", "bures_distance", "color_statistics", "from_lab", "monge_map", "to_lab"]

_RIDGE = 1.0  # added to variances: half a step of L* in a flat picture is no spread to match


@dataclass(frozen=True, eq=False)
class ColorStatistics:
    """Mean (3,) and covariance (3, 3) of colours in CIE L*a*b*."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def to_lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """SRGB (H, W, 3) to CIE L*a*b* (D65), float32."""
    import cv2

    return cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)


def from_lab(lab: NDArray[np.float32]) -> NDArray[np.uint8]:
    """CIE L*a*b* (H, W, 3) to sRGB; what is out of gamut is clipped."""
    import cv2

    return (cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB) * 255).round().clip(0, 255).astype(np.uint8)


def color_statistics(lab: NDArray[np.float32]) -> ColorStatistics:
    """Statistics of colours, shape (..., 3)."""
    flat = lab.reshape(-1, 3).astype(np.float64)
    return ColorStatistics(flat.mean(axis=0), np.cov(flat.T) + _RIDGE * np.eye(3))


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def bures_distance(a: ColorStatistics, b: ColorStatistics) -> float:
    """Squared 2-Wasserstein distance of the two Gaussians (Dowson and Landau 1982)."""
    root = _root(a.covariance)
    cross = _root(root @ b.covariance @ root)
    return float(np.sum((a.mean - b.mean) ** 2) + np.trace(a.covariance + b.covariance - 2 * cross))


def monge_map(source: ColorStatistics, target: ColorStatistics, *, gain: float = 2.0) -> NDArray[np.float64]:
    """The linear part of the optimal transport between two Gaussians.

    Colours x go to ``target.mean + A (x - source.mean)`` with A = S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2 (Pitie and
    Kokaram, "The linear Monge-Kantorovitch linear colour mapping", CVMP 2007).

    Args:
        source: Statistics of the colours that are changed.
        target: Statistics that they shall have.
        gain: Greatest stretching of any direction, and one over the least.

    Returns:
        A, symmetric, shape (3, 3).
    """
    root = _root(source.covariance)
    inverse = np.linalg.inv(root)
    values, vectors = np.linalg.eigh(inverse @ _root(root @ target.covariance @ root) @ inverse)
    return (vectors * values.clip(1 / gain, gain)) @ vectors.T
