# mypy: ignore-errors
"""Texture look-ups: bilinear within a level, linear between two levels.

A texel is an unsigned 32-bit word with ten bits a channel that hold the square root of the linear value,
so that filtering happens in linear light at a quarter of the memory of floats. Maps (roughness, metallic, normals)
are kept likewise: their values are linear already.
"""

import warp as wp

from simengine.render.kernels.scene import Surface

wp.set_module_options({"enable_backward": False})

__all__ = ["Material", "TextureData", "base_color", "look_up", "pattern", "side_uv", "side_weights", "triplanar"]


@wp.struct
class TextureData:
    texels: wp.array(dtype=wp.uint32)  # all levels of all textures
    starts: wp.array(dtype=wp.int32)  # first texel of each level
    sizes: wp.array(dtype=wp.vec2i)  # width and height of each level
    first_levels: wp.array(dtype=wp.int32)  # first level of each texture, and the end


@wp.struct
class Material:
    base_color: wp.vec3
    texture: wp.int32
    texture_size: wp.float32
    triplanar: wp.int32
    roughness: wp.float32
    metallic: wp.float32
    specular: wp.float32
    clear_coat: wp.float32
    emission: wp.vec3
    transmission: wp.float32
    index: wp.float32  # of refraction
    absorption: wp.vec3  # within the body [1/m]


@wp.func
def decode(word: wp.uint32):
    mask = wp.uint32(1023)
    scale = 1.0 / 1023.0
    r = float(word & mask) * scale
    g = float((word >> wp.uint32(10)) & mask) * scale
    b = float((word >> wp.uint32(20)) & mask) * scale
    return wp.vec3(r * r, g * g, b * b)


@wp.func
def bilinear(textures: TextureData, level: wp.int32, uv: wp.vec2):
    size = textures.sizes[level]
    start = textures.starts[level]
    x = (uv[0] - wp.floor(uv[0])) * float(size[0]) - 0.5
    y = (1.0 - (uv[1] - wp.floor(uv[1]))) * float(size[1]) - 0.5
    fx = wp.floor(x)
    fy = wp.floor(y)
    x1 = int(fx) + 1  # 0 to the width
    y1 = int(fy) + 1
    x0 = wp.where(x1 == 0, size[0], x1) - 1
    y0 = wp.where(y1 == 0, size[1], y1) - 1
    x1 = wp.where(x1 == size[0], 0, x1)
    y1 = wp.where(y1 == size[1], 0, y1)
    a = x - fx
    b = y - fy
    upper = decode(textures.texels[start + y0 * size[0] + x0]) * (1.0 - a)
    upper += decode(textures.texels[start + y0 * size[0] + x1]) * a
    lower = decode(textures.texels[start + y1 * size[0] + x0]) * (1.0 - a)
    lower += decode(textures.texels[start + y1 * size[0] + x1]) * a
    return upper * (1.0 - b) + lower * b


@wp.func
def look_up(textures: TextureData, texture: wp.int32, uv: wp.vec2, footprint: wp.float32):
    """Colour at `uv`, averaged over about `footprint` (in units of the texture's edge)."""
    first = textures.first_levels[texture]
    last = textures.first_levels[texture + 1] - 1
    size = textures.sizes[first]
    level = wp.log2(wp.max(footprint * float(wp.max(size[0], size[1])), 1.0))
    level = wp.min(level, float(last - first))
    whole = wp.floor(level)
    part = level - whole
    fine = first + int(whole)
    color = bilinear(textures, fine, uv)
    if part > 0.02:
        color = color * (1.0 - part) + bilinear(textures, wp.min(fine + 1, last), uv) * part
    return color


@wp.func
def side_weights(n: wp.vec3):
    """How much each of three sides shows of a triplanar texture, of sum 1; sides seen at a slant are left out."""
    w = wp.cw_mul(n, n)
    w = wp.cw_mul(w, w)
    w = wp.cw_mul(w, w)
    x = wp.where(w[0] > 0.01, w[0], 0.0)
    y = wp.where(w[1] > 0.01, w[1], 0.0)
    z = wp.where(w[2] > 0.01 or x + y == 0.0, wp.max(w[2], 1.0e-6), 0.0)
    return wp.vec3(x, y, z) * (1.0 / (x + y + z))


@wp.func
def side_uv(n: wp.vec3, p: wp.vec3, side: wp.int32):
    """Coordinates on a side, seen from where the normal points: u runs right, v up."""
    uv = wp.vec2(p[0], wp.sign(n[2]) * p[1])
    if side == 0:
        uv = wp.vec2(wp.sign(n[0]) * p[1], p[2])
    elif side == 1:
        uv = wp.vec2(-wp.sign(n[1]) * p[0], p[2])
    return uv


@wp.func
def triplanar(textures: TextureData, texture: wp.int32, n: wp.vec3, p: wp.vec3, footprint: wp.float32):
    """A texture laid on from three sides; `p` and `footprint` in tiles."""
    w = side_weights(n)
    color = wp.vec3(0.0)
    for side in range(3):
        if w[side] > 0.0:
            color += w[side] * look_up(textures, texture, side_uv(n, p, side), footprint)
    return color


@wp.func
def pattern(textures: TextureData, material: Material, texture: wp.int32, s: Surface, width: wp.float32):
    """What a texture shows at a surface point; `width` is the diameter of the area to average over [m]."""
    if material.triplanar == 0:
        return look_up(textures, texture, s.uv, width * s.uv_density)
    size = 1.0 / material.texture_size
    return triplanar(textures, texture, s.local_normal, s.local * size, width * size)


@wp.func
def base_color(textures: TextureData, material: Material, s: Surface, width: wp.float32):
    """Base colour at a surface point; `width` is the diameter of the area to average over [m]."""
    if material.texture < 0:
        return material.base_color
    return wp.cw_mul(material.base_color, pattern(textures, material, material.texture, s, width))
