"""What surfaces and lights look like, as the kernels read it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.render.device import DeviceCache, load_warp, struct_array
from simengine.render.environment import ambient_light, environment_distribution
from simengine.render.finish import add_finish, add_glow, is_rich, weathering_noise
from simengine.render.microfacet import albedo_table
from simengine.render.model import Instance, LightSource, RenderCamera, RenderScene, RenderSettings

__all__ = ["is_clear", "look_data"]

CLEAR_SURFACES = 8  # surfaces of clear bodies that a path goes through besides its bounces


def look_data(
    scene: RenderScene,
    placed: Sequence[Instance],
    first: int,
    camera: RenderCamera,
    settings: RenderSettings,
    cache: DeviceCache,
) -> tuple[Any, list[Any]]:
    """Materials, textures, lights and surroundings on the device.

    Args:
        scene: What there is.
        placed: Its instances, as they are numbered on the device.
        first: The number of the first one there.
        camera: From where it is seen.
        settings: How it is drawn.
        cache: Keeps what is used again.

    Returns:
        A `simengine.render.kernels.look.LookData`, which lacks yet the points of a pass, see
        `simengine.render.looks.with_points`; and what has to stay alive as long.
    """
    wp = load_warp()
    from simengine.render.kernels.light import Light
    from simengine.render.kernels.look import LookData
    from simengine.render.kernels.texture import Material

    look = LookData()
    look.materials = struct_array(
        Material,
        [
            (m.base_color, m.texture, m.texture_size, int(m.triplanar), m.roughness, m.metallic, m.specular,
             m.clear_coat, m.emission, m.transmission, m.index, m.absorption)
            for m in scene.materials
        ],
        device=cache.device,
    )  # fmt: skip
    rich = is_rich(scene)
    marked = any(m.weathering is not None for m in scene.materials)
    maps = (*scene.maps, weathering_noise()) if marked else scene.maps
    texels, starts, sizes, first_levels = cache.textures(scene.textures, maps)
    look.textures.texels = texels
    look.textures.starts = starts
    look.textures.sizes = sizes
    look.textures.first_levels = first_levels
    eye = camera.world_from_camera[:3, 3]
    lights = [_light_row(light, eye) for light in scene.lights if light.power > 0]
    keep: list[Any] = []
    if rich:
        keep = add_finish(look, scene, placed, first, cache)
        if add_glow(look, scene, placed, eye, cache.device):
            lights.append((_GLOW, *[np.zeros(3)] * 4, 0.0, 0.0, np.zeros(3), (0.0, 0.0)))
    look.lights = struct_array(Light, lights, device=cache.device)
    look.light_count = len(look.lights)
    look.light_rays = min(look.light_count, 4)
    panorama = scene.environment
    if panorama is not None and panorama.any():
        look.environment.radiance = wp.array(
            np.ascontiguousarray(panorama, np.float32), dtype=wp.vec3, device=cache.device
        )
        rows, columns, share = environment_distribution(panorama)
        look.environment.rows = wp.array(rows, dtype=wp.float32, device=cache.device)
        look.environment.columns = wp.array(columns, dtype=wp.float32, device=cache.device)
        look.environment.share = share
        look.environment.present = 1
        mean, slope = ambient_light(panorama)
        look.ambient_mean, look.ambient = wp.vec3(*mean), wp.mat33(*slope.ravel())
    look.albedo_table = _albedo_table(cache.device)
    look.bounces = settings.bounces
    look.stride = int(settings.samples > 4)  # few samples: an even picture; many: no bias shared by all pixels
    look.surfaces = _surfaces(scene, settings)
    look.clamp = 4.0 / 2.0**camera.exposure
    look.pixel_angle = 1.0 / max(camera.fx, camera.fy) / min(max(settings.samples, 1), 16) ** 0.5
    return look, keep


def is_clear(scene: RenderScene) -> bool:
    """Whether light goes through any of its materials."""
    return any(material.transmission > 0 for material in scene.materials)


def _surfaces(scene: RenderScene, settings: RenderSettings) -> int:
    """The most surfaces a path meets; going through a clear one counts as no bounce."""
    return settings.bounces + 1 + (CLEAR_SURFACES if is_clear(scene) else 0)


@lru_cache(maxsize=4)
def _albedo_table(device: str) -> Any:
    wp = load_warp()
    return wp.array(albedo_table(), dtype=wp.vec2, device=device)


_KINDS = {"area": 0, "point": 1, "sun": 2, "disk": 3, "spot": 4}
_GLOW = 5


def _light_row(light: LightSource, eye: NDArray[np.float64]) -> tuple:
    """A light as the kernels' `Light`: kind, place, axes, radius, size, radiance, cone."""
    kind = _KINDS[light.kind]
    color = np.asarray(light.color, float) * light.power
    direction = np.asarray(light.direction, float)
    direction = direction / np.linalg.norm(direction)
    position = np.asarray(light.position, float) - eye
    zero, open_ = np.zeros(3), (0.0, 0.0)
    if light.kind in ("area", "disk"):
        v = np.asarray(light.up, float)
        v = v - direction * (v @ direction)
        v = v / np.linalg.norm(v)
        u = np.cross(v, direction)
        area = light.size[0] * light.size[1] * (np.pi / 4 if light.kind == "disk" else 1.0)
        axes = u * light.size[0] / 2, v * light.size[1] / 2
        return (kind, position, direction, *axes, 0.0, area, color / (np.pi * area), open_)
    if light.kind in ("point", "spot"):
        radius, solid_angle, edge = light.size[0], 4 * np.pi, open_
        if light.kind == "spot":
            outer, inner = (float(np.cos(angle / 2)) for angle in light.cone)
            inner = max(inner, outer + 1e-4)
            edge = outer, 1 / (inner - outer)
            solid_angle = 2 * np.pi * (1 - (inner + outer) / 2)  # the smooth edge counts half
        radiance = color / solid_angle / (1.0 if radius <= 0 else np.pi * radius**2)
        return (kind, position, direction, zero, zero, radius, 0.0, radiance, edge)
    half = light.size[0] / 2
    if half < 1e-5:
        return (kind, zero, -direction, zero, zero, 0.0, 0.0, color, open_)
    across = np.linalg.svd(direction[None])[2][1:]
    size = 2 * np.sin(half / 2) ** 2
    radiance = color / (np.pi * np.sin(half) ** 2)
    return (kind, zero, -direction, *across, 1 / (2 * np.pi * size), size, radiance, open_)
