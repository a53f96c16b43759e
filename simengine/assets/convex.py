"""Convex hulls for physics: few vertices, true to size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.assets.solid import Solid, mesh_solid

__all__ = ["convex_hull", "hull_solid"]

_THIN = 1e-3


def convex_hull(points: NDArray[np.floating], *, limit: int = 96) -> NDArray[np.float32]:
    """Vertices of the convex hull, at most about `limit` of them: the extreme points of even directions.

    Flat or straight points get a box around them that is at least 1 mm thick.

    Args:
        points: Positions [m], shape (N, 3).
        limit: Hulls with more vertices are thinned out; each one kept is a vertex of the true hull.
    """
    from scipy.spatial import ConvexHull, QhullError

    array = np.unique(np.asarray(points, np.float32), axis=0).astype(np.float64)
    try:
        corners = array[np.sort(ConvexHull(array).vertices)]
    except (QhullError, ValueError):
        low, high = array.min(axis=0), array.max(axis=0)
        pad = np.maximum(_THIN - (high - low), 0) / 2
        box = np.array(np.meshgrid(*zip(low - pad, high + pad, strict=True), indexing="ij"))
        return box.reshape(3, -1).T.astype(np.float32)
    if len(corners) > limit:
        k = np.arange(limit)
        z = 1 - (2 * k + 1) / limit
        r, turn = np.sqrt(1 - z**2), k * np.pi * (3 - np.sqrt(5))
        even = np.column_stack([r * np.cos(turn), r * np.sin(turn), z])
        directions = np.vstack([even, np.eye(3), -np.eye(3)])
        corners = corners[np.unique((corners @ directions.T).argmax(axis=0))]
    return corners.astype(np.float32)


def hull_solid(points: NDArray[np.floating]) -> Solid:
    """Mass properties of the convex hull of points (N, 3)."""
    from scipy.spatial import ConvexHull

    array = np.asarray(points, np.float64)
    hull = ConvexHull(array)
    faces = hull.simplices.copy()
    corners = array[faces]
    outward = (np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) * hull.equations[:, :3]).sum(1)
    faces[outward < 0] = faces[outward < 0][:, ::-1]
    return mesh_solid(array, faces)
