"""Dice with rounded edges, corners cut by a ball, and pips cut as spherical dimples."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.ball_cut import ball_cut
from simengine.assets.draft import Draft
from simengine.assets.hulls import compound
from simengine.assets.mesh import Surface
from simengine.assets.patch import Patch, moved
from simengine.assets.rounded_box import rounded_box_edges, rounded_box_hull
from simengine.assets.sweep import fan, stitch

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["DIRECTIONS", "PIPS", "die"]

Doubles = NDArray[np.float64]

PIPS: dict[str, tuple[tuple[int, int], ...]] = {
    "one": ((0, 0),),
    "two": ((-1, -1), (1, 1)),
    "three": ((-1, -1), (0, 0), (1, 1)),
    "four": ((-1, -1), (1, -1), (-1, 1), (1, 1)),
    "five": ((-1, -1), (1, -1), (0, 0), (-1, 1), (1, 1)),
    "six": ((-1, -1), (-1, 0), (-1, 1), (1, -1), (1, 0), (1, 1)),
}
"""Cells of each face's pips, in steps of the pip spacing from its middle."""

DIRECTIONS: dict[str, dict[str, tuple[float, float, float]]] = {
    "right": {
        "one": (0.0, 0.0, 1.0), "two": (1.0, 0.0, 0.0), "three": (0.0, 1.0, 0.0),
        "four": (0.0, -1.0, 0.0), "five": (-1.0, 0.0, 0.0), "six": (0.0, 0.0, -1.0),
    },
    "left": {
        "one": (0.0, 0.0, 1.0), "two": (0.0, 1.0, 0.0), "three": (1.0, 0.0, 0.0),
        "four": (-1.0, 0.0, 0.0), "five": (0.0, -1.0, 0.0), "six": (0.0, 0.0, -1.0),
    },
}  # fmt: skip
"""Outward direction of each value: one, two, three run counter-clockwise about their corner if right-handed."""

_ROUND = 24  # points of a pip's rim; a multiple of 8, so that rim and cell share their corners
_RINGS = 3  # rings from the rim to the bottom of a pip
_CAP = 0.3  # largest rounding: beyond it the flat of a face has no room for pips


def die(shape: shapes.Die) -> Draft:
    """A die; pips shrink where strong rounding leaves too little flat."""
    s = shape.size
    radius = min(shape.rounding, _CAP) * s
    flat = s / 2 - radius
    spacing = min(shape.pip_spacing * s, 0.7 * flat)
    pip = float(np.clip(shape.pip_radius * s, 0.01 * flat, min(0.9 * (flat - spacing), 0.44 * spacing)))
    if radius > 0:
        patches = rounded_box_edges((s, s, s), radius, segments=8 if shape.ball is None else 4)
    else:
        patches = []
    directions = DIRECTIONS[shape.handedness]
    for name, normal in directions.items():
        pose = _frame(np.array(normal), s / 2)
        patches += [moved(patch, pose) for patch in _face(PIPS[name], flat, spacing, pip, shape.pip_depth * pip)]
    hull = rounded_box_hull((s, s, s), radius, segments=2 if radius < 0.2 * s else 3)
    top = flat
    if shape.ball is not None:
        # the ball spares the pips, whose rims reach farthest on four, five and six
        ball = max(shape.ball * s, float(np.hypot(s / 2, np.sqrt(2) * spacing + pip)) * 1.002)
        top = min(top, float(np.sqrt(ball**2 - s**2 / 4)) / np.sqrt(2))
        patches = ball_cut(patches, ball, step=0.2 * s)
        hull = _ball_hull(s, flat, ball)
    return Draft(
        patches,
        compound(hull),
        colors={"pips": (0.95, 0.95, 0.93)},
        directions=directions,
        surfaces={"top": Surface((0.0, 0.0, s / 2), (2 * top, 2 * top))},
    )


