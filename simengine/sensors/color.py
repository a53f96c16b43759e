"""Colour in numbers: sRGB to linear light, and the colour of black bodies."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["LUMINANCE", "Triple", "black_body_color", "black_body_xyz", "linear_from_srgb", "unit_luminance"]

Doubles = NDArray[np.float64]
Triple = tuple[float, float, float]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Luminance of the Rec. 709 primaries (ITU-R BT.709-6, section 3)."""

# Rec. 709 primaries with D65 white, from CIE XYZ (IEC 61966-2-1).
_RGB_FROM_XYZ = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]], dtype=np.float64
)

# CIE 1931 2-degree colour matching functions x, y, z from 380 to 780 nm by 10 nm (CIE 15:2004, table T.4, rounded).
_MATCHING = np.array(
    [
        [14, 42, 143, 435, 1344, 2839, 3483, 3362, 2908, 1954, 956, 320, 49, 93, 633, 1655, 2904, 4334, 5945, 7621,
         9163, 10263, 10622, 10026, 8544, 6424, 4479, 2835, 1649, 874, 468, 227, 114, 58, 29, 14, 7, 3, 2, 1, 0],
        [0, 1, 4, 12, 40, 116, 230, 380, 600, 910, 1390, 2080, 3230, 5030, 7100, 8620, 9540, 9950, 9950, 9520,
         8700, 7570, 6310, 5030, 3810, 2650, 1750, 1070, 610, 320, 170, 82, 41, 21, 10, 5, 2, 1, 1, 0, 0],
        [65, 201, 679, 2074, 6456, 13856, 17471, 17721, 16692, 12876, 8130, 4652, 2720, 1582, 782, 422, 203, 87, 39,
         21, 17, 11, 8, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
)  # fmt: skip
_WAVELENGTHS = np.arange(380.0, 781.0, 10.0)  # [nm]
_SECOND_RADIATION_CONSTANT = 1.438776877e-2  # h c / k [m K], CODATA 2018


def linear_from_srgb(color: ArrayLike) -> Doubles:
    """Linear light of sRGB values in [0, 1] (IEC 61966-2-1), any shape."""
    srgb = np.asarray(color, dtype=np.float64)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((np.maximum(srgb, 0.04045) + 0.055) / 1.055) ** 2.4)


def unit_luminance(color: ArrayLike) -> Triple | None:
    """A linear colour scaled to luminance 1; None for black, which has no such scale."""
    linear = np.asarray(color, dtype=np.float64)
    luminance = float(linear @ LUMINANCE)
    return None if luminance <= 0 else tuple(float(part) / luminance for part in linear)  # type: ignore[return-value]


@lru_cache(maxsize=4096)
def black_body_color(temperature: float) -> Triple:
    """The colour of a black body, linear Rec. 709 RGB of luminance 1.

    Planck's law is integrated over the CIE 1931 colour matching functions; what the primaries cannot reach (blue below about 1900 K) is clipped at 0.

    Args:
        temperature: Temperature [K].

    Returns:
        Red, green, blue.
    """
    rgb = np.maximum(_RGB_FROM_XYZ @ black_body_xyz(temperature), 0.0)
    color = unit_luminance(rgb)
    assert color is not None
    return color


def black_body_xyz(temperature: float) -> Doubles:
    """CIE 1931 XYZ of a black body with Y = 1, shape (3,)."""
    exponent = _SECOND_RADIATION_CONSTANT / (_WAVELENGTHS * 1e-9 * temperature)
    xyz = _MATCHING @ (_WAVELENGTHS**-5.0 / np.expm1(exponent))
    return xyz / xyz[1]
