"""Instances as the kernels read them: poses, boxes, and what lies where on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.render.device import DeviceCache, load_warp, row_type, struct_rows, upload_rows, wide_trees
from simengine.render.model import Instance, RenderCamera, RenderScene

__all__ = ["Placed", "near_to_far", "place_instances"]


@dataclass(frozen=True, eq=False)
class Placed:
    """The instances of a batch of pictures on the device.

    Attributes:
        scenes: A `simengine.render.kernels.scene.SceneData` for each picture.
        skins: Number of the unbroken surface that each instance is part of, on the device.
        starts: Number on the device of the first instance of each picture.
        keep: What has to stay alive as long.
    """

    scenes: Any
    skins: Any
    starts: NDArray[np.int64]
    keep: list[Any]


def near_to_far(scene: RenderScene, camera: RenderCamera) -> list[int]:
    """Instances by distance from the camera: near ones first hide far ones cheaply."""
    eye = camera.world_from_camera[:3, 3]
    present = [k for k, instance in enumerate(scene.instances) if len(instance.mesh.faces)]
    positions = np.array([scene.instances[k].transform[:3, 3] for k in present]).reshape(-1, 3)
    distance = np.linalg.norm(positions - eye, axis=1)
    return [present[k] for k in np.argsort(distance, kind="stable")]


def place_instances(
    pictures: Sequence[Sequence[Instance]],
    eyes: NDArray[np.float64],
    cache: DeviceCache,
    *,
    moved: NDArray[np.float64] | None = None,
) -> Placed:
    """Puts the instances of a batch of pictures on the device, numbered one after the other.

    Args:
        pictures: The instances of each picture.
        eyes: Position of each picture's camera [m], the origin of its world on the device, shape (B, 3).
        cache: Their meshes.
        moved: Of a single picture, the transforms of its instances in further states, shape (S, N, 4, 4); state s
            begins at record (s + 1) N.
    """
    wp = load_warp()
    from simengine.render.kernels.scene import Part, Record, SceneData

    flat = [instance for placed in pictures for instance in placed]
    counts = [len(placed) for placed in pictures]
    picture = np.repeat(np.arange(len(pictures)), counts)
    meshes = [cache.mesh(instance.mesh) for instance in flat]
    cache.trim({instance.mesh.key for instance in flat})
    transforms = np.array([instance.transform for instance in flat], float).reshape(-1, 4, 4)
    states = transforms[None] if moved is None else np.concatenate([transforms[None], moved])
    rotation, position = states[..., :3, :3], states[..., :3, 3] - eyes[picture]
    low = np.array([mesh.low for mesh in meshes]).reshape(-1, 3)
    high = np.array([mesh.high for mesh in meshes]).reshape(-1, 3)
    middle = (rotation @ ((low + high) / 2)[:, :, None])[..., 0] + position
    half = (np.abs(rotation) @ ((high - low) / 2)[:, :, None])[..., 0]
    margin = 1e-6 * (np.abs(middle) + half).max(axis=-1, keepdims=True) + 1e-9  # float32 rounding of what follows
    corners = [(middle - half - margin).min(axis=0).astype("f4"), (middle + half + margin).max(axis=0).astype("f4")]
    boxes = [wp.array(corner, dtype=wp.vec3, device="cpu") for corner in corners]
    groups = wp.array(picture.astype(np.int32), dtype=wp.int32, device="cpu") if flat else None
    source = wp.Bvh(*boxes, constructor="sah", groups=groups)
    nodes, items, firsts = wide_trees(source, range(len(pictures)) if flat else [-1] * len(pictures))
    nodes, items = nodes.to(cache.device), items.to(cache.device)
    reach = np.abs(np.concatenate(corners, axis=1)).max(axis=1, initial=0)

    def table(dtype: Any, count: int, **columns: Any) -> Any:
        rows = np.zeros(count, row_type(dtype))
        for name, values in columns.items():
            rows[name] = values
        return upload_rows(rows, dtype, device=cache.device)

    records = table(
        Record,
        len(states) * len(flat),
        rotation=rotation.reshape(-1, 3, 3),
        position=position.reshape(-1, 3),
        reach=np.tile(reach, len(states)),
        tree=np.tile(np.array([mesh.tree for mesh in meshes], np.uint64).reshape(-1, 2), (len(states), 1)),
    )
    parts = table(
        Part,
        len(flat),
        corners=[mesh.corners.ptr for mesh in meshes],
        normals=[mesh.normals.ptr for mesh in meshes],
        uvs=[mesh.uv.ptr if mesh.uv else 0 for mesh in meshes],
        slots=[mesh.slots.ptr for mesh in meshes],
        faces=[mesh.faces for mesh in meshes],
        slot_start=np.cumsum([0, *(len(instance.materials) for instance in flat)])[:-1],
        id=[instance.id for instance in flat],
        link=[instance.link for instance in flat],
    )
    slot_materials = _ints([m for instance in flat for m in instance.materials], cache.device)
    data = SceneData()
    data.items, data.instances, data.parts, data.slot_materials = items.ptr, records.ptr, parts.ptr, slot_materials.ptr
    rows = np.repeat(struct_rows([data]), len(pictures))
    rows["tree"] = np.uint64(nodes.ptr) + np.uint64(256) * firsts.astype(np.uint64)
    np.maximum.at(rows["reach"], picture, reach)
    starts = np.cumsum([0, *counts])[:-1]
    skins = [start + skin for start, placed in zip(starts, pictures, strict=True) for skin in _skins(placed)]
    return Placed(
        scenes=upload_rows(rows, SceneData, device=cache.device),
        skins=_ints(skins, cache.device),
        starts=starts,
        keep=[nodes, items, records, parts, slot_materials, *meshes],
    )


def _ints(values: list[int], device: str) -> Any:
    wp = load_warp()
    return wp.array(np.asarray(values, np.int32), dtype=wp.int32, device=device)


def _skins(placed: Sequence[Instance]) -> list[int]:
    """For each instance the first one of the unbroken surface that it is part of, itself where it stands alone."""
    continued = {instance.skin for instance in placed}
    first: dict[int, int] = {}
    skins = []
    for k, instance in enumerate(placed):
        whole = instance.id if instance.skin is None else instance.skin
        skins.append(first.setdefault(whole, k) if whole in continued else k)
    return skins
