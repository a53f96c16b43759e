"""Marks on a flat surface: scratches and stains, a hair above it and rooted in it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound
from simengine.assets.patch import Patch, outwards
from simengine.assets.shapes.cable import spline
from simengine.assets.sweep import fan, grid
from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.schema import defect_shapes as shapes

__all__ = ["scratch", "stain"]

Doubles = NDArray[np.float64]

_HAIR = 1e-5  # of a mark over the surface [m]
_ROOT = 1e-4  # of a mark below it [m]
_UP, _DOWN = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)


def scratch(shape: shapes.Scratch) -> Draft:
    """A line with two burrs and a furrow between them, along a smooth curve in the plane z = 0."""
    points = np.column_stack([np.asarray(shape.points, float), np.zeros(len(shape.points))])
    if len(points) < 2 or (np.linalg.norm(np.diff(points, axis=0), axis=1) < 1e-9).any():
        raise Rejected("draw", "a scratch needs two points or more, each away from the one before it.")
    path = spline(points)
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    left = np.column_stack([-ahead[:, 1], ahead[:, 0], np.zeros(len(path))])
    along = np.linspace(0.0, 1.0, len(path))
    width = shape.width * np.clip(np.sqrt(4 * along * (1 - along)) * 1.2, 0.12, 1.0)
    burr = _HAIR + 0.18 * shape.width
    section = [(0.5, -_ROOT), (-0.5, -_ROOT), (-0.5, _HAIR), (-0.3, burr), (0.0, _HAIR), (0.3, burr), (0.5, _HAIR)]
    rows = np.stack(
        [
            path + (across * width)[:, None] * left + np.column_stack([np.zeros((len(path), 2)), np.full(len(path), z)])
            for across, z in section
        ],
        axis=1,
    )
    closed = np.concatenate([rows, rows[:, :1]], axis=1)
    patches = [grid(closed, None)]
    for row, last in ((rows[0], False), (rows[-1], True)):
        ring = row if last else row[::-1]
        faces = np.array([(0, i, i + 1) for i in range(1, len(ring) - 1)])
        patches.append(Patch(ring, faces))
    hulls = [np.concatenate(pair).astype(np.float32) for pair in pairwise(list(rows[::2]))]
    hulls.append(np.concatenate(list(rows[-2:])).astype(np.float32))
    return Draft(outwards(patches), compound(*hulls))


def stain(shape: shapes.Stain) -> Draft:
    """A film with a wavy outline, star-shaped about its middle."""
    angles = np.arange(97) * (2 * np.pi / 96)
    angles[-1] = 0.0
    waves = sum(np.cos(k * angles + (k * k + 1) * (shape.turn + k)) / k**1.2 for k in range(2, 8)) / 2.4
    radius = shape.radius * (1 + 0.45 * shape.raggedness * waves)
    flat = np.column_stack([radius * np.cos(angles), radius * np.sin(angles)]) + shape.center
    upper, lower = (np.column_stack([flat, np.full(97, z)]) for z in (_HAIR, -_ROOT))
    middle = (*shape.center, _HAIR)
    patches = [
        fan(upper, _UP, centre=middle),
        fan(lower[::-1], _DOWN, centre=(*shape.center, -_ROOT)),
        grid(np.stack([lower, upper]), None),
    ]
    wedges = [np.vstack([np.array([middle]), upper[a : a + 9], lower[a : a + 9]]) for a in range(0, 96, 8)]
    return Draft(patches, compound(*(wedge.astype(np.float32) for wedge in wedges)))
