# mypy: ignore-errors
"""Kernels for the label maps: what the pixel-centre rays meet, and whole outlines."""

import warp as wp

from simengine.render.kernels.camera import KANNALA_BRANDT, CameraData, Ray, is_dark, sharp_ray
from simengine.render.kernels.scene import Hit, SceneData, Surface, closest_hit, part_of, records, surface_at
from simengine.render.kernels.tiles import cover_tile, trace_tile
from simengine.render.kernels.traversal import meets_instance

wp.set_module_options({"enable_backward": False, "fast_math": False})

FAR = wp.constant(1.0e30)
HIT = wp.constant(wp.uint64(20))  # bytes

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
def trace_pixels(
    scenes: wp.array(dtype=SceneData),
    cameras: wp.array(dtype=CameraData),
    first_row: wp.int32,
    hits: wp.array2d(dtype=Hit),
):
    """Hits of the pixel-centre rays, one thread a pixel."""
    thread, x = wp.tid()
    row = thread + first_row  # the pictures of a batch lie one below the other
    picture = row // cameras[0].height
    y = row - picture * cameras[0].height
    camera = cameras[picture]
    scene = scenes[picture]
    ray = sharp_ray(camera, x, y)
    scene.first = ray.first
    hit = closest_hit(scene, ray.origin, ray.direction, FAR)
    if is_dark(ray):
        hit.instance = -1
    hits[row, x] = hit


@wp.kernel
def trace_tiles(
    scenes: wp.array(dtype=SceneData), cameras: wp.array(dtype=CameraData), first_row: wp.int32, hits: wp.uint64
):
    """Hits of the pixel-centre rays on the CPU, one thread a tile."""
    thread, column = wp.tid()
    tile_rows = (cameras[0].height + 7) // 8
    picture = (thread + first_row) // tile_rows
    row = thread + first_row - picture * tile_rows
    scene = scenes[picture]
    camera = cameras[picture]
    first_hit = hits + HIT * wp.uint64(picture) * wp.uint64(camera.width * camera.height)
    trace_tile(
        scene.tree, scene.items, scene.instances, scene.reach, camera.rotation, camera.scale, camera.center,
        camera.left, camera.top, 8 * column, 8 * row, camera.width, camera.height, first_hit,
    )  # fmt: skip


@wp.struct
class Labels:
    """Label maps, all (B H, W) for a batch of B pictures."""

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
    part = part_of(scene, hit.instance)
    labels.instances[y, x] = part.id
    labels.links[y, x] = part.link
    labels.normals[y, x] = surface.normal * ray.rotation
    labels.coordinates[y, x] = surface.local


@wp.kernel
def write_labels(
    scenes: wp.array(dtype=SceneData),
    cameras: wp.array(dtype=CameraData),
    first_row: wp.int32,
    hits: wp.array2d(dtype=Hit),
    labels: Labels,
):
    thread, x = wp.tid()
    row = thread + first_row  # the pictures of a batch lie one below the other
    picture = row // cameras[0].height
    y = row - picture * cameras[0].height
    camera = cameras[picture]
    hit = hits[row, x]
    if hit.instance < 0:
        label_nothing(labels, row, x)
        return
    scene = scenes[picture]
    ray = sharp_ray(camera, x, y)
    scene.first = ray.first
    label_surface(labels, scene, camera, ray, hit, surface_at(scene, hit, ray.direction), row, x)


@wp.kernel
def write_rays(cameras: wp.array(dtype=CameraData), first_row: wp.int32, rays: wp.array2d(dtype=wp.vec3)):
    """Directions in the camera's frame of the pixels' centres."""
    thread, x = wp.tid()
    row = thread + first_row  # the pictures of a batch lie one below the other
    picture = row // cameras[0].height
    y = row - picture * cameras[0].height
    camera = cameras[picture]
    ray = sharp_ray(camera, x, y)
    rays[row, x] = ray.direction * ray.rotation


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
    scenes: wp.array(dtype=SceneData),
    cameras: wp.array(dtype=CameraData),
    pictures: wp.array(dtype=wp.int32),  # of each window
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
    scene = scenes[pictures[n]]
    camera = cameras[pictures[n]]
    local = i - starts[n]
    x = window[0] + local % window[2]
    y = window[1] + local // window[2]
    if x >= 0 and y >= 0 and x < camera.width and y < camera.height:
        if instances[pictures[n] * camera.height + y, x] == window[3]:  # seen, so certainly within its outline
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
    scenes: wp.array(dtype=SceneData),
    cameras: wp.array(dtype=CameraData),
    pictures: wp.array(dtype=wp.int32),  # of each window
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
    scene = scenes[pictures[n]]
    camera = cameras[pictures[n]]
    across = (window[2] + 7) // 8
    local = i - tile_starts[n]
    x = 8 * (local % across)
    y = 8 * (local // across)
    seen = instances.ptr + wp.uint64(4) * wp.uint64(pictures[n]) * wp.uint64(camera.width * camera.height)
    cover_tile(
        scene.instances, members.ptr, member_starts[n], member_starts[n + 1], window[3], seen,
        camera.rotation, camera.scale, camera.center, camera.left, camera.top,
        window[0] + x, window[1] + y, camera.width, camera.height,
        window[0] + window[2], window[1] + (starts[n + 1] - starts[n]) // window[2],
        mask.ptr + wp.uint64(starts[n] + y * window[2] + x), window[2],
    )  # fmt: skip
