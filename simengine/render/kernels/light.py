# mypy: ignore-errors
"""Lights and surroundings: sampling, densities and what rays that hit them see."""

import warp as wp

from simengine.render.kernels.angles import circle_point, frame_of, polar_fraction, turn_fraction

wp.set_module_options({"enable_backward": False})

__all__ = [
    "GLOW",
    "EnvironmentData",
    "GlowData",
    "Light",
    "LightSample",
    "environment_pdf",
    "environment_radiance",
    "glow_pdf",
    "light_along",
    "sample_environment",
    "sample_glow",
    "sample_light",
]

PI = wp.constant(3.14159265358979)
AREA = wp.constant(0)
POINT = wp.constant(1)
SUN = wp.constant(2)
DISK = wp.constant(3)
SPOT = wp.constant(4)
GLOW = wp.constant(5)  # all glowing surfaces together
SKY = wp.constant(1.0e29)  # distance of the sun: nearer than a ray's end, beyond everything else


@wp.struct
class Light:
    kind: wp.int32
    position: wp.vec3
    normal: wp.vec3  # area, disk: shining side; sun: towards the sun; spot: the cone's axis
    u: wp.vec3  # half edges or half axes of an area or a disk; two directions across a sun's
    v: wp.vec3
    radius: wp.float32  # of a sun: 1 / the solid angle
    size: wp.float32  # area [m^2] (area, disk), 1 - cos of the half angle (sun)
    radiance: wp.vec3  # of a light without extent: intensity (point, spot), irradiance (sun)
    edge: wp.vec2  # spot: cosine at the cone's edge, and 1 / what it grows by until the light is full


@wp.struct
class LightSample:
    direction: wp.vec3
    distance: wp.float32
    radiance: wp.vec3  # divided by the density
    pdf: wp.float32  # per solid angle; 0 for lights without extent


@wp.struct
class GlowData:
    parts: wp.array(dtype=wp.float32)  # cumulative share of the power over triangles, (n + 1,)
    corner: wp.array(dtype=wp.vec3)
    first: wp.array(dtype=wp.vec3)  # edges from the corner
    second: wp.array(dtype=wp.vec3)
    radiance: wp.array(dtype=wp.vec3)
    inverse: wp.float32  # 1 / the sum of area times luminance


@wp.struct
class EnvironmentData:
    radiance: wp.array2d(dtype=wp.vec3)
    present: wp.int32
    share: wp.float32  # of directions drawn from the distribution below instead of from the material
    rows: wp.array(dtype=wp.float32)  # cumulative distribution over rows, (h + 1,)
    columns: wp.array2d(dtype=wp.float32)  # and over columns within each row, (h, w + 1)


@wp.func
def cone_direction(axis: wp.vec3, t: wp.vec3, w: wp.vec3, one_minus_cos: wp.float32, u: wp.vec2):
    x = u[0] * one_minus_cos
    s = wp.sqrt(wp.max(x * (2.0 - x), 0.0))
    phi = circle_point(u[1])
    return t * (s * phi[0]) + w * (s * phi[1]) + axis * (1.0 - x)


@wp.func
def sphere_cone(distance2: wp.float32, radius: wp.float32):
    """1 - cos of the half angle under which a sphere is seen."""
    sin2 = radius * radius / distance2
    return sin2 / (1.0 + wp.sqrt(wp.max(1.0 - sin2, 0.0)))


