# mypy: ignore-errors
"""Instances of meshes on the device: structures and ray queries.

World coordinates on the device are relative to the camera's position (subtracted in double
precision on the host), so float32 keeps its precision where the camera looks.
"""

import warp as wp

from simengine.render.kernels.traversal import find_any, find_closest

wp.set_module_options({"enable_backward": False})

__all__ = [
    "Hit",
    "Part",
    "Record",
    "SceneData",
    "Surface",
    "any_hit",
    "closest_hit",
    "material_at",
    "part_of",
    "record_of",
    "records",
    "surface_at",
]


@wp.struct
class Record:
    """Where an instance is, in one state; `traversal` reads it, too."""

    rotation: wp.mat33  # world from mesh
    position: wp.vec3
    reach: wp.float32  # largest coordinate
    unused: wp.float32
    tree: wp.types.vector(length=2, dtype=wp.uint64)


@wp.struct
class Part:
    """What an instance is, in all its states."""

    corners: wp.uint64  # pointer to (3 F,) vec3
    normals: wp.uint64  # pointer to (3 F,) vec3
    uvs: wp.uint64  # pointer to (3 F,) vec2, 0 for none
    slots: wp.uint64  # pointer to (F,) int32
    faces: wp.int32
    slot_start: wp.int32
    id: wp.int32
    link: wp.int32


RECORD = wp.constant(wp.uint64(72))  # bytes


@wp.struct
class SceneData:
    # a picture's own: nodes of boxes around instances
    tree: wp.uint64
    # all of a batch: items in the order of the leaves, records, parts and materials of their slots
    items: wp.uint64
    instances: wp.uint64
    parts: wp.uint64
    slot_materials: wp.uint64
    first: wp.int32  # number of the first record in the state that is looked at
    reach: wp.float32  # largest coordinate


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
def record_of(scene: SceneData, i: wp.int32):
    """Where an instance is, in the state that is looked at."""
    at = scene.first + i
    return wp.array(ptr=scene.instances, shape=(at + 1,), dtype=Record)[at]


@wp.func
def part_of(scene: SceneData, i: wp.int32):
    """What an instance is."""
    return wp.array(ptr=scene.parts, shape=(i + 1,), dtype=Part)[i]


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
def slot_material(scene: SceneData, part: Part, face: wp.int32):
    slots = wp.array(ptr=part.slots, shape=(part.faces,), dtype=wp.int32)
    at = part.slot_start + slots[face]
    return wp.array(ptr=scene.slot_materials, shape=(at + 1,), dtype=wp.int32)[at]


@wp.func
def material_at(scene: SceneData, hit: Hit):
    return slot_material(scene, part_of(scene, hit.instance), hit.face)


@wp.func
def largest(v: wp.vec3):
    return wp.max(wp.abs(v[0]), wp.max(wp.abs(v[1]), wp.abs(v[2])))


@wp.func
def surface_at(scene: SceneData, hit: Hit, direction: wp.vec3):
    """The surface at a hit, seen along `direction`."""
    s = Surface()
    part = part_of(scene, hit.instance)
    corners = wp.array(ptr=part.corners, shape=(3 * part.faces,), dtype=wp.vec3)
    w = 1.0 - hit.u - hit.v
    a = corners[hit.face * 3]
    b = corners[hit.face * 3 + 1]
    c = corners[hit.face * 3 + 2]
    normals = wp.array(ptr=part.normals, shape=(3 * part.faces,), dtype=wp.vec3)
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
    record = record_of(scene, hit.instance)
    turn = record.rotation
    offset = record.position
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
    s.material = slot_material(scene, part, hit.face)
    s.uv_density = 0.0
    if part.uvs != wp.uint64(0):
        uvs = wp.array(ptr=part.uvs, shape=(3 * part.faces,), dtype=wp.vec2)
        ta = uvs[hit.face * 3]
        tb = uvs[hit.face * 3 + 1]
        tc = uvs[hit.face * 3 + 2]
        s.uv = hit.u * ta + hit.v * tb + w * tc
        e = tb - ta
        f = tc - ta
        s.uv_density = wp.sqrt(wp.abs(e[0] * f[1] - e[1] * f[0]) / wp.max(area, 1.0e-20))
    return s
