# mypy: ignore-errors
"""Bodies that light goes through: glass, and plastic that is tinted or cloudy.

Light is refracted about microfacets that the viewer sees (E. Heitz, JCGT 7(4), 2018) and keeps all its energy: what
single scattering would lose between facets goes on, as in `bsdf`. On its way in, a surface passes what its reflection
leaves over; on its way out, Fresnel's equations decide, with total reflection. Within a body light fades after Beer's
law. All absorb a square root of the base colour at each surface.

Shadow rays go straight through clear surfaces and fade there: the light behind a clear body is right in amount, but
not focused by it.
"""

import warp as wp

from simengine.render.kernels.bsdf import visible_normal
from simengine.render.kernels.look import LookData
from simengine.render.kernels.scene import SceneData, Surface, closest_hit, largest, material_at, surface_at
from simengine.render.kernels.texture import base_color

wp.set_module_options({"enable_backward": False})

__all__ = ["Passage", "beyond", "clear_way", "fade", "pass_inwards", "pass_outwards", "tint"]

MOST_LAYERS = wp.constant(16)


@wp.struct
class Passage:
    direction: wp.vec3  # in the frame whose z is the normal on the viewer's side
    through: wp.int32  # 0 if reflected


@wp.func
def fresnel(cosine: wp.float32, ratio: wp.float32):
    """Reflectance of a dielectric; `ratio` is the index on the viewer's side over the one beyond."""
    sine2 = ratio * ratio * (1.0 - cosine * cosine)
    if sine2 >= 1.0:
        return float(1.0)
    other = wp.sqrt(1.0 - sine2)
    s = (ratio * cosine - other) / (ratio * cosine + other)
    p = (cosine - ratio * other) / (cosine + ratio * other)
    return 0.5 * (s * s + p * p)


@wp.func
def bent(wo: wp.vec3, h: wp.vec3, ratio: wp.float32):
    """The direction beyond a facet, after Snell; below the surface in any case."""
    cosine = wp.dot(wo, h)
    root = wp.sqrt(wp.max(1.0 - ratio * ratio * (1.0 - cosine * cosine), 0.0))
    wt = h * (ratio * cosine - root) - wo * ratio
    return wp.normalize(wp.vec3(wt[0], wt[1], -wp.max(wp.abs(wt[2]), 1.0e-4)))


@wp.func
def pass_inwards(alpha: wp.float32, index: wp.float32, wo: wp.vec3, u: wp.vec2):
    """A refracted direction into a body."""
    return bent(wo, visible_normal(alpha, wo, u), 1.0 / index)


@wp.func
def pass_outwards(alpha: wp.float32, index: wp.float32, wo: wp.vec3, chance: wp.float32, u: wp.vec2):
    """A direction out of a body, or back into it."""
    h = visible_normal(alpha, wo, u)
    cosine = wp.clamp(wp.dot(wo, h), 0.0, 1.0)
    passage = Passage()
    if chance < fresnel(cosine, index):
        wi = 2.0 * cosine * h - wo
        passage.direction = wp.normalize(wp.vec3(wi[0], wi[1], wp.max(wp.abs(wi[2]), 1.0e-4)))
    else:
        passage.direction = bent(wo, h, index)
        passage.through = 1
    return passage


@wp.func
def tint(base: wp.vec3):
    """What one surface leaves of the light that goes through it: the base colour after two."""
    return wp.vec3(wp.sqrt(base[0]), wp.sqrt(base[1]), wp.sqrt(base[2]))


@wp.func
def fade(absorption: wp.vec3, distance: wp.float32):
    """Beer's law."""
    return wp.vec3(
        wp.exp(-absorption[0] * distance), wp.exp(-absorption[1] * distance), wp.exp(-absorption[2] * distance)
    )


@wp.func
def beyond(s: Surface):
    """Where a ray starts that has gone through a surface."""
    return s.position - s.geometric * (6.0e-6 * wp.max(largest(s.position), largest(s.local)) + 1.0e-9)


@wp.func
def clear_way(scene: SceneData, look: LookData, origin: wp.vec3, direction: wp.vec3, distance: wp.float32):
    """What is left of light along a straight way, and how many clear surfaces it went through."""
    left = wp.vec3(1.0)
    absorption = wp.vec3(0.0)  # of the bodies that the way is in; where they overlap, of both
    travelled = float(0.0)
    start = origin
    rest = distance
    layer = int(0)
    while layer < MOST_LAYERS:  # a loop that is not unrolled
        hit = closest_hit(scene, start, direction, rest)
        if hit.instance < 0:
            return wp.vec4(left[0], left[1], left[2], float(layer))
        material = look.materials[material_at(scene, hit)]
        if material.transmission <= 0.0:
            return wp.vec4(0.0)
        s = surface_at(scene, hit, direction)
        travelled += hit.t
        left = wp.cw_mul(left, fade(absorption, hit.t))
        if s.back == 1:
            # what the way did not enter it began in
            left = wp.cw_mul(left, fade(wp.max(material.absorption - absorption, wp.vec3(0.0)), travelled))
            absorption = wp.max(absorption - material.absorption, wp.vec3(0.0))
        else:
            cosine = wp.clamp(-wp.dot(s.normal, direction), 0.0, 1.0)
            # both surfaces of a slab reflect alike
            passed = 1.0 - fresnel(cosine, 1.0 / material.index)
            left = left * (passed * passed * material.transmission * (1.0 - material.metallic))
            absorption += material.absorption
        left = wp.cw_mul(left, tint(base_color(look.textures, material, s, 0.0)))
        start = beyond(s)
        rest = wp.max(rest - hit.t, 0.0)
        layer += 1
    return wp.vec4(0.0)
