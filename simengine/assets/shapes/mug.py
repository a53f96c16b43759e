"""Mugs with a handle that grows out of the wall."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound, ring_hulls, turned_hull
from simengine.assets.patch import Patch
from simengine.assets.profile import polyline
from simengine.assets.sweep import circle, grid, sweep
from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["mug"]

Doubles = NDArray[np.float64]

_COLUMNS = 64
_HALF = 2  # columns on either side of the handle's middle that its root takes up
_ROWS = 4  # rows of a root


def mug(shape: shapes.Mug) -> Draft:
    """A mug standing on z = 0, its handle towards +x."""
    r, h, wall = shape.radius, shape.height, shape.wall
    floor = 1.4 * wall
    if wall > 0.4 * r or wall > 0.16 * h:
        raise Rejected("draw", f"a mug of radius {r:g} m and height {h:g} m can't have walls of {wall:g} m.")
    low, high = min(0.14 * r, 0.12 * h), h - 0.75 * wall
    foot = 0.3 * wall
    base = polyline(
        [(0, foot), (0.72 * r, foot), (0.75 * r, 0), (r, 0), (r, low)],
        [0, foot, foot, 0.8 * min(low, 0.25 * r), 0],
        step=22.5,
    )
    inside = polyline(
        [(r, high), (r, h), (r - wall, h), (r - wall, floor), (0, floor)],
        [0, wall / 2, wall / 2, min(0.25 * r, 0.3 * h), 0],
        step=22.5,
    )
    grip = min(0.54 * h, 1.4 * r)  # from root to root
    thick = min(0.1 * r, 0.12 * grip)
    reach = 1.4 * thick
    middle = np.clip(0.51 * h, low + 0.5 * grip + 1.2 * reach, high - 0.5 * grip - 1.2 * reach)
    span = middle + np.array([-0.5, 0.5]) * grip
    around = circle(_COLUMNS)
    path, frames = _path(r, span, min(0.62 * r, 0.8 * grip))
    patches = [
        *sweep(base, around),
        *sweep(inside, around),
        *_wall(r, low, high, span, reach),
        *_handle(r, thick, span, reach, path, frames),
    ]
    hulls = [turned_hull([(0.9 * r, 0.0), (r, 0.5 * low), (r, floor)], columns=16)]
    hulls += ring_hulls([(r - wall, floor), (r - wall, h)], [(r, floor), (r, h)], count=16)
    hulls += _handle_hulls(r, thick, path, frames)
    return Draft(patches, compound(*hulls))


def _roots(span: Doubles, reach: float) -> list[Doubles]:
    """Heights of the rows of the lower and the upper root."""
    return [np.linspace(z - reach, z + reach, _ROWS + 1) for z in span]


def _wall(r: float, low: float, high: float, span: Doubles, reach: float) -> list[Patch]:
    """The outer wall with a window for each root of the handle."""
    lower, upper = _roots(span, reach)
    rows = np.concatenate([[low], lower, upper, [high]])
    angles = (np.arange(_COLUMNS + 1) + 0.0) * (2 * np.pi / _COLUMNS)
    angles[-1] = 0.0
    facing = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(len(angles))])
    points = np.broadcast_to(r * facing, (len(rows), len(angles), 3)).copy()
    points[..., 2] = rows[:, None]
    normals = np.broadcast_to(facing, points.shape)
    skin = grid(points, normals, v=(rows - low) / (high - low))
    quads = np.arange(len(skin.faces)) // 2
    row, column = quads // _COLUMNS, quads % _COLUMNS
    at_root = ((row >= 1) & (row <= _ROWS)) | ((row >= _ROWS + 2) & (row <= 2 * _ROWS + 1))
    window = at_root & ((column < _HALF) | (column >= _COLUMNS - _HALF))
    assert skin.normals is not None and skin.uv is not None
    return [Patch(skin.vertices, skin.faces[~window], skin.normals[~window], skin.uv[~window], skin.slot)]


def _path(r: float, span: Doubles, out: float) -> tuple[Doubles, Doubles]:
    """The handle's middle line in the xz plane (N, 2) and its normals, which start upwards (N, 2)."""
    lead, bend = 0.2 * out, 0.46 * (span[1] - span[0])
    corners = [(r + lead, span[0]), (r + out, span[0] + 0.1 * bend), (r + out, span[1]), (r + lead, span[1])]
    strips = polyline(corners, min(bend, 0.9 * out), step=11.0)
    points = np.concatenate([strip.points for strip in strips])
    normals = np.concatenate([strip.normals for strip in strips])
    return points, -normals


