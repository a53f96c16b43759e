"""Corner normals from geometry: smooth where a surface bends gently, crisp where it breaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["corner_normals", "face_normals"]

Doubles = NDArray[np.float64]


def face_normals(vertices: Doubles, faces: NDArray[np.integer]) -> tuple[Doubles, Doubles]:
    """Unit normals (F, 3) and areas (F,) of triangles; +z for those without area."""
    corners = np.asarray(vertices, np.float64)[faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(cross, axis=1)
    flat = length <= 1e-300
    normals = cross / np.where(flat, 1.0, length)[:, None]
    normals[flat] = (0.0, 0.0, 1.0)
    return normals, 0.5 * length


def corner_normals(vertices: Doubles, faces: NDArray[np.integer], *, angle: float = 40.0) -> Doubles:
    """Unit normals at the corners of triangles.

    Around each vertex, a corner averages the faces within `angle` of its own face, weighted by
    area times corner angle: large flat faces stay flat beside small fillets.

    Args:
        vertices: Positions, shape (V, 3); faces that share a vertex number are neighbours.
        faces: Vertex numbers, shape (F, 3).
        angle: Greatest bend that counts as smooth [degrees].

    Returns:
        Normals, shape (F, 3, 3).
    """
    normals, areas = face_normals(vertices, faces)
    corners = np.asarray(vertices, np.float64)[faces]
    ahead = np.roll(corners, -1, axis=1) - corners
    behind = np.roll(corners, 1, axis=1) - corners
    lengths = np.maximum(np.linalg.norm(ahead, axis=2) * np.linalg.norm(behind, axis=2), 1e-300)
    wedge = np.arccos(np.clip((ahead * behind).sum(axis=2) / lengths, -1.0, 1.0))
    weights = (wedge * areas[:, None]).ravel()

    # All pairs of corners at the same vertex, made chunk by chunk from the sorted corner list.
    order = np.argsort(faces.ravel(), kind="stable")
    owners = faces.ravel()[order]
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    valence = np.diff(np.r_[starts, len(owners)])
    start_of = np.repeat(starts, valence)
    valence_of = np.repeat(valence, valence)

    total = np.zeros((len(order), 3))
    face_of = order // 3
    threshold = np.cos(np.radians(angle))
    for step in range(int(valence.max(initial=0))):
        rows = np.flatnonzero(valence_of > step)
        other = order[start_of[rows] + step]
        near = (normals[face_of[rows]] * normals[other // 3]).sum(axis=1) >= threshold
        total[rows] += np.where(near, weights[other], 0.0)[:, None] * normals[other // 3]
    result = np.empty((len(order), 3))
    length = np.linalg.norm(total, axis=1)
    good = length > 1e-300
    total[good] /= length[good, None]
    total[~good] = normals[face_of[~good]]
    result[order] = total
    return result.reshape(-1, 3, 3)
