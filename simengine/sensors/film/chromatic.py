"""Lateral chromatic aberration: a lens draws red and blue at another size than green."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.render.model import RenderCamera

__all__ = ["aberrate"]

Floats = NDArray[np.float32]


def aberrate(image: Floats, *, camera: RenderCamera, red: float, blue: float) -> Floats:
    """Magnifies red and blue about the principal point; green stays, so labels hold for it.

    Interpolated by Catmull-Rom splines; beyond the edge the picture goes on as it ends. OpenCV's warps would round
    displacements to 1/32 pixel, which is a tenth of what there is to show.

    Args:
        image: Linear light, shape (H, W, 3).
        camera: Its principal point.
        red: What is drawn r pixels from the principal point in green is at (1 + red) r in red.
        blue: The same for blue.

    Returns:
        Shape (H, W, 3), not below 0.
    """
    if not red and not blue:
        return image
    result = image.copy()
    for channel, scale in ((0, red), (2, blue)):
        if scale:
            tall = _magnified(image[..., channel], scale, camera.cy)
            result[..., channel] = np.maximum(_magnified(tall.T, scale, camera.cx).T, 0)
    return result


def _magnified(rows: Floats, scale: float, middle: float) -> Floats:
    """Magnifies the first axis about a point [px]."""
    count = len(rows)
    at = (np.arange(count) + 0.5 - middle) / (1 + scale) + middle - 0.5
    first = np.floor(at)
    t = at - first
    weights = (  # E. Catmull and R. Rom, 1974
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
    rows = np.ascontiguousarray(rows)
    result = np.zeros(rows.shape, np.float32)
    for number, weight in enumerate(weights):
        tap = np.take(rows, np.clip(first.astype(int) + number - 1, 0, count - 1), axis=0)
        tap *= weight.astype(np.float32)[:, None]
        result += tap
    return result
