"""The traces of JPEG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["compress"]


def compress(rgb: NDArray[np.uint8], *, quality: int | None) -> NDArray[np.uint8]:
    """Encodes and decodes a picture with OpenCV's JPEG codec, with chroma at half the resolution.

    Args:
        rgb: sRGB, shape (H, W, 3).
        quality: From 1 to 100; None leaves the picture as it is.

    Returns:
        Shape (H, W, 3).
    """
    if quality is None:
        return rgb
    import cv2

    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    back: NDArray[np.uint8] = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
    return back
