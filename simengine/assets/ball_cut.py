"""Corners cut by a ball, as dice are tumbled or turned: what reaches beyond it is drawn back to its surface."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simengine.assets.patch import Patch

__all__ = ["ball_cut"]

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]


def ball_cut(patches: Sequence[Patch], radius: float, *, step: float) -> list[Patch]:
    """Patches within a ball about the origin; normals turn to the ball's where it cuts.

    Edges beyond the ball are split in their middle until they are shorter than `step`. Whether an edge is split
    depends on the edge alone, so neighbours stay closed.

    Args:
        patches: Patches with normals and without texture coordinates.
        radius: Of the ball [m].
        step: Longest edge that stays beyond the ball [m].

    Returns:
        One patch a slot.
    """
    result = []
    for slot in dict.fromkeys(patch.slot for patch in patches):
        chosen = [patch for patch in patches if patch.slot == slot]
        corners = np.concatenate([patch.vertices[patch.faces] for patch in chosen])
        normals = np.concatenate([patch.normals for patch in chosen if patch.normals is not None])
        corners, normals = _cut(corners, normals, radius, step)
        faces = np.arange(3 * len(corners)).reshape(-1, 3)
        result.append(Patch(corners.reshape(-1, 3), faces, normals, None, slot))
    return result


def _cut(corners: Doubles, normals: Doubles, radius: float, step: float) -> tuple[Doubles, Doubles]:
    """Triangles and their normals, shape (F, 3, 3) each, cut."""
    inside = (np.linalg.norm(corners, axis=-1) <= radius).all(axis=1)
    rest = corners[inside], normals[inside]
    corners, normals = corners[~inside], normals[~inside]
    while (split := _long(corners, radius, step)).any():
        corners, normals = _divided(corners, normals, split, np.full(split.shape, 0.5))
    corners, normals = _divided(corners, normals, *_crossing(corners, radius))
    distance = np.linalg.norm(corners, axis=-1, keepdims=True)
    beyond = distance >= radius * (1 - 1e-9)
    normals = np.where(beyond.all(axis=1, keepdims=True), corners / distance, normals)  # a crisp edge where it cuts
    corners = np.where(beyond, corners * (radius / distance), corners)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    keep = area > 1e-9 * radius**2
    return np.concatenate([rest[0], corners[keep]]), np.concatenate([rest[1], normals[keep]])


def _long(corners: Doubles, radius: float, step: float) -> Flags:
    """Which edges (from each corner to the next) reach beyond the ball and are too long, shape (F, 3)."""
    after = np.roll(corners, -1, axis=1)
    reach = np.maximum(np.linalg.norm(corners, axis=-1), np.linalg.norm(after, axis=-1))
    return (reach > radius) & (np.linalg.norm(after - corners, axis=-1) > step)


def _crossing(corners: Doubles, radius: float) -> tuple[Flags, Doubles]:
    """Which edges have one end beyond the ball, and at which share of their length they leave it."""
    along = np.roll(corners, -1, axis=1) - corners
    a, b = (along**2).sum(axis=-1), (along * corners).sum(axis=-1)
    c = (corners**2).sum(axis=-1) - radius**2
    ends = np.stack([c, np.roll(c, -1, axis=1)]) / radius**2
    split = (ends.min(axis=0) < -1e-9) & (ends.max(axis=0) > 1e-9)
    root = np.sqrt(np.maximum(b**2 - a * c, 0.0))
    share = np.where(c < 0, -b + root, -b - root) / np.maximum(a, 1e-300)
    return split, share


def _divided(corners: Doubles, normals: Doubles, split: Flags, share: Doubles) -> tuple[Doubles, Doubles]:
    """Triangles (F, 3, 3) with some edges split at a share of their length."""
    new_corners: list[Doubles] = []
    new_normals: list[Doubles] = []
    for pattern in product((False, True), repeat=3):
        chosen = (split == pattern).all(axis=1)
        pieces, turn = _pieces(pattern)
        c, n, t = (np.roll(values[chosen], -turn, axis=1) for values in (corners, normals, share))
        between = [values * (1 - t[..., None]) + np.roll(values, -1, axis=1) * t[..., None] for values in (c, n)]
        length = np.linalg.norm(between[1], axis=-1, keepdims=True)
        for old, new, result in ((c, between[0], new_corners), (n, between[1] / length, new_normals)):
            result.append(np.concatenate([old, new], axis=1)[:, pieces].reshape(-1, 3, 3))
    return np.concatenate(new_corners), np.concatenate(new_normals)


def _pieces(pattern: tuple[bool, ...]) -> tuple[list[tuple[int, int, int]], int]:
    """Triangles over corners 0, 1, 2 and edge points 3, 4, 5, once corners are turned so many places."""
    if sum(pattern) == 0:
        return [(0, 1, 2)], 0
    if sum(pattern) == 1:
        return [(0, 3, 2), (3, 1, 2)], pattern.index(True)
    if sum(pattern) == 2:
        return [(0, 3, 2), (3, 1, 4), (3, 4, 2)], (pattern.index(False) + 1) % 3
    return [(0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)], 0
