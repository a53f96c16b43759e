"""Sharpening by an unsharp mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.sensors.film.blur import blur

__all__ = ["sharpen"]

Floats = NDArray[np.float32]


def sharpen(image: Floats, *, amount: float, radius: float) -> Floats:
    """Adds `amount` times the difference from a blurred picture.

    Args:
        image: Linear light, shape (H, W, 3).
        amount: 0 for none.
        radius: Standard deviation of the Gaussian [px].

    Returns:
        Shape (H, W, 3); may be below 0 beside bright edges.
    """
    if not amount:
        return image
    import cv2

    sharpened: Floats = cv2.addWeighted(image, 1 + amount, blur(image, radius=radius), -amount, 0)
    return sharpened
