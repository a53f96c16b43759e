"""The tone curve: linear light to bytes of sRGB (IEC 61966-2-1)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.render.device import load_warp

__all__ = ["encode_tone", "srgb_table"]


def encode_tone(image: NDArray[np.float32], *, curve: str) -> NDArray[np.uint8]:
    """Encodes a picture, on the CPU, by the curve that the renderer itself uses.

    Args:
        image: Linear light, shape (H, W, 3); what is below 0 is black.
        curve: ``neutral`` for the renderer's curve, which rolls highlights off, or ``srgb``, which cuts them at 1.

    Returns:
        sRGB (IEC 61966-2-1), shape (H, W, 3).
    """
    wp = load_warp()
    from simengine.render.kernels.tone import encode

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


@lru_cache(maxsize=4)
def srgb_table(device: str) -> Any:
    """Bytes of sRGB by the square root of linear light in 4096 steps: a thirtieth of a byte's step apart."""
    wp = load_warp()
    x = (np.arange(4096) / 4095.0) ** 2
    s = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-6) ** (1 / 2.4) - 0.055)
    return wp.array(np.round(s * 255).astype(np.uint8), dtype=wp.uint8, device=device)