@wp.func
def cone_share(light: Light, direction: wp.vec3):
    """How much of a spot's full radiance goes against a direction that points at it: smooth in the cosine."""
    t = wp.clamp((-wp.dot(direction, light.normal) - light.edge[0]) * light.edge[1], 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@wp.func
def sample_light(light: Light, p: wp.vec3, u: wp.vec2):
    """A direction from `p` towards a light; radiance 0 where it doesn't shine there."""
    s = LightSample()
    if light.kind == AREA or light.kind == DISK:
        across = wp.vec2(2.0 * u[0] - 1.0, 2.0 * u[1] - 1.0)
        if light.kind == DISK:
            across = circle_point(u[1]) * wp.sqrt(u[0])
        d = light.position + light.u * across[0] + light.v * across[1] - p
        d2 = wp.dot(d, d)
        s.distance = wp.sqrt(d2)
        s.direction = d / wp.max(s.distance, 1.0e-20)
        cosine = -wp.dot(s.direction, light.normal)
        if cosine > 1.0e-6 and d2 > 0.0:
            s.pdf = d2 / (light.size * cosine)
            s.radiance = light.radiance / s.pdf
    elif light.kind == POINT or light.kind == SPOT:
        d = light.position - p
        d2 = wp.dot(d, d)
        if light.radius > 0.0:
            if d2 > light.radius * light.radius * 1.000001:
                cone = sphere_cone(d2, light.radius)
                frame = frame_of(d / wp.sqrt(d2))
                s.direction = cone_direction(
                    wp.vec3(frame[0, 2], frame[1, 2], frame[2, 2]),
                    wp.vec3(frame[0, 0], frame[1, 0], frame[2, 0]),
                    wp.vec3(frame[0, 1], frame[1, 1], frame[2, 1]),
                    cone,
                    u,
                )
                b = wp.dot(s.direction, d)
                offset = d - s.direction * b
                s.distance = b - wp.sqrt(wp.max(light.radius * light.radius - wp.dot(offset, offset), 0.0))
                s.pdf = 1.0 / (2.0 * PI * cone)
                s.radiance = light.radiance / s.pdf
        elif d2 > 0.0:
            s.distance = wp.sqrt(d2)
            s.direction = d / s.distance
            s.radiance = light.radiance / d2
        if light.kind == SPOT:
            s.radiance = s.radiance * cone_share(light, s.direction)
    else:
        s.distance = SKY
        if light.size > 0.0:
            s.direction = cone_direction(light.normal, light.u, light.v, light.size, u)
            s.pdf = light.radius
            s.radiance = light.radiance * (2.0 * PI * light.size)
        else:
            s.direction = light.normal
            s.radiance = light.radiance
    return s


@wp.func
def light_along(light: Light, p: wp.vec3, direction: wp.vec3):
    """What a ray sees of a light: its radiance, with the density of `sample_light` and the distance."""
    s = LightSample()
    s.direction = direction
    if light.kind == AREA or light.kind == DISK:
        slope = wp.dot(direction, light.normal)
        if slope < -1.0e-6:
            t = wp.dot(light.position - p, light.normal) / slope
            if t > 0.0:
                q = p + direction * t - light.position
                a = wp.abs(wp.dot(q, light.u)) / wp.dot(light.u, light.u)
                b = wp.abs(wp.dot(q, light.v)) / wp.dot(light.v, light.v)
                if wp.where(light.kind == DISK, a * a + b * b, wp.max(a, b)) <= 1.0:
                    s.distance = t
                    s.pdf = t * t / (light.size * -slope)
                    s.radiance = light.radiance
    elif light.kind == POINT or light.kind == SPOT:
        if light.radius > 0.0:
            d = light.position - p
            d2 = wp.dot(d, d)
            b = wp.dot(direction, d)
            offset = d - direction * b
            inside = light.radius * light.radius - wp.dot(offset, offset)
            if b > 0.0 and inside > 0.0 and d2 > light.radius * light.radius * 1.000001:
                s.distance = b - wp.sqrt(inside)
                s.pdf = 1.0 / (2.0 * PI * sphere_cone(d2, light.radius))
                s.radiance = light.radiance
                if light.kind == SPOT:
                    s.radiance = s.radiance * cone_share(light, direction)
    elif light.kind == SUN and light.size > 0.0:
        chord = direction - light.normal
        if wp.dot(chord, chord) < 2.0 * light.size:  # |chord|^2 = 2 (1 - cos)
            s.distance = SKY
            s.pdf = light.radius
            s.radiance = light.radiance
    return s


@wp.func
def find_cell(edges: wp.array(dtype=wp.float32), count: wp.int32, u: wp.float32):
    """Number of the cell of a cumulative distribution that `u` falls into."""
    low = int(0)
    high = int(count)
    while high - low > 1:
        middle = (low + high) // 2
        if edges[middle] <= u:
            low = middle
        else:
            high = middle
    return low


@wp.func
def glow_pdf(glow: GlowData, radiance: wp.vec3, distance: wp.float32, cosine: wp.float32):
    """Density per solid angle of `sample_glow`, for a direction that meets a glowing facet."""
    luminance = 0.2126 * radiance[0] + 0.7152 * radiance[1] + 0.0722 * radiance[2]
    return luminance * glow.inverse * distance * distance / wp.max(wp.abs(cosine), 1.0e-6)


@wp.func
def sample_glow(glow: GlowData, p: wp.vec3, u: wp.vec2):
    """A direction from `p` towards a glowing surface, drawn by power; both sides glow."""
    s = LightSample()
    count = glow.corner.shape[0]
    k = find_cell(glow.parts, count, u[0])
    a = wp.sqrt(wp.clamp((u[0] - glow.parts[k]) / wp.max(glow.parts[k + 1] - glow.parts[k], 1.0e-20), 0.0, 1.0))
    d = glow.corner[k] + glow.first[k] * (a * (1.0 - u[1])) + glow.second[k] * (a * u[1]) - p
    normal = wp.cross(glow.first[k], glow.second[k])
    s.distance = wp.length(d)
    s.direction = d / wp.max(s.distance, 1.0e-20)
    cosine = wp.abs(wp.dot(s.direction, normal)) / wp.max(wp.length(normal), 1.0e-30)
    if cosine > 1.0e-6 and s.distance > 0.0:
        s.pdf = glow_pdf(glow, glow.radiance[k], s.distance, cosine)
        s.radiance = glow.radiance[k] / s.pdf
    return s


@wp.func
def environment_radiance(env: EnvironmentData, d: wp.vec3):
    """Radiance from a unit direction, bilinear in the panorama."""
    if env.present == 0:
        return wp.vec3(0.0)
    h = env.radiance.shape[0]
    w = env.radiance.shape[1]
    if h == 1:  # the same from everywhere
        return env.radiance[0, 0]
    x = turn_fraction(d[0], d[1]) * float(w) - 0.5
    y = polar_fraction(d[2]) * float(h) - 0.5
    fx = wp.floor(x)
    fy = wp.floor(y)
    a = x - fx
    b = y - fy
    x1 = int(fx) + 1
    x0 = wp.where(x1 == 0, w, x1) - 1
    x1 = wp.where(x1 == w, 0, x1)
    y0 = wp.clamp(int(fy), 0, h - 1)
    y1 = wp.clamp(int(fy) + 1, 0, h - 1)
    upper = env.radiance[y0, x0] * (1.0 - a) + env.radiance[y0, x1] * a
    lower = env.radiance[y1, x0] * (1.0 - a) + env.radiance[y1, x1] * a
    return upper * (1.0 - b) + lower * b


@wp.func
def environment_pdf(env: EnvironmentData, d: wp.vec3):
    """Density per solid angle of `sample_environment`."""
    h = env.columns.shape[0]
    w = env.columns.shape[1] - 1
    j = wp.min(int(turn_fraction(d[0], d[1]) * float(w)), w - 1)
    i = wp.min(int(polar_fraction(d[2]) * float(h)), h - 1)
    probability = (env.rows[i + 1] - env.rows[i]) * (env.columns[i, j + 1] - env.columns[i, j])
    # each cell is sampled evenly over its solid angle
    top = wp.cos(PI * float(i) / float(h))
    bottom = wp.cos(PI * float(i + 1) / float(h))
    return probability / ((top - bottom) * 2.0 * PI / float(w))


@wp.func
def sample_environment(env: EnvironmentData, u: wp.vec2):
    """A direction drawn in proportion to the panorama's luminance."""
    h = env.columns.shape[0]
    w = env.columns.shape[1] - 1
    i = find_cell(env.rows, h, u[1])
    a = (u[1] - env.rows[i]) / wp.max(env.rows[i + 1] - env.rows[i], 1.0e-20)
    j = int(0)
    high = int(w)
    while high - j > 1:
        middle = (j + high) // 2
        if env.columns[i, middle] <= u[0]:
            j = middle
        else:
            high = middle
    b = (u[0] - env.columns[i, j]) / wp.max(env.columns[i, j + 1] - env.columns[i, j], 1.0e-20)
    top = wp.cos(PI * float(i) / float(h))
    bottom = wp.cos(PI * float(i + 1) / float(h))
    z = top + (bottom - top) * wp.clamp(a, 0.0, 1.0)
    s = wp.sqrt(wp.max(1.0 - z * z, 0.0))
    phi = circle_point((float(j) + wp.clamp(b, 0.0, 1.0)) / float(w))
    return wp.vec3(s * phi[0], s * phi[1], z)
