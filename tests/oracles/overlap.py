"""How deep solids overlap and how far they hover, from their collision hulls alone; no physics engine."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.spatial import ConvexHull

__all__ = ["convex_depth", "hull_planes"]


def hull_planes(points: np.ndarray) -> np.ndarray:
    """Half spaces n.x + d <= 0 of the convex hull of points (n, 3), one a row [nx, ny, nz, d]."""
    return np.unique(np.round(ConvexHull(points).equations, 12), axis=0)


def convex_depth(first: np.ndarray, second: np.ndarray) -> float:
    """Depth of the largest ball inside both of two convex solids, doubled [m]; negative twice the slack if apart.

    For two solids that overlap in a thin lens this is the thickness of the lens: the penetration.
    Chebyshev centre of the joint half spaces: maximise r subject to n.x + r <= -d.

    Args:
        first: Half spaces, shape (k, 4), unit normals.
        second: Half spaces, shape (m, 4).
    """
    planes = np.concatenate([first, second])
    result = linprog(
        [0, 0, 0, -1],
        A_ub=np.concatenate([planes[:, :3], np.ones((len(planes), 1))], axis=1),
        b_ub=-planes[:, 3],
        bounds=[(None, None)] * 4,
    )
    return float(2 * result.x[3])
