"""The ray tracer: one source for CPU and CUDA by NVIDIA Warp."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.render.device import DeviceCache, load_warp, wide_tree
from simengine.render.environment import ambient_light, environment_distribution
from simengine.render.microfacet import albedo_table
from simengine.render.model import Amodal, Frame, Instance, LightSource, RenderCamera, RenderScene, RenderSettings
from simengine.render.outline import Window, outline_window
from simengine.render.points import sample_points

__all__ = ["WarpRenderer"]

_RECORD = np.dtype([("rotation", "f4", 9), ("position", "f4", 3), ("reach", "f4", 2), ("tree", "u8", 2)])
PASS_SAMPLES = 64  # samples per pixel in one launch
CLEAR_SURFACES = 8  # surfaces of clear bodies that a path goes through besides its bounces


@dataclass
class _Windows:
    """Objects whose outlines are drawn in one launch."""

    ids: list[int] = field(default_factory=list)
    bounds: list[Window] = field(default_factory=list)
    members: list[list[int]] = field(default_factory=list)  # instances of each, by number on the device

    def add(self, id_: int, bounds: Window, members: list[int]) -> None:
        self.ids.append(id_)
        self.bounds.append(bounds)
        self.members.append(members)


class WarpRenderer:
    """Path tracer with exact labels.

    Colour is estimated with one shadow ray per light (up to 4) at the first surface and one beyond, plus one
    direction per surface drawn from the material or the surroundings; both see lights and are joined by
    multiple importance sampling (E. Veach, 1997). Three approximations, all only of light that comes by a bounce:
    it is cut at 4 times what white is at the camera's exposure; smooth surfaces seen from rough ones count as
    rougher (at most 0.5); and without bounces, what reflections show counts as rough, under one light and half of
    the surroundings. Direct light is unbiased. The noise filter (`RenderSettings.denoise`)
    joins the light, not the texture, of neighbours on the same surface.

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
        self.device = device
        self.threads = max(int(threads), 1) if device == "cpu" else 1
        self._tiles = device == "cpu"  # whether labels are drawn by tiles instead of single rays
        self._cache = DeviceCache(device=device, limit=memory)
        self._kept: dict[str, Any] = {}
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def render(self, scene: RenderScene, camera: RenderCamera, settings: RenderSettings) -> Frame:
        """Draws a scene.

        Args:
            scene: What there is.
            camera: From where.
            settings: How.

        Returns:
            The picture and its labels.

        Raises:
            SimengineError: If the scene's parts don't fit together (numbers of materials, ids, transforms).
        """
        _check(scene, camera, settings)
        wp = load_warp()
        from simengine.render.kernels import geometry

        order = _near_to_far(scene, camera)
        data, keep = self._scene_data(scene, order, camera)
        eye = _camera_data(camera)
        shape = (camera.height, camera.width)
        device = self.device
        hits = self._scratch("hits", shape, geometry.Hit)
        labels = geometry.Labels()
        labels.depth = wp.empty(shape, dtype=wp.float32, device=device)
        labels.instances = wp.empty(shape, dtype=wp.int32, device=device)
        labels.links = wp.empty(shape, dtype=wp.int32, device=device)
        labels.normals = wp.empty(shape, dtype=wp.vec3, device=device)
        labels.coordinates = wp.empty(shape, dtype=wp.vec3, device=device)
        if self._tiles:
            self._rows(
                geometry.trace_tiles, (-(-shape[0] // 8), -(-shape[1] // 8)), lambda row: [data, eye, row, hits.ptr]
            )
        else:
            self._rows(geometry.trace_pixels, shape, lambda row: [data, eye, row, hits])
        shared = settings.color and settings.samples == 1  # label rays and colour rays are the same
        if not shared:
            self._rows(geometry.write_labels, shape, lambda row: [data, eye, row, hits, labels])
        if settings.color:
            linear, rgb = self._color(scene, order, camera, settings, data, eye, hits, labels)
            rgb_host, linear_host = rgb.numpy(), linear.numpy()
        else:
            rgb_host, linear_host = np.zeros((*shape, 3), np.uint8), None
        outlines = self._outlines(scene, order, camera, settings, data, eye, labels.instances)
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

    def _scratch(self, name: str, shape: tuple[int, int], dtype: Any) -> Any:
        """An array that lives from frame to frame: fresh memory costs a page fault every 4 KB."""
        found = self._kept.get(name)
        if found is None or found.shape != shape:
            found = self._kept[name] = load_warp().empty(shape, dtype=dtype, device=self.device)
        return found

    def _run(self, kernel: Any, sizes: list[tuple[int, Any]], inputs: Callable[[int], list]) -> None:
        """Launches a kernel over pieces (first, dim), on several threads where there are."""
        wp = load_warp()

        def launch(piece: tuple[int, Any]) -> None:
            wp.launch(kernel, dim=piece[1], inputs=inputs(piece[0]), device=self.device)

        if self._pool is None:
            for piece in sizes:
                launch(piece)
        else:
            load = kernel.module.load(wp.get_device(self.device))  # once, before the threads race for it
            assert load
            list(self._pool.map(launch, sizes))

    def _rows(self, kernel: Any, shape: tuple[int, int], inputs: Callable[[int], list]) -> None:
        """Launches a kernel over all pixels or tiles, in bands of rows."""
        bands = 1 if self.threads == 1 else min(8 * self.threads, shape[0])
        edges = [shape[0] * k // bands for k in range(bands + 1)]
        self._run(kernel, [(a, (b - a, shape[1])) for a, b in itertools.pairwise(edges)], inputs)

    def _scene_data(self, scene: RenderScene, order: list[int], camera: RenderCamera) -> tuple[Any, list]:
        """The device's view of the instances, and what has to stay alive meanwhile."""
        wp = load_warp()
        from simengine.render.kernels.scene import SceneData

        placed = [scene.instances[k] for k in order]
        meshes = [self._cache.mesh(instance.mesh) for instance in placed]
        self._cache.trim({instance.mesh.key for instance in placed})
        count = len(placed)
        rotation = np.zeros((count, 3, 3))
        position = np.zeros((count, 3))
        lower, upper = np.zeros((count, 3)), np.zeros((count, 3))
        for k, (instance, mesh) in enumerate(zip(placed, meshes, strict=True)):
            rotation[k] = instance.transform[:3, :3]
            position[k] = instance.transform[:3, 3] - camera.world_from_camera[:3, 3]
            middle = rotation[k] @ (mesh.low + mesh.high) / 2 + position[k]
            half = np.abs(rotation[k]) @ (mesh.high - mesh.low) / 2
            margin = 1e-6 * (np.abs(middle) + half).max() + 1e-9  # float32 rounding of what follows
            lower[k], upper[k] = middle - half - margin, middle + half + margin
        starts = np.cumsum([0] + [len(instance.materials) for instance in placed])[:-1]
        slot_materials = [m for instance in placed for m in instance.materials]

        def array(values: Any, dtype: Any, numpy_dtype: Any) -> Any:
            return wp.array(np.asarray(values, numpy_dtype), dtype=dtype, device=self.device)

        data = SceneData()
        boxes = [wp.array(corner, dtype=wp.vec3, device="cpu") for corner in (lower.astype("f4"), upper.astype("f4"))]
        tree, items = (part.to(self.device) for part in wide_tree(wp.Bvh(*boxes, constructor="sah")))
        records = np.zeros(count, _RECORD)
        records["rotation"], records["position"] = rotation.reshape(-1, 9), position
        reach = np.abs(np.concatenate([lower, upper], axis=1)).max(axis=1, initial=0)
        records["reach"][:, 0] = reach
        data.reach = reach.max(initial=0)
        records["tree"] = np.array([mesh.tree for mesh in meshes], np.uint64).reshape(-1, 2)
        table = wp.array(records.view(np.uint8), dtype=wp.uint8, device=self.device)
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

    def _outlines(
        self,
        scene: RenderScene,
        order: list[int],
        camera: RenderCamera,
        settings: RenderSettings,
        data: Any,
        eye: Any,
        instances: Any,
    ) -> dict[int, Amodal]:
        """Traces each object alone in the window that can hold it; all in one launch."""
        camera_from_world = np.linalg.inv(camera.world_from_camera)
        parts: dict[int, list[int]] = {}
        for k, index in enumerate(order):
            parts.setdefault(scene.instances[index].id, []).append(k)
        chosen = sorted(parts if settings.amodal is None else set(settings.amodal) & set(parts))
        result: dict[int, Amodal] = {}
        windows = _Windows()
        for id_ in chosen:
            placed = [scene.instances[order[k]] for k in parts[id_]]
            bounds = outline_window([(i.mesh, camera_from_world @ i.transform) for i in placed], camera)
            if bounds.empty:
                result[id_] = Amodal(left=0, top=0, mask=np.zeros((0, 0), bool), clipped=bounds.cut)
                continue
            windows.add(id_, bounds, parts[id_])
        if windows.ids:
            result.update(self._outline_masks(windows, camera, [data, eye], instances))
        return dict(sorted(result.items()))

    def _outline_masks(self, windows: _Windows, camera: RenderCamera, view: list, instances: Any) -> dict[int, Amodal]:
        wp = load_warp()
        from simengine.render.kernels.geometry import cover_tiles, trace_outlines

        def ints(values: Any, dtype: Any = wp.int32) -> Any:
            return wp.array(np.asarray(values, np.int32), dtype=dtype, device=self.device)

        bounds = windows.bounds
        starts = np.cumsum([0] + [(w.right - w.left) * (w.bottom - w.top) for w in bounds])
        tiles = np.cumsum([0] + [-(-(w.right - w.left) // 8) * -(-(w.bottom - w.top) // 8) for w in bounds])
        member_starts = np.cumsum([0] + [len(m) for m in windows.members])
        mask = wp.empty(int(starts[-1]), dtype=wp.uint8, device=self.device)
        inputs = [
            *view,
            ints(
                [(w.left, w.top, w.right - w.left, id_) for w, id_ in zip(bounds, windows.ids, strict=True)], wp.vec4i
            ),
            ints(starts),
            ints(tiles),
            ints([k for members in windows.members for k in members]),
            ints(member_starts),
            instances,
        ]
        kernel, total = (cover_tiles, tiles[-1]) if self._tiles else (trace_outlines, starts[-1])
        total = int(total)
        pieces = 1 if self.threads == 1 else min(8 * self.threads, total)
        edges = [total * k // pieces for k in range(pieces + 1)]
        self._run(kernel, [(a, b - a) for a, b in itertools.pairwise(edges)], lambda first: [*inputs, first, mask])
        flat = mask.numpy().view(np.bool_)
        result = {}
        for window, id_, start, end in zip(bounds, windows.ids, starts[:-1], starts[1:], strict=True):
            outline = flat[start:end].reshape(window.bottom - window.top, window.right - window.left)
            clipped = window.cut and _goes_on(outline, window, camera)
            result[id_] = Amodal(left=window.left, top=window.top, mask=outline, clipped=clipped)
        return result

    def _color(
        self,
        scene: RenderScene,
        order: list[int],
        camera: RenderCamera,
        settings: RenderSettings,
        data: Any,
        eye: Any,
        hits: Any,
        labels: Any,
    ) -> tuple[Any, Any]:
        wp = load_warp()
        from simengine.render.kernels import color, film

        shape = (camera.height, camera.width)
        device = self.device
        diffuse, albedo, specular = (self._scratch(name, shape, wp.vec3) for name in ("diffuse", "albedo", "specular"))
        roughness = self._scratch("roughness", shape, wp.float32)
        guide = self._scratch("guide", shape, wp.int32)
        linear = wp.empty(shape, dtype=wp.vec3, device=device)
        rgb = wp.empty(shape, dtype=wp.vec3ub, device=device)
        light = [diffuse, albedo, roughness, specular, linear, guide]
        look = self._look(scene, camera, settings)
        shared = int(settings.samples == 1)
        skins = wp.array(_skins([scene.instances[k] for k in order]), dtype=wp.int32, device=device)
        trace = color.trace_clear if _is_clear(scene) else color.trace_color
        done = 0
        while done < settings.samples:
            count = min(PASS_SAMPLES, settings.samples - done)
            self._set_points(look, settings, count, done // PASS_SAMPLES)
            more = int(done > 0)
            self._rows(
                trace,
                shape,
                lambda row: [data, eye, look, row, hits, skins, shared, more, labels, *light],  # noqa: B023
            )
            done += count
        scale, exposure = 1.0 / settings.samples, 2.0**camera.exposure
        lanes = 8 if device == "cpu" else 1
        blocks = (shape[0], -(-shape[1] // lanes))
        guides = [guide, labels.depth, labels.normals, roughness]
        if settings.denoise:
            across = [self._scratch(name, shape, wp.vec3) for name in ("row diffuse", "row specular")]
            self._rows(
                film.smooth_rows, blocks, lambda row: [eye, lanes, row, scale, *guides, diffuse, specular, *across]
            )
            diffuse, specular = across
        final = [int(settings.denoise), *guides, albedo, diffuse, specular, _srgb_table(device), linear, rgb]
        self._rows(film.develop, blocks, lambda row: [eye, lanes, row, scale, exposure, *final])
        return linear, rgb

    def _look(self, scene: RenderScene, camera: RenderCamera, settings: RenderSettings) -> Any:
        """Materials, textures, lights and surroundings on the device."""
        wp = load_warp()
        from simengine.render.kernels.light import Light
        from simengine.render.kernels.look import LookData
        from simengine.render.kernels.texture import Material

        def table(dtype: Any, rows: list[tuple]) -> Any:
            return wp.array(np.array(rows, dtype=dtype.numpy_dtype()), dtype=dtype, device=self.device)

        look = LookData()
        look.materials = table(
            Material,
            [
                (m.base_color, m.texture, m.texture_size, int(m.triplanar), m.roughness, m.metallic, m.specular,
                 m.clear_coat, m.emission, m.transmission, m.index, m.absorption)
                for m in scene.materials
            ],
        )  # fmt: skip
        texels, starts, sizes, first_levels = self._cache.textures(scene.textures)
        look.textures.texels = texels
        look.textures.starts = starts
        look.textures.sizes = sizes
        look.textures.first_levels = first_levels
        eye = camera.world_from_camera[:3, 3]
        look.lights = table(Light, [_light_row(light, eye) for light in scene.lights if light.power > 0])
        look.light_count = len(look.lights)
        look.light_rays = min(look.light_count, 4)
        panorama = scene.environment
        if panorama is not None and panorama.any():
            look.environment.radiance = wp.array(
                np.ascontiguousarray(panorama, np.float32), dtype=wp.vec3, device=self.device
            )
            rows, columns, share = environment_distribution(panorama)
            look.environment.rows = wp.array(rows, dtype=wp.float32, device=self.device)
            look.environment.columns = wp.array(columns, dtype=wp.float32, device=self.device)
            look.environment.share = share
            look.environment.present = 1
            mean, slope = ambient_light(panorama)
            look.ambient_mean, look.ambient = wp.vec3(*mean), wp.mat33(*slope.ravel())
        look.albedo_table = _albedo_table(self.device)
        look.bounces = settings.bounces
        look.surfaces = _surfaces(scene, settings)
        look.emissive = int(any(max(m.emission) > 0 for m in scene.materials))
        look.clamp = 4.0 / 2.0**camera.exposure
        look.pixel_angle = 1.0 / max(camera.fx, camera.fy) / min(max(settings.samples, 1), 16) ** 0.5
        return look

    def _set_points(self, look: Any, settings: RenderSettings, count: int, number: int) -> None:
        block = 1 << (count - 1).bit_length()
        look.samples = count
        look.block = block
        look.stride = int(settings.samples > 4)  # few samples: an even picture; many: no bias shared by all pixels
        look.seed = (settings.seed ^ settings.seed >> 32) & 0xFFFFFFFF
        pairs = 1 + look.surfaces * (look.light_rays + 2)
        look.points = _points(pairs, 16 * block, settings.seed, number, self.device)


def _is_clear(scene: RenderScene) -> bool:
    return any(material.transmission > 0 for material in scene.materials)


def _surfaces(scene: RenderScene, settings: RenderSettings) -> int:
    """The most surfaces a path meets; going through a clear one counts as no bounce."""
    return settings.bounces + 1 + (CLEAR_SURFACES if _is_clear(scene) else 0)


@lru_cache(maxsize=4)
def _albedo_table(device: str) -> Any:
    wp = load_warp()
    return wp.array(albedo_table(), dtype=wp.vec2, device=device)


@lru_cache(maxsize=4)
def _srgb_table(device: str) -> Any:
    """Bytes of sRGB by the square root of linear light in 4096 steps: a thirtieth of a byte's step apart."""
    wp = load_warp()
    x = (np.arange(4096) / 4095.0) ** 2
    s = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-6) ** (1 / 2.4) - 0.055)
    return wp.array(np.round(s * 255).astype(np.uint8), dtype=wp.uint8, device=device)


@lru_cache(maxsize=8)
def _points(pairs: int, count: int, seed: int, number: int, device: str) -> Any:
    wp = load_warp()
    return wp.array(sample_points(pairs, count, seed % 2**64 + (number << 64)), dtype=wp.vec2ui, device=device)


def _camera_data(camera: RenderCamera) -> Any:
    wp = load_warp()
    from simengine.render.kernels.geometry import CameraData

    data = CameraData()
    data.width, data.height = camera.width, camera.height
    data.scale = wp.vec2(1.0 / camera.fx, 1.0 / camera.fy)
    data.center = wp.vec2(camera.cx, camera.cy)
    data.rotation = wp.mat33(*np.asarray(camera.world_from_camera, float)[:3, :3].ravel())
    return data


def _light_row(light: LightSource, eye: NDArray[np.float64]) -> tuple:
    color = np.asarray(light.color, float) * light.power
    direction = np.asarray(light.direction, float)
    direction = direction / np.linalg.norm(direction)
    position = np.asarray(light.position, float) - eye
    zero = np.zeros(3)
    if light.kind == "area":
        v = np.asarray(light.up, float)
        v = v - direction * (v @ direction)
        v = v / np.linalg.norm(v)
        u = np.cross(v, direction)
        area = light.size[0] * light.size[1]
        return (0, position, direction, u * light.size[0] / 2, v * light.size[1] / 2, 0.0, area, color / (np.pi * area))
    if light.kind == "point":
        radius = light.size[0]
        radiance = color / (4 * np.pi) if radius <= 0 else color / (4 * np.pi**2 * radius**2)
        return (1, position, direction, zero, zero, radius, 0.0, radiance)
    half = light.size[0] / 2
    if half < 1e-5:
        return (2, zero, -direction, zero, zero, 0.0, 0.0, color)
    across = np.linalg.svd(direction[None])[2][1:]
    size = 2 * np.sin(half / 2) ** 2
    return (2, zero, -direction, *across, 1 / (2 * np.pi * size), size, color / (np.pi * np.sin(half) ** 2))


def _skins(placed: list[Instance]) -> list[int]:
    """For each instance the first one of the unbroken surface that it is part of, itself where it stands alone."""
    continued = {instance.skin for instance in placed}
    first: dict[int, int] = {}
    skins = []
    for k, instance in enumerate(placed):
        whole = instance.id if instance.skin is None else instance.skin
        skins.append(first.setdefault(whole, k) if whole in continued else k)
    return skins


def _near_to_far(scene: RenderScene, camera: RenderCamera) -> list[int]:
    """Instances by distance from the camera: near ones first hide far ones cheaply."""
    eye = camera.world_from_camera[:3, 3]
    distance = [float(np.linalg.norm(instance.transform[:3, 3] - eye)) for instance in scene.instances]
    return sorted((k for k, i in enumerate(scene.instances) if len(i.mesh.faces)), key=lambda k: (distance[k], k))


def _goes_on(outline: NDArray[np.bool_], window: Window, camera: RenderCamera) -> bool:
    """Whether an outline reaches an edge at which its window was cut."""
    return bool(
        (window.left == -camera.width and outline[:, 0].any())
        or (window.top == -camera.height and outline[0].any())
        or (window.right == 2 * camera.width and outline[:, -1].any())
        or (window.bottom == 2 * camera.height and outline[-1].any())
    )


def _check(scene: RenderScene, camera: RenderCamera, settings: RenderSettings) -> None:
    if camera.width < 1 or camera.height < 1 or not (camera.fx > 0 and camera.fy > 0):
        raise SimengineError(
            f"camera: {camera.width} x {camera.height} pixels with focal lengths {camera.fx:g}, {camera.fy:g} "
            "can't form a picture. All four must be above 0."
        )
    if settings.samples < 1 or settings.bounces < 0:
        raise SimengineError(
            f"render settings: samples {settings.samples}, bounces {settings.bounces}. "
            "Give at least 1 sample and 0 bounces."
        )
    for number, instance in enumerate(scene.instances):
        where = f"instance {number} (id {instance.id})"
        if instance.id < 1:
            raise SimengineError(f"{where}: ids start at 1; 0 means that nothing is there.")
        if not np.isfinite(instance.transform).all():
            raise SimengineError(f"{where}: its transform holds a number that isn't finite.")
        slots = int(instance.mesh.slots.max(initial=0)) + 1
        if len(instance.materials) < slots:
            raise SimengineError(
                f"{where}: its mesh uses {slots} material slots but {len(instance.materials)} materials are given."
            )
        for material in instance.materials:
            if not 0 <= material < len(scene.materials):
                raise SimengineError(f"{where}: material {material} isn't among the scene's {len(scene.materials)}.")
    for number, surface in enumerate(scene.materials):
        if surface.texture >= len(scene.textures):
            raise SimengineError(
                f"material {number}: texture {surface.texture} isn't among the scene's {len(scene.textures)}."
            )
