"""Small, smooth lettering on pictures."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["draw_text", "text_width"]

Picture = NDArray[np.uint8]
Color = tuple[int, int, int]


def draw_text(
    picture: Picture, text: str, position: tuple[float, float], *, size: int = 13, color: Color, bold: bool = False
) -> None:
    """Writes one line into a picture.

    Args:
        picture: RGB, uint8, shape (H, W, 3), C-contiguous; changed.
        text: The line; what the font lacks becomes a question mark.
        position: Left end of the base line [px].
        size: Height of the letters [px].
        color: sRGB.
        bold: Whether to write it heavier.
    """
    import cv2

    x, y = round(position[0]), round(position[1])
    font = _font()
    if font is not None:
        cv2.putText(picture, text, (x, y), color, font, size, 700 if bold else 450)
    else:
        cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, size / 30, color, 2 if bold else 1, cv2.LINE_AA)


def text_width(text: str, *, size: int = 13, bold: bool = False) -> int:
    """Width of a line [px]."""
    import cv2

    font = _font()
    if font is not None:
        return int(cv2.getTextSize((0, 0), text, (0, 0), font, size, 700 if bold else 450)[2])
    return int(cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, size / 30, 2 if bold else 1)[0][0])


@lru_cache(maxsize=1)
def _font() -> Any:
    """OpenCV 5's outline font; None in OpenCV 4, which has stroke fonts only."""
    import cv2

    return cv2.FontFace("sans") if hasattr(cv2, "FontFace") else None
