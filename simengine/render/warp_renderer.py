"""The ray tracer: one source for CPU and CUDA by NVIDIA Warp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simengine.render.amodal import trace_outlines
from simengine.render.checks import check_render
from simengine.render.crop import crop_frame, drawn_camera
from simengine.render.device import DeviceCache, load_warp
from simengine.render.eye import camera_data, is_blurred, is_rolling
from simengine.render.launch import Launcher
from simengine.render.look import is_clear, look_data, set_points
from simengine.render.model import Frame, Instance, RenderCamera, RenderScene, RenderSettings, Shutter
from simengine.render.oidn import remove_noise
from simengine.render.placing import near_to_far, place_instances, unbroken_surfaces
from simengine.render.tone import encode_tone, srgb_table

__all__ = ["WarpRenderer"]

PASS_SAMPLES = 64  # samples per pixel in one launch


class WarpRenderer:
    """Path tracer with exact labels.

    Colour is estimated with one shadow ray per light (up to 4) at the first surface and one beyond, plus one
    direction per surface drawn from the material or the surroundings; both see lights and are joined by
    multiple importance sampling (E. Veach, 1997). Three approximations, all only of light that comes by a bounce:
    it is cut at 4 times what white is at the camera's exposure; smooth surfaces seen from rough ones count as
    rougher (at most 0.5); and without bounces, what reflections show counts as rough, under one light and half of
    the surroundings. Direct light is unbiased. The noise filter (`RenderSettings.denoise`)
    joins the light, not the texture, of neighbours on the same surface; Open Image Denoise (`RenderSettings.oidn`)
    gets the light, base colours and normals.

    Clear bodies refract what is seen through them, at up to 8 surfaces besides the bounces, also in a draft. Their
    shadows are straight: what lights send through them is tinted and fades, but isn't focused.

    One renderer draws one frame at a time: threads that draw at once need a renderer each.

    The same inputs give the same bytes on one device, whatever the number of threads.

    Args:
        device: ``cpu`` or ``cuda:K``.
        threads: Threads on the CPU; a Warp kernel itself uses one.
        memory: Bound on what is kept of meshes between frames [bytes].
    """

    def __init__(self, *, device: str = "cpu", threads: int = 1, memory: int = 1 << 28) -> None:
        self._launcher = Launcher(device=device, threads=threads)
        self._cache = DeviceCache(device=device, limit=memory)

    def render(
        self, scene: RenderScene, camera: RenderCamera, settings: RenderSettings, shutter: Shutter | None = None
    ) -> Frame:
        """Draws a scene.

        Args:
            scene: What there is.
            camera: From where.
            settings: How.
            shutter: What moves while the picture is taken; None for one of an instant.

        Returns:
            The picture and its labels.

        Raises:
            SimengineError: If the scene's parts don't fit together (numbers of materials, ids, transforms).
        """
        check_render(scene, camera, settings, shutter)
        drawn = drawn_camera(camera)
        return crop_frame(self._draw(scene, drawn, settings, shutter), drawn, camera)

    def _draw(
        self, scene: RenderScene, camera: RenderCamera, settings: RenderSettings, shutter: Shutter | None
    ) -> Frame:
        wp = load_warp()
        from simengine.render.kernels import geometry

        launcher, device = self._launcher, self._launcher.device
        order = near_to_far(scene, camera)
        placed = [scene.instances[k] for k in order]
        moved = None if shutter is None else shutter.transforms[:, order]
        data, keep = place_instances(placed, camera.world_from_camera[:3, 3], self._cache, moved=moved)
        eye = camera_data(camera, shutter, instances=len(placed), device=device)
        shape = (camera.height, camera.width)
        hits = launcher.scratch("hits", shape, geometry.Hit)
        labels = geometry.Labels()
        labels.depth = wp.empty(shape, dtype=wp.float32, device=device)
        labels.instances = wp.empty(shape, dtype=wp.int32, device=device)
        labels.links = wp.empty(shape, dtype=wp.int32, device=device)
        labels.normals = wp.empty(shape, dtype=wp.vec3, device=device)
        labels.coordinates = wp.empty(shape, dtype=wp.vec3, device=device)
        straight = camera.distortion is None and not is_rolling(shutter)  # one pyramid of rays from one eye
        if launcher.tiles and straight:
            launcher.rows(
                geometry.trace_tiles, (-(-shape[0] // 8), -(-shape[1] // 8)), lambda row: [data, eye, row, hits.ptr]
            )
        else:
            launcher.rows(geometry.trace_pixels, shape, lambda row: [data, eye, row, hits])
        blurred = is_blurred(camera, shutter)
        shared = settings.color and settings.samples == 1 and not blurred  # label rays and colour rays are the same
        if not shared:
            launcher.rows(geometry.write_labels, shape, lambda row: [data, eye, row, hits, labels])
        if settings.color:
            linear, rgb, albedo = self._color(
                scene, placed, camera, settings, data, eye, hits, labels, shared=shared, blurred=blurred
            )
            linear_host = linear.numpy()
            if settings.oidn:
                linear_host = remove_noise(
                    linear_host,
                    albedo=albedo.numpy() / settings.samples,
                    normals=None if blurred else labels.normals.numpy(),
                    threads=launcher.threads,
                )
                rgb_host = encode_tone(linear_host * np.float32(2.0**camera.exposure), curve="neutral")
            else:
                rgb_host = rgb.numpy()
        else:
            rgb_host, linear_host = np.zeros((*shape, 3), np.uint8), None
        outlines = trace_outlines(
            placed, camera, settings.amodal, launcher,
            data=data, eye=eye, seen=labels.instances, shutter=shutter if is_rolling(shutter) else None, moved=moved,
        )  # fmt: skip
        del keep
        return Frame(
            rgb=rgb_host,
            linear=linear_host,
            depth=labels.depth.numpy(),
            instances=labels.instances.numpy(),
            links=labels.links.numpy(),
            normals=labels.normals.numpy(),
            coordinates=labels.coordinates.numpy(),
            amodal=outlines,
        )

    def _color(
        self,
        scene: RenderScene,
        placed: Sequence[Instance],
        camera: RenderCamera,
        settings: RenderSettings,
        data: Any,
        eye: Any,
        hits: Any,
        labels: Any,
        *,
        shared: bool,
        blurred: bool,
    ) -> tuple[Any, Any, Any]:
        """Light, its bytes and the sum of base colours, on the device."""
        wp = load_warp()
        from simengine.render.kernels import color, film, geometry

        shape = (camera.height, camera.width)
        launcher, device = self._launcher, self._launcher.device
        diffuse, albedo, specular = (
            launcher.scratch(name, shape, wp.vec3) for name in ("diffuse", "albedo", "specular")
        )
        roughness = launcher.scratch("roughness", shape, wp.float32)
        guide = launcher.scratch("guide", shape, wp.int32)
        linear = wp.empty(shape, dtype=wp.vec3, device=device)
        rgb = wp.empty(shape, dtype=wp.vec3ub, device=device)
        light = [diffuse, albedo, roughness, specular, linear, guide]
        look = look_data(scene, camera, settings, self._cache)
        skins = wp.array(unbroken_surfaces(placed), dtype=wp.int32, device=device)
        trace = color.trace_clear if is_clear(scene) else color.trace_color
        done = 0
        while done < settings.samples:
            count = min(PASS_SAMPLES, settings.samples - done)
            set_points(look, settings, count=count, number=done // PASS_SAMPLES, device=device, blurred=blurred)
            more = int(done > 0)
            launcher.rows(
                trace,
                shape,
                lambda row: [data, eye, look, row, hits, skins, int(shared), more, labels, *light],  # noqa: B023
            )
            done += count
        scale, exposure = 1.0 / settings.samples, 2.0**camera.exposure
        lanes = 8 if device == "cpu" else 1
        blocks = (shape[0], -(-shape[1] // lanes))
        rays = launcher.scratch("rays", shape if camera.distortion else (1, 1), wp.vec3)
        smooth = settings.denoise and not settings.oidn
        if camera.distortion and smooth:
            launcher.rows(geometry.write_rays, shape, lambda row: [eye, row, rays])
        guides = [rays, guide, labels.depth, labels.normals, roughness]
        if smooth:
            across = [launcher.scratch(name, shape, wp.vec3) for name in ("row diffuse", "row specular")]
            launcher.rows(
                film.smooth_rows, blocks, lambda row: [eye, lanes, row, scale, *guides, diffuse, specular, *across]
            )
            diffuse, specular = across
        final = [int(smooth), *guides, albedo, diffuse, specular, srgb_table(device), linear, rgb]
        launcher.rows(film.develop, blocks, lambda row: [eye, lanes, row, scale, exposure, *final])
        return linear, rgb, albedo
