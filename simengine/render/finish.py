"""Rich materials as the kernels read them: maps, sheen, weathering, and surfaces that glow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.assets.textures.noise import even_noise
from simengine.render.device import DeviceCache, load_warp, struct_array
from simengine.render.microfacet import sheen_table
from simengine.render.model import Instance, RenderScene, SurfaceMaterial

__all__ = ["add_finish", "add_glow", "glows", "is_rich", "weathering_noise"]


def glows(material: SurfaceMaterial) -> bool:
    """Whether a material gives off light."""
    return max(material.emission) > 0


def is_rich(scene: RenderScene) -> bool:
    """Whether any material needs more than a base colour, a clear coat and clearness."""
    return any(
        m.surface_map >= 0 or m.normal_map >= 0 or max(m.sheen) > 0 or m.weathering is not None or glows(m)
        for m in scene.materials
    )


@lru_cache(maxsize=1)
def weathering_noise(size: int = 512) -> NDArray[np.uint8]:
    """The noise that shapes patches of rust and dirt: coarse, finer and grainy fields, each even from 0 to 255."""
    return even_noise((3, 9, 40), octaves=(6, 5, 3), size=size)


def add_finish(look: Any, scene: RenderScene, placed: Sequence[Instance], first: int, cache: DeviceCache) -> list[Any]:
    """Gives a look what rich materials need.

    Args:
        look: A `simengine.render.kernels.look.LookData`, changed.
        scene: The scene, whose maps lie after its textures on the device, and `weathering_noise` after them.
        placed: Its instances, as they are numbered on the device.
        first: The number of the first one there.
        cache: Keeps what meshes need.

    Returns:
        What has to stay alive as long.
    """
    wp = load_warp()
    from simengine.render.kernels.finish import Finish
    from simengine.render.kernels.weathering import Weathering

    maps = len(scene.textures)
    marks = [m.weathering for m in scene.materials if m.weathering is not None]
    numbers = iter(range(len(marks)))
    rows = [
        (
            maps + m.surface_map if m.surface_map >= 0 else -1,
            maps + m.normal_map if m.normal_map >= 0 else -1,
            m.sheen,
            m.sheen_roughness,
            -1 if m.weathering is None else next(numbers),
        )
        for m in scene.materials
    ]
    look.finishes = struct_array(Finish, rows, device=cache.device)
    look.sheen_table = wp.array(sheen_table(), dtype=wp.float32, device=cache.device)
    keep: list[Any] = []
    if marks:
        used = [(u.wear, u.bare, u.rust, u.dirt, u.soil, u.grain) for u in marks]
        look.weathering.marks = struct_array(Weathering, used, device=cache.device)
        look.weathering.noise = maps + len(scene.maps)
        look.weathering.first = first
        keep = _add_grids(look, scene, placed, cache)
    return keep


def _add_grids(look: Any, scene: RenderScene, placed: Sequence[Instance], cache: DeviceCache) -> list[Any]:
    """Tells edges and corners of all instances that are weathered."""
    wp = load_warp()
    count = len(placed)
    pointers = np.zeros(count, np.uint64)
    low, scale, size = np.zeros((count, 3)), np.ones((count, 3)), np.full((count, 3), 2)
    keep = []
    for k, instance in enumerate(placed):
        marks = [w for w in (scene.materials[m].weathering for m in instance.materials) if w is not None]
        if marks:
            grid, cells = cache.grid(instance.mesh, max(w.edge for w in marks))
            if grid is None:
                continue
            pointers[k], low[k], scale[k], size[k] = cells.ptr, grid.low, 1 / grid.cell, grid.cells.shape[::-1]
            keep.append(cells)
    for name, values, dtype, kind in (
        ("grids", pointers, wp.uint64, np.uint64),
        ("low", low, wp.vec3, np.float32),
        ("scale", scale, wp.vec3, np.float32),
        ("size", size, wp.vec3i, np.int32),
    ):
        setattr(look.weathering, name, wp.array(values.astype(kind), dtype=dtype, device=cache.device))
    return keep


def add_glow(look: Any, scene: RenderScene, placed: Sequence[Instance], eye: NDArray[np.float64], device: str) -> bool:
    """Lists all glowing triangles, so that light can be drawn from them by power; tells whether there are any."""
    wp = load_warp()
    corners, radiance = [], []
    for instance in placed:
        glow = np.array([scene.materials[m].emission for m in instance.materials], float)[instance.mesh.slots]
        here = glow.max(axis=1) > 0
        if here.any():
            world = instance.transform[:3, :3], instance.transform[:3, 3] - eye
            corners.append(instance.mesh.vertices[instance.mesh.faces[here]] @ world[0].T + world[1])
            radiance.append(glow[here])
    if not corners:
        return False
    at, glow = np.concatenate(corners), np.concatenate(radiance)
    first, second = at[:, 1] - at[:, 0], at[:, 2] - at[:, 0]
    power = np.linalg.norm(np.cross(first, second), axis=1) / 2 * (glow @ (0.2126, 0.7152, 0.0722))
    total = power.sum()
    if total <= 0:
        return False
    parts = np.concatenate([[0], np.cumsum(power)]) / total

    def array(values: NDArray[np.floating], dtype: Any) -> Any:
        return wp.array(np.ascontiguousarray(values, np.float32), dtype=dtype, device=device)

    look.glow.parts = array(parts, wp.float32)
    look.glow.corner, look.glow.first, look.glow.second = (array(v, wp.vec3) for v in (at[:, 0], first, second))
    look.glow.radiance = array(glow, wp.vec3)
    look.glow.inverse = 1 / total
    return True
