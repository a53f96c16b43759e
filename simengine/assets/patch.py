"""Triangles on their way to a mesh: patches of one material slot, welded into one surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mapping import box_uv
from simengine.assets.mesh import Mesh
from simengine.assets.normals import corner_normals

__all__ = ["Patch", "assemble", "flipped", "moved", "outwards"]

Doubles = NDArray[np.float64]

_WELD = 1e-6
"""Vertices closer than this share of the bounding box's diagonal are one."""


@dataclass(frozen=True, eq=False)
class Patch:
    """Triangles of one slot, in double precision; neighbours need not share vertices yet.

    Attributes:
        vertices: Positions [m], shape (V, 3).
        faces: Vertex numbers, counter-clockwise seen from outside, shape (F, 3).
        normals: Unit corner normals, shape (F, 3, 3); None to find them from the geometry.
        uv: Corner texture coordinates, shape (F, 3, 2); None for a box mapping over the whole mesh.
        slot: Material slot.
    """

    vertices: Doubles
    faces: NDArray[np.int64]
    normals: Doubles | None = None
    uv: Doubles | None = None
    slot: str = "body"


def moved(patch: Patch, transform: Doubles) -> Patch:
    """A patch under a rigid transform, shape (4, 4)."""
    rotation, shift = transform[:3, :3], transform[:3, 3]
    normals = None if patch.normals is None else patch.normals @ rotation.T
    return replace(patch, vertices=patch.vertices @ rotation.T + shift, normals=normals)


def flipped(patch: Patch) -> Patch:
    """A patch turned inside out."""
    return replace(
        patch,
        faces=patch.faces[:, ::-1],
        normals=None if patch.normals is None else -patch.normals[:, ::-1],
        uv=None if patch.uv is None else patch.uv[:, ::-1],
    )


def outwards(patches: Sequence[Patch]) -> list[Patch]:
    """Patches that close a body, wound alike: turned inside out if they look inwards."""
    corners = np.concatenate([patch.vertices[patch.faces] for patch in patches])
    return list(patches) if np.linalg.det(corners).sum() > 0 else [flipped(patch) for patch in patches]


def assemble(patches: Sequence[Patch], *, key: str, smoothing: float = 40.0) -> Mesh:
    """Welds patches into one mesh: shared vertices, no triangles without area.

    Args:
        patches: At least one patch; slots are numbered in order of appearance.
        key: Content hash of the mesh.
        smoothing: Edges that bend less than this are smooth in patches without normals [degrees].
    """
    names = tuple(dict.fromkeys(patch.slot for patch in patches))
    starts = np.cumsum([0, *(len(patch.vertices) for patch in patches)])
    vertices = np.concatenate([patch.vertices for patch in patches])
    faces = np.concatenate([patch.faces + start for patch, start in zip(patches, starts[:-1], strict=True)])
    slots = np.repeat([names.index(patch.slot) for patch in patches], [len(patch.faces) for patch in patches])

    vertices, welded = _weld(vertices)
    faces = welded[faces]
    keep = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])

    normals = np.concatenate([_or_nan(patch.normals, len(patch.faces), 3) for patch in patches])
    unknown = np.isnan(normals[:, 0, 0])
    wanted = keep & unknown
    if wanted.any():
        normals[wanted] = corner_normals(vertices, faces[wanted], angle=smoothing)
    uv = np.concatenate([_or_nan(patch.uv, len(patch.faces), 2) for patch in patches])
    unmapped = np.isnan(uv[:, 0, 0])
    if unmapped.any():
        uv[unmapped] = box_uv(vertices, faces[unmapped])

    used, faces = np.unique(faces[keep], return_inverse=True)
    return Mesh(
        vertices=vertices[used].astype(np.float32),
        faces=np.ascontiguousarray(faces.reshape(-1, 3), np.int32),
        normals=np.ascontiguousarray(normals[keep], np.float32),
        uv=np.ascontiguousarray(uv[keep], np.float32),
        slots=slots[keep].astype(np.int32),
        slot_names=names,
        key=key,
    )


def _or_nan(values: Doubles | None, count: int, width: int) -> Doubles:
    return np.full((count, 3, width), np.nan) if values is None else values


def _weld(vertices: Doubles) -> tuple[Doubles, NDArray[np.int64]]:
    """Merges vertices that coincide; returns those kept and the new number of each old one."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    tolerance = _WELD * float(np.linalg.norm(np.ptp(vertices, axis=0)))
    pairs = cKDTree(vertices).query_pairs(tolerance, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(vertices),) * 2)
    _, group = connected_components(links, directed=False)
    _, first, number = np.unique(group, return_index=True, return_inverse=True)
    return vertices[first], number.ravel()
