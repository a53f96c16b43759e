"""Bolts, nuts and washers in the proportions of the ISO standards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound, prism_hull, ring_hulls, turned_hull
from simengine.assets.mesh import Surface
from simengine.assets.patch import Patch, flipped
from simengine.assets.profile import polyline
from simengine.assets.shapes.iso import fastener
from simengine.assets.shapes.thread import THREAD_DEPTH, thread, thread_columns
from simengine.assets.sweep import circle, fan, grid, stitch, sweep
from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["bolt", "nut", "washer"]

Doubles = NDArray[np.float64]

_UP, _DOWN = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
_COLUMNS = 48  # around a hexagon: eight a side
_SLOPE = np.tan(np.radians(30))  # of the chamfer that turns a hexagon's corners


def bolt(shape: shapes.Bolt) -> Draft:
    """A bolt: the head stands on z = 0, the shank hangs below.

    Short bolts are threaded all along (ISO 4017); shanks of more than five diameters carry the
    thread length b = 2 d + 6 mm of ISO 4014 at M8, in proportion.
    """
    d, length = shape.diameter, shape.length
    pitch = fastener("pitch", d)
    if length < 1.5 * pitch:
        raise Rejected(
            "draw",
            f"a bolt of {d * 1000:g} mm diameter can't be {length * 1000:g} mm long: its thread needs {1500 * pitch:g} mm.",
        )
    threaded = length if length <= 5 * d else 2.75 * d
    columns = thread_columns(threaded / pitch)
    patches = _shank(d / 2, pitch, length, threaded, columns)
    head, hull = (_hex_head if shape.head == "hex" else _socket_head)(d, columns)
    tip = min(THREAD_DEPTH * pitch, 0.5 * length)
    shank = turned_hull([(d / 2 - tip, -length), (d / 2, tip - length), (d / 2, 0.0)], columns=12)
    return Draft(patches + head, compound(hull, shank))


def _shank(radius: float, pitch: float, length: float, threaded: float, columns: int) -> list[Patch]:
    z0, z1 = -length, -length + threaded
    tip = radius - min(1.15 * THREAD_DEPTH * pitch, 0.5 * radius, 0.8 * threaded)

    def limits(z: Doubles) -> tuple[Doubles, Doubles]:
        high = tip + (z - z0)
        return np.minimum(radius - (z1 - z), high), high

    around = circle(columns)
    patches = [
        thread(radius, pitch, z0, z1, columns=columns, limits=limits),
        fan(around.at(tip, z0)[::-1], _DOWN),
    ]
    if threaded < length:
        patches += sweep(polyline([(radius, z1), (radius, 0.0)]), around)
    return patches


def _hex_head(d: float, columns: int) -> tuple[list[Patch], NDArray[np.float32]]:
    s, k = fastener("hex_across_flats", d), fastener("hex_head_height", d)
    seat, step = 0.475 * s, 0.05 * d
    around = circle(_COLUMNS)
    hexagon = _hexagon(s, _COLUMNS)
    flange = around.at(seat, 0.0)
    patches = [
        flipped(stitch(circle(columns).at(d / 2, 0.0), flange, _UP)),
        *sweep(polyline([(seat, 0.0), (seat, step)]), around),
        flipped(stitch(around.at(seat, step), _lifted(hexagon, step), _UP)),
        *_hex_sides(hexagon, s, np.full(_COLUMNS + 1, step), _chamfer(hexagon, seat, k)),
        *_hex_top(hexagon, seat, k),
        fan(around.at(seat, k), _UP),
    ]
    corner = s / np.sqrt(3)
    low = k - (corner - seat) * _SLOPE
    hull = np.vstack([prism_hull(_polygon(corner, 6), 0.0, low), np.column_stack([_polygon(seat, 12), np.full(12, k)])])
    return patches, hull.astype(np.float32)


def _socket_head(d: float, columns: int) -> tuple[list[Patch], NDArray[np.float32]]:
    dk, k = fastener("socket_head_diameter", d), fastener("socket_head_height", d)
    s, t = fastener("socket_across_flats", d), fastener("socket_depth", d)
    around, edge = circle(_COLUMNS), 0.06 * d
    hexagon = _hexagon(s, _COLUMNS)
    bottom = _lifted(hexagon, k - t)
    patches = [
        flipped(stitch(circle(columns).at(d / 2, 0.0), around.at(dk / 2 - edge / 3, 0.0), _UP)),
        *sweep(
            polyline([(dk / 2 - edge / 3, 0), (dk / 2, 0), (dk / 2, k), (dk / 2 - edge, k)], [0, edge / 3, edge, 0]),
            around,
        ),
        stitch(_lifted(hexagon, k), around.at(dk / 2 - edge, k), _UP),
        flipped(grid(np.stack([bottom, _lifted(hexagon, k)]), None)),
        _cone(bottom, (0.0, 0.0, k - t - 0.25 * s)),
    ]
    return patches, turned_hull([(dk / 2, 0.0), (dk / 2, k - edge), (dk / 2 - edge, k)], columns=16)


def nut(shape: shapes.Nut) -> Draft:
    """A nut, centred: hexagon chamfered on both sides, threaded bore with countersinks."""
    d = shape.diameter
    s, m, pitch = fastener("nut_across_flats", d), fastener("nut_height", d), fastener("pitch", d)
    seat, sink = 0.475 * s, 0.54 * d
    columns = thread_columns(m / pitch)
    hexagon = _hexagon(s, _COLUMNS)

    def limits(z: Doubles) -> tuple[Doubles, Doubles]:
        return sink - (m / 2 - np.abs(z)), np.full_like(z, np.inf)

    top = _chamfer(hexagon, seat, m / 2)
    cover = [
        stitch(circle(columns).at(sink, m / 2), circle(_COLUMNS).at(seat, m / 2), _UP),
        *_hex_top(hexagon, seat, m / 2),
    ]
    patches = [
        *cover,
        *(_mirrored(patch) for patch in cover),
        *_hex_sides(hexagon, s, -top, top),
        thread(d / 2, pitch, -m / 2, m / 2, columns=columns, limits=limits, internal=True),
    ]
    corner, inner = s / np.sqrt(3), (d / 2 - THREAD_DEPTH * pitch) / np.cos(np.pi / 6)
    wedges = []
    for side in range(6):
        pair = side * np.pi / 3 + np.array([0.0, np.pi / 3])
        ring = [(r * np.cos(a), r * np.sin(a)) for r in (inner, corner) for a in pair]
        wedges.append(prism_hull(ring, -m / 2, m / 2))
    return Draft(patches, compound(*wedges), surfaces={"top": Surface((0.0, 0.0, m / 2), (seat, seat))})


def washer(shape: shapes.Washer) -> Draft:
    """A flat washer, centred, its edges slightly rounded as stamping leaves them."""
    d = shape.diameter
    inner, outer = fastener("washer_hole", d) / 2, fastener("washer_diameter", d) / 2
    h = fastener("washer_thickness", d)
    profile = polyline(
        [(inner, -h / 2), (outer, -h / 2), (outer, h / 2), (inner, h / 2)],
        [0.1 * h, 0.1 * h, 0.25 * h, 0.25 * h],
        closed=True,
        step=30.0,
    )
    rings = [(inner, -h / 2), (inner, h / 2)], [(outer, -h / 2), (outer, h / 2)]
    return Draft(sweep(profile, circle(64)), compound(*ring_hulls(*rings, count=16)))


def _polygon(radius: float, count: int) -> Doubles:
    angles = np.arange(count) * (2 * np.pi / count)
    return radius * np.column_stack([np.cos(angles), np.sin(angles)])


def _hexagon(across_flats: float, columns: int) -> Doubles:
    """Points (columns + 1, 2) at equal angles around a hexagon with a corner on +x, closed."""
    angles = np.arange(columns + 1) * (2 * np.pi / columns)
    radius = across_flats / 2 / np.cos(angles % (np.pi / 3) - np.pi / 6)
    radius[:: columns // 6] = across_flats / np.sqrt(3)
    angles[-1] = 0.0
    return radius[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])


def _lifted(ring: Doubles, z: float | Doubles) -> Doubles:
    return np.column_stack([ring, np.broadcast_to(z, len(ring))])


def _chamfer(hexagon: Doubles, seat: float, z: float) -> Doubles:
    """Heights of the chamfer cone on the hexagon's sides: lower at the corners."""
    return z - (np.linalg.norm(hexagon, axis=1) - seat) * _SLOPE


