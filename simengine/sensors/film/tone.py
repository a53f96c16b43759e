"""The tone curve: linear light to bytes of sRGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.render.device import load_warp

__all__ = ["encode_tone"]


def encode_tone(image: NDArray[np.float32], *, curve: str) -> NDArray[np.uint8]:
    """Encodes a picture, on the CPU, by the code that the renderer itself uses.

    Args:
        image: Linear light, shape (H, W, 3); what is below 0 is black.
        curve: ``neutral`` for the renderer's curve, which rolls highlights off, or ``srgb``, which cuts them at 1.

    Returns:
        sRGB (IEC 61966-2-1), shape (H, W, 3).
    """
    wp = load_warp()
    from simengine.render.tone import srgb_table
    from simengine.sensors.film.tone_kernel import encode

    rgb = np.empty(image.shape, np.uint8)
    wp.launch(
        encode,
        dim=image.shape[:2],
        inputs=[
            wp.array(np.ascontiguousarray(image, np.float32), dtype=wp.vec3, device="cpu", copy=False),
            int(curve == "neutral"),
            srgb_table("cpu"),
            wp.array(rgb, dtype=wp.vec3ub, device="cpu", copy=False),
        ],
        device="cpu",
    )
    return rgb
