"""Foot-mounted electric motors."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import box_hull, compound, turned_hull
from simengine.assets.patch import Patch, moved
from simengine.assets.profile import polyline
from simengine.assets.rounded_box import rounded_box
from simengine.assets.sweep import circle, fan, outline, sweep

if TYPE_CHECKING:
    from simengine.scene.schema import machine_shapes as shapes

__all__ = ["ALONG_X", "motor"]

Doubles = NDArray[np.float64]

ALONG_X = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
"""Lays down what was built along z: z becomes x, x becomes y, y becomes z."""

_UP = (0.0, 0.0, 1.0)


def motor(shape: shapes.Motor) -> Draft:
    """A motor standing on z = 0, its shaft end at x = 0 towards +x.

    Source: the proportions of IEC 60072-1 around frame size 80; lengths below are in shaft heights.
    """
    h = shape.height
    lying = ALONG_X.copy()
    lying[2, 3] = h
    patches = [moved(patch, lying) for patch in (*_shield(h), *_stator(h, shape.fins), *_cowl(h))]
    patches += _feet(h) + _terminal_box(h)
    hulls = [
        turned_hull([(0.86 * h, -2.9 * h), (0.97 * h, -2.8 * h), (0.97 * h, -1.85 * h)], columns=24),
        turned_hull([(0.95 * h, -1.85 * h), (0.95 * h, -0.45 * h), (0.8 * h, -0.2 * h)], columns=24),
        turned_hull([(0.8 * h, -0.3 * h), (0.36 * h, 0.0)], columns=24),
    ]
    hulls = [(hull @ lying[:3, :3].T + lying[:3, 3]).astype(np.float32) for hull in hulls]
    for side in (-1, 1):
        edges = sorted((side * 0.58 * h, side * 0.97 * h))
        hulls.append(box_hull((-1.85 * h, edges[0], 0), (-0.2 * h, edges[1], 0.12 * h)))
        edges = sorted((side * 0.52 * h, side * 0.68 * h))
        hulls.append(box_hull((-1.85 * h, edges[0], 0.1 * h), (-0.2 * h, edges[1], 0.6 * h)))
    hulls.append(box_hull((-1.72 * h, -0.5 * h, 1.8 * h), (-0.62 * h, 0.5 * h, 2.48 * h)))
    hulls.append(box_hull((-1.52 * h, -0.68 * h, 2.0 * h), (-1.28 * h, -0.5 * h, 2.24 * h)))
    return Draft(patches, compound(*hulls), colors={"dark": (0.05, 0.05, 0.055), "plate": (0.8, 0.81, 0.82)})


def _turned(
    points: list[tuple[float, float]], bend: float | list[float] = 0.0, slot: str = "body", *, columns: int = 64
) -> list[Patch]:
    return sweep(polyline(points, bend, step=30), circle(columns), slot=slot)


def _shield(h: float) -> list[Patch]:
    """The drive end: a flange with a rim, a cone and a boss around the shaft's seal, and four screws."""
    b = 0.03 * h
    points = [(0, -0.5), (0.9, -0.5), (0.9, -0.3), (0.8, -0.2), (0.44, -0.1), (0.36, 0.0), (0.0, 0.0)]
    patches = _turned([(r * h, z * h) for r, z in points], [0, b, 2 * b, 4 * b, 2 * b, b, 0])
    patches += _turned(
        [(0, -0.02 * h), (0.24 * h, -0.02 * h), (0.24 * h, 0.012 * h), (0, 0.012 * h)], 0.008 * h, "dark", columns=32
    )
    for k in range(4):
        angle = np.pi / 4 + k * np.pi / 2
        screw = _turned([(0, 0), (0.06 * h, 0), (0.06 * h, 0.06 * h), (0, 0.06 * h)], 0.01 * h, "plate", columns=12)
        patches += [_placed(patch, 0.76 * h * np.cos(angle), 0.76 * h * np.sin(angle), -0.235 * h) for patch in screw]
    return patches


def _stator(h: float, fins: int) -> list[Patch]:
    """The ribbed housing, extruded, and a smooth band at its end."""
    core, tip = 0.8 * h, 0.95 * h
    foot, top = 0.3 * np.pi / fins, 0.16 * np.pi / fins
    corners = []
    for k in range(fins):
        middle = 2 * np.pi * (k + 0.5) / fins
        for radius, angle in ((core, -foot), (tip, -top), (tip, top), (core, foot)):
            corners.append((radius * np.cos(middle + angle), radius * np.sin(middle + angle)))
    around = outline(polyline(corners, closed=True))
    low, high = -1.95 * h, -0.45 * h
    sides = sweep(polyline([(0, low), (0, high)]), around)
    ends = [fan(around.at(0, high), _UP), fan(around.at(0, low)[::-1], (0.0, 0.0, -1.0))]
    return [*sides, *ends]


