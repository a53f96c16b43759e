"""The ray tracer: one source for CPU and CUDA by NVIDIA Warp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.render.amodal import trace_outlines
from simengine.render.checks import check_render
from simengine.render.crop import crop_frame, drawn_camera
from simengine.render.device import DeviceCache, load_warp, struct_rows, upload_rows
from simengine.render.eye import camera_data, is_blurred, is_rolling
from simengine.render.finish import is_rich
from simengine.render.launch import Launcher
from simengine.render.look import is_clear
from simengine.render.looks import looks_of, with_points
from simengine.render.model import Amodal, Frame, Instance, Picture, RenderCamera, RenderScene, RenderSettings, Shutter
from simengine.render.oidn import remove_noise
from simengine.render.placing import Placed, near_to_far, place_instances
from simengine.render.tone import encode_tone, srgb_table

__all__ = ["WarpRenderer"]

PASS_SAMPLES = 64  # samples per pixel in one launch
BATCH_PIXELS = 1 << 22  # pixels in one launch, at about 150 bytes each


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

    Glowing surfaces are lamps, too: all of them together count as one, drawn by power where they are at the time of
    the labels. Normal maps bend light, never labels; what they would send into the surface is folded back out of it.

    Clear bodies refract what is seen through them, at up to 8 surfaces besides the bounces, also in a draft. Their
    shadows are straight: what lights send through them is tinted and fades, but isn't focused.

    One renderer does one thing at a time: threads that draw at once need a renderer each.

    Lenses bend primary rays exactly; a wide aperture, motion and rolling rows are sampled with the light, and pixels in
    which they blur surfaces over each other have their light joined with their like. Labels come from sharp rays.

    The same inputs give the same bytes on one device, whatever the number of threads.

    Args:
        device: ``cpu`` or ``cuda:K``.
        threads: Threads on the CPU; a Warp kernel itself uses one.
        memory: Bound on what is kept of meshes between frames [bytes].
    """

    def __init__(self, *, device: str = "cpu", threads: int = 1, memory: int = 1 << 28) -> None:
        self.batch_pixels = BATCH_PIXELS if device != "cpu" else 0
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
        return self.render_many([Picture(scene, camera, settings, shutter)])[0]

    def render_many(self, pictures: Sequence[Picture]) -> list[Frame]:
        """Draws many scenes from many cameras.

        Pictures of one size and quality are drawn together, which on CUDA saves most of the time of small ones.
        Each is what `render` would give, to the byte.

        Args:
            pictures: What to draw.

        Returns:
            The pictures and their labels, in that order.

        Raises:
            SimengineError: As `render`.
        """
        kinds: dict[tuple, list[int]] = {}
        drawn: list[Picture] = []
        for number, picture in enumerate(pictures):
            check_render(*picture)
            picture = picture._replace(camera=drawn_camera(picture.camera))
            drawn.append(picture)
            kinds.setdefault(_kind(picture), []).append(number)
        frames: dict[int, Frame] = {}
        for numbers in kinds.values():
            camera = drawn[numbers[0]].camera
            most = max(BATCH_PIXELS // (camera.height * camera.width), 1)
            for first in range(0, len(numbers), most):
                batch = numbers[first : first + most]
                frames.update(zip(batch, self._draw([drawn[k] for k in batch]), strict=True))
        return [crop_frame(frames[k], drawn[k].camera, pictures[k].camera) for k in range(len(pictures))]

    def _draw(self, pictures: Sequence[Picture]) -> list[Frame]:
        """Draws pictures of one kind, one below the other in memory."""
        wp = load_warp()
        from simengine.render.kernels import geometry
        from simengine.render.kernels.camera import CameraData

        launcher, device = self._launcher, self._launcher.device
        _, camera, settings, shutter = pictures[0]
        size = (camera.height, camera.width)
        shape = (len(pictures) * camera.height, camera.width)
        orders = [near_to_far(picture.scene, picture.camera) for picture in pictures]
        instances = [[p.scene.instances[k] for k in order] for p, order in zip(pictures, orders, strict=True)]
        moved = None if shutter is None else shutter.transforms[:, orders[0]]
        eyes = np.array([picture.camera.world_from_camera[:3, 3] for picture in pictures], float)
        placed = place_instances(instances, eyes, self._cache, moved=moved)
        structs = [
            camera_data(p.camera, p.shutter, instances=len(found), device=device)
            for p, found in zip(pictures, instances, strict=True)
        ]
        cameras = upload_rows(struct_rows(structs), CameraData, device=device)
        view = [placed.scenes, cameras]
        hits = launcher.scratch("hits", shape, geometry.Hit)
        labels = geometry.Labels()
        labels.depth = wp.empty(shape, dtype=wp.float32, device=device)
        labels.instances = wp.empty(shape, dtype=wp.int32, device=device)
        labels.links = wp.empty(shape, dtype=wp.int32, device=device)
        labels.normals = wp.empty(shape, dtype=wp.vec3, device=device)
        labels.coordinates = wp.empty(shape, dtype=wp.vec3, device=device)
        straight = camera.distortion is None and not is_rolling(shutter)  # one pyramid of rays from one eye
        if launcher.tiles and straight:
            tiles = (len(pictures) * -(-size[0] // 8), -(-size[1] // 8))
            launcher.rows(geometry.trace_tiles, tiles, lambda row: [*view, row, hits.ptr])
        else:
            launcher.rows(geometry.trace_pixels, shape, lambda row: [*view, row, hits])
        # label rays and colour rays are the same
        shared = settings.color and settings.samples == 1 and not is_blurred(camera, shutter)
        if not shared:
            launcher.rows(geometry.write_labels, shape, lambda row: [*view, row, hits, labels])
        maps = self._color(pictures, instances, placed, view, hits, labels, shared=shared) if settings.color else {}
        outlines = trace_outlines(
            list(zip(pictures, instances, strict=True)),
            launcher, placed=placed, cameras=cameras, seen=labels.instances, moved=moved,
        )  # fmt: skip
        for name in ("depth", "instances", "links", "normals", "coordinates"):
            maps[name] = getattr(labels, name).numpy()
        parts = {name: values.reshape(len(pictures), *size, *values.shape[2:]) for name, values in maps.items()}
        del structs, placed
        return [
            self._frame(picture, {name: values[k] for name, values in parts.items()}, outlines[k])
            for k, picture in enumerate(pictures)
        ]

    def _frame(self, picture: Picture, maps: dict[str, Any], outlines: dict[int, Amodal]) -> Frame:
        """A picture's maps as the result, without noise where that is Open Image Denoise's task."""
        camera, settings = picture.camera, picture.settings
        if not settings.color:
            return Frame(**maps, linear=None, rgb=np.zeros((camera.height, camera.width, 3), np.uint8), amodal=outlines)
        if settings.oidn:
            maps["linear"] = remove_noise(
                maps["linear"],
                albedo=maps.pop("albedo") / settings.samples,
                normals=None if is_blurred(camera, picture.shutter) else maps["normals"],
                threads=self._launcher.threads,
            )
            maps["rgb"] = encode_tone(maps["linear"] * np.float32(2.0**camera.exposure), curve="neutral")
        return Frame(**maps, amodal=outlines)

    def _color(
        self,
        pictures: Sequence[Picture],
        instances: Sequence[Sequence[Instance]],
        placed: Placed,
        view: list,
        hits: Any,
        labels: Any,
        *,
        shared: bool,
    ) -> dict[str, NDArray]:
        """Light, its bytes, and base colours where Open Image Denoise needs them."""
        wp = load_warp()
        from simengine.render.kernels import color, film, geometry

        shape = hits.shape
        launcher, device = self._launcher, self._launcher.device
        scene, camera, settings, _ = pictures[0]
        diffuse, albedo, specular = (
            launcher.scratch(name, shape, wp.vec3) for name in ("diffuse", "albedo", "specular")
        )
        roughness = launcher.scratch("roughness", shape, wp.float32)
        guide = launcher.scratch("guide", shape, wp.int32)
        linear = wp.empty(shape, dtype=wp.vec3, device=device)
        rgb = wp.empty(shape, dtype=wp.vec3ub, device=device)
        light = [diffuse, albedo, roughness, specular, linear, guide]
        looks = looks_of(pictures, instances, placed.starts, self._cache)
        trace = color.TRACERS[is_clear(scene), is_rich(scene)]
        done = 0
        while done < settings.samples:
            count = min(PASS_SAMPLES, settings.samples - done)
            look, points = with_points(looks, count=count, number=done // PASS_SAMPLES, device=device)
            more = int(done > 0)
            launcher.rows(
                trace,
                shape,
                lambda row: [*view, look, row, hits, placed.skins, int(shared), more, labels, *light],  # noqa: B023
            )
            done += count
            del points
        scale, eyes = 1.0 / settings.samples, view[1]
        lanes = 8 if device == "cpu" else 1
        blocks = (shape[0], -(-shape[1] // lanes))
        rays = launcher.scratch("rays", shape if camera.distortion else (1, 1), wp.vec3)
        smooth = settings.denoise and not settings.oidn
        if camera.distortion and smooth:
            launcher.rows(geometry.write_rays, shape, lambda row: [eyes, row, rays])
        guides = [rays, guide, labels.depth, labels.normals, roughness]
        if smooth:
            across = [launcher.scratch(name, shape, wp.vec3) for name in ("row diffuse", "row specular")]
            launcher.rows(
                film.smooth_rows, blocks, lambda row: [eyes, lanes, row, scale, *guides, diffuse, specular, *across]
            )
            diffuse, specular = across
        final = [int(smooth), *guides, albedo, diffuse, specular, srgb_table(device), linear, rgb]
        launcher.rows(film.develop, blocks, lambda row: [eyes, lanes, row, scale, *final])
        maps = {"linear": linear.numpy(), "rgb": rgb.numpy()}
        return maps | {"albedo": albedo.numpy()} if settings.oidn else maps


def _kind(picture: Picture) -> tuple:
    """What pictures that are drawn together have in common; one that takes time is drawn alone."""
    camera = picture.camera
    return (
        camera.height, camera.width, camera.distortion is None, is_blurred(camera, None), id(picture.shutter) if
        picture.shutter else None, is_clear(picture.scene), is_rich(picture.scene), replace(picture.settings, seed=0, amodal=None),
    )  # fmt: skip
