"""Pillow blocks: cast housings with an insert bearing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simengine.assets.draft import Draft
from simengine.assets.hulls import box_hull, compound, ring_hulls
from simengine.assets.patch import Patch, flipped, moved
from simengine.assets.profile import polyline
from simengine.assets.rounded_box import rounded_box
from simengine.assets.shapes.motor import ALONG_X
from simengine.assets.sweep import circle, outline, stitch, sweep

if TYPE_CHECKING:
    from simengine.scene.schema import machine_shapes as shapes

__all__ = ["bearing_block"]

# In bore diameters, after the plummer block UCP 205.
_HEIGHT = 1.46  # of the bore over the foot
_LENGTH = 5.6
_WIDTH = 1.5
_ROOF = 1.38  # radius of the housing over the bearing
_SEAT = 1.04  # radius of the insert
_FOOT = 0.55  # thickness of the foot


def bearing_block(shape: shapes.BearingBlock) -> Draft:
    """A pillow block standing on z = 0, its bore along x."""
    d = shape.bore
    lying = ALONG_X.copy()
    lying[2, 3] = _HEIGHT * d
    patches = [moved(patch, lying) for patch in (*_housing(d), *_insert(d))]
    pose = np.eye(4)
    pose[2, 3] = _FOOT * d / 2
    foot = rounded_box((0.92 * _WIDTH * d, _LENGTH * d, _FOOT * d), 0.13 * d, segments=4)
    patches += [moved(patch, pose) for patch in foot]
    pose[2, 3] = (_HEIGHT + _ROOF) * d - 0.06 * d
    patches += [moved(patch, pose) for patch in _nipple(d)]
    half = 0.5 * _WIDTH * d
    hulls = ring_hulls(
        [(0.5 * d, -0.7 * d), (0.5 * d, 0.95 * d)], [(0.72 * d, -0.7 * d), (0.72 * d, 0.95 * d)], count=12
    )
    hulls += ring_hulls([(0.5 * d, -half), (0.5 * d, half)], [(_ROOF * d, -half), (_ROOF * d, half)], count=20)
    hulls = [(hull @ lying[:3, :3].T + lying[:3, 3]).astype(np.float32) for hull in hulls]
    wide = 0.46 * _WIDTH * d
    hulls.append(box_hull((-wide, -_LENGTH * d / 2, 0), (wide, _LENGTH * d / 2, _FOOT * d)))
    hulls.append(box_hull((-half, -1.6 * d, 0), (half, 1.6 * d, 0.75 * d)))
    top = (_HEIGHT + _ROOF) * d
    hulls.append(box_hull((-0.12 * d, -0.12 * d, top - 0.1 * d), (0.12 * d, 0.12 * d, top + 0.34 * d)))
    return Draft(patches, compound(*hulls), colors={"ring": (0.72, 0.73, 0.75), "seal": (0.06, 0.06, 0.065)})


def _housing(d: float) -> list[Patch]:
    """The arch over the bearing, extruded along z about the bore, edges rounded."""
    floor, wall, roof = -_HEIGHT * d, 1.75 * d, _ROOF * d
    waist = floor + 0.95 * d
    corners = [(roof, 0.0), (roof, roof), (-roof, roof), (-roof, waist), (-wall, floor), (wall, floor), (roof, waist)]
    bends = [0.0, roof, roof, 0.9 * d, 0.15 * d, 0.15 * d, 0.9 * d]
    around = outline(polyline(corners, bends, closed=True, step=7.5))  # begins on +x, as the circle does
    half, edge, seat = 0.5 * _WIDTH * d, 0.12 * d, _SEAT * d
    rim = polyline([(-edge, -half), (0, -half), (0, half), (-edge, half)], edge, step=30)
    hole = polyline([(seat + edge / 2, half), (seat, half), (seat, -half), (seat + edge / 2, -half)], edge / 2, step=45)
    face = stitch(circle(48).at(seat + edge / 2, half), around.at(-edge, half), (0.0, 0.0, 1.0))
    back = flipped(face)
    assert back.normals is not None
    back = Patch(back.vertices - (0.0, 0.0, 2 * half), back.faces, back.normals, None, back.slot)
    return [*sweep(rim, around), *sweep(hole, circle(48)), face, back]


def _insert(d: float) -> list[Patch]:
    """Outer ring, seals, the longer inner ring and a set screw."""
    outer = polyline(
        [(0.84 * d, 0.42 * d), (0.84 * d, -0.42 * d), (1.06 * d, -0.42 * d), (1.06 * d, 0.42 * d)],
        0.04 * d,
        closed=True,
    )
    seal = polyline(
        [(0.62 * d, 0.34 * d), (0.62 * d, -0.34 * d), (0.9 * d, -0.34 * d), (0.9 * d, 0.34 * d)], closed=True
    )
    inner = polyline(
        [(0.5 * d, 0.95 * d), (0.5 * d, -0.7 * d), (0.72 * d, -0.7 * d), (0.72 * d, 0.95 * d)],
        0.05 * d,
        closed=True,
    )
    patches = sweep(outer, circle(48), slot="ring") + sweep(seal, circle(48), slot="seal")
    patches += sweep(inner, circle(48), slot="ring")
    screw = sweep(polyline([(0, 0), (0.1 * d, 0), (0.1 * d, 0.1 * d), (0, 0.1 * d)], 0.02 * d), circle(12), slot="seal")
    turn = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0.66 * d], [0, -1, 0, 0.72 * d], [0, 0, 0, 1]])
    return patches + [moved(patch, turn) for patch in screw]


def _nipple(d: float) -> list[Patch]:
    """The grease nipple on the roof."""
    points = [(0, 0), (0.12, 0), (0.12, 0.16), (0.07, 0.2), (0.07, 0.28), (0.09, 0.32), (0.06, 0.4), (0, 0.4)]
    return sweep(polyline([(r * d, z * d) for r, z in points], 0.01 * d), circle(16), slot="ring")
