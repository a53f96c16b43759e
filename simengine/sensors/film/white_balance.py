"""White balance: the colour of the light is taken out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.sensors.color import black_body_color

__all__ = ["balance", "cut_highlights", "gains"]

Floats = NDArray[np.float32]


def gains(temperature: float | None) -> Floats:
    """Factors on red, green, blue that make a black body's light neutral at the luminance it has.

    Args:
        temperature: Colour temperature of the light [K]; None for the white of sRGB, whose factors are 1.

    Returns:
        Shape (3,).
    """
    light = (1.0, 1.0, 1.0) if temperature is None else black_body_color(temperature)
    return np.array([1 / part for part in light], np.float32)


def balance(image: Floats, *, temperature: float | None) -> Floats:
    """Multiplies the channels by their `gains`.

    Args:
        image: Linear light, shape (H, W, 3).
        temperature: Of the light [K], or None.

    Returns:
        Shape (H, W, 3).
    """
    return image if temperature is None else image * gains(temperature)


def cut_highlights(image: Floats, *, saturation: float, temperature: float | None) -> Floats:
    """Cuts a balanced picture where the first channel saturates, so that burnt highlights are grey and not tinted.

    Args:
        image: Balanced linear light, shape (H, W, 3).
        saturation: Brightness at which the sensor saturates, before `balance`.
        temperature: Of the light [K], or None.

    Returns:
        Shape (H, W, 3).
    """
    return np.minimum(image, np.float32(saturation) * gains(temperature).min())
