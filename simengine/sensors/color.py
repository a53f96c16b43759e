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

# Wyman, Sloan, Shirley: Simple Analytic Approximations to the CIE XYZ Color Matching Functions, JCGT 2(2), 2013,
# eq. 4: amplitude, centre [nm], 1/width below and above the centre, of each lobe.
_LOBES = {
    0: ((1.056, 599.8, 0.0264, 0.0323), (0.362, 442.0, 0.0624, 0.0374), (-0.065, 501.1, 0.0490, 0.0382)),
    1: ((0.821, 568.8, 0.0213, 0.0247), (0.286, 530.9, 0.0613, 0.0322)),
    2: ((1.217, 437.0, 0.0845, 0.0278), (0.681, 459.0, 0.0385, 0.0725)),
}
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

    Planck's law is integrated over the CIE 1931 colour matching functions (in the analytic form of Wyman,
    Sloan and Shirley, JCGT 2013); what the primaries cannot reach (blue below about 1900 K) is clipped at 0.

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
    wavelength = np.arange(360.0, 831.0, 1.0)
    radiance = wavelength**-5.0 / np.expm1(_SECOND_RADIATION_CONSTANT / (wavelength * 1e-9 * temperature))
    xyz = np.array([(_matching(axis, wavelength) * radiance).sum() for axis in range(3)])
    return xyz / xyz[1]


def _matching(axis: int, wavelength: Doubles) -> Doubles:
    total = np.zeros_like(wavelength)
    for amplitude, center, below, above in _LOBES[axis]:
        width = np.where(wavelength < center, below, above)
        total += amplitude * np.exp(-0.5 * ((wavelength - center) * width) ** 2)
    return total
