"""Plain solids: plane, box, sphere, cylinder, capsule, cone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound, turned_hull
from simengine.assets.mesh import Collision, Surface
from simengine.assets.patch import Patch, moved
from simengine.assets.profile import Strip, polyline
from simengine.assets.rounded_box import rounded_box, rounded_box_hull
from simengine.assets.solid import Solid
from simengine.assets.sweep import circle, sweep

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["box", "capsule", "cone", "cylinder", "plane", "sphere"]

_SLIGHT = 0.05
"""Rounding below this share of the smallest extent leaves the exact primitive for physics."""


def plane(shape: shapes.Plane) -> Draft:
    """A slab whose upper face is at z = 0."""
    (x, y), t = shape.size, shape.thickness
    down = np.eye(4)
    down[2, 3] = -t / 2
    return Draft(
        [moved(patch, down) for patch in rounded_box((x, y, t), 0.0)],
        (Collision("box", (x, y, t), offset=(0.0, 0.0, -t / 2)),),
        surfaces={"top": Surface((0.0, 0.0, 0.0), (x, y))},
    )


def box(shape: shapes.Box) -> Draft:
    """A box, its edges rounded by true arcs."""
    radius = min(shape.rounding, min(shape.size) / 2)
    if radius <= _SLIGHT * min(shape.size):
        collision: tuple[Collision, ...] = (Collision("box", shape.size),)
    else:
        collision = compound(rounded_box_hull(shape.size, radius, segments=2 if radius < 0.2 * min(shape.size) else 3))
    x, y, z = shape.size
    top = {"top": Surface((0.0, 0.0, z / 2), (x - 2 * radius, y - 2 * radius))}
    return Draft(rounded_box(shape.size, radius, segments=8), collision, surfaces=top)


def sphere(shape: shapes.Sphere) -> Draft:
    """A sphere of 24 x 48 quads."""
    r = shape.radius
    angles = np.linspace(-np.pi / 2, np.pi / 2, 25)
    return Draft(
        _turned([_arc(r, angles, 0.0)], columns=48),
        (Collision("sphere", (r,)),),
        solid=_solid(4 / 3 * np.pi * r**3, 0.4 * r**2, 0.4 * r**2),
    )


def cylinder(shape: shapes.Cylinder) -> Draft:
    """A cylinder, its rims rounded by true arcs."""
    r, h = shape.radius, shape.height
    rounding = min(shape.rounding, r, h / 2)
    strips = polyline([(0, -h / 2), (r, -h / 2), (r, h / 2), (0, h / 2)], rounding)
    if rounding <= _SLIGHT * min(2 * r, h):
        collision: tuple[Collision, ...] = (Collision("cylinder", (r, h)),)
    else:
        angles = np.linspace(0, np.pi / 2, 3 if rounding < 0.4 * r else 4)
        rings = [(r - rounding * (1 - math.sin(a)), -h / 2 + rounding * (1 - math.cos(a))) for a in angles]
        collision = compound(turned_hull(rings + [(radius, -z) for radius, z in rings], columns=16))
    solid = _solid(np.pi * r**2 * h, (3 * r**2 + h**2) / 12, r**2 / 2) if rounding == 0 else None
    edge = math.sqrt(2) * (r - rounding)
    top = {"top": Surface((0.0, 0.0, h / 2), (edge, edge))}
    return Draft(_turned(strips), collision, surfaces=top, solid=solid)


def capsule(shape: shapes.Capsule) -> Draft:
    """A cylinder closed by half spheres."""
    r, h = shape.radius, shape.height
    low, high = np.linspace(-np.pi / 2, 0, 13), np.linspace(0, np.pi / 2, 13)
    bottom, top = _arc(r, low, -h / 2), _arc(r, high, h / 2)
    strip = Strip(np.vstack([bottom.points, top.points]), np.vstack([bottom.normals, top.normals]))
    tube, ball = np.pi * r**2 * h, 4 / 3 * np.pi * r**3
    volume = tube + ball
    axial = (tube * r**2 / 2 + ball * 0.4 * r**2) / volume
    across = (tube * (3 * r**2 + h**2) / 12 + ball * (0.4 * r**2 + h**2 / 4 + 3 * h * r / 8)) / volume
    return Draft(_turned([strip], columns=48), (Collision("capsule", (r, h)),), solid=_solid(volume, across, axial))


def cone(shape: shapes.Cone) -> Draft:
    """A cone or a frustum."""
    r, t, h = shape.radius, shape.top_radius, shape.height
    strips = polyline([(0, -h / 2), (r, -h / 2), (t, h / 2), (0, h / 2)])
    surfaces = {"top": Surface((0.0, 0.0, h / 2), (math.sqrt(2) * t, math.sqrt(2) * t))} if t > 0 else {}
    return Draft(_turned(strips), compound(turned_hull([(r, -h / 2), (t, h / 2)], columns=32)), surfaces=surfaces)


def _arc(radius: float, angles: np.ndarray, z: float) -> Strip:
    normals = np.column_stack([np.cos(angles), np.sin(angles)])
    normals[np.isclose(np.abs(angles), np.pi / 2), 0] = 0.0
    return Strip(normals * radius + (0.0, z), normals)


def _turned(strips: list[Strip], *, columns: int = 64) -> list[Patch]:
    return sweep(strips, circle(columns))


def _solid(volume: float, across: float, axial: float) -> Solid:
    """A body of revolution, centred, from its squared radii of gyration [m^2]."""
    return Solid(float(volume), (0.0, 0.0, 0.0), volume * np.diag([across, across, axial]).astype(np.float64))
