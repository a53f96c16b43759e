"""Things turned from a profile: bottle, can, drum, bowl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound, ring_hulls, turned_hull
from simengine.assets.mesh import Surface
from simengine.assets.patch import Patch, moved
from simengine.assets.profile import Strip, polyline
from simengine.assets.sweep import circle, fan, grid, outline, sweep
from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["bottle", "bowl", "can", "drum"]

Doubles = NDArray[np.float64]


def bottle(shape: shapes.Bottle) -> Draft:
    """A bottle standing on z = 0: punted base, label band, shoulder, neck, ribbed cap."""
    r, h = shape.radius, shape.height
    neck = r * max(shape.neck, 0.15)
    grip = min(1.14 * neck, max(r, neck))
    base, cap = min(0.6 * r, 0.12 * h), h - min(0.09 * h, 1.2 * grip)
    shoulder, throat = 0.62 * h, 0.62 * h + min(0.24 * h, 1.3 * (r - neck) + 0.02 * h)
    low, high, thick = 0.17 * h, 0.55 * h, 0.008 * r
    bend = 0.9 * (r - neck)
    around = circle(64)
    bottom = polyline(
        [(0, 0.3 * base), (0.55 * r, 0.2 * base), (0.72 * r, 0), (r, 0), (r, low)],
        [0, 0.3 * base, 0.15 * base, 0.4 * base, 0],
    )
    band = polyline([(r, low), (r + thick, low), (r + thick, high), (r, high)])
    top = polyline([(r, high), (r, shoulder), (neck, throat), (neck, cap)], [0, bend, bend, 0])
    patches = [
        *sweep(bottom, around),
        *sweep(band, around, slot="label"),
        *sweep(top, around),
        *_cap(neck, grip, cap, h),
    ]
    collision = compound(
        turned_hull([(0.9 * r, 0.0), (r, 0.2 * base), (r, shoulder)]),
        turned_hull([(r, shoulder), (neck, throat), (neck, cap)]),
        turned_hull([(grip, cap), (grip, h)], columns=16),
    )
    return Draft(patches, collision, colors={"cap": (0.1, 0.25, 0.6), "label": (0.93, 0.92, 0.88)})


def _cap(neck: float, grip: float, z0: float, z1: float) -> list[Patch]:
    """A screw cap with ribs that fade into its rounded edge."""
    around = circle(64)
    ribs = np.where(np.arange(65) % 2 == 0, 0.0, 0.035)
    edge = 0.18 * (z1 - z0)

    def ring(radius: float, z: float, depth: float) -> Doubles:
        flat = around.reach * (radius * (1 - depth * ribs / ribs.max()))[:, None]
        return np.column_stack([flat, np.full(len(flat), z)])

    angles = np.linspace(0, np.pi / 2, 5)
    rings = [ring(grip, z0, 0.035), ring(grip, z1 - edge, 0.035)]
    rings += [ring(grip - edge * (1 - np.cos(a)), z1 - edge * (1 - np.sin(a)), 0.035 * np.cos(a)) for a in angles[1:]]
    return [
        grid(np.stack([around.at(neck, z0), rings[0]]), None, slot="cap"),
        grid(np.stack(rings), None, slot="cap"),
        fan(rings[-1], (0, 0, 1), slot="cap"),
    ]


def can(shape: shapes.Can) -> Draft:
    """A beverage can standing on z = 0: domed base, neck, seam, recessed lid with a tab."""
    r, h = shape.radius, shape.height
    q = min(r, 0.4 * h)
    seam, lid = 0.84 * r, h - 0.13 * q
    body = [
        (0, 0.3 * q), (0.45 * r, 0.26 * q), (0.71 * r, 0.03 * q), (0.74 * r, 0), (0.8 * r, 0),
        (r, 0.24 * q), (r, h - 0.5 * q), (0.79 * r, h - 0.17 * q), (0.79 * r, h - 0.09 * q),
    ]  # fmt: skip
    bends = [0, 0.5 * q, 0.05 * q, 0.04 * q, 0.1 * q, 0.3 * q, 0.4 * q, 0.3 * q, 0]
    cover = [
        (0.79 * r, h - 0.09 * q), (seam, h - 0.09 * q), (seam, h), (0.775 * r, h),
        (0.75 * r, lid - 0.1 * q), (0.69 * r, lid - 0.1 * q), (0.68 * r, lid), (0, lid),
    ]  # fmt: skip
    rims = [0, 0.02 * q, 0.03 * q, 0.03 * q, 0.03 * q, 0.03 * q, 0.03 * q, 0]
    around = circle(64)
    patches = [
        *sweep(polyline(body, bends, step=22.5), around),
        *sweep(polyline(cover, rims, step=36.0), around, slot="lid"),
        *_tab(r, lid),
    ]
    collision = compound(
        turned_hull([(0.8 * r, 0.0), (r, 0.24 * q), (r, h - 0.5 * q), (seam, h - 0.09 * q), (seam, h)], columns=24)
    )
    side = np.sqrt(2) * 0.75 * r
    top = {"top": Surface((0.0, 0.0, h), (float(side), float(side)))}
    return Draft(patches, collision, colors={"lid": (0.78, 0.78, 0.79)}, surfaces=top)


def _tab(r: float, lid: float) -> list[Patch]:
    """A pull tab: a flat ring and its rivet, a hair above the lid."""
    x, y, wide, thick, gap = 0.3 * r, 0.13 * r, 0.07 * r, 0.025 * r, 0.012 * r
    loop = outline(polyline([(-x, -y), (x, -y), (x, y), (-x, y)], y, closed=True, step=22.5))
    ring = polyline([(-wide, 0), (0, 0), (0, thick), (-wide, thick)], 0.3 * thick, closed=True, step=90.0)
    place = np.eye(4)
    place[:3, 3] = (0.18 * r, 0.0, lid + gap)
    rivet = polyline([(0, 0), (0.06 * r, 0), (0.06 * r, 1.6 * thick), (0, 1.6 * thick)], [0, 0, 0.5 * thick, 0])
    middle = np.eye(4)
    middle[:3, 3] = (-0.06 * r, 0.0, lid + gap / 2)
    button = [moved(patch, middle) for patch in sweep(rivet, circle(16), slot="lid")]
    return [moved(patch, place) for patch in sweep(ring, loop, slot="lid")] + button


def drum(shape: shapes.Drum) -> Draft:
    """A tight-head drum standing on z = 0: chimes at both ends, two rolling hoops, sunk heads, two bungs.

    Source: the proportions of ISO 15750-2 (216.5 l), whatever the size.
    """
    r, h = shape.radius, shape.height
    q = min(r, 0.5 * h)
    sunk, chime, hoop = 0.06 * q, 0.035 * q, 0.045 * q
    side: list[tuple[float, float]] = [(0, sunk), (r - chime, sunk), (r - chime, 0), (r, 0), (r, chime)]
    bends = [0, 0.4 * chime, 0.3 * chime, 0.3 * chime, 0]
    for level in (0.345 * h, 0.655 * h):
        side += [(r, level - 1.2 * hoop), (r + hoop, level), (r, level + 1.2 * hoop)]
        bends += [0.8 * hoop, 0.5 * hoop, 0.8 * hoop]
    side += [(r, h - chime), (r, h), (r - chime, h), (r - chime, h - sunk), (0, h - sunk)]
    bends += [0, 0.3 * chime, 0.3 * chime, 0.4 * chime, 0]
    patches = sweep(polyline(side, bends, step=45.0), circle(48))
    for at, size in ((-0.72 * r, 0.09 * r), (0.72 * r, 0.05 * r)):
        patches += _bung(at, size, h - sunk, 0.6 * sunk)
    collision = compound(
        turned_hull([(r, 0.0), (r, h)], columns=32),
        *(
            turned_hull([(r, z - 1.2 * hoop), (r + hoop, z), (r, z + 1.2 * hoop)], columns=32)
            for z in (0.345 * h, 0.655 * h)
        ),
    )
    side_length = float(np.sqrt(2) * r)
    return Draft(
        patches,
        collision,
        colors={"bung": (0.62, 0.63, 0.65)},
        surfaces={"top": Surface((0.0, 0.0, h), (side_length, side_length))},
    )


def _bung(x: float, radius: float, base: float, height: float) -> list[Patch]:
    """A screwed plug a hair above the head."""
    place = np.eye(4)
    place[:3, 3] = (x, 0.0, base + 0.05 * height)
    plug = [
        (0, 0),
        (radius, 0),
        (radius, height),
        (0.6 * radius, height),
        (0.6 * radius, 0.5 * height),
        (0, 0.5 * height),
    ]
    bends = [0, 0.1 * height, 0.2 * height, 0.1 * height, 0.1 * height, 0]
    return [moved(patch, place) for patch in sweep(polyline(plug, bends, step=45.0), circle(16), slot="bung")]


def bowl(shape: shapes.Bowl) -> Draft:
    """A bowl standing on z = 0: half an ellipsoid, hollow, on a foot ring."""
    r, h, wall = shape.radius, shape.height, shape.wall
    foot = 0.06 * h
    if wall > 0.4 * r or wall > 0.5 * (h - foot):
        raise Rejected("draw", f"a bowl of radius {r:g} m and height {h:g} m can't have walls of {wall:g} m.")
    centre = h - wall / 2
    outer, inner = (r, centre - foot), (r - wall, centre - foot - wall)
    stand = float(np.arcsin(0.44))
    under = centre - outer[1] * np.cos(stand)
    base = polyline(
        [(0, 0.7 * foot), (0.35 * r, 0.7 * foot), (0.37 * r, 0), (0.44 * r, 0), (0.44 * r, under)],
        [0, 0.2 * foot, 0.3 * foot, 0.3 * foot, 0],
        step=45.0,
    )
    half = np.linspace(0, np.pi, 7)
    facing = np.column_stack([np.cos(half), np.sin(half)])
    rim = Strip(facing * wall / 2 + (r - wall / 2, centre), facing)
    shell = _ellipse(*outer, centre, np.linspace(stand, np.pi / 2, 11))
    hollow = _ellipse(*inner, centre, np.linspace(np.pi / 2, 0, 13))
    hollow = Strip(hollow.points, -hollow.normals)
    patches = sweep([*base, shell, rim, hollow], circle(64))

    stations = np.radians([24.0, 48.0, 70.0, 90.0])
    inside = [(inner[0] * np.sin(a), centre - inner[1] * np.cos(a)) for a in stations]
    outside = [(outer[0] * np.sin(a), centre - outer[1] * np.cos(a)) for a in stations]
    inside[-1], outside[-1] = (inside[-1][0], h), (outside[-1][0], h)
    hulls = [turned_hull([(0.44 * r, 0.0), outside[0], (inside[0][0], centre - inner[1])], columns=16)]
    for k in range(3):
        hulls += ring_hulls(inside[k : k + 2], outside[k : k + 2], count=16)
    return Draft(patches, compound(*hulls))


def _ellipse(a: float, b: float, centre: float, angles: Doubles) -> Strip:
    """An arc of the ellipse about (0, centre), by angle from its lowest point, normals outward."""
    points = np.column_stack([a * np.sin(angles), centre - b * np.cos(angles)])
    points[np.isclose(angles, 0.0), 0] = 0.0
    normals = np.column_stack([np.sin(angles) / a, -np.cos(angles) / b])
    return Strip(points, normals / np.linalg.norm(normals, axis=1, keepdims=True))
