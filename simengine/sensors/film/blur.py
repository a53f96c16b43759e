"""Blur of a lens that is out of focus, or of a picture made smaller."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["blur"]

Floats = NDArray[np.float32]


def blur(image: Floats, *, radius: float) -> Floats:
    """Spreads every point of the picture to a Gaussian of equal energy.

    Args:
        image: Linear light, shape (H, W, 3).
        radius: Standard deviation of the Gaussian [px]; 0 for none.

    Returns:
        Shape (H, W, 3).
    """
    if not radius:
        return image
    import cv2

    blurred: Floats = cv2.GaussianBlur(image, (0, 0), radius, borderType=cv2.BORDER_REPLICATE)
    return blurred