def _window(r: float, rows: Doubles) -> tuple[Doubles, Doubles]:
    """The border of a window, counter-clockwise seen from outside: angles about +x and heights, closed."""
    step = 2 * np.pi / _COLUMNS
    across = np.arange(-_HALF, _HALF + 1) * step
    bottom = [(a, rows[0]) for a in across[:-1]]
    right = [(across[-1], z) for z in rows[:-1]]
    top = [(a, rows[-1]) for a in across[:0:-1]]
    left = [(across[0], z) for z in rows[:0:-1]]
    border = np.array([*bottom, *right, *top, *left, bottom[0]])
    return border[:, 0], border[:, 1]


def _handle(r: float, thick: float, span: Doubles, reach: float, path: Doubles, frames: Doubles) -> list[Patch]:
    """A tube of elliptic section between the windows, flared at its roots."""
    lower, upper = _roots(span, reach)
    wide = 0.16 * r
    border, _ = _window(r, lower)
    half = np.abs(border).max()
    # Even steps around the section, from the window's first corner on.
    around = -3 * np.pi / 4 + np.arange(len(border)) * (2 * np.pi / (len(border) - 1))
    c, s = np.cos(around), np.sin(around)
    length = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    flare = 1 + 0.25 * np.exp(-((np.minimum(length, length[-1] - length) / (0.15 * r)) ** 2))
    rings, facing = [], []
    for (x, z), (nx, nz), scale in zip(path, frames, flare, strict=True):
        a, b = wide * scale, thick * scale
        rings.append(np.column_stack([x + b * s * nx, a * c, z + b * s * nz]))
        normal = np.column_stack([s * nx / b, c / a, s * nz / b])
        facing.append(normal / np.linalg.norm(normal, axis=1, keepdims=True))

    def root(rows: Doubles, middle: float) -> list[tuple[Doubles, Doubles]]:
        """The window's border and the ellipse on the wall that the tube grows from: points and normals."""
        ellipse = 0.92 * half * c, middle + 0.92 * reach * s
        found = []
        for turn, z in (_window(r, rows), ellipse):
            normal = np.column_stack([np.cos(turn), np.sin(turn), np.zeros(len(turn))])
            found.append((np.column_stack([r * normal[:, :2], z]), normal))
        return found

    # The path turns over on its way, so the upper root is met upside down: count its points backwards.
    flip = (3 * (len(border) - 1) // 4 - np.arange(len(border))) % (len(border) - 1)
    start, end = root(lower, span[0]), [(p[flip], n[flip]) for p, n in root(upper, span[1])]
    points = np.stack([start[1][0], *rings, end[1][0]])
    normals = np.stack([_between(start[1][1], facing[0]), *facing, _between(end[1][1], facing[-1])])
    patches = [grid(points, normals)]
    for inner, outer in (start, end[::-1]):
        patches.append(grid(np.stack([inner[0], outer[0]]), np.stack([inner[1], outer[1]])))
    return patches


def _between(first: Doubles, second: Doubles) -> Doubles:
    middle = first + second
    return middle / np.linalg.norm(middle, axis=1, keepdims=True)


def _handle_hulls(r: float, thick: float, path: Doubles, frames: Doubles) -> list[NDArray[np.float32]]:
    """Short convex pieces along the handle."""
    stations = np.linspace(0, len(path) - 1, 7).round().astype(int)
    angles = np.arange(8) * (np.pi / 4)
    rings = []
    for i in stations:
        (x, z), (nx, nz) = path[i], frames[i]
        s = thick * np.sin(angles)
        rings.append(np.column_stack([x + s * nx, 0.16 * r * np.cos(angles), z + s * nz]))
    ends = [ring.copy() for ring in (rings[0], rings[-1])]
    for end in ends:
        end[:, 0] = 0.97 * r
    chain = [ends[0], *rings, ends[1]]
    return [np.vstack(pair).astype(np.float32) for pair in pairwise(chain)]
