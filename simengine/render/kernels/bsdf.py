# mypy: ignore-errors
"""The principled material: Lambert, GGX and a clear coat, layered so that no energy is made.

- Microfacets: B. Walter et al., Microfacet Models for Refraction through Rough Surfaces, EGSR 2007;
  height-correlated Smith shadowing; sampling of visible normals after E. Heitz, JCGT 7(4), 2018.
- Energy lost between facets is given back after C. Fdez-Aguera, JCGT 8(1), 2019, with a table of the
  directional albedo of GGX.
- Layers: what is below gets the light that the directional albedo of the layer above leaves over
  (as in the glTF 2.0 sample renderer). This keeps a white furnace at 1. Each lobe is reciprocal; the weights of the
  layers are not, since they go by the viewer's direction alone.
"""

import warp as wp

from simengine.render.kernels.angles import circle_point, unit

wp.set_module_options({"enable_backward": False})

__all__ = ["Bsdf", "Response", "bsdf_at", "evaluate", "sample_direction"]

PI = wp.constant(3.14159265358979)
LEAST_ROUGHNESS = wp.constant(0.0447)
COAT_ALPHA = wp.constant(0.01)
COAT_ROUGHNESS = wp.constant(0.1)
TABLE = wp.constant(32)


@wp.struct
class Bsdf:
    diffuse: wp.float32  # share of the light that reaches the diffuse layer
    f0: wp.vec3  # reflectance along the normal and at grazing angles, with multiple scattering
    f90: wp.vec3
    alpha: wp.float32
    smith: wp.float32  # `smith` of the direction to the viewer
    coat: wp.float32
    diffuse_share: wp.float32  # probabilities of the lobes
    specular_share: wp.float32
    coat_share: wp.float32
    under_coat: wp.float32


@wp.struct
class Response:
    diffuse: wp.float32  # value times cosine for a white diffuse layer
    specular: wp.vec3  # value times cosine of the other lobes
    pdf: wp.float32


@wp.func
def directional_albedo(table: wp.array2d(dtype=wp.vec2), cosine: wp.float32, roughness: wp.float32):
    """Scale and offset of F0 in the directional albedo of GGX with Schlick's Fresnel term."""
    x = wp.clamp(cosine, 0.0, 1.0) * float(TABLE - 1)
    y = wp.clamp(roughness, 0.0, 1.0) * float(TABLE - 1)
    i = wp.min(int(x), TABLE - 2)
    j = wp.min(int(y), TABLE - 2)
    a = x - float(i)
    b = y - float(j)
    low = table[j, i] * (1.0 - a) + table[j, i + 1] * a
    high = table[j + 1, i] * (1.0 - a) + table[j + 1, i + 1] * a
    return low * (1.0 - b) + high * b


@wp.func
def smith(alpha: wp.float32, cosine: wp.float32):
    a2 = alpha * alpha
    return wp.sqrt(a2 + (1.0 - a2) * cosine * cosine)


@wp.func
def bsdf_at(
    table: wp.array2d(dtype=wp.vec2),
    base: wp.vec3,
    roughness: wp.float32,
    metallic: wp.float32,
    specular: wp.float32,
    clear_coat: wp.float32,
    cosine: wp.float32,
):
    """The material as seen at a given cosine to the normal."""
    m = Bsdf()
    rough = wp.max(roughness, LEAST_ROUGHNESS)
    m.alpha = rough * rough
    m.smith = smith(m.alpha, cosine)
    ab = directional_albedo(table, cosine, rough)
    single = ab[0] + ab[1]
    dielectric = 0.08 * specular
    # Fresnel at grazing angles fades out below 2 % reflectance, so that `specular` 0 is plain Lambert
    grazing = wp.min(50.0 * dielectric, 1.0)
    lost = 1.0 / wp.max(single, 1.0e-3) - 1.0
    gain = 1.0 + dielectric * lost
    metal_gain = wp.vec3(1.0) + base * lost
    m.f0 = wp.vec3(dielectric * gain * (1.0 - metallic)) + wp.cw_mul(base, metal_gain) * metallic
    m.f90 = wp.vec3(grazing * gain * (1.0 - metallic)) + metal_gain * metallic
    albedo = m.f0 * ab[0] + m.f90 * ab[1]
    dielectric_albedo = (dielectric * ab[0] + grazing * ab[1]) * gain
    m.coat = clear_coat
    coat_albedo = float(0.0)
    if clear_coat > 0.0:
        coat_ab = directional_albedo(table, cosine, COAT_ROUGHNESS)
        coat_albedo = clear_coat * (0.04 * coat_ab[0] + coat_ab[1])
    m.under_coat = 1.0 - coat_albedo
    m.diffuse = m.under_coat * (1.0 - metallic) * wp.max(1.0 - dielectric_albedo, 0.0)
    d = m.diffuse * (0.2126 * base[0] + 0.7152 * base[1] + 0.0722 * base[2])
    s = m.under_coat * (0.2126 * albedo[0] + 0.7152 * albedo[1] + 0.0722 * albedo[2])
    share = 1.0 / wp.max(d + s + coat_albedo, 1.0e-6)
    # a floor keeps the mixture density away from zero wherever a lobe is above zero
    m.specular_share = s * share
    m.coat_share = coat_albedo * share
    if m.diffuse > 0.0:
        m.diffuse_share = wp.max(1.0 - m.specular_share - m.coat_share, 0.1)
        rest = (1.0 - m.diffuse_share) / wp.max(m.specular_share + m.coat_share, 1.0e-6)
        m.specular_share = m.specular_share * rest
        m.coat_share = m.coat_share * rest
        m.diffuse_share = 1.0 - m.specular_share - m.coat_share
    return m


