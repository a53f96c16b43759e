"""The soft shadows that a render's objects cast on its background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["masked_blur", "shading"]

Floats = NDArray[np.float32]

_NEAR, _WIDE = 0.1, 1.0  # of an object's side: blur of what is looked at, and of what it is compared with
_REACH = 0.45  # of a side: how far from an object its shadow is taken over
_CALM = 1.5  # of a side: farther than that the background shows how restless it is by itself
_DARKEST = 0.45


def shading(rgb: NDArray[np.uint8], objects: NDArray[np.bool_], side: float) -> Floats:
    """How much darker the background is beside the objects than farther off.

    A background's own pattern is no shadow: only what is darker than most of the pattern far from the objects counts.

    Args:
        rgb: The render, sRGB uint8 (H, W, 3).
        objects: Pixels of the objects, (H, W).
        side: Of an object [px].

    Returns:
        Factor on the background, 0.45 to 1, (H, W).
    """
    import cv2

    free = ~objects
    luma = np.log(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) + 4)
    darker = masked_blur(luma, free, _NEAR * side) - masked_blur(luma, free, _WIDE * side)
    distance = cv2.distanceTransform(free.astype(np.uint8), cv2.DIST_L2, 3)
    far = np.abs(darker[distance > _CALM * side])
    restless = float(np.quantile(far, 0.9)) if len(far) else 0.0
    fade = np.exp(-((distance / (_REACH * side)) ** 2))
    return np.exp(np.minimum(darker + restless, 0) * fade).clip(_DARKEST, 1).astype(np.float32)


def masked_blur(values: Floats, mask: NDArray[np.bool_], sigma: float) -> Floats:
    """Gaussian mean of the values under a mask; the plain values where none is near.

    Args:
        values: Shape (H, W).
        mask: Shape (H, W).
        sigma: Standard deviation [px].
    """
    import cv2

    weight = mask.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    mean = cv2.GaussianBlur(values * weight, (0, 0), sigma) / np.maximum(total, 1e-4)
    return np.where(total > 1e-4, mean, values)
