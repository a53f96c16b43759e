"""Windows in the picture plane that hold the whole outline of an object."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Mesh
from simengine.render.distortion import distort, limit
from simengine.render.model import Distortion, RenderCamera

__all__ = ["Window", "clipped", "outline_window", "widest_window"]

NEAR = 1e-5
_ALONG = 33  # points on an edge of a box that a lens bends
_EDGES = np.array([(a, a | 1 << k) for a in range(8) for k in range(3) if not a & 1 << k])


def _corners(mesh: Mesh) -> NDArray[np.float64]:
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    return np.array([[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)], float)


class Window(NamedTuple):
    """Whole pixels, exclusive at right and bottom; `cut` tells whether an object's bounds go on beyond."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0
    cut: bool = False

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel: the object is behind the camera or far outside the picture."""
        return self.right <= self.left or self.bottom <= self.top


def outline_window(parts: list[tuple[Mesh, NDArray[np.float64]]], camera: RenderCamera) -> Window:
    """Bounds of what an object can cover, at most one picture size beyond each edge of the picture.

    A picture that is a part of another has the bounds of the whole.

    Args:
        parts: Meshes and their transforms (camera from mesh), shape (4, 4).
        camera: The camera.

    """
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for mesh, transform in parts:
        lens = camera.distortion
        pixels = _seen_by_lens(mesh, transform, camera, lens) if lens else _seen_by_pinhole(mesh, transform, camera)
        if pixels is None:
            return clipped(widest_window(camera), camera)._replace(cut=True)
        if len(pixels):
            low, high = np.minimum(low, pixels.min(axis=0)), np.maximum(high, pixels.max(axis=0))
    if not (low < high).all():
        return Window()
    return clipped(np.array([np.floor(low - 0.5), np.ceil(high + 0.5)]), camera)


def clipped(wanted: NDArray[Any], camera: RenderCamera) -> Window:
    """Bounds [[left, top], [right, bottom]] as far as outlines are traced.

    Args:
        wanted: Pixels, shape (2, 2).
        camera: The camera.
    """
    widest = widest_window(camera)
    kept = np.clip(wanted, widest[0], widest[1]).astype(int)
    if (kept[0] >= kept[1]).any():  # wholly beyond the window
        return Window(cut=True)
    left, top, right, bottom = (int(v) for v in kept.ravel())
    return Window(left, top, right, bottom, cut=bool((wanted != kept).any()))


def widest_window(camera: RenderCamera) -> NDArray[np.int64]:
    """The whole picture and one more on each side, [[left, top], [right, bottom]]."""
    whole = camera.whole
    size, start = np.array([whole.width, whole.height]), np.array([whole.left, whole.top])
    return np.array([-size - start, 2 * size - start])


def _seen_by_pinhole(mesh: Mesh, transform: NDArray[np.float64], camera: RenderCamera) -> NDArray[np.float64]:
    """Points of the picture whose hull holds the mesh, shape (n, 2)."""
    exact = len(mesh.vertices) <= 512
    points = mesh.vertices if exact else _corners(mesh)
    points = points @ transform[:3, :3].T + transform[:3, 3]
    if (points[:, 2] <= NEAR).any():
        corners = _corners(mesh) @ transform[:3, :3].T + transform[:3, 3]
        a, b = corners[_EDGES[:, 0]], corners[_EDGES[:, 1]]
        crosses = (a[:, 2] > NEAR) != (b[:, 2] > NEAR)
        a, b = a[crosses], b[crosses]
        cut = a + (b - a) * ((NEAR - a[:, 2]) / (b[:, 2] - a[:, 2]))[:, None]
        points = np.concatenate([corners[corners[:, 2] > NEAR], cut])
    z = np.maximum(points[:, 2], NEAR)
    return points[:, :2] / z[:, None] * (camera.fx, camera.fy) + (camera.cx, camera.cy)


def _seen_by_lens(
    mesh: Mesh, transform: NDArray[np.float64], camera: RenderCamera, lens: Distortion
) -> NDArray[np.float64] | None:
    """Points of the picture that bound the mesh, shape (n, 2); None where it may be anywhere.

    The outline of a box is made of its edges; a lens maps inside to inside. So the edges of the mesh's box, closely
    followed, bound it, as long as it doesn't hold the eye or lie right behind it. Parts of them beyond the angle that
    the lens reaches are moved there.
    """
    inverse = transform[:3, :3].T
    eye, back = -inverse @ transform[:3, 3], -inverse[:, 2]
    low, high = mesh.vertices.min(axis=0) - NEAR, mesh.vertices.max(axis=0) + NEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.sort([(low - eye) / back, (high - eye) / back], axis=0)
    ends = np.where(np.isnan(ends), [[-np.inf], [np.inf]], ends)
    if max(ends[0].max(), 0.0) <= ends[1].min():
        return None
    corners = _corners(mesh) @ transform[:3, :3].T + transform[:3, 3]
    a, b = corners[_EDGES[:, 0], None], corners[_EDGES[:, 1], None]
    points = (a + (b - a) * np.linspace(0, 1, _ALONG)[:, None]).reshape(-1, 3)
    across = np.hypot(points[:, 0], points[:, 1])
    angle = np.arctan2(across, points[:, 2])
    widest = limit(lens) * (1 - 1e-9)
    if angle.min() > widest and not _around_axis(points):
        return np.zeros((0, 2))
    angle = np.minimum(angle, widest)
    side = points[:, :2] / np.maximum(across, 1e-12)[:, None]
    plane = distort(lens, np.column_stack([side * np.sin(angle)[:, None], np.cos(angle)]))
    plane = plane.reshape(len(_EDGES), _ALONG, 2)
    slack = np.abs(np.diff(plane, n=2, axis=1)).max(initial=0.0)  # bounds the bow between two points of an edge
    plane = plane.reshape(-1, 2)
    plane = np.concatenate([plane, [plane.min(axis=0) - slack, plane.max(axis=0) + slack]])
    return plane * (camera.fx, camera.fy) + (camera.cx, camera.cy)


def _around_axis(points: NDArray[np.float64]) -> bool:
    """Whether points seen from the axis lie on all its sides."""
    turns = np.sort(np.arctan2(points[:, 1], points[:, 0]))
    gaps = np.diff(turns, append=turns[0] + 2 * np.pi)
    return bool(gaps.max() < np.pi)
