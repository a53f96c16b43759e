"""Convex parts by hand: boxes, prisms, rings of wedges, stacked bodies of revolution."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Collision

__all__ = ["box_hull", "compound", "prism_hull", "ring_hulls", "turned_hull"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def compound(*hulls: NDArray[np.floating]) -> tuple[Collision, ...]:
    """One compound of convex hulls."""
    return (Collision("hulls", hulls=tuple(np.ascontiguousarray(hull, np.float32) for hull in hulls)),)


def box_hull(low: Sequence[float], high: Sequence[float]) -> Floats:
    """The eight corners of a box."""
    corners = np.array(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), np.float32)
    return corners.reshape(3, -1).T.copy()


def prism_hull(polygon: NDArray[np.floating] | Sequence[Sequence[float]], z0: float, z1: float) -> Floats:
    """A convex polygon (N, 2) from z0 to z1."""
    points = np.asarray(polygon, np.float64)
    return np.vstack([np.column_stack([points, np.full(len(points), z)]) for z in (z0, z1)]).astype(np.float32)


def turned_hull(profile: Sequence[tuple[float, float]], *, columns: int = 20) -> Floats:
    """A convex body of revolution: rings of (radius, z)."""
    angles = np.arange(columns) * (2 * np.pi / columns)
    rings = []
    for radius, z in profile:
        if radius <= 0:
            rings.append(np.array([[0.0, 0.0, z]]))
        else:
            rings.append(np.column_stack([radius * np.cos(angles), radius * np.sin(angles), np.full(columns, z)]))
    return np.vstack(rings).astype(np.float32)


def ring_hulls(
    inner: Sequence[tuple[float, float]], outer: Sequence[tuple[float, float]], *, count: int, start: float = 0.0
) -> list[Floats]:
    """A hollow body of revolution as wedges, open inside.

    Args:
        inner: Inner (radius, z) at the bottom and the top; wedges stay outside of it.
        outer: Outer (radius, z) at the bottom and the top; wedges reach it at their edges.
        count: Number of wedges.
        start: Angle of the first edge [rad].
    """
    angles = start + np.arange(count + 1) * (2 * np.pi / count)
    widen = 1 / np.cos(np.pi / count)
    rings = [(min(r * widen, ro), z) for (r, z), (ro, _) in zip(inner, outer, strict=True)] + list(outer)
    return [
        np.array([(r * np.cos(a), r * np.sin(a), z) for r, z in rings for a in pair], np.float32)
        for pair in pairwise(angles)
    ]
