"""The last step from light to bytes, as a table on the device."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from simengine.render.device import load_warp

__all__ = ["srgb_table"]


@lru_cache(maxsize=4)
def srgb_table(device: str) -> Any:
    """Bytes of sRGB by the square root of linear light in 4096 steps: a thirtieth of a byte's step apart."""
    wp = load_warp()
    x = (np.arange(4096) / 4095.0) ** 2
    s = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-6) ** (1 / 2.4) - 0.055)
    return wp.array(np.round(s * 255).astype(np.uint8), dtype=wp.uint8, device=device)
