"""A mosaic of colour filters, and the picture interpolated from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["demosaic", "mosaic"]

Floats = NDArray[np.float32]


def mosaic(image: Floats, *, pattern: str) -> Floats:
    """What lies behind the filters: one colour a pixel.

    Args:
        image: Linear light, shape (H, W, 3).
        pattern: Colours of the first two rows: ``rggb``, ``bggr``, ``grbg`` or ``gbrg``.

    Returns:
        Shape (H, W).
    """
    raw = np.empty(image.shape[:2], np.float32)
    for number, color in enumerate(pattern):
        places = (slice(number // 2, None, 2), slice(number % 2, None, 2))
        raw[places] = image[(*places, "rgb".index(color))]
    return raw


def demosaic(raw: Floats, *, pattern: str) -> Floats:
    """Interpolates the missing colours: green along the weaker gradient, the others between neighbours (OpenCV's EA).

    Values are interpolated in 16 bits spread over their range, so the error is below 1/65535 of it.

    Args:
        raw: Values behind the filters, shape (H, W).
        pattern: As in `mosaic`.

    Returns:
        Shape (H, W, 3).
    """
    import cv2

    low, high = float(raw.min()), float(raw.max())
    if low == high:
        return np.full((*raw.shape, 3), low, np.float32)
    code = getattr(cv2, f"COLOR_Bayer{_OPENCV[pattern]}2RGB_EA")
    steps = np.rint((raw - np.float32(low)) * np.float32(65535 / (high - low))).astype(np.uint16)
    image: Floats = cv2.demosaicing(steps, code).astype(np.float32)
    image *= np.float32((high - low) / 65535)
    image += np.float32(low)
    return image


# OpenCV names a pattern by the second and third pixel of its second row.
_OPENCV = {"rggb": "BG", "bggr": "RG", "grbg": "GB", "gbrg": "GR"}
