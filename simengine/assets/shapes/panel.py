"""Plates with round openings, and what fills them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound, turned_hull
from simengine.assets.mesh import Collision, Surface
from simengine.assets.patch import Patch, flipped, moved
from simengine.assets.profile import Strip, polyline
from simengine.assets.sweep import circle, fan, outline, sweep
from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.schema import defect_shapes as shapes

__all__ = ["inset", "panel"]

Doubles = NDArray[np.float64]

_COLUMNS = 64  # around an opening, of panel and inset alike: their rims coincide
_LEAD = 0.0004  # chamfer of drilled holes and of the panel's edges [m]
_SKIN = 0.0003  # thickness of an inset [m]
_LAP = 2e-5  # by which an inset covers the opening's edge [m]: no light gets in between
_HAIR = 1e-6  # by which it then stands out [m]
_UP = (0.0, 0.0, 1.0)


def panel(shape: shapes.Panel) -> Draft:
    """A panel under z = 0."""
    (x, y), t = shape.size, shape.thickness
    edge = min(_LEAD, 0.1 * t)
    openings = [(px, py, d / 2, 0.0 if depth >= t else depth) for px, py, d, depth in shape.openings if d > 0]
    _check(shape, openings)
    corners = [(-x / 2, -y / 2), (x / 2, -y / 2), (x / 2, y / 2), (-x / 2, y / 2)]
    rounding = min(max(shape.rounding, 2 * edge), 0.49 * min(x, y))
    around = outline([_divided(strip, min(x, y) / 12) for strip in polyline(corners, rounding, closed=True)])
    rim = polyline([(-edge, -t), (0, edge - t), (0, -edge), (-edge, 0)])
    patches = sweep(rim, around)
    top, bottom = [], []
    for px, py, radius, depth in openings:
        pose = np.eye(4)
        pose[:2, 3] = px, py
        if depth > 0:
            wall = sweep(polyline([(radius, 0), (radius, -depth)]), circle(_COLUMNS))
            wall.append(fan(circle(_COLUMNS).at(radius, -depth), _UP))
            top.append((px, py, radius))
        else:
            wide = radius + edge
            drilled = [(wide, 0), (radius, -edge), (radius, edge - t), (wide, -t)]
            wall = sweep(polyline(drilled), circle(_COLUMNS))
            top.append((px, py, wide))
            bottom.append((px, py, wide))
        patches += [moved(patch, pose) for patch in wall]
    ring = around.at(-edge, 0)[:-1]
    patches.append(_face(ring, top, 0.0))
    patches.append(flipped(_face(ring, bottom, -t)))
    return Draft(
        patches, (Collision("box", (x, y, t), offset=(0.0, 0.0, -t / 2)),), surfaces={"top": Surface((0, 0, 0), (x, y))}
    )


def _check(shape: shapes.Panel, openings: list[tuple[float, float, float, float]]) -> None:
    x, y = shape.size
    for k, (px, py, radius, _) in enumerate(openings):
        if abs(px) + radius + 0.002 > x / 2 or abs(py) + radius + 0.002 > y / 2:
            raise Rejected("draw", f"an opening at ({px:g}, {py:g}) m of {2 * radius:g} m reaches the panel's edge.")
        for qx, qy, other, _ in openings[:k]:
            if np.hypot(px - qx, py - qy) < radius + other + 0.002:
                raise Rejected(
                    "draw", f"the openings at ({px:g}, {py:g}) and ({qx:g}, {qy:g}) m are less than 2 mm apart."
                )


def _divided(strip: Strip, step: float) -> Strip:
    """A strip with points on its straight stretches, no further apart than `step`."""
    points, normals = [strip.points[:1]], [strip.normals[:1]]
    for k in range(1, len(strip.points)):
        a, b = strip.points[k - 1], strip.points[k]
        share = np.linspace(0, 1, max(1, int(np.ceil(np.linalg.norm(b - a) / step))) + 1)[1:, None]
        points.append(a + share * (b - a))
        normals.append(strip.normals[k - 1] + share * (strip.normals[k] - strip.normals[k - 1]))
    return Strip(np.vstack(points), np.vstack(normals))


def _face(ring: Doubles, holes: list[tuple[float, float, float]], z: float) -> Patch:
    """A flat convex face with round holes, looking up: Delaunay's triangles keep every edge whose circle is empty."""
    from scipy.spatial import Delaunay

    rims = [circle(_COLUMNS).at(radius, 0.0)[:-1, :2] + (px, py) for px, py, radius in holes]
    points = np.vstack([ring[:, :2], *rims])
    faces = Delaunay(points).simplices.astype(np.int64)
    a, b, c = points[faces].transpose(1, 0, 2)
    turn = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    faces = np.where((turn > 0)[:, None], faces, faces[:, ::-1])
    middle = (a + b + c) / 3
    keep = np.abs(turn) > 1e-14
    for px, py, radius in holes:
        keep &= np.hypot(middle[:, 0] - px, middle[:, 1] - py) > radius * np.cos(np.pi / _COLUMNS)
    faces = faces[keep]
    return Patch(np.column_stack([points, np.full(len(points), z)]), faces, np.tile(np.array(_UP), (len(faces), 3, 1)))


def inset(shape: shapes.Inset) -> Draft:
    """A thin bowl whose rim is the opening's: level at the rim and in the middle, as metal that gave way."""
    radius, depth = shape.diameter / 2 + _LAP, shape.depth
    share = np.linspace(0, 1, 13 if depth > 0 else 2)
    heights = _HAIR - depth * (1 + np.cos(np.pi * share)) / 2
    slopes = np.pi * depth / 2 * np.sin(np.pi * share) / radius
    normals = np.column_stack([-slopes, np.ones_like(slopes)]) / np.hypot(slopes, 1)[:, None]
    out = slice(None, None, -1)  # the upper side runs inwards, the lower side outwards
    upper = Strip(np.column_stack([radius * share, heights])[out], normals[out])
    lower = Strip(np.column_stack([radius * share, heights - _SKIN]), -normals)
    edge = polyline([(radius, _HAIR - _SKIN), (radius, _HAIR)])
    pose = np.eye(4)
    pose[:2, 3] = shape.center
    patches = [moved(patch, pose) for patch in sweep([upper, lower, *edge], circle(_COLUMNS))]
    hull = turned_hull([(radius, -depth - _SKIN), (radius, _HAIR)]) + np.array([*shape.center, 0.0], np.float32)
    return Draft(patches, compound(hull))
