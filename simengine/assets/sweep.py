"""Surfaces from curves: grids, bodies of revolution, profiles swept around an outline, flat faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.assets.patch import Patch
from simengine.assets.profile import Strip, polyline

__all__ = ["Outline", "circle", "fan", "grid", "outline", "rounded_rectangle", "stitch", "sweep"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outline:
    """A closed curve in the xy plane that a profile is swept around.

    A profile point (offset, z) at column t stands at ``base[t] + offset * reach[t]``. The last
    column repeats the first; sharp corners appear twice, once with each normal.

    Attributes:
        base: Positions at offset 0 [m], shape (T, 2).
        reach: Motion per unit of offset, shape (T, 2); unit vectors except at mitred corners.
        normals: Unit outward normals, shape (T, 2).
    """

    base: Doubles
    reach: Doubles
    normals: Doubles

    def at(self, offset: float, z: float) -> Doubles:
        """The ring of points of one profile point, shape (T, 3)."""
        ring = self.base + offset * self.reach
        return np.column_stack([ring, np.full(len(ring), z)])


def circle(columns: int = 64) -> Outline:
    """The outline of a body of revolution: offsets are radii."""
    angles = np.arange(columns + 1) * (2 * np.pi / columns)
    angles[-1] = 0.0
    around = np.column_stack([np.cos(angles), np.sin(angles)])
    return Outline(np.zeros_like(around), around, around)


def outline(strips: Sequence[Strip]) -> Outline:
    """The outline of a closed curve (see `polyline`), counter-clockwise, with mitred corners."""
    points = np.concatenate([strip.points for strip in strips])
    normals = np.concatenate([strip.normals for strip in strips])
    points, normals = np.vstack([points, points[:1]]), np.vstack([normals, normals[:1]])
    reach = normals.copy()
    ends = np.cumsum([len(strip.points) for strip in strips])
    for end in ends:
        a, b = end - 1, end % ends[-1]
        miter = normals[a] + normals[b]
        miter = 2 * miter / max(float(miter @ miter), 1e-12)
        reach[a] = reach[b] = miter
    reach[-1] = reach[0]
    return Outline(points, reach, normals)


def rounded_rectangle(size: Sequence[float], radius: float, *, step: float = 15.0) -> Outline:
    """A centred rectangle with rounded corners; offsets keep the corners round."""
    x, y = size[0] / 2, size[1] / 2
    return outline(polyline([(-x, -y), (x, -y), (x, y), (-x, y)], radius, closed=True, step=step))


def grid(points: Doubles, normals: Doubles | None, *, slot: str = "body", v: Doubles | None = None) -> Patch:
    """Quads over a grid of points, split into triangles.

    Args:
        points: Positions, shape (N, T, 3): rows run up, columns run counter-clockwise.
        normals: Unit normals of the same shape, or None.
        slot: Material slot.
        v: Texture coordinate of each row, shape (N,); by row number if absent. u runs with the columns.
    """
    rows, columns = points.shape[:2]
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    faces = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], axis=2).reshape(-1, 3)
    along = np.linspace(0.0, 1.0, rows) if v is None else v
    uv = np.stack(np.broadcast_arrays(np.linspace(0.0, 1.0, columns)[None, :], along[:, None]), -1).reshape(-1, 2)
    flat = None if normals is None else normals.reshape(-1, 3)[faces]
    return Patch(points.reshape(-1, 3), faces, flat, uv[faces], slot)


def sweep(strips: Sequence[Strip], around: Outline, *, slot: str = "body") -> list[Patch]:
    """A profile of (offset, z) points carried around an outline; `circle` gives bodies of revolution.

    The profile runs so that its right side is outside (see `Strip`). Texture coordinates: u once
    around, v along the profile.
    """
    lengths = [np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(s.points, axis=0), axis=1))] for s in strips]
    starts = np.cumsum([0.0, *(length[-1] for length in lengths)])
    patches = []
    for strip, length, start in zip(strips, lengths, starts[:-1], strict=True):
        offset, z = strip.points[:, 0, None, None], strip.points[:, 1, None]
        plane = around.base[None] + offset * around.reach[None]
        points = np.concatenate([plane, np.broadcast_to(z[..., None], (*plane.shape[:2], 1))], axis=2)
        normals = np.concatenate(
            [
                strip.normals[:, 0, None, None] * around.normals[None],
                np.broadcast_to(strip.normals[:, 1, None, None], (*plane.shape[:2], 1)),
            ],
            axis=2,
        )
        patches.append(grid(points, normals, slot=slot, v=(start + length) / starts[-1]))
    return patches


def fan(ring: Doubles, normal: Sequence[float], *, slot: str = "body", centre: Sequence[float] | None = None) -> Patch:
    """A flat face inside a closed ring, counter-clockwise about `normal`, star-shaped about its centre.

    Args:
        ring: Positions, shape (T, 3), the last equal to the first.
        normal: Unit normal.
        slot: Material slot.
        centre: The common point; the middle of the ring if absent.
    """
    middle = ring[:-1].mean(axis=0) if centre is None else np.asarray(centre, np.float64)
    count = len(ring) - 1
    vertices = np.vstack([ring[:-1], middle])
    i = np.arange(count)
    faces = np.column_stack([np.full(count, count), i, (i + 1) % count])
    return Patch(vertices, faces, np.broadcast_to(np.asarray(normal, np.float64), (count, 3, 3)).copy(), None, slot)


def stitch(
    inner: Doubles, outer: Doubles, normal: Sequence[float] | None, *, slot: str = "body", by: str = "angle"
) -> Patch:
    """Triangles between two rings (or two open chains) with any numbers of points.

    Args:
        inner: Positions, shape (A, 3); a closed ring repeats its first point.
        outer: Positions, shape (B, 3), running alongside, to the right of the inner.
        normal: Unit normal of the flat face, or None to find normals from the geometry.
        slot: Material slot.
        by: How to pair the chains: ``angle`` about the z axis, or ``length`` along the chains.
    """
    s, t = (_parameter(chain, by) for chain in (inner, outer))
    faces = []
    i = j = 0
    while i < len(inner) - 1 or j < len(outer) - 1:
        if j == len(outer) - 1 or (i < len(inner) - 1 and s[i] + s[i + 1] < t[j] + t[j + 1]):
            faces.append((i, len(inner) + j, i + 1))
            i += 1
        else:
            faces.append((i, len(inner) + j, len(inner) + j + 1))
            j += 1
    array = np.array(faces)
    normals = None if normal is None else np.broadcast_to(np.asarray(normal, np.float64), (len(array), 3, 3)).copy()
    return Patch(np.vstack([inner, outer]), array, normals, None, slot)


def _parameter(chain: Doubles, by: str) -> Doubles:
    if by == "angle":
        return np.unwrap(np.arctan2(chain[:, 1], chain[:, 0]))
    length = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=1))]
    return length / length[-1]