def _cowl(h: float) -> list[Patch]:
    """The fan cowl with a grille of rings and bars before a dark hollow."""
    r, end, deep = 0.97 * h, -2.9 * h, 0.08 * h
    bend = 0.12 * h
    shell = [(0, end + deep), (0.8 * h, end + deep), (0.8 * h, end), (r, end), (r, -1.85 * h), (0, -1.85 * h)]
    hollow, *rest = polyline(shell, [0, 0, 0.02 * h, bend, 0.02 * h, 0])
    patches = sweep([hollow], circle(64), slot="dark") + sweep(rest, circle(64), slot="cowl")
    wire = 0.022 * h
    for radius in (0.16, 0.3, 0.44, 0.58, 0.72):
        angles = np.arange(6) * np.pi / 3
        ring = np.column_stack([radius * h + wire * np.cos(angles), end + 1.2 * wire + wire * np.sin(angles)])
        patches += sweep(polyline(ring, closed=True), circle(48), slot="cowl")
    for k in range(6):
        bar = rounded_box((1.64 * h, 2 * wire, wire), 0.3 * wire, segments=2, slot="cowl")
        angle = k * np.pi / 6 + 0.1
        turn = np.eye(4)
        turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        turn[2, 3] = end + 1.6 * wire
        patches += [moved(patch, turn) for patch in bar]
    patches += _turned(
        [(0, end), (0.1 * h, end), (0.1 * h, end + 0.07 * h), (0, end + 0.07 * h)], 0.01 * h, "cowl", columns=24
    )
    return patches


def _feet(h: float) -> list[Patch]:
    """Two rails with webs up to the housing."""
    patches = []
    for side in (-1, 1):
        patches += _block((1.65 * h, 0.39 * h, 0.12 * h), (-1.025 * h, side * 0.775 * h, 0.06 * h), 0.02 * h)
        patches += _block((1.55 * h, 0.12 * h, 0.55 * h), (-1.025 * h, side * 0.6 * h, 0.33 * h), 0.03 * h)
    return patches


def _terminal_box(h: float) -> list[Patch]:
    """The box on top with its lid, four screws and a cable gland, and the rating plate on the side."""
    patches = _block((1.0 * h, 0.92 * h, 0.62 * h), (-1.17 * h, 0, 2.1 * h), 0.05 * h, "box")
    patches += _block((1.1 * h, 1.0 * h, 0.1 * h), (-1.17 * h, 0, 2.43 * h), 0.035 * h, "box")
    for x, y in product((-1.62, -0.72), (-0.4, 0.4)):
        screw = _turned([(0, 0), (0.045 * h, 0), (0.045 * h, 0.03 * h), (0, 0.03 * h)], 0.008 * h, "plate", columns=12)
        patches += [_placed(patch, x * h, y * h, 2.47 * h) for patch in screw]
    # the gland points to -y: z of the turned part becomes -y
    turn = np.array([[1.0, 0, 0, -1.4 * h], [0, 0, -1, -0.44 * h], [0, 1, 0, 2.12 * h], [0, 0, 0, 1]])
    profile = [(0, 0), (0.12, 0), (0.12, 0.1), (0.1, 0.12), (0.1, 0.2), (0.06, 0.24), (0, 0.24)]
    gland = _turned([(a * h, z * h) for a, z in profile], 0.01 * h, "dark", columns=16)
    patches += [moved(patch, turn) for patch in gland]
    angle = np.radians(-8)
    lean = np.array([[1, 0, 0, -1.2 * h], [0, np.cos(angle), -np.sin(angle), 0], [0, np.sin(angle), np.cos(angle), 0]])
    lean = np.vstack([lean, [0, 0, 0, 1]])
    lean[1:3, 3] = np.array([-0.955 * np.cos(angle), 1 - 0.955 * np.sin(angle)]) * h
    plate = rounded_box((0.62 * h, 0.02 * h, 0.34 * h), 0.004 * h, segments=2, slot="plate")
    return patches + [moved(patch, lean) for patch in plate]


def _block(size: tuple, centre: tuple, rounding: float, slot: str = "body") -> list[Patch]:
    return [_placed(patch, *centre) for patch in rounded_box(size, rounding, segments=3, slot=slot)]


def _placed(patch: Patch, x: float, y: float, z: float) -> Patch:
    pose = np.eye(4)
    pose[:3, 3] = x, y, z
    return moved(patch, pose)