def _ball_hull(size: float, flat: float, ball: float) -> NDArray[np.float32]:
    """Vertices of the convex hull of a die with cut corners: eight around each face, one at each corner."""
    angles = (np.arange(8) + 0.5) * (np.pi / 4)
    rim = np.sqrt(max(ball**2 - size**2 / 4, 0.0))
    ring = np.clip(rim * np.column_stack([np.cos(angles), np.sin(angles)]), -flat, flat)
    faces = [
        np.insert(ring, axis, height, axis=1) for axis in range(3) for height in (-size / 2, size / 2)
    ]  # fmt: skip
    signs = np.array(list(product((-1.0, 1.0), repeat=3)))
    round_corner = flat + (size / 2 - flat) / np.sqrt(3)
    corners = signs * min(ball / np.sqrt(3), round_corner)
    return np.vstack([*faces, corners]).astype(np.float32)


def _frame(normal: Doubles, height: float) -> Doubles:
    """The pose of a face's own frame: z along its normal, y up where the face stands upright."""
    up = np.array([0.0, 0.0, 1.0]) if abs(normal[2]) < 0.5 else np.array([0.0, 1.0, 0.0])
    pose = np.eye(4)
    pose[:3] = np.column_stack([np.cross(up, normal), up, normal, height * normal])
    return pose


def _face(cells: tuple[tuple[int, int], ...], flat: float, spacing: float, pip: float, depth: float) -> list[Patch]:
    """One face at z = 0: three by three cells, pips in some of them, a frame out to the rounded edge."""
    reach = (flat + spacing + pip) / 2
    lines = (-reach, -spacing / 2, spacing / 2, reach)
    patches = []
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            border = _border(lines[i + 1], lines[i + 2], lines[j + 1], lines[j + 2])
            if (i, j) in cells:
                place = np.eye(4)
                place[:2, 3] = i * spacing, j * spacing
                rim = _rim(pip)
                hole = [stitch(rim, border - place[:3, 3], (0, 0, 1)), *_dimple(rim, pip, depth)]
                patches += [moved(patch, place) for patch in hole]
            else:
                patches.append(fan(border, (0, 0, 1)))
    pieces = _ROUND // 4
    side = np.concatenate([np.linspace(a, b, pieces + 1)[:-1] for a, b in pairwise(lines)] + [[reach]])
    for turn in range(4):
        c, s = ((1, 0), (0, 1), (-1, 0), (0, -1))[turn]
        rotation = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        chain = np.column_stack([np.full(len(side), reach), side, np.zeros(len(side))])
        edge = np.array([[flat, -flat, 0.0], [flat, flat, 0.0]])
        patches.append(stitch(chain @ rotation.T, edge @ rotation.T, (0, 0, 1), by="length"))
    return patches


def _border(x0: float, x1: float, y0: float, y1: float) -> Doubles:
    """The border of a cell, `_ROUND` points counter-clockwise from the corner (x0, y0), closed."""
    t = np.linspace(0.0, 1.0, _ROUND // 4 + 1)[:-1]
    corners = np.array([(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0), (x0, y0, 0.0)])
    return np.vstack([a + t[:, None] * (b - a) for a, b in pairwise(corners)] + [corners[:1]])


def _rim(radius: float) -> Doubles:
    angles = np.arange(_ROUND + 1) * (2 * np.pi / _ROUND) - 3 * np.pi / 4
    ring = np.column_stack([radius * np.cos(angles), radius * np.sin(angles), np.zeros(len(angles))])
    ring[-1] = ring[0]
    return ring


def _dimple(rim: Doubles, radius: float, depth: float) -> list[Patch]:
    """A spherical cap below a rim about the origin; a flat disc at depth 0."""
    if depth <= 0:
        return [fan(rim, (0, 0, 1), slot="pips")]
    ball = (radius**2 + depth**2) / (2 * depth)
    centre = np.array([0.0, 0.0, ball - depth])
    opening = np.arcsin(min(1.0, radius / ball))
    spokes = rim / radius
    angles = np.linspace(opening, 0.0, _RINGS + 1)
    rings = [centre + ball * (np.sin(a) * spokes - (0.0, 0.0, np.cos(a))) for a in angles]
    rings[0] = rim
    patches = []
    for outer, inner in pairwise(rings):
        if inner is rings[-1]:
            patch = fan(outer, (0, 0, 1), slot="pips", centre=inner[0])
        else:
            patch = stitch(inner, outer, (0, 0, 1), slot="pips")
        facing = centre - patch.vertices[patch.faces]
        normals = facing / np.linalg.norm(facing, axis=-1, keepdims=True)
        patches.append(Patch(patch.vertices, patch.faces, normals, None, "pips"))
    return patches
