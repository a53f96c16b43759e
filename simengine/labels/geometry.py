"""Poses and oriented boxes of objects in the frames of the world and of a camera."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from simengine.assets.mesh import Mesh
from simengine.dataset.record import Box3dRecord, PoseRecord
from simengine.render.camera import project_points
from simengine.render.model import RenderCamera, Shutter
from simengine.render.rolling import project_rolling

__all__ = ["inverse", "object_extent", "oriented_box", "pose_records"]

Doubles = NDArray[np.float64]

_CORNERS = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) - 0.5
_extents: WeakKeyDictionary[Mesh, tuple[Doubles, Doubles]] = WeakKeyDictionary()


def inverse(transform: Doubles) -> Doubles:
    """Inverse of a rigid transform, shape (4, 4)."""
    result = np.eye(4)
    result[:3, :3] = transform[:3, :3].T
    result[:3, 3] = -transform[:3, :3].T @ transform[:3, 3]
    return result


def pose_records(transforms: Doubles) -> list[PoseRecord]:
    """Rigid transforms, shape (N, 4, 4), as positions and quaternions, each quaternion's w not negative."""
    if not len(transforms):
        return []
    rotations = Rotation.from_matrix(transforms[:, :3, :3]).as_quat(canonical=True).tolist()
    positions = transforms[:, :3, 3].tolist()
    return [PoseRecord(position, rotation) for position, rotation in zip(positions, rotations, strict=True)]


def object_extent(meshes: Sequence[Mesh], transforms: Sequence[Doubles]) -> tuple[Doubles, Doubles]:
    """Lowest and highest coordinates of an object along the axes of its first part [m], shapes (3,).

    Exact for one part; of an articulated object the boxes of the parts are enclosed.

    Args:
        meshes: Its parts.
        transforms: World from part, shape (4, 4) each.
    """
    if len(meshes) == 1:
        return _mesh_extent(meshes[0])
    points = []
    for mesh, transform in zip(meshes, transforms, strict=True):
        low, high = _mesh_extent(mesh)
        relative = inverse(transforms[0]) @ transform
        points.append((0.5 * (low + high) + _CORNERS * (high - low)) @ relative[:3, :3].T + relative[:3, 3])
    stacked = np.concatenate(points)
    return stacked.min(axis=0), stacked.max(axis=0)


def oriented_box(
    low: Doubles,
    high: Doubles,
    world_from_object: Doubles,
    rotation: list[float],
    camera: RenderCamera,
    *,
    shutter: Shutter | None = None,
    moved: Doubles | None = None,
) -> Box3dRecord:
    """The box between two corners of an object's frame, seen from a camera through its lens.

    Args:
        low: Lowest coordinates in the object's frame [m], shape (3,).
        high: Highest coordinates [m], shape (3,).
        world_from_object: Pose of the object, shape (4, 4).
        rotation: Camera from object, quaternion xyzw.
        camera: The camera.
        shutter: Its shutter, if it is a rolling one: each corner is then where the row that shows it saw it.
        moved: Poses of the object in the shutter's states, shape (S, 4, 4).
    """
    size = high - low
    own = 0.5 * (low + high) + np.concatenate([_CORNERS, np.zeros((1, 3))]) * size
    corners = own @ world_from_object[:3, :3].T + world_from_object[:3, 3]
    if shutter is None or moved is None:
        pixels, _ = project_points(camera, corners[:8])
    else:
        pixels, _ = project_rolling(
            camera, shutter, own[:8] @ moved[:, :3, :3].transpose(0, 2, 1) + moved[:, None, :3, 3]
        )
    center = inverse(camera.world_from_camera) @ [*corners[8], 1.0]
    return Box3dRecord(
        center=center[:3].tolist(),
        size=size.tolist(),
        rotation=rotation,
        corners=[None if np.isnan(x) else [x, y] for x, y in pixels.tolist()],
    )


def _mesh_extent(mesh: Mesh) -> tuple[Doubles, Doubles]:
    if mesh not in _extents:
        _extents[mesh] = mesh.vertices.min(axis=0).astype(float), mesh.vertices.max(axis=0).astype(float)
    return _extents[mesh]
