# mypy: ignore-errors
"""The kernel behind `tone`: the renderer's own curve and encoding, on a picture that is there already."""

import warp as wp

wp.set_module_options({"enable_backward": False, "fast_math": False})

__all__ = ["encode"]


@wp.func
def tone(c: wp.vec3):
    """The Khronos PBR Neutral tone mapper, as the renderer's own: below 0.8 as it is, highlights roll off."""
    start = 0.76
    low = wp.min(c[0], wp.min(c[1], c[2]))
    offset = wp.where(low < 0.08, low - 6.25 * low * low, 0.04)
    color = c - wp.vec3(offset)
    peak = wp.max(color[0], wp.max(color[1], color[2]))
    if peak < start:
        return color
    d = 1.0 - start
    new_peak = 1.0 - d * d / (peak + d - start)
    g = 1.0 / (0.15 * (peak - new_peak) + 1.0)
    return color * (new_peak / peak * g) + wp.vec3(new_peak * (1.0 - g))


@wp.func
def srgb_byte(table: wp.array(dtype=wp.uint8), v: wp.float32):
    return table[int(wp.sqrt(wp.clamp(v, 0.0, 1.0)) * 4095.0 + 0.5)]


@wp.kernel
def encode(
    linear: wp.array2d(dtype=wp.vec3),
    roll_off: wp.int32,
    srgb: wp.array(dtype=wp.uint8),
    rgb: wp.array2d(dtype=wp.vec3ub),
):
    """Bytes of sRGB, of the light as it is or by the renderer's tone curve."""
    y, x = wp.tid()
    c = wp.max(linear[y, x], wp.vec3(0.0))  # the curve turns up again below 0
    if roll_off == 1:
        c = tone(c)
    rgb[y, x] = wp.vec3ub(srgb_byte(srgb, c[0]), srgb_byte(srgb, c[1]), srgb_byte(srgb, c[2]))
