# mypy: ignore-errors
"""What a rich material is like at a point: maps of roughness, metal and normals laid on. Years come after."""

import warp as wp

from simengine.render.kernels.scene import Hit, SceneData, Surface, part_of, record_of
from simengine.render.kernels.texture import (
    Material,
    TextureData,
    base_color,
    look_up,
    pattern,
    side_uv,
    side_weights,
)

wp.set_module_options({"enable_backward": False})

__all__ = ["Finish", "Finished", "finish_at"]

LEAST_LENGTH = wp.constant(0.01)  # by which mean normals may be short because of their few bits


@wp.struct
class Finish:
    surface_map: wp.int32  # texture whose channels are (unused, roughness, metallic); -1 for none
    normal_map: wp.int32  # texture of normals, z away from the surface, y up; -1 for none
    sheen: wp.vec3
    sheen_roughness: wp.float32
    weathering: wp.int32  # number of it; -1 for none


@wp.struct
class Finished:
    base: wp.vec3
    roughness: wp.float32
    metallic: wp.float32
    clear_coat: wp.float32
    sheen: wp.vec3
    normal: wp.vec3  # bent, in the world


@wp.func
def slope(textures: TextureData, texture: wp.int32, uv: wp.vec2, footprint: wp.float32):
    """How a normal map leans along u and v, and the length of the mean normal."""
    c = look_up(textures, texture, uv, footprint) * (255.0 / 127.0) - wp.vec3(128.0 / 127.0)
    z = wp.max(c[2], 0.05)
    return wp.vec3(c[0] / z, c[1] / z, wp.length(c))


@wp.func
def coordinate_axes(scene: SceneData, hit: Hit):
    """Directions in the mesh's frame in which its u and v grow; columns, the third one unused."""
    part = part_of(scene, hit.instance)
    axes = wp.mat33(0.0)
    if part.uvs != wp.uint64(0):
        corners = wp.array(ptr=part.corners, shape=(3 * part.faces,), dtype=wp.vec3)
        uvs = wp.array(ptr=part.uvs, shape=(3 * part.faces,), dtype=wp.vec2)
        k = hit.face * 3
        e = corners[k + 1] - corners[k]
        f = corners[k + 2] - corners[k]
        a = uvs[k + 1] - uvs[k]
        b = uvs[k + 2] - uvs[k]
        turn = wp.sign(a[0] * b[1] - a[1] * b[0])
        u = (e * b[1] - f * a[1]) * turn
        v = (f * a[0] - e * b[0]) * turn
        axes = wp.matrix_from_cols(u / wp.max(wp.length(u), 1.0e-20), v / wp.max(wp.length(v), 1.0e-20), wp.vec3(0.0))
    return axes


@wp.func
def side_axes(n: wp.vec3, side: wp.int32):
    """The same for a side of a triplanar texture, see `side_uv`."""
    u = wp.vec3(1.0, 0.0, 0.0)
    v = wp.vec3(0.0, wp.sign(n[2]), 0.0)
    if side == 0:
        u = wp.vec3(0.0, wp.sign(n[0]), 0.0)
        v = wp.vec3(0.0, 0.0, 1.0)
    elif side == 1:
        u = wp.vec3(-wp.sign(n[1]), 0.0, 0.0)
        v = wp.vec3(0.0, 0.0, 1.0)
    return wp.matrix_from_cols(u, v, wp.vec3(0.0))


@wp.func
def relief(
    textures: TextureData, scene: SceneData, hit: Hit, material: Material, finish: Finish, s: Surface, width: wp.float32
):
    """By how much a normal map bends the normal, in the mesh's frame, and the length of the mean normal.

    Slopes are added up as surface gradients (M. Mikkelsen, Surface Gradient-Based Bump Mapping Framework, JCGT 9(3),
    2020), whatever the mapping.
    """
    total = wp.vec4(0.0, 0.0, 0.0, 1.0)
    if material.triplanar == 0:
        g = slope(textures, finish.normal_map, s.uv, width * s.uv_density)
        d = coordinate_axes(scene, hit) * wp.vec3(g[0], g[1], 0.0)
        d = wp.where(s.back == 1, -d, d)
        total = wp.vec4(d[0], d[1], d[2], g[2])
    else:
        n = s.local_normal
        w = side_weights(n)
        size = 1.0 / material.texture_size
        d = wp.vec3(0.0)
        length = float(0.0)
        for side in range(3):
            if w[side] > 0.0:
                g = slope(textures, finish.normal_map, side_uv(n, s.local * size, side), width * size)
                d += side_axes(n, side) * wp.vec3(g[0], g[1], 0.0) * w[side]
                length += g[2] * w[side]
        total = wp.vec4(d[0], d[1], d[2], length)
    return total


@wp.func
def finish_at(
    textures: TextureData, scene: SceneData, hit: Hit, material: Material, finish: Finish, s: Surface, width: wp.float32
):
    """What a material is like at a surface point; `width` is the diameter of the area to average over [m]."""
    f = Finished()
    f.base = base_color(textures, material, s, width)
    f.roughness = material.roughness
    f.metallic = material.metallic
    f.clear_coat = material.clear_coat
    f.sheen = finish.sheen
    f.normal = s.normal
    if finish.surface_map >= 0:
        v = pattern(textures, material, finish.surface_map, s, width)
        f.roughness = f.roughness * v[1]
        f.metallic = f.metallic * v[2]
    if finish.normal_map >= 0:
        r = relief(textures, scene, hit, material, finish, s, width)
        d = record_of(scene, hit.instance).rotation * wp.vec3(r[0], r[1], r[2])
        d = d - s.normal * wp.dot(d, s.normal)
        f.normal = wp.normalize(s.normal + d)
        # bumps too small to be seen roughen the surface: M. Toksvig, Mipmapping Normal Maps, JGT 10(3), 2005
        short = wp.max(1.0 - LEAST_LENGTH - r[3], 0.0) / wp.max(r[3], 0.1)
        rough2 = f.roughness * f.roughness
        f.roughness = wp.sqrt(wp.sqrt(wp.min(rough2 * rough2 + 2.0 * short, 1.0)))
    return f
