"""Texture coordinates from geometry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.assets.normals import face_normals

__all__ = ["box_uv"]

Doubles = NDArray[np.float64]

# For the faces that look along +x, -x, +y, -y, +z, -z: which axis runs right, its sign, and which runs up.
_RIGHT = np.array([1, 1, 0, 0, 0, 0])
_SIGN = np.array([1.0, -1.0, -1.0, 1.0, 1.0, -1.0])
_UP = np.array([2, 2, 2, 2, 1, 1])


def box_uv(vertices: Doubles, faces: NDArray[np.integer]) -> Doubles:
    """Coordinates in [0, 1] from the six sides of the bounding box.

    Each triangle takes the side that it looks at; seen from outside, u runs right and v runs up
    (for the top and the bottom, up is +y).

    Returns:
        Corner coordinates, shape (F, 3, 2).
    """
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    unit = (vertices - low) / np.maximum(high - low, 1e-12)
    normals, _ = face_normals(vertices, faces)
    axis = np.abs(normals).argmax(axis=1)
    side = 2 * axis + (normals[np.arange(len(faces)), axis] < 0)
    corners = unit[faces]
    u = np.take_along_axis(corners, _RIGHT[side][:, None, None], axis=2)[..., 0]
    v = np.take_along_axis(corners, _UP[side][:, None, None], axis=2)[..., 0]
    u = np.where(_SIGN[side][:, None] > 0, u, 1.0 - u)
    return np.stack([u, v], axis=-1)
