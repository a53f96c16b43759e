# mypy: ignore-errors
"""Kernels for the label maps: what the pixel-centre rays meet, and whole outlines."""

import warp as wp

from simengine.render.kernels.scene import Hit, SceneData, closest_hit, surface_at

wp.set_module_options({"enable_backward": False, "fast_math": False})

__all__ = ["CameraData", "pixel_ray", "trace_outlines", "trace_primary"]


@wp.struct
class CameraData:
    width: wp.int32
    height: wp.int32
    scale: wp.vec2  # 1 / focal length
    center: wp.vec2
    rotation: wp.mat33  # world from camera


@wp.func
def pixel_ray(camera: CameraData, x: wp.float32, y: wp.float32):
    """Direction in the world with unit length along the optical axis, so that t is planar depth."""
    local = wp.vec3((x - camera.center[0]) * camera.scale[0], (y - camera.center[1]) * camera.scale[1], 1.0)
    return camera.rotation * local


@wp.kernel
def trace_primary(
    scene: SceneData,
    camera: CameraData,
    first_row: wp.int32,
    # outputs, all (H, W)
    hits: wp.array2d(dtype=Hit),
    depth: wp.array2d(dtype=wp.float32),
    instances: wp.array2d(dtype=wp.int32),
    links: wp.array2d(dtype=wp.int32),
    normals: wp.array2d(dtype=wp.vec3),
    coordinates: wp.array2d(dtype=wp.vec3),
):
    row, x = wp.tid()
    y = row + first_row
    direction = pixel_ray(camera, float(x) + 0.5, float(y) + 0.5)
    hit = closest_hit(scene, wp.vec3(0.0), direction, 1.0e30)
    hits[y, x] = hit
    if hit.instance < 0:
        depth[y, x] = 0.0
        instances[y, x] = 0
        links[y, x] = -1
        normals[y, x] = wp.vec3(0.0)
        coordinates[y, x] = wp.vec3(0.0)
        return
    surface = surface_at(scene, hit, direction)
    depth[y, x] = (surface.position * camera.rotation)[2]
    instances[y, x] = scene.ids[hit.instance]
    links[y, x] = scene.links[hit.instance]
    normals[y, x] = surface.normal * camera.rotation
    coordinates[y, x] = surface.local


@wp.kernel
def trace_outlines(
    scene: SceneData,
    camera: CameraData,
    first: wp.int32,
    windows: wp.array(dtype=wp.vec4i),  # left, top, width, id
    starts: wp.array(dtype=wp.int32),  # first pixel of each window in the flat mask, and the end
    members: wp.array(dtype=wp.int32),  # instances sorted by object
    member_starts: wp.array(dtype=wp.int32),
    instances: wp.array2d(dtype=wp.int32),
    mask: wp.array(dtype=wp.uint8),
):
    i = wp.tid() + first
    low = int(0)
    high = windows.shape[0]
    while high - low > 1:
        middle = (low + high) // 2
        if starts[middle] <= i:
            low = middle
        else:
            high = middle
    window = windows[low]
    local = i - starts[low]
    x = window[0] + local % window[2]
    y = window[1] + local // window[2]
    if x >= 0 and y >= 0 and x < camera.width and y < camera.height:
        if instances[y, x] == window[3]:  # seen, so certainly within its outline
            mask[i] = wp.uint8(1)
            return
    direction = pixel_ray(camera, float(x) + 0.5, float(y) + 0.5)
    found = wp.uint8(0)
    for m in range(member_starts[low], member_starts[low + 1]):
        k = members[m]
        turn = scene.rotation[k]
        if found == wp.uint8(0):
            if wp.mesh_query_ray_anyhit(scene.mesh[k], -scene.position[k] * turn, direction * turn, 1.0e30):
                found = wp.uint8(1)
    mask[i] = found
