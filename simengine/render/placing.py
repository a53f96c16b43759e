"""Instances as the kernels read them: poses, boxes, and what lies where on the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.render.device import DeviceCache, load_warp, wide_tree
from simengine.render.model import Instance, RenderCamera, RenderScene

__all__ = ["near_to_far", "place_instances", "unbroken_surfaces"]

_RECORD = np.dtype([("rotation", "f4", 9), ("position", "f4", 3), ("reach", "f4", 2), ("tree", "u8", 2)])


def near_to_far(scene: RenderScene, camera: RenderCamera) -> list[int]:
    """Instances by distance from the camera: near ones first hide far ones cheaply."""
    eye = camera.world_from_camera[:3, 3]
    distance = [float(np.linalg.norm(instance.transform[:3, 3] - eye)) for instance in scene.instances]
    return sorted((k for k, i in enumerate(scene.instances) if len(i.mesh.faces)), key=lambda k: (distance[k], k))


def place_instances(
    placed: Sequence[Instance],
    eye: NDArray[np.float64],
    cache: DeviceCache,
    *,
    moved: NDArray[np.float64] | None = None,
) -> tuple[Any, list]:
    """Puts instances on the device.

    Args:
        placed: The instances, numbered on the device in this order.
        eye: The camera's position [m], the origin on the device, shape (3,).
        cache: Their meshes.
        moved: Their transforms in further states, shape (S, N, 4, 4); state s begins at instance (s + 1) N.

    Returns:
        A `simengine.render.kernels.scene.SceneData`, and what has to stay alive as long.
    """
    wp = load_warp()
    from simengine.render.kernels.scene import SceneData

    meshes = [cache.mesh(instance.mesh) for instance in placed]
    cache.trim({instance.mesh.key for instance in placed})
    transforms = (
        np.stack([np.asarray(instance.transform, float) for instance in placed]) if placed else np.eye(4)[None][:0]
    )
    states = transforms[None] if moved is None else np.concatenate([transforms[None], moved])
    rotation, position = states[..., :3, :3], states[..., :3, 3] - eye
    low = np.array([mesh.low for mesh in meshes]).reshape(-1, 3)
    high = np.array([mesh.high for mesh in meshes]).reshape(-1, 3)
    middle = (rotation @ ((low + high) / 2)[:, :, None])[..., 0] + position
    half = (np.abs(rotation) @ ((high - low) / 2)[:, :, None])[..., 0]
    margin = 1e-6 * (np.abs(middle) + half).max(axis=-1, keepdims=True) + 1e-9  # float32 rounding of what follows
    lower, upper = (middle - half - margin).min(axis=0), (middle + half + margin).max(axis=0)
    rotation, position = rotation.reshape(-1, 3, 3), position.reshape(-1, 3)
    starts = np.cumsum([0] + [len(instance.materials) for instance in placed])[:-1]
    slot_materials = [m for instance in placed for m in instance.materials]

    def array(values: Any, dtype: Any, numpy_dtype: Any) -> Any:
        return wp.array(np.asarray(values, numpy_dtype), dtype=dtype, device=cache.device)

    data = SceneData()
    boxes = [wp.array(corner, dtype=wp.vec3, device="cpu") for corner in (lower.astype("f4"), upper.astype("f4"))]
    tree, items = (part.to(cache.device) for part in wide_tree(wp.Bvh(*boxes, constructor="sah")))
    records = np.zeros(len(position), _RECORD)
    records["rotation"], records["position"] = rotation.reshape(-1, 9), position
    reach = np.abs(np.concatenate([lower, upper], axis=1)).max(axis=1, initial=0)
    records["reach"][:, 0] = np.tile(reach, len(states))
    data.reach = reach.max(initial=0)
    records["tree"] = np.tile(np.array([mesh.tree for mesh in meshes], np.uint64).reshape(-1, 2), (len(states), 1))
    table = wp.array(records.view(np.uint8), dtype=wp.uint8, device=cache.device)
    data.tree, data.items, data.instances = tree.ptr, items.ptr, table.ptr
    data.rotation = array(rotation, wp.mat33, np.float32)
    data.position = array(position, wp.vec3, np.float32)
    data.corners = array([mesh.corners.ptr for mesh in meshes], wp.uint64, np.uint64)
    data.normals = array([mesh.normals.ptr for mesh in meshes], wp.uint64, np.uint64)
    data.uvs = array([mesh.uv.ptr if mesh.uv else 0 for mesh in meshes], wp.uint64, np.uint64)
    data.slots = array([mesh.slots.ptr for mesh in meshes], wp.uint64, np.uint64)
    data.faces = array([mesh.faces for mesh in meshes], wp.int32, np.int32)
    data.slot_start = array(starts, wp.int32, np.int32)
    data.slot_materials = array(slot_materials, wp.int32, np.int32)
    data.ids = array([instance.id for instance in placed], wp.int32, np.int32)
    data.links = array([instance.link for instance in placed], wp.int32, np.int32)
    return data, [tree, items, table, *meshes]


def unbroken_surfaces(placed: Sequence[Instance]) -> list[int]:
    """For each instance the first one of the unbroken surface that it is part of, itself where it stands alone."""
    continued = {instance.skin for instance in placed}
    first: dict[int, int] = {}
    skins = []
    for k, instance in enumerate(placed):
        whole = instance.id if instance.skin is None else instance.skin
        skins.append(first.setdefault(whole, k) if whole in continued else k)
    return skins
