"""Open trays with a rounded rim."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from simengine.assets.draft import Draft
from simengine.assets.hulls import box_hull, compound, prism_hull
from simengine.assets.mesh import Surface
from simengine.assets.profile import polyline
from simengine.assets.sweep import fan, rounded_rectangle, sweep

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["tray"]


def tray(shape: shapes.Tray) -> Draft:
    """A tray: floor at z = 0, wall all round, half-round rim, small fillets where wall and floor meet."""
    (x, y), height, wall = shape.size, shape.height, shape.wall
    fillet = min(0.4 * wall, 0.4 * height, 0.2 * min(x, y))
    corner = max(min(shape.rounding, 0.45 * min(x, y)), fillet)
    around = rounded_rectangle((x, y), corner, step=10.0)
    profile = polyline(
        [(0, -wall), (wall, -wall), (wall, height), (0, height), (0, 0), (-fillet, 0)],
        [0, 0.25 * wall, 0.5 * wall, 0.5 * wall, fillet, 0],
    )
    patches = [
        fan(around.at(-fillet, 0.0), (0, 0, 1), slot="floor"),
        *sweep(profile, around, slot="rim"),
        fan(around.at(0.0, -wall)[::-1], (0, 0, -1), slot="rim"),
    ]

    floor = box_hull((-x / 2 - wall, -y / 2 - wall, -wall), (x / 2 + wall, y / 2 + wall, 0.0))
    walls = []
    if corner < 2 * wall:
        corner = 0.0
        floor_hulls = [floor]
        straight = (x / 2 + wall, y / 2)
    else:
        floor_hulls = [prism_hull(around.at(wall, 0.0)[:-1, :2], -wall, 0.0)]
        straight = (x / 2 - corner, y / 2 - corner)
    for sign in (-1.0, 1.0):
        (ax, ay), inner_x, inner_y = straight, sign * x / 2, sign * y / 2
        walls.append(
            box_hull((-ax, *_span(inner_y, sign * wall)[:1], 0.0), (ax, *_span(inner_y, sign * wall)[1:], height))
        )
        walls.append(box_hull((_span(inner_x, sign * wall)[0], -ay, 0.0), (_span(inner_x, sign * wall)[1], ay, height)))
    if corner > 0:
        walls += _corner_walls(x, y, corner, wall, height)
    return Draft(
        patches,
        compound(*floor_hulls, *walls),
        colors={"rim": (0.06, 0.06, 0.065)},
        surfaces={"top": Surface((0.0, 0.0, 0.0), (x, y))},
    )


def _span(start: float, step: float) -> tuple[float, float]:
    return min(start, start + step), max(start, start + step)


def _corner_walls(x: float, y: float, radius: float, wall: float, height: float) -> list[np.ndarray]:
    """Prisms along the rounded corners, 22.5 degrees each; their inner sides stay outside the hollow."""
    widen = 1 / np.cos(np.pi / 16)
    hulls = []
    for quarter in range(4):
        centre = (
            np.array([1, -1, -1, 1][quarter] * (x / 2 - radius)),
            np.array([1, 1, -1, -1][quarter] * (y / 2 - radius)),
        )
        angles = quarter * np.pi / 2 + np.linspace(0, np.pi / 2, 5)
        for a, b in pairwise(angles):
            ring = [(r * np.cos(t), r * np.sin(t)) for r in (radius * widen, radius + wall) for t in (a, b)]
            hulls.append(prism_hull(np.array(ring) + np.array(centre), 0.0, height))
    return hulls
