"""Boxes with rounded edges: flat faces, quarter cylinders along the edges, sphere octants at the corners."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simengine.assets.patch import Patch

__all__ = ["octant", "rounded_box", "rounded_box_edges", "rounded_box_hull"]

Doubles = NDArray[np.float64]


def octant(segments: int) -> tuple[Doubles, NDArray[np.int64]]:
    """The sphere's first octant: unit vectors (N, 3) and counter-clockwise faces (F, 3).

    Along each edge the vectors stand at equal angles of 90 / segments degrees.
    """
    index = [(i, j, segments - i - j) for i in range(segments + 1) for j in range(segments + 1 - i)]
    number = {key: n for n, key in enumerate(index)}
    vectors = np.sin(np.array(index) / segments * (np.pi / 2))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    faces = []
    for i, j, k in index:
        if k > 0:
            faces.append((number[i, j, k], number[i + 1, j, k - 1], number[i, j + 1, k - 1]))
        if k > 0 and j > 0:
            faces.append((number[i, j, k], number[i + 1, j - 1, k], number[i + 1, j, k - 1]))
    return vectors, np.array(faces)


def rounded_box_edges(size: Sequence[float], radius: float, *, segments: int, slot: str = "body") -> list[Patch]:
    """The rounded edges and corners of a centred box, without its six flat faces."""
    core = np.asarray(size, np.float64) / 2 - radius
    vectors, faces = octant(segments)
    patches = []
    for signs in product((1.0, -1.0), repeat=3):
        sign = np.array(signs)
        turned = faces if sign.prod() > 0 else faces[:, ::-1]
        normals = vectors * sign
        patches.append(Patch(normals * radius + core * sign, turned, normals[turned], None, slot))
    angles = np.linspace(0.0, np.pi / 2, segments + 1)
    for axis, (s, t) in product(range(3), product((1.0, -1.0), repeat=2)):
        b, c = (axis + 1) % 3, (axis + 2) % 3
        normals = np.zeros((2, len(angles), 3))
        normals[:, :, b], normals[:, :, c] = s * np.cos(angles), t * np.sin(angles)
        points = normals * radius
        points[:, :, b] += s * core[b]
        points[:, :, c] += t * core[c]
        points[:, :, axis] = np.array([-core[axis], core[axis]])[:, None]
        number = np.arange(2 * len(angles)).reshape(2, -1)
        p, q, r, w = number[0, :-1], number[0, 1:], number[1, 1:], number[1, :-1]
        quads = np.concatenate([np.stack([p, q, r], -1), np.stack([p, r, w], -1)])
        quads = quads if s * t > 0 else quads[:, ::-1]
        flat = normals.reshape(-1, 3)
        patches.append(Patch(points.reshape(-1, 3), quads, flat[quads], None, slot))
    return patches


def rounded_box(size: Sequence[float], radius: float, *, segments: int = 8, slot: str = "body") -> list[Patch]:
    """A centred box; a radius beyond half the smallest extent is cut to it, 0 gives sharp edges."""
    half = np.asarray(size, np.float64) / 2
    radius = min(radius, float(half.min()))
    patches = rounded_box_edges(size, radius, segments=segments, slot=slot) if radius > 0 else []
    for axis, sign in product(range(3), (1.0, -1.0)):
        b, c = (axis + 1) % 3, (axis + 2) % 3
        corners = np.zeros((4, 3))
        corners[:, axis] = sign * half[axis]
        corners[:, b] = np.array([-1.0, 1.0, 1.0, -1.0]) * (half[b] - radius)
        corners[:, c] = np.array([-1.0, -1.0, 1.0, 1.0]) * (half[c] - radius)
        faces = np.array([(0, 1, 2), (0, 2, 3)])
        normals = np.zeros((2, 3, 3))
        normals[..., axis] = sign
        patches.append(Patch(corners, faces if sign > 0 else faces[:, ::-1], normals, None, slot))
    return patches


def rounded_box_hull(size: Sequence[float], radius: float, *, segments: int = 2) -> NDArray[np.float32]:
    """Vertices of the convex hull of a rounded box, (segments + 1)(segments + 2) / 2 a corner."""
    half = np.asarray(size, np.float64) / 2
    radius = min(radius, float(half.min()))
    vectors = octant(segments)[0] if radius > 0 else np.zeros((1, 3))
    corner = vectors * radius + (half - radius)
    hull = np.concatenate([corner * np.array(signs) for signs in product((1.0, -1.0), repeat=3)])
    return np.unique(hull.astype(np.float32), axis=0)
