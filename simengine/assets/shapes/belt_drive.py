"""Belt drives: shafts with keys, V-belt pulleys and the belts around them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import box_hull, compound, ring_hulls, turned_hull
from simengine.assets.patch import Patch, moved
from simengine.assets.profile import Strip, polyline
from simengine.assets.rounded_box import rounded_box
from simengine.assets.sweep import circle, outline, sweep
from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.schema import machine_shapes as shapes

__all__ = ["axle", "pulley", "v_belt"]

Doubles = NDArray[np.float64]

# In top widths of the belt, after ISO 4183 and ISO 4184, section SPA (12.7 mm).
_ABOVE = 0.22  # of the belt above its pitch line
_DEPTH = 0.85  # of the groove below it
_SPACING = 1.18  # of grooves
_EDGE = 0.78  # from the middle of the last groove to the face
_THICK = 0.79  # of the belt
_SLOPE = np.tan(np.radians(18))  # of the flanks


def axle(shape: shapes.Axle) -> Draft:
    """A shaft along z, centred, with a key on +x."""
    r, h = shape.diameter / 2, shape.length / 2
    edge = min(0.08 * shape.diameter, 0.2 * h)
    bar = polyline([(0, -h), (r - edge, -h), (r, edge - h), (r, h - edge), (r - edge, h), (0, h)])
    patches = sweep(bar, circle(48))
    hulls = [turned_hull([(r, -h), (r, h)])]
    if shape.key:
        wide, tall, long = 0.3 * shape.diameter, 0.3 * shape.diameter, min(1.4 * shape.diameter, 0.8 * shape.length)
        low = h - 2 * edge - long
        pose = np.eye(4)
        pose[0, 3], pose[2, 3] = r, low + long / 2
        key = rounded_box((tall, wide, long), 0.05 * wide, segments=2, slot="key")
        patches += [moved(patch, pose) for patch in key]
        hulls.append(box_hull((0.5 * r, -wide / 2, low), (r + tall / 2, wide / 2, low + long)))
    return Draft(patches, compound(*hulls), colors={"key": (0.45, 0.46, 0.48)} if shape.key else {})


def pulley(shape: shapes.Pulley) -> Draft:
    """A pulley along z, centred: grooved rim, hub, and spokes or a web between them."""
    b, pitch, bore = shape.belt, shape.diameter / 2, shape.bore / 2
    outer, floor = pitch + _ABOVE * b, pitch - _DEPTH * b
    rim, hub = floor - 0.35 * b, 1.7 * bore
    half = _EDGE * b + (shape.grooves - 1) * _SPACING * b / 2
    if rim < 1.1 * hub:
        raise Rejected(
            "draw",
            f"a pulley of {1000 * shape.diameter:g} mm for a belt of {1000 * b:g} mm has no room for a bore of "
            f"{1000 * shape.bore:g} mm; keep the bore below {1000 * rim / 0.935:.3g} mm.",
        )
    corners = [(rim, half), (rim, -half), (outer, -half)]
    for k in range(shape.grooves):
        middle = (k - (shape.grooves - 1) / 2) * _SPACING * b
        wide, narrow = b / 2, b / 2 - (_ABOVE + _DEPTH) * b * _SLOPE
        corners += [(r, middle + z) for r, z in ((outer, -wide), (floor, -narrow), (floor, narrow), (outer, wide))]
    corners.append((outer, half))
    edge = 0.04 * b
    bends = [edge, edge, edge, *([edge / 2, edge, edge, edge / 2] * shape.grooves), edge]
    patches = sweep(polyline(corners, bends, closed=True, step=45), circle(64))
    boss = polyline([(bore, half), (bore, -half), (hub, -half), (hub, half)], edge, closed=True, step=45)
    patches += sweep(boss, circle(48))
    web = 0.45 * half
    hulls = ring_hulls([(rim, -half), (rim, half)], [(outer, -half), (outer, half)], count=24)
    hulls += ring_hulls([(bore, -half), (bore, half)], [(hub, -half), (hub, half)], count=16)
    inner, end = 0.5 * (bore + hub), 0.5 * (rim + floor)
    if shape.spokes == 0:
        disc = polyline([(inner, web), (inner, -web), (end, -web), (end, web)], closed=True)
        patches += sweep(disc, circle(64))
        hulls += ring_hulls([(hub, -web), (hub, web)], [(rim, -web), (rim, web)], count=24)
    for k in range(shape.spokes):
        turn = _about_z(2 * np.pi * k / shape.spokes)
        patches += [moved(patch, turn) for patch in _spoke(inner, end, 0.4 * hub, web)]
        block = box_hull((0.9 * hub, -0.35 * hub, -web), (1.05 * rim, 0.35 * hub, web))
        hulls.append((block @ turn[:3, :3].T).astype(np.float32))
    return Draft(patches, compound(*hulls))


def _spoke(inner: float, end: float, wide: float, thick: float) -> list[Patch]:
    """A bar along x that tapers outwards, its long edges rounded."""
    bar = rounded_box((1.0, 2 * wide, 2 * thick), 0.8 * min(wide, thick), segments=3)
    patches = []
    for patch in bar:
        vertices = patch.vertices.copy()
        share = np.clip(vertices[:, 0] + 0.5, 0.0, 1.0)
        vertices[:, 0] = inner + share * (end - inner)
        vertices[:, 1:] *= (1 - 0.3 * share)[:, None]
        patches.append(Patch(vertices, patch.faces, None, None, patch.slot))
    return patches


def v_belt(shape: shapes.VBelt) -> Draft:
    """A belt in the xy plane: two arcs and the tangents between them, the section a trapezoid."""
    first, second, away, b = shape.diameters[0] / 2, shape.diameters[1] / 2, shape.distance, shape.belt
    if away <= first + second:
        raise Rejected(
            "draw",
            f"pulleys of {2000 * first:g} and {2000 * second:g} mm can't stand {1000 * away:g} mm apart; "
            f"keep them more than {1000 * (first + second):g} mm apart.",
        )
    lean = np.arcsin((first - second) / away)  # the tangents lean towards the smaller pulley
    arcs = [(0.0, first, np.pi / 2 - lean, 3 * np.pi / 2 + lean), (away, second, lean - np.pi / 2, np.pi / 2 - lean)]
    points, normals = [], []
    for x, radius, begin, end in arcs:
        angles = np.linspace(begin, end, 33)
        facing = np.column_stack([np.cos(angles), np.sin(angles)])
        points.append(radius * facing + [x, 0.0])
        normals.append(facing)
    loop = outline([Strip(np.vstack(points), np.vstack(normals))])
    top, foot = _ABOVE * b, (_ABOVE - _THICK) * b
    wide, narrow = 0.485 * b, 0.485 * b - _THICK * b * _SLOPE
    section = polyline([(top, wide), (foot, narrow), (foot, -narrow), (top, -wide)], 0.04 * b, closed=True, step=45)
    patches = sweep(section, loop)
    return Draft(patches, compound(*_belt_hulls(loop, top, foot, wide)))


def _belt_hulls(loop, top: float, foot: float, half: float) -> list[NDArray[np.float32]]:
    """Short convex pieces around the loop."""
    stations = np.unique(np.r_[0:33:4, 33:66:4, 65, len(loop.base) - 1])
    hulls = []
    for a, b in pairwise(stations):
        ends = [loop.base[i] + offset * loop.reach[i] for i in (a, b) for offset in (foot, top)]
        hulls.append(np.array([(x, y, z) for x, y in ends for z in (-half, half)], np.float32))
    return hulls


def _about_z(angle: float) -> Doubles:
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return turn
