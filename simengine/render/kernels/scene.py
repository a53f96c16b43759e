# mypy: ignore-errors
"""Instances of meshes on the device: structures and ray queries.

World coordinates on the device are relative to the camera's position (subtracted in double
precision on the host), so float32 keeps its precision where the camera looks.
"""

import warp as wp

from simengine.render.kernels.traversal import find_any, find_closest

wp.set_module_options({"enable_backward": False})

__all__ = ["Hit", "SceneData", "Surface", "any_hit", "closest_hit", "material_at", "records", "surface_at"]

RECORD = wp.constant(wp.uint64(72))  # bytes of an instance's record


@wp.struct
class SceneData:
    # what `traversal` reads: nodes of boxes around instances, their order, and a record of each instance
    tree: wp.uint64
    items: wp.uint64
    instances: wp.uint64
    first: wp.int32  # number of the first instance in the state that is looked at: records, rotation and position
    reach: wp.float32  # largest coordinate
    rotation: wp.array(dtype=wp.mat33)  # world from mesh
    position: wp.array(dtype=wp.vec3)
    corners: wp.array(dtype=wp.uint64)  # pointers to (3 F,) vec3
    normals: wp.array(dtype=wp.uint64)  # pointers to (3 F,) vec3
    uvs: wp.array(dtype=wp.uint64)  # pointers to (3 F,) vec2, 0 for none
    slots: wp.array(dtype=wp.uint64)  # pointers to (F,) int32
    faces: wp.array(dtype=wp.int32)
    slot_start: wp.array(dtype=wp.int32)
    slot_materials: wp.array(dtype=wp.int32)
    ids: wp.array(dtype=wp.int32)
    links: wp.array(dtype=wp.int32)


@wp.struct
class Hit:
    instance: wp.int32  # -1 for none
    face: wp.int32
    u: wp.float32
    v: wp.float32
    t: wp.float32


@wp.struct
class Surface:
    local: wp.vec3  # in the mesh's frame
    position: wp.vec3
    lifted: wp.vec3  # where rays may start without meeting the facet's own neighbours
    geometric: wp.vec3  # towards the viewer
    normal: wp.vec3  # shading normal, on the viewer's side
    local_normal: wp.vec3
    uv: wp.vec2
    uv_density: wp.float32  # texture units per metre
    material: wp.int32
    back: wp.int32  # whether it is seen from within its body


@wp.func
def records(scene: SceneData):
    """Where the records of the instances lie, in the state that is looked at."""
    return scene.instances + wp.uint64(scene.first) * RECORD


@wp.func
def closest_hit(scene: SceneData, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32):
    found = find_closest(scene.tree, scene.items, records(scene), origin, direction, t_max)
    hit = Hit()
    hit.t = found[0]
    hit.u = found[1]
    hit.v = found[2]
    hit.instance = wp.cast(found[3], wp.int32)
    hit.face = wp.cast(found[4], wp.int32)
    return hit


@wp.func
def any_hit(scene: SceneData, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32):
    return find_any(scene.tree, scene.items, records(scene), origin, direction, t_max)


@wp.func
def material_at(scene: SceneData, hit: Hit):
    i = hit.instance
    slots = wp.array(ptr=scene.slots[i], shape=(scene.faces[i],), dtype=wp.int32)
    return scene.slot_materials[scene.slot_start[i] + slots[hit.face]]


@wp.func
def largest(v: wp.vec3):
    return wp.max(wp.abs(v[0]), wp.max(wp.abs(v[1]), wp.abs(v[2])))


@wp.func
def surface_at(scene: SceneData, hit: Hit, direction: wp.vec3):
    """The surface at a hit, seen along `direction`."""
    s = Surface()
    i = hit.instance
    corners = wp.array(ptr=scene.corners[i], shape=(3 * scene.faces[i],), dtype=wp.vec3)
    w = 1.0 - hit.u - hit.v
    a = corners[hit.face * 3]
    b = corners[hit.face * 3 + 1]
    c = corners[hit.face * 3 + 2]
    normals = wp.array(ptr=scene.normals[i], shape=(3 * scene.faces[i],), dtype=wp.vec3)
    na = normals[hit.face * 3]
    nb = normals[hit.face * 3 + 1]
    nc = normals[hit.face * 3 + 2]
    # barycentric points are far more precise than origin + t * direction
    s.local = hit.u * a + hit.v * b + w * c
    cross = wp.cross(b - a, c - a)
    area = wp.length(cross)
    flat = cross * (1.0 / wp.max(area, 1.0e-30))
    smooth = hit.u * na + hit.v * nb + w * nc
    if wp.dot(smooth, smooth) < 1.0e-12:
        smooth = flat
    smooth = wp.normalize(smooth)
    turn = scene.rotation[scene.first + i]
    offset = scene.position[scene.first + i]
    geometric = turn * flat
    back = wp.dot(geometric, direction) > 0.0
    if back:
        s.back = 1
        geometric = -geometric
        smooth = -smooth
        na = -na
        nb = -nb
        nc = -nc
    # J. Hanika, Hacking the Shadow Terminator, Ray Tracing Gems II, ch. 4
    pa = s.local - a
    pb = s.local - b
    pc = s.local - c
    pa = pa - wp.min(0.0, wp.dot(pa, na)) * na
    pb = pb - wp.min(0.0, wp.dot(pb, nb)) * nb
    pc = pc - wp.min(0.0, wp.dot(pc, nc)) * nc
    # the three projections above are offsets from the corners: blend the projected points
    lifted = hit.u * (a + pa) + hit.v * (b + pb) + w * (c + pc)
    s.position = turn * s.local + offset
    magnitude = wp.max(largest(s.position), largest(s.local))
    s.lifted = turn * lifted + offset + geometric * (6.0e-6 * magnitude + 1.0e-9)
    s.geometric = geometric
    s.normal = turn * smooth
    s.local_normal = smooth
    s.material = material_at(scene, hit)
    s.uv_density = 0.0
    if scene.uvs[i] != wp.uint64(0):
        uvs = wp.array(ptr=scene.uvs[i], shape=(3 * scene.faces[i],), dtype=wp.vec2)
        ta = uvs[hit.face * 3]
        tb = uvs[hit.face * 3 + 1]
        tc = uvs[hit.face * 3 + 2]
        s.uv = hit.u * ta + hit.v * tb + w * tc
        e = tb - ta
        f = tc - ta
        s.uv_density = wp.sqrt(wp.abs(e[0] * f[1] - e[1] * f[0]) / wp.max(area, 1.0e-20))
    return s
