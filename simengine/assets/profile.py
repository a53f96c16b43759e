"""Planar curves with exact normals: lines joined by sharp corners or circular fillets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Strip", "polyline"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Strip:
    """A smooth piece of a planar curve.

    Attributes:
        points: Positions [m], shape (N, 2).
        normals: Unit normals to the right of the direction of travel, shape (N, 2): outward for a
            counter-clockwise outline, and for a profile (radius, z) that runs from the bottom up.
    """

    points: Doubles
    normals: Doubles


def polyline(
    points: Sequence[Sequence[float]] | Doubles,
    radii: Sequence[float] | float = 0.0,
    *,
    closed: bool = False,
    step: float = 15.0,
) -> list[Strip]:
    """A polyline whose corners are sharp (radius 0) or filleted by tangent arcs.

    Fillets that don't fit between their neighbours shrink until they do.

    Args:
        points: Corners, shape (N, 2); equal neighbours are merged.
        radii: Fillet radius at each corner [m], or one for all.
        closed: Whether the last point connects to the first.
        step: Greatest angle between neighbouring points of an arc [degrees].

    Returns:
        Strips from sharp corner to sharp corner, in order.
    """
    corners = np.asarray(points, np.float64)
    wanted = np.broadcast_to(np.asarray(radii, np.float64), (len(corners),)).copy()
    keep = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1) > 1e-12
    if not closed:
        keep[0] = True
    corners, wanted = corners[keep], wanted[keep]
    count = len(corners)
    if not closed:
        wanted[[0, -1]] = 0.0

    ahead = np.roll(corners, -1, axis=0) - corners
    lengths = np.linalg.norm(ahead, axis=1)
    directions = ahead / np.maximum(lengths, 1e-300)[:, None]
    before = np.roll(directions, 1, axis=0)
    turn = np.arctan2(
        before[:, 0] * directions[:, 1] - before[:, 1] * directions[:, 0], (before * directions).sum(axis=1)
    )
    if not closed:
        turn[[0, -1]] = 0.0
    slope = np.abs(np.tan(turn / 2))
    reach = wanted * slope
    both = reach + np.roll(reach, -1)
    fit = np.minimum(1.0, lengths / np.maximum(both, 1e-300))
    if not closed:
        fit[-1] = 1.0
    reach = reach * np.minimum(fit, np.roll(fit, 1))

    strips: list[Strip] = []
    where: list[Doubles] = []
    facing: list[Doubles] = []

    def finish() -> None:
        if len(where) > 1:
            strips.append(Strip(np.array(where), np.array(facing)))
        where.clear()
        facing.clear()

    def add(point: Doubles, normal: Doubles) -> None:
        if not where or np.linalg.norm(where[-1] - point) > 1e-12:
            where.append(point)
            facing.append(normal)

    def right(direction: Doubles) -> Doubles:
        return np.array([direction[1], -direction[0]])

    def corner(i: int) -> None:
        """The end of the segment before corner i, its fillet, and the start of the one after."""
        enter, leave = right(before[i]), right(directions[i])
        if abs(turn[i]) < 1e-9:
            add(corners[i], leave)
        elif reach[i] <= 1e-12:
            add(corners[i], enter)
            finish()
            add(corners[i], leave)
        else:
            radius = reach[i] / slope[i]
            centre = corners[i] - before[i] * reach[i] - enter * radius * np.sign(turn[i])
            pieces = max(1, int(np.ceil(abs(np.degrees(turn[i])) / step - 1e-9)))
            for angle in np.linspace(0.0, turn[i], pieces + 1):
                c, s = np.cos(angle), np.sin(angle)
                normal = np.array([c * enter[0] - s * enter[1], s * enter[0] + c * enter[1]])
                add(centre + normal * radius * np.sign(turn[i]), normal)

    if not closed:
        add(corners[0], right(directions[0]))
        for i in range(1, count - 1):
            corner(i)
        add(corners[-1], right(directions[-2]))
        finish()
        return strips

    sharp = np.flatnonzero((reach <= 1e-12) & (np.abs(turn) >= 1e-9))
    if len(sharp):
        first = int(sharp[0])
        add(corners[first], right(directions[first]))
        for k in range(1, count):
            corner((first + k) % count)
        add(corners[first], right(before[first]))
    else:
        for i in range(count):
            corner(i)
        where.append(where[0])
        facing.append(facing[0])
    finish()
    return strips
