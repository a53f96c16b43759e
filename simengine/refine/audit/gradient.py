"""Gradient magnitude: what two pictures of one scene share however their colours differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIGMA", "color_gradient_magnitude", "gradient_magnitude", "gray"]

SIGMA = 1.2
"""Standard deviation of the blur before the gradient [px]."""


def gray(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luma of an sRGB picture (ITU-R BT.601), float32 (H, W) in 0 to 1."""
    import cv2

    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255.0)


def gradient_magnitude(rgb: NDArray[np.uint8], *, sigma: float = SIGMA) -> NDArray[np.float32]:
    """Length of the gradient of the blurred luma.

    Args:
        rgb: sRGB, uint8 (H, W, 3).
        sigma: Standard deviation of the blur [px]; 0 for none.

    Returns:
        Per pixel of distance, float32 (H, W).
    """
    return _slope(gray(rgb), sigma)


def color_gradient_magnitude(rgb: NDArray[np.uint8], *, sigma: float = SIGMA) -> NDArray[np.float32]:
    """Length of the gradient in the channel where it is longest: shows edges between colours that are equally bright.

    Args:
        rgb: sRGB, uint8 (H, W, 3).
        sigma: Standard deviation of the blur [px]; 0 for none.

    Returns:
        Per pixel of distance, float32 (H, W).
    """
    channels = (np.ascontiguousarray(rgb[..., c]).astype(np.float32) / np.float32(255) for c in range(3))
    return np.maximum.reduce([_slope(channel, sigma) for channel in channels])


def _slope(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    import cv2

    if sigma > 0:
        values = cv2.GaussianBlur(values, (0, 0), sigma)
    dx = cv2.Scharr(values, cv2.CV_32F, 1, 0, scale=1 / 32)
    dy = cv2.Scharr(values, cv2.CV_32F, 0, 1, scale=1 / 32)
    return cv2.magnitude(dx, dy)
