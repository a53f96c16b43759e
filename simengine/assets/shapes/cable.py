"""Cables and hoses: a round section along a smooth curve."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound
from simengine.assets.patch import Patch
from simengine.assets.sweep import grid
from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.schema import machine_shapes as shapes

__all__ = ["cable", "spline"]

Doubles = NDArray[np.float64]

_PIECES = 10  # between two points
_SIDES = 10


def cable(shape: shapes.Cable) -> Draft:
    """A cable through its points."""
    points = np.asarray(shape.points, float)
    if len(points) < 2 or (np.linalg.norm(np.diff(points, axis=0), axis=1) < 1e-9).any():
        raise Rejected("draw", "a cable needs two points or more, each away from the one before it.")
    path = spline(points)
    rings, facing = _rings(path, shape.diameter / 2)
    closed = np.concatenate([rings, rings[:, :1]], axis=1)
    patches = [grid(closed, np.concatenate([facing, facing[:, :1]], axis=1))]
    for ring, ahead in ((rings[0][::-1], path[0] - path[1]), (rings[-1], path[-1] - path[-2])):
        faces = np.array([(0, i, i + 1) for i in range(1, _SIDES - 1)])
        normal = np.broadcast_to(ahead / np.linalg.norm(ahead), (len(faces), 3, 3))
        patches.append(Patch(ring, faces, normal.copy()))
    hulls = [np.vstack(pair).astype(np.float32) for pair in pairwise(rings[:: _PIECES // 5])]
    return Draft(patches, compound(*hulls))


def spline(points: Doubles) -> Doubles:
    """A centripetal Catmull-Rom spline through points (k, 3), shape (n, 3); it leaves and ends straight.

    Source: Barry and Goldman, A recursive evaluation algorithm for a class of Catmull-Rom splines (SIGGRAPH 1988).
    """
    points = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    knots = np.r_[0.0, np.cumsum(np.sqrt(np.linalg.norm(np.diff(points, axis=0), axis=1)))]
    pieces = []
    for k in range(1, len(points) - 2):
        t = np.linspace(knots[k], knots[k + 1], _PIECES, endpoint=False)[:, None]
        p, u = points[k - 1 : k + 3], knots[k - 1 : k + 3]
        a = [((u[i + 1] - t) * p[i] + (t - u[i]) * p[i + 1]) / (u[i + 1] - u[i]) for i in range(3)]
        b = [((u[i + 2] - t) * a[i] + (t - u[i]) * a[i + 1]) / (u[i + 2] - u[i]) for i in range(2)]
        pieces.append(((u[2] - t) * b[0] + (t - u[1]) * b[1]) / (u[2] - u[1]))
    return np.vstack([*pieces, points[-2:-1]])


def _rings(path: Doubles, radius: float) -> tuple[Doubles, Doubles]:
    """Sections and their normals; the frame is carried along without twist."""
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    side = np.cross(ahead[0], np.eye(3)[int(np.argmin(np.abs(ahead[0])))])
    angles = np.arange(_SIDES) * (2 * np.pi / _SIDES)
    facing = []
    for direction in ahead:
        side = side - direction * (direction @ side)
        side = side / np.linalg.norm(side)
        up = np.cross(direction, side)
        facing.append(np.cos(angles)[:, None] * side + np.sin(angles)[:, None] * up)
    normals = np.array(facing)
    return path[:, None] + radius * normals, normals
