"""Windows in the picture plane that hold the whole outline of an object."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Mesh
from simengine.render.model import RenderCamera

__all__ = ["Window", "outline_window"]

NEAR = 1e-5
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

    Args:
        parts: Meshes and their transforms (camera from mesh), shape (4, 4).
        camera: The camera.

    """
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for mesh, transform in parts:
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
        if len(points):
            z = np.maximum(points[:, 2], NEAR)
            pixels = points[:, :2] / z[:, None] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
            low, high = np.minimum(low, pixels.min(axis=0)), np.maximum(high, pixels.max(axis=0))
    if not (low < high).all():
        return Window()
    size = np.array([camera.width, camera.height])
    wanted = np.array([np.floor(low - 0.5), np.ceil(high + 0.5)])
    kept = np.clip(wanted, -size, 2 * size).astype(int)
    if (kept[0] >= kept[1]).any():  # wholly beyond the window
        return Window(cut=True)
    left, top, right, bottom = (int(v) for v in kept.ravel())
    return Window(left, top, right, bottom, cut=bool((wanted != kept).any()))
