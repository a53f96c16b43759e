# mypy: ignore-errors
"""The kernel behind `tone`: the renderer's own curve and encoding, on a picture that is there already."""

import warp as wp

from simengine.render.kernels.color import srgb_byte, tone

wp.set_module_options({"enable_backward": False, "fast_math": False})

__all__ = ["encode"]


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
