# mypy: ignore-errors
"""Kernels for the label maps: what the pixel-centre rays meet, and whole outlines."""

import warp as wp

from simengine.render.kernels.camera import KANNALA_BRANDT, CameraData, Ray, is_dark, sharp_ray
from simengine.render.kernels.scene import Hit, SceneData, Surface, closest_hit, records, surface_at
from simengine.render.kernels.tiles import cover_tile, trace_tile
from simengine.render.kernels.traversal import meets_instance

wp.set_module_options({"enable_backward": False, "fast_math": False})

FAR = wp.constant(1.0e30)

__all__ = [
    "Labels",
    "cover_tiles",
    "label_nothing",
    "label_surface",
    "trace_outlines",
    "trace_pixels",
    "trace_tiles",
    "write_labels",
    "write_rays",
]


@wp.kernel
def trace_pixels(scene: SceneData, camera: CameraData, first_row: wp.int32, hits: wp.array2d(dtype=Hit)):
    """Hits of the pixel-centre rays, one thread a pixel."""
    row, x = wp.tid()
    y = row + first_row
    ray = sharp_ray(camera, x, y)
    scene.first = ray.first
    hit = closest_hit(scene, ray.origin, ray.direction, FAR)
    if is_dark(ray):
        hit.instance = -1
    hits[y, x] = hit


@wp.kernel
def trace_tiles(scene: SceneData, camera: CameraData, first_row: wp.int32, hits: wp.uint64):
    """Hits of the pixel-centre rays on the CPU, one thread a tile."""
    row, column = wp.tid()
    trace_tile(
        scene.tree, scene.items, scene.instances, scene.reach, camera.rotation, camera.scale, camera.center,
        camera.left, camera.top, 8 * column, 8 * (row + first_row), camera.width, camera.height, hits,
    )  # fmt: skip


@wp.struct
class Labels:
    """Label maps, all (H, W)."""

    depth: wp.array2d(dtype=wp.float32)
    instances: wp.array2d(dtype=wp.int32)
    links: wp.array2d(dtype=wp.int32)
    normals: wp.array2d(dtype=wp.vec3)
    coordinates: wp.array2d(dtype=wp.vec3)


@wp.func
def label_nothing(labels: Labels, y: wp.int32, x: wp.int32):
    labels.depth[y, x] = 0.0
    labels.instances[y, x] = 0
    labels.links[y, x] = -1
    labels.normals[y, x] = wp.vec3(0.0)
    labels.coordinates[y, x] = wp.vec3(0.0)


@wp.func
def label_surface(
    labels: Labels, scene: SceneData, camera: CameraData, ray: Ray, hit: Hit, surface: Surface, y: wp.int32, x: wp.int32
):
    local = (surface.position - ray.origin) * ray.rotation
    labels.depth[y, x] = wp.where(camera.lens == KANNALA_BRANDT, wp.length(local), local[2])
    labels.instances[y, x] = scene.ids[hit.instance]
    labels.links[y, x] = scene.links[hit.instance]
    labels.normals[y, x] = surface.normal * ray.rotation
    labels.coordinates[y, x] = surface.local


@wp.kernel
def write_labels(
    scene: SceneData, camera: CameraData, first_row: wp.int32, hits: wp.array2d(dtype=Hit), labels: Labels
):
    row, x = wp.tid()
    y = row + first_row
    hit = hits[y, x]
    if hit.instance < 0:
        label_nothing(labels, y, x)
        return
    ray = sharp_ray(camera, x, y)
    scene.first = ray.first
    label_surface(labels, scene, camera, ray, hit, surface_at(scene, hit, ray.direction), y, x)


@wp.kernel
def write_rays(camera: CameraData, first_row: wp.int32, rays: wp.array2d(dtype=wp.vec3)):
    """Directions in the camera's frame of the pixels' centres."""
    row, x = wp.tid()
    y = row + first_row
    ray = sharp_ray(camera, x, y)
    rays[y, x] = ray.direction * ray.rotation


@wp.func
def window_of(starts: wp.array(dtype=wp.int32), i: wp.int32):
    """Number of the range that holds `i`; ranges begin at `starts`, whose last entry is the end."""
    low = int(0)
    high = starts.shape[0] - 1
    while high - low > 1:
        middle = (low + high) // 2
        if starts[middle] <= i:
            low = middle
        else:
            high = middle
    return low


@wp.kernel
def trace_outlines(
    scene: SceneData,
    camera: CameraData,
    windows: wp.array(dtype=wp.vec4i),  # left, top, width, id
    starts: wp.array(dtype=wp.int32),  # first pixel of each window in the flat mask, and the end
    tile_starts: wp.array(dtype=wp.int32),
    members: wp.array(dtype=wp.int32),  # instances sorted by object
    member_starts: wp.array(dtype=wp.int32),
    instances: wp.array2d(dtype=wp.int32),
    first: wp.int32,
    mask: wp.array(dtype=wp.uint8),
):
    """Outlines by rays, one thread a pixel."""
    i = wp.tid() + first
    n = window_of(starts, i)
    window = windows[n]
    local = i - starts[n]
    x = window[0] + local % window[2]
    y = window[1] + local // window[2]
    if x >= 0 and y >= 0 and x < camera.width and y < camera.height:
        if instances[y, x] == window[3]:  # seen, so certainly within its outline
            mask[i] = wp.uint8(1)
            return
    ray = sharp_ray(camera, x, y)
    if is_dark(ray):
        mask[i] = wp.uint8(0)
        return
    scene.first = ray.first
    found = wp.uint8(0)
    for m in range(member_starts[n], member_starts[n + 1]):
        k = members[m]
        if found == wp.uint8(0) and meets_instance(records(scene), k, ray.origin, ray.direction, FAR):
            found = wp.uint8(1)
    mask[i] = found


@wp.kernel
def cover_tiles(
    scene: SceneData,
    camera: CameraData,
    windows: wp.array(dtype=wp.vec4i),
    starts: wp.array(dtype=wp.int32),
    tile_starts: wp.array(dtype=wp.int32),  # first tile of each window among all tiles, and the end
    members: wp.array(dtype=wp.int32),
    member_starts: wp.array(dtype=wp.int32),
    instances: wp.array2d(dtype=wp.int32),
    first: wp.int32,
    mask: wp.array(dtype=wp.uint8),
):
    """Outlines on the CPU, one thread a tile."""
    i = wp.tid() + first
    n = window_of(tile_starts, i)
    window = windows[n]
    across = (window[2] + 7) // 8
    local = i - tile_starts[n]
    x = 8 * (local % across)
    y = 8 * (local // across)
    cover_tile(
        scene.instances, members.ptr, member_starts[n], member_starts[n + 1], window[3], instances.ptr,
        camera.rotation, camera.scale, camera.center, camera.left, camera.top,
        window[0] + x, window[1] + y, camera.width, camera.height,
        window[0] + window[2], window[1] + (starts[n + 1] - starts[n]) // window[2],
        mask.ptr + wp.uint64(starts[n] + y * window[2] + x), window[2],
    )  # fmt: skip
