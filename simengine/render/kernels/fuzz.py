# mypy: ignore-errors
"""What rich materials add to a principled one: a fuzz of fibres on top, and normals bent by a map.

- Sheen: the distribution of A. Estevez and C. Kulla, Production Friendly Microfacet Sheen BRDF, SIGGRAPH 2017, with
  the visibility of D. Neubelt and M. Pettineo, Crafting a Next-Gen Material Pipeline, SIGGRAPH 2013. What is below
  gets the light that its directional albedo leaves over.
- Bent normals: what a bent surface would send below the plain surface is folded back above it, so that light is
  neither lost nor leaks; folding keeps the density of the samples known.
"""

import warp as wp

from simengine.render.kernels.angles import unit
from simengine.render.kernels.bsdf import Bsdf, Response, evaluate, sample_direction

wp.set_module_options({"enable_backward": False})

__all__ = ["Fuzz", "dimmed", "evaluate_rich", "fuzz_at", "sample_rich", "sheen_value"]

PI = wp.constant(3.14159265358979)
LEAST_SHEEN = wp.constant(0.4)  # roughness below which it would reflect more light than it gets, at grazing angles
ROWS = wp.constant(16)
COLUMNS = wp.constant(32)


@wp.struct
class Fuzz:
    sheen: wp.vec3
    power: wp.float32  # 1 / the width of the fibres' distribution
    plane: wp.vec3  # normal of the plain surface, in the frame whose z is the bent one
    bent: wp.int32


@wp.func
def sheen_albedo(table: wp.array2d(dtype=wp.float32), cosine: wp.float32, roughness: wp.float32):
    """Directional albedo of white sheen; columns are even in the square root of the cosine."""
    x = wp.sqrt(wp.clamp(cosine, 0.0, 1.0)) * float(COLUMNS - 1)
    y = wp.clamp(roughness, 0.0, 1.0) * float(ROWS - 1)
    i = wp.min(int(x), COLUMNS - 2)
    j = wp.min(int(y), ROWS - 2)
    a = x - float(i)
    b = y - float(j)
    low = table[j, i] * (1.0 - a) + table[j, i + 1] * a
    high = table[j + 1, i] * (1.0 - a) + table[j + 1, i + 1] * a
    return low * (1.0 - b) + high * b


@wp.func
def fuzz_at(sheen: wp.vec3, roughness: wp.float32, plane: wp.vec3):
    """Sheen of a roughness, on a surface whose plain normal is `plane` in the bent one's frame."""
    f = Fuzz()
    f.sheen = sheen
    width = LEAST_SHEEN + (1.0 - LEAST_SHEEN) * roughness
    f.power = 1.0 / (width * width)
    f.plane = plane
    f.bent = wp.where(plane[2] < 0.99999, 1, 0)
    return f


@wp.func
def dimmed(table: wp.array2d(dtype=wp.float32), m: Bsdf, sheen: wp.vec3, roughness: wp.float32, cosine: wp.float32):
    """A material below sheen."""
    most = wp.max(sheen[0], wp.max(sheen[1], sheen[2]))
    if most > 0.0:
        taken = most * sheen_albedo(table, cosine, roughness)
        left = 1.0 - taken
        m.under_coat = m.under_coat * left
        m.diffuse = m.diffuse * left
        m.coat = m.coat * left
        # directions for sheen are drawn with those for diffuse light
        diffuse = wp.max(taken + left * m.diffuse_share, 0.1)
        rest = (1.0 - diffuse) / wp.max(1.0 - m.diffuse_share, 1.0e-6)
        m.specular_share = m.specular_share * rest
        m.coat_share = m.coat_share * rest
        m.diffuse_share = 1.0 - m.specular_share - m.coat_share
    return m


@wp.func
def sheen_value(power: wp.float32, wo: wp.vec3, wi: wp.vec3):
    """Value of white sheen, without the cosine; both directions above the surface."""
    h = unit(wo + wi)
    sine = wp.sqrt(wp.max(h[0] * h[0] + h[1] * h[1], 1.0e-12))
    d = (2.0 + power) * wp.pow(sine, power) / (2.0 * PI)
    return d / (4.0 * (wi[2] + wo[2] - wi[2] * wo[2]))


@wp.func
def evaluate_above(m: Bsdf, f: Fuzz, wo: wp.vec3, wi: wp.vec3):
    r = evaluate(m, wo, wi)
    if wi[2] > 0.0 and f.sheen[0] + f.sheen[1] + f.sheen[2] > 0.0:
        r.specular += f.sheen * (sheen_value(f.power, wo, wi) * wi[2])
    return r


@wp.func
def evaluate_rich(m: Bsdf, f: Fuzz, wo: wp.vec3, wi: wp.vec3):
    """As `evaluate`, with sheen, for directions above the plain surface."""
    up = wp.dot(wi, f.plane)
    r = Response()
    if up <= 0.0:
        return r
    r = evaluate_above(m, f, wo, wi)
    if f.bent == 1:
        other = evaluate_above(m, f, wo, wi - f.plane * (2.0 * up))
        r.diffuse += other.diffuse
        r.specular += other.specular
        r.pdf += other.pdf
    return r


@wp.func
def sample_rich(m: Bsdf, f: Fuzz, wo: wp.vec3, lobe: wp.float32, u: wp.vec2):
    """As `sample_direction`, folded above the plain surface; what falls below the bent one is lost there, too."""
    wi = sample_direction(m, wo, lobe, u)
    up = wp.dot(wi, f.plane)
    if f.bent == 1 and up < 0.0 and wi[2] > 0.0:
        wi = wi - f.plane * (2.0 * up)
    elif wi[2] <= 0.0:
        wi = -f.plane
    return wi
