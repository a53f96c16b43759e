"""Vignetting: less light towards the edge of the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.render.camera import pixel_rays
from simengine.render.model import RenderCamera

__all__ = ["falloff", "vignette"]

Floats = NDArray[np.float32]


def vignette(image: Floats, *, camera: RenderCamera, natural: float, polynomial: tuple[float, float, float]) -> Floats:
    """Darkens a picture by `falloff`.

    Args:
        image: Linear light, shape (H, W, 3).
        camera: Its intrinsics.
        natural: See `falloff`.
        polynomial: See `falloff`.

    Returns:
        Shape (H, W, 3).
    """
    if not natural and not any(polynomial):
        return image
    import cv2

    share = falloff(camera, natural=natural, polynomial=polynomial)
    darker: Floats = image * cv2.merge((share, share, share))  # four times as fast as broadcasting
    return darker


def falloff(camera: RenderCamera, *, natural: float, polynomial: tuple[float, float, float]) -> Floats:
    """Share of the light that reaches each pixel, 1 at the principal point, never below 0.

    Natural vignetting goes with the fourth power of the cosine of the angle to the optical axis (cos^4 law). The
    polynomial 1 + a r^2 + b r^4 + c r^6 is Lensfun's model `pa`, with r = 1 half a diagonal from the principal
    point. Fisheye lenses are made so that they have no natural vignetting; other lenses have that of the angle they see.

    Args:
        camera: Its intrinsics.
        natural: Share of the natural falloff, as an exponent: cos^(4 natural).
        polynomial: Coefficients a, b, c.

    Returns:
        Shape (H, W).
    """
    x = np.arange(camera.width, dtype=np.float32) + np.float32(0.5 - camera.cx)
    y = (np.arange(camera.height, dtype=np.float32) + np.float32(0.5 - camera.cy))[:, None]
    share = np.ones((camera.height, camera.width), np.float32)
    fisheye = camera.distortion is not None and camera.distortion.model == "kannala_brandt"
    if natural and camera.distortion is not None and not fisheye:
        rays = pixel_rays(camera, np.stack(np.meshgrid(x + camera.cx, y[:, 0] + camera.cy), axis=-1))
        share = ((rays**2).sum(axis=-1) ** (-2 * natural)).astype(np.float32)
    elif natural and not fisheye:
        tangent = (x / np.float32(camera.fx)) ** 2 + (y / np.float32(camera.fy)) ** 2
        share = (1 + tangent) ** np.float32(-2 * natural)
    if any(polynomial):
        a, b, c = (np.float32(part) for part in polynomial)
        whole = camera.whole
        r2 = (x * x + y * y) / np.float32((whole.width**2 + whole.height**2) / 4)
        share *= np.maximum(1 + r2 * (a + r2 * (b + r2 * c)), np.float32(0))
    return share
