"""Colours of labels: distinct by number, the same in every picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLASS_COLORS", "class_color", "instance_colors"]

Color = tuple[int, int, int]

CLASS_COLORS: tuple[Color, ...] = (
    (255, 107, 61), (32, 160, 255), (56, 193, 114), (255, 193, 7), (171, 99, 250), (240, 84, 150),
    (20, 196, 196), (166, 206, 57), (255, 138, 128), (92, 107, 192), (188, 143, 90), (120, 144, 156),
)  # fmt: skip
"""Twelve sRGB colours that stay apart and stand out on photographs."""


def class_color(number: int) -> Color:
    """The sRGB colour of a class by its number from 0; after twelve, by turns of the hue."""
    if number < len(CLASS_COLORS):
        return CLASS_COLORS[number]
    red, green, blue = instance_colors(number + 1)[number].tolist()
    return red, green, blue


@lru_cache(maxsize=16)
def _table(size: int) -> NDArray[np.uint8]:
    """Hues a golden angle apart, at three values and two saturations in turn; entry 0 is nothing."""
    number = np.arange(size)
    hue = (0.08 + number * 0.618033988749895) % 1.0
    saturation = np.choose(number % 2, [0.72, 0.5])
    value = np.choose(number % 3, [0.95, 0.78, 0.62])
    # HSV to RGB in closed form (Smith, Color Gamut Transform Pairs, SIGGRAPH 1978).
    wave = np.clip(np.abs((hue[:, None] * 6 + [0, 4, 2]) % 6 - 3) - 1, 0, 1)
    colors = np.rint(255 * value[:, None] * (1 - saturation[:, None] * (1 - wave))).astype(np.uint8)
    colors[0] = (236, 238, 240)
    colors.setflags(write=False)
    return colors


def instance_colors(size: int) -> NDArray[np.uint8]:
    """Distinct sRGB colours by instance id, shape (size, 3); id 0 (nothing) is a pale grey."""
    return _table(1 << max(6, int(size - 1).bit_length()))[:size]