def _hex_sides(hexagon: Doubles, across_flats: float, low: Doubles, high: Doubles) -> list[Patch]:
    """The six flat sides between two curves of height."""
    patches = []
    step = (len(hexagon) - 1) // 6
    for side in range(6):
        part = slice(side * step, (side + 1) * step + 1)
        angle = (side + 0.5) * np.pi / 3
        points = np.stack([_lifted(hexagon[part], low[part]), _lifted(hexagon[part], high[part])])
        normal = np.array([np.cos(angle), np.sin(angle), 0.0])
        patches.append(grid(points, np.broadcast_to(normal, points.shape)))
    return patches


def _hex_top(hexagon: Doubles, seat: float, z: float) -> list[Patch]:
    """The chamfer between a hexagon's sides and its upper seat circle."""
    directions = hexagon / np.linalg.norm(hexagon, axis=1, keepdims=True)
    points = np.stack([_lifted(hexagon, _chamfer(hexagon, seat, z)), _lifted(directions * seat, z)])
    normals = np.column_stack([directions * np.sin(np.pi / 6), np.full(len(hexagon), np.cos(np.pi / 6))])
    return [grid(points, np.broadcast_to(normals, points.shape))]


def _mirrored(patch: Patch) -> Patch:
    """A patch reflected at z = 0, still facing outwards."""
    mirror = np.array([1.0, 1.0, -1.0])
    assert patch.normals is not None
    return Patch(patch.vertices * mirror, patch.faces[:, ::-1], patch.normals[:, ::-1] * mirror, None, patch.slot)


def _cone(ring: Doubles, apex: tuple[float, float, float]) -> Patch:
    """A funnel from a ring down to its apex, seen from above."""
    flat = fan(ring, _UP, centre=apex)
    return Patch(flat.vertices, flat.faces, None, None, flat.slot)
