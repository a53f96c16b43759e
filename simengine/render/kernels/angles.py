# mypy: ignore-errors
"""Directions and angles; angles by polynomials instead of calls of the mathematics library, right to 3e-7 rad."""

import warp as wp

wp.set_module_options({"enable_backward": False})

__all__ = ["circle_point", "frame_of", "polar_fraction", "turn_fraction", "unit"]


@wp.func
def unit(v: wp.vec3):
    """The unit vector along `v`, which isn't zero; one division instead of three."""
    return v * (1.0 / wp.sqrt(wp.dot(v, v)))


@wp.func
def circle_point(turn: wp.float32):
    """Cosine and sine of an angle given in turns, 0 to 1."""
    quarter = wp.floor(4.0 * turn + 0.5)
    y = 2.0 * (4.0 * turn - quarter)
    q = int(quarter) & 3
    y2 = y * y
    s = y * (0.785398185 + y2 * (-0.0807454363 + y2 * (0.00249000685 + y2 * -3.59543992e-5)))
    c = 1.0 + y2 * (-0.308425128 + y2 * (0.0158543251 + y2 * (-0.000325938400 + y2 * 3.52980419e-6)))
    odd = (q & 1) == 1
    a = wp.where(odd, s, c)
    b = wp.where(odd, c, s)
    return wp.vec2(wp.where(q == 1 or q == 2, -a, a), wp.where(q >= 2, -b, b))


@wp.func
def polar_fraction(z: wp.float32):
    """Angle from +z over pi, 0 to 1, from its cosine."""
    x = wp.min(wp.abs(z), 1.0)
    p = 0.0308082532 + x * (-0.0169654712 + x * (0.00658088503 + x * -0.00123700488))
    p = 1.57079625 + x * (-0.214598492 + x * (0.0889740959 + x * (-0.0501450263 + x * p)))
    fraction = p * wp.sqrt(1.0 - x) * 0.318309886
    return wp.where(z < 0.0, 1.0 - fraction, fraction)


@wp.func
def turn_fraction(x: wp.float32, y: wp.float32):
    """Azimuth in turns from +x towards +y, 0 to 1 (exclusive)."""
    ax = wp.abs(x)
    ay = wp.abs(y)
    t = wp.min(ax, ay) / wp.max(wp.max(ax, ay), 1.0e-30)
    t2 = t * t
    p = 0.0157660432 + t2 * (-0.00944856741 + t2 * (0.00384616817 + t2 * -0.000743058336))
    p = t * (0.159154922 + t2 * (-0.0530494601 + t2 * (0.0317820236 + t2 * (-0.0223080888 + t2 * p))))
    p = wp.where(ay > ax, 0.25 - p, p)
    p = wp.where(x < 0.0, 0.5 - p, p)
    p = wp.where(y < 0.0, 1.0 - p, p)
    return wp.where(p >= 1.0, 0.0, p)


@wp.func
def frame_of(n: wp.vec3):
    """Columns tangent, bitangent, normal (T. Duff et al., JCGT 6(1), 2017)."""
    sign = wp.where(n[2] >= 0.0, 1.0, -1.0)
    a = -1.0 / (sign + n[2])
    b = n[0] * n[1] * a
    t = wp.vec3(1.0 + sign * n[0] * n[0] * a, sign * b, -sign * n[0])
    u = wp.vec3(b, sign + n[1] * n[1] * a, -n[1])
    return wp.matrix_from_cols(t, u, n)
