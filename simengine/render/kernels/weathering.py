# mypy: ignore-errors
"""Weathering: worn edges, rust and dirt.

What edges and corners are is told by a grid in the mesh's frame: the share of a small ball about each point that is
solid, one half on plain faces, less on edges that stick out, more in corners that lie in (H. Pottmann et al., Integral
invariants for robust geometry processing, CAGD 26(1), 2009). Patches come from a tile of three fields of noise, each
even in [0, 1].
"""

import warp as wp

from simengine.render.kernels.finish import Finished
from simengine.render.kernels.scene import Hit, SceneData, Surface, part_of
from simengine.render.kernels.texture import TextureData, triplanar

wp.set_module_options({"enable_backward": False})

__all__ = ["Weathering", "WeatheringData", "weathered"]


@wp.struct
class Weathering:
    wear: wp.float32
    bare: wp.vec3  # colour of the metal below what is worn off
    rust: wp.float32
    dirt: wp.float32
    soil: wp.vec3  # colour of the dirt
    grain: wp.float32  # edge of a tile of noise [m]


@wp.struct
class WeatheringData:
    marks: wp.array(dtype=Weathering)
    noise: wp.int32  # texture of the fields
    first: wp.int32  # number of the first instance that the following are about
    grids: wp.array(dtype=wp.uint64)  # pointers to bytes, x running fastest; 0 for none
    low: wp.array(dtype=wp.vec3)  # the first cell's middle
    scale: wp.array(dtype=wp.vec3)  # cells per metre
    size: wp.array(dtype=wp.vec3i)


@wp.func
def solid_share(w: WeatheringData, i: wp.int32, p: wp.vec3):
    if w.grids[i] == wp.uint64(0):
        return float(0.5)
    n = w.size[i]
    grid = wp.array(ptr=w.grids[i], shape=(n[0] * n[1] * n[2],), dtype=wp.uint8)
    q = wp.cw_mul(p - w.low[i], w.scale[i])
    x = wp.clamp(q[0], 0.0, float(n[0]) - 1.001)
    y = wp.clamp(q[1], 0.0, float(n[1]) - 1.001)
    z = wp.clamp(q[2], 0.0, float(n[2]) - 1.001)
    k = (int(z) * n[1] + int(y)) * n[0] + int(x)
    a = x - float(int(x))
    b = y - float(int(y))
    c = z - float(int(z))
    row = n[0]
    layer = n[0] * n[1]
    near = (float(grid[k]) * (1.0 - a) + float(grid[k + 1]) * a) * (1.0 - b)
    near += (float(grid[k + row]) * (1.0 - a) + float(grid[k + row + 1]) * a) * b
    far = (float(grid[k + layer]) * (1.0 - a) + float(grid[k + layer + 1]) * a) * (1.0 - b)
    far += (float(grid[k + layer + row]) * (1.0 - a) + float(grid[k + layer + row + 1]) * a) * b
    return (near * (1.0 - c) + far * c) / 255.0


@wp.func
def smooth(low: wp.float32, high: wp.float32, x: wp.float32):
    t = wp.clamp((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@wp.func
def mixed(a: wp.float32, b: wp.float32, share: wp.float32):
    return a + (b - a) * share


@wp.func
def weathered(
    textures: TextureData,
    w: WeatheringData,
    scene: SceneData,
    hit: Hit,
    number: wp.int32,
    s: Surface,
    width: wp.float32,
    f: Finished,
):
    """A finish after years of use; every object has patches of its own, which move with it."""
    u = w.marks[number]
    id = float(part_of(scene, hit.instance).id & 1023)
    shift = wp.vec3(id * 0.6180340, id * 0.7548777, id * 0.5698403)
    noise = triplanar(textures, w.noise, s.local_normal, s.local / u.grain + shift, width / u.grain)
    share = solid_share(w, hit.instance - w.first, s.local)
    out = wp.clamp((0.5 - share) * 4.0, 0.0, 1.5)  # 1 on a square edge
    hollow = wp.clamp((share - 0.5) * 4.0, 0.0, 1.0)
    bare = float(0.0)
    if u.wear > 0.0:
        rub = out + 0.5 * (noise[1] - 0.5) + 0.4 * (noise[0] - 0.5) + 0.15 * (noise[2] - 0.5)
        limit = 1.0 - 0.9 * u.wear
        bare = smooth(limit - 0.05, limit + 0.05, rub)
        f.base = f.base * (1.0 - bare) + u.bare * (bare * (0.85 + 0.3 * noise[2]))
        f.metallic = mixed(f.metallic, 1.0, bare)
        f.roughness = mixed(f.roughness, 0.25 + 0.25 * noise[1], bare)
        f.clear_coat = f.clear_coat * (1.0 - bare)
        f.sheen = f.sheen * (1.0 - bare)
    if u.rust > 0.0:
        damp = 0.62 * noise[0] + 0.3 * noise[1] + 0.08 * noise[2] + 0.2 * hollow + 0.12 * bare
        limit = 1.02 - 0.95 * u.rust
        eaten = smooth(limit - 0.04, limit + 0.06, damp)
        deep = wp.clamp((damp - limit) * 3.0 + 0.7 * (noise[2] - 0.5) + 0.3 * (noise[1] - 0.5), 0.0, 1.0)
        tone = wp.vec3(0.36, 0.125, 0.03) * (1.0 - deep) + wp.vec3(0.062, 0.024, 0.012) * deep
        tone = tone * (0.7 + 0.6 * noise[2])
        f.base = f.base * (1.0 - eaten) + tone * eaten
        f.metallic = f.metallic * (1.0 - eaten)
        f.roughness = mixed(f.roughness, 0.9, eaten)
        f.clear_coat = f.clear_coat * (1.0 - eaten)
        f.sheen = f.sheen * (1.0 - eaten)
    if u.dirt > 0.0:
        rest = 0.55 * noise[0] + 0.3 * noise[1] + 0.15 * noise[2] + 0.9 * hollow - 0.35 * out
        rest += 0.25 * wp.max(s.local_normal[2], 0.0)
        cover = 0.94 * smooth(1.1 - 1.15 * u.dirt, 1.6 - 1.15 * u.dirt, rest)
        f.base = f.base * (1.0 - cover) + u.soil * (cover * (0.75 + 0.5 * noise[2]))
        f.metallic = f.metallic * (1.0 - cover)
        f.roughness = mixed(f.roughness, 0.95, cover)
        f.clear_coat = f.clear_coat * (1.0 - cover)
    return f