@wp.func
def ggx(alpha: wp.float32, lo: wp.float32, wo: wp.vec3, wi: wp.vec3, h: wp.vec3):
    """(D G2 cos_i / (4 cos_o cos_i), density of visible-normal sampling); both for directions above the surface."""
    a2 = alpha * alpha
    # Lagrange's identity for 1 - cos^2: no cancellation at the peak of narrow lobes
    sin2 = h[0] * h[0] + h[1] * h[1]
    root = sin2 + a2 * h[2] * h[2]
    d = a2 / (2.0 * PI * root * root)
    li = smith(alpha, wi[2])
    return wp.vec2(d * wi[2] / (wi[2] * lo + wo[2] * li), d / (wo[2] + lo))


@wp.func
def evaluate(m: Bsdf, wo: wp.vec3, wi: wp.vec3):
    """Value times cosine, and the density of `sample_direction`, in the frame whose z is the normal."""
    r = Response()
    if wi[2] <= 0.0 or wo[2] <= 0.0:
        return r
    r.diffuse = m.diffuse * wi[2] / PI
    r.pdf = m.diffuse_share * wi[2] / PI
    h = unit(wo + wi)
    f = 1.0 - wp.clamp(wp.dot(wo, h), 0.0, 1.0)
    f2 = f * f
    schlick = f2 * f2 * f
    if m.specular_share > 0.0:
        g = ggx(m.alpha, m.smith, wo, wi, h)
        r.specular = (m.f0 * (1.0 - schlick) + m.f90 * schlick) * (g[0] * m.under_coat)
        r.pdf += m.specular_share * g[1]
    if m.coat > 0.0:
        c = ggx(COAT_ALPHA, smith(COAT_ALPHA, wo[2]), wo, wi, h)
        r.specular += wp.vec3(m.coat * (0.04 + 0.96 * schlick) * c[0])
        r.pdf += m.coat_share * c[1]
    return r


@wp.func
def visible_normal(alpha: wp.float32, wo: wp.vec3, u: wp.vec2):
    v = unit(wp.vec3(alpha * wo[0], alpha * wo[1], wo[2]))
    # spherical caps: J. Dupuy and A. Benyoub, CGF 42(8), 2023
    phi = circle_point(u[0])
    z = (1.0 - u[1]) * (1.0 + v[2]) - v[2]
    s = wp.sqrt(wp.clamp(1.0 - z * z, 0.0, 1.0))
    h = wp.vec3(s * phi[0], s * phi[1], z) + v
    return unit(wp.vec3(alpha * h[0], alpha * h[1], wp.max(h[2], 0.0)))


@wp.func
def sample_direction(m: Bsdf, wo: wp.vec3, lobe: wp.float32, u: wp.vec2):
    """A direction drawn about in proportion to the response; it may point below the surface."""
    if lobe < m.diffuse_share:
        r = wp.sqrt(u[0])
        phi = circle_point(u[1])
        return wp.vec3(r * phi[0], r * phi[1], wp.sqrt(wp.max(1.0 - u[0], 0.0)))
    alpha = m.alpha
    if lobe >= m.diffuse_share + m.specular_share:
        alpha = COAT_ALPHA
    h = visible_normal(alpha, wo, u)
    return 2.0 * wp.dot(wo, h) * h - wo
