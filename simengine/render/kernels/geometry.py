# mypy: ignore-errors
"""Kernels for the label maps: what the pixel-centre rays meet, and whole outlines."""

import warp as wp

from simengine.render.kernels.scene import Hit, SceneData, closest_hit, surface_at

wp.set_module_options({"enable_backward": False, "fast_math": False})

FAR = wp.constant(1.0e30)
NEAR = wp.constant(1.0e-5)

__all__ = ["CameraData", "fill_outlines", "pixel_ray", "trace_outlines", "trace_primary"]


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
    hit = closest_hit(scene, wp.vec3(0.0), direction, FAR)
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
    row_starts: wp.array(dtype=wp.int32),  # first row of each window among all rows, and the end
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
    direction = pixel_ray(camera, float(x) + 0.5, float(y) + 0.5)
    found = wp.uint8(0)
    for m in range(member_starts[n], member_starts[n + 1]):
        k = members[m]
        turn = scene.rotation[k]
        if found == wp.uint8(0):
            if wp.mesh_query_ray_anyhit(scene.mesh[k], -scene.position[k] * turn, direction * turn, FAR):
                found = wp.uint8(1)
    mask[i] = found


@wp.func
def crossing(a: wp.vec3, b: wp.vec3, sa: wp.float32, sb: wp.float32):
    return a + (b - a) * (sa / (sa - sb))


@wp.kernel
def fill_outlines(
    scene: SceneData,
    camera: CameraData,
    windows: wp.array(dtype=wp.vec4i),
    starts: wp.array(dtype=wp.int32),
    row_starts: wp.array(dtype=wp.int32),
    members: wp.array(dtype=wp.int32),
    member_starts: wp.array(dtype=wp.int32),
    instances: wp.array2d(dtype=wp.int32),
    first: wp.int32,
    mask: wp.array(dtype=wp.uint8),
):
    """Outlines of plain meshes by scan conversion, one thread a row: floors fill windows far beyond the picture."""
    row = wp.tid() + first
    n = window_of(row_starts, row)
    window = windows[n]
    y = window[1] + row - row_starts[n]
    begin = starts[n] + (row - row_starts[n]) * window[2]
    for x in range(window[2]):
        mask[begin + x] = wp.uint8(0)
    slope = (float(y) + 0.5 - camera.center[1]) * camera.scale[1]
    for m in range(member_starts[n], member_starts[n + 1]):
        k = members[m]
        mesh = scene.mesh[k]
        for f in range(scene.faces[k]):
            a = (scene.rotation[k] * wp.mesh_get_point(mesh, 3 * f) + scene.position[k]) * camera.rotation
            b = (scene.rotation[k] * wp.mesh_get_point(mesh, 3 * f + 1) + scene.position[k]) * camera.rotation
            c = (scene.rotation[k] * wp.mesh_get_point(mesh, 3 * f + 2) + scene.position[k]) * camera.rotation
            # signed distances from the plane through the eye and the row's pixel centres
            sa = a[1] - slope * a[2]
            sb = b[1] - slope * b[2]
            sc = c[1] - slope * c[2]
            if wp.min(sa, wp.min(sb, sc)) <= 0.0 and wp.max(sa, wp.max(sb, sc)) > 0.0:
                # the corner alone on its side is where both cut edges meet
                p = wp.vec3(0.0)
                q = wp.vec3(0.0)
                if (sa > 0.0) == (sb > 0.0):
                    p = crossing(c, a, sc, sa)
                    q = crossing(c, b, sc, sb)
                elif (sa > 0.0) == (sc > 0.0):
                    p = crossing(b, a, sb, sa)
                    q = crossing(b, c, sb, sc)
                else:
                    p = crossing(a, b, sa, sb)
                    q = crossing(a, c, sa, sc)
                if p[2] > q[2]:
                    swap = p
                    p = q
                    q = swap
                if q[2] > NEAR:
                    if p[2] < NEAR:
                        p = crossing(p, q, p[2] - NEAR, q[2] - NEAR)
                    u = p[0] / (p[2] * camera.scale[0]) + camera.center[0] - 0.5 - float(window[0])
                    v = q[0] / (q[2] * camera.scale[0]) + camera.center[0] - 0.5 - float(window[0])
                    low = int(wp.ceil(wp.clamp(wp.min(u, v), 0.0, float(window[2]))))
                    high = int(wp.floor(wp.clamp(wp.max(u, v), -1.0, float(window[2] - 1))))
                    for x in range(low, high + 1):
                        mask[begin + x] = wp.uint8(1)
    if y >= 0 and y < camera.height:
        for x in range(wp.max(0, window[0]), wp.min(camera.width, window[0] + window[2])):
            if instances[y, x] == window[3]:
                mask[begin + x - window[0]] = wp.uint8(1)
