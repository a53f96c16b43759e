"""Where a body sticks out and where it is hollow: the share of a small ball about each point that is solid.

One half on plain faces, a quarter on square edges, more than a half in inner corners (H. Pottmann et al., Integral
invariants for robust geometry processing, CAGD 26(1), 2009), whatever the triangles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Mesh

__all__ = ["SolidGrid", "solid_grid"]

MOST_CELLS = 64
"""Cells along an axis, without the margin."""

THIN = 0.25
"""Share below which the middle of a triangle counts as lying on a part that is too thin."""

_COLUMNS = 2  # rays along an edge of a cell


@dataclass(frozen=True, eq=False)
class SolidGrid:
    """The share on a grid in the mesh's frame.

    Attributes:
        cells: Share of 255, shape (Z, Y, X).
        low: Middle of the first cell [m], x, y, z.
        cell: Edges of a cell [m].
    """

    cells: NDArray[np.uint8]
    low: NDArray[np.float64]
    cell: NDArray[np.float64]


def solid_grid(mesh: Mesh, *, edge: float = 0.0) -> SolidGrid | None:
    """Bakes a mesh, at an edge width [m]; 0 for 4 % of its diagonal.

    Closed surfaces count as bodies, also where they overlap; an open one is the skin of all that lies behind it.

    Returns:
        The grid; None for a mesh whose parts are too thin for it (the posts of a rack): all of it would be edges.
    """
    from scipy.ndimage import gaussian_filter, map_coordinates

    low, high = mesh.vertices.min(axis=0).astype(float), mesh.vertices.max(axis=0).astype(float)
    extent = high - low
    reach = (edge or 0.04 * float(np.linalg.norm(extent))) / 2
    thin = float(extent[extent > 1e-3 * extent.max()].min())
    reach = min(reach, thin / 4)
    cell = np.maximum(np.minimum(reach, np.where(extent > 0, extent, 1.0) / 4), extent / MOST_CELLS)
    spread = np.maximum(reach / cell, 0.5)
    margin = np.ceil(2.5 * spread).astype(int) + 1
    count = np.ceil(extent / cell - 1e-9).astype(int) + 2 * margin
    start = low - margin * cell - (count - 2 * margin - extent / cell) * cell / 2
    filled = _fill(mesh, start, cell, count)
    share = gaussian_filter(filled, spread[::-1], mode="nearest", truncate=2.5)
    corners = mesh.vertices[mesh.faces[:: 1 + len(mesh.faces) // 20_000]].astype(float)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    middles = (corners.mean(axis=1) - start) / cell - 0.5
    if area[map_coordinates(share, middles[:, ::-1].T, order=1, mode="nearest") < THIN].sum() > area.sum() / 4:
        return None
    return SolidGrid(np.rint(share * 255).astype(np.uint8), start + cell / 2, cell)


def _fill(
    mesh: Mesh, start: NDArray[np.float64], cell: NDArray[np.float64], count: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The share of each cell that is solid, by rays along z, shape (Z, Y, X)."""
    from simengine.render.device import load_warp

    wp = load_warp()
    from simengine.render.kernels.columns import cross_columns

    scale = (1.0 / cell).astype(np.float32)
    points = wp.array((mesh.vertices - start).astype(np.float32), dtype=wp.vec3, device="cpu")
    faces = np.ascontiguousarray(mesh.faces, np.int32).ravel()
    solid = wp.Mesh(points, wp.array(faces, dtype=wp.int32, device="cpu"))
    rays = count[1] * _COLUMNS, count[0] * _COLUMNS
    steps = wp.zeros((*(int(n) for n in rays), int(count[2]) + 2), dtype=wp.float32, device="cpu")
    height = float(count[2] * cell[2])
    inputs = [solid.id, wp.vec3(*cell), wp.vec3(*scale), _COLUMNS, height, steps]
    wp.launch(cross_columns, dim=steps.shape[:2], inputs=inputs, device="cpu")
    level = np.cumsum(steps.numpy(), axis=-1)[..., : count[2]]
    level -= np.minimum(level.min(axis=-1, keepdims=True), 0)  # what a surface leaves without having been entered
    level = np.clip(level, 0, 1).reshape(count[1], _COLUMNS, count[0], _COLUMNS, count[2]).mean(axis=(1, 3))
    return np.ascontiguousarray(level.transpose(2, 0, 1))
