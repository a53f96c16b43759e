"""Axial fans: wheels with swept, twisted blades, and the wire guards before them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound, ring_hulls, turned_hull
from simengine.assets.patch import Patch, flipped, outwards
from simengine.assets.profile import polyline
from simengine.assets.sweep import circle, grid, stitch, sweep

if TYPE_CHECKING:
    from simengine.scene.schema import machine_shapes as shapes

__all__ = ["fan_guard", "impeller"]

Doubles = NDArray[np.float64]

_STATIONS = 14  # along a blade
_SECTION = 12  # pieces of each side of its section


def impeller(shape: shapes.Impeller) -> Draft:
    """A fan wheel along z: the hub's nose on +z, a blade on +x."""
    r = shape.radius
    hub = max(shape.hub, 0.08) * r
    height = 0.8 * min(hub, 0.5 * r)
    nose = [(0, -height / 2), (hub, -height / 2), (hub, 0.3 * height), (0.7 * hub, 0.62 * height), (0, 0.68 * height)]
    patches = sweep(polyline(nose, [0, 0.05 * hub, 0.4 * hub, 0.6 * hub, 0], step=8), circle(64), slot="hub")
    hulls = [turned_hull([(hub, -height / 2), (hub, 0.3 * height), (0.6 * hub, 0.66 * height)])]
    for k in range(shape.blades):
        tip = r - (shape.damage * (r - hub) if k == 0 else 0.0)
        rows = _blade(shape, hub, tip, 2 * np.pi * k / shape.blades, broken=k == 0 and shape.damage > 0)
        patches += _skin(rows)
        hulls += [np.vstack([a[::3], b[::3]]).astype(np.float32) for a, b in _thirds(rows)]
    return Draft(patches, compound(*hulls))


def _blade(shape: shapes.Impeller, hub: float, tip: float, turn: float, *, broken: bool) -> Doubles:
    """Sections from inside the hub to the tip, shape (stations, points, 3), each closed: upper side, then lower."""
    r, start = shape.radius, 0.93 * hub
    share = np.linspace(0.0, 1.0, _STATIONS)
    share = 1 - (1 - share) ** 1.35  # more sections where the tip rounds off
    along = np.linspace(-1.0, 1.0, _SECTION + 1)
    along = np.sin(along * np.pi / 2)  # more points at the edges
    sections = []
    for s in share:
        radius = start + s * (tip - start)
        out = np.clip((radius - hub) / (r - hub), 0.0, 1.0)
        chord = shape.chord * r * (0.62 + 0.38 * out)
        if not broken:
            chord *= np.sqrt(1 - 0.75 * np.clip((out - 0.8) / 0.2, 0.0, 1.0) ** 3)
        pitch = np.arctan(np.tan(shape.pitch) * r / max(radius, 0.5 * hub))
        thick = 0.035 * r * (1 - 0.55 * out)
        ahead = turn + shape.sweep * out**1.5
        if broken:  # a ragged edge: the break runs slantwise and in waves
            radius = radius + s**6 * 0.06 * r * (0.6 * along + 0.4 * np.sin(4 * along + 1))
        camber = 0.09 * chord * (1 - along**2)
        half = 0.5 * thick * np.sqrt(np.maximum(1 - along**2, 0.0))
        sides = []
        for lift, order in ((camber + half, slice(None, None, -1)), (camber - half, slice(1, -1))):
            tangent = 0.5 * chord * along * np.cos(pitch) - lift * np.sin(pitch)
            axial = 0.5 * chord * along * np.sin(pitch) + lift * np.cos(pitch)
            angle = ahead + tangent / radius
            points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), axial])
            sides.append(points[order])
        sections.append(np.vstack(sides))
    return np.array(sections)


def _skin(rows: Doubles) -> list[Patch]:
    """The closed surface of one blade."""
    closed = np.concatenate([rows, rows[:, :1]], axis=1)
    patches = [grid(closed, None, slot="blade")]
    for row, last in ((rows[0], False), (rows[-1], True)):
        upper, lower = row[: _SECTION + 1], np.vstack([row[:1], row[:_SECTION:-1], row[_SECTION : _SECTION + 1]])
        cap = stitch(upper, lower, None, slot="blade", by="length")
        patches.append(flipped(cap) if last else cap)
    return outwards(patches)


def _thirds(rows: Doubles) -> list[tuple[Doubles, Doubles]]:
    """Pairs of sections that bound convex pieces of a blade, close enough to its twist."""
    stops = np.linspace(0, len(rows) - 1, 6).round().astype(int)
    return [(rows[a], rows[b]) for a, b in pairwise(stops)]


def fan_guard(shape: shapes.FanGuard) -> Draft:
    """Rings of wire on bent spokes."""
    r, deep, wire = shape.radius, shape.depth, shape.wire / 2
    radii = np.linspace(0.16 * r, r - wire, shape.rings)

    def bulge(radius: Doubles | float) -> Doubles:
        return deep * (1 - (np.asarray(radius) / r) ** 4)

    patches: list[Patch] = []
    hulls: list[NDArray[np.floating]] = []
    angles = np.arange(8) * np.pi / 4
    for radius in radii.tolist():
        thick = 1.6 * wire if radius == radii[-1] else wire
        centre = float(bulge(radius))
        ring = np.column_stack([radius + thick * np.cos(angles), centre + thick * np.sin(angles)])
        patches += sweep(polyline(ring, closed=True), circle(64 if radius > 0.5 * r else 40))
        hulls += ring_hulls(
            [(radius - thick, centre - thick), (radius - thick, centre + thick)],
            [(radius + thick, centre - thick), (radius + thick, centre + thick)],
            count=16,
        )
    badge = [(0, deep - wire), (0.17 * r, deep - wire), (0.17 * r, deep + 1.5 * wire), (0, deep + 1.5 * wire)]
    patches += sweep(polyline(badge, wire), circle(40))
    hulls.append(turned_hull([(0.17 * r, deep - wire), (0.17 * r, deep + 1.5 * wire)]))
    reach = np.linspace(0.1 * r, r, 9)
    path = np.column_stack([reach, bulge(reach) - wire])
    for k in range(shape.spokes):
        rows = _tube(path, wire, 2 * np.pi * (k + 0.5) / shape.spokes)
        patches += _bar(rows)
        hulls += [np.vstack([a, b]).astype(np.float32) for a, b in zip(rows[:-1:2], rows[2::2], strict=True)]
    return Draft(patches, compound(*hulls))


def _tube(path: Doubles, wire: float, turn: float) -> Doubles:
    """Rings around a path in the (radius, z) half plane at an angle, shape (stations, 8, 3)."""
    angles = np.arange(8) * np.pi / 4
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    c, s = np.cos(turn), np.sin(turn)
    rings = []
    for (radius, z), (dr, dz) in zip(path, ahead, strict=True):
        side, lift = wire * np.cos(angles), wire * np.sin(angles)
        out, up = radius - dz * lift, z + dr * lift
        rings.append(np.column_stack([out * c - side * s, out * s + side * c, up]))
    return np.array(rings)


def _bar(rows: Doubles) -> list[Patch]:
    closed = np.concatenate([rows, rows[:, :1]], axis=1)
    patches = [grid(closed, None)]
    for row in (rows[0][::-1], rows[-1]):
        faces = np.array([(0, i, i + 1) for i in range(1, len(row) - 1)])
        patches.append(Patch(row, faces))
    return outwards(patches)
