"""Photographs and renders for reports: made small, with boxes drawn on them, as JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simengine.evaluate.report.document import Gallery, Picture
from simengine.evaluate.report.palette import LIGHT
from simengine.formats.detection import read_picture

__all__ = ["BoxMark", "gallery_png", "shown_picture"]


@dataclass(frozen=True)
class BoxMark:
    """A box to draw.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the picture as it is stored.
        colour: Name in the palette.
        text: Beside it; empty for none.
        thin: Whether it stands back.
    """

    box: tuple[float, float, float, float]
    colour: str
    text: str = ""
    thin: bool = False


def shown_picture(
    path: Path, *, words: str, caption: str = "", edge: int = 420, boxes: Sequence[BoxMark] = (), quality: int = 82
) -> Picture:
    """Reads a picture, makes it small and draws boxes on it.

    Args:
        path: The file.
        words: What it shows, for readers who can't see it.
        caption: Below it.
        edge: Longest edge, px; smaller pictures stay as they are.
        boxes: Boxes to draw.
        quality: Of the JPEG, 0 to 100.

    Raises:
        SimengineError: The file can't be read.
    """
    import cv2

    pixels = read_picture(path)
    scale = min(1.0, edge / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    for mark in boxes:
        _draw(small, mark, scale)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return Picture(data.tobytes(), size[0], size[1], words, caption)


def gallery_png(gallery: Gallery, *, edge: int = 240, columns: int = 4) -> bytes:
    """All pictures of a gallery on one sheet: groups that fit side by side, no captions."""
    import cv2

    gap = 8
    wide = max(len(group) for group in gallery.groups)
    across = max(1, columns // wide)
    rows = -(-len(gallery.groups) // across)
    pictures = [[_small(picture, edge) for picture in group] for group in gallery.groups]
    tall = max(picture.shape[0] for group in pictures for picture in group)
    sheet = np.full((rows * (tall + gap) + gap, across * (wide * (edge + 2) + gap) + gap, 3), 255, np.uint8)
    for number, group in enumerate(pictures):
        top = gap + number // across * (tall + gap)
        left = gap + number % across * (wide * (edge + 2) + gap)
        for place, picture in enumerate(group):
            start = left + place * (edge + 2)
            sheet[top : top + picture.shape[0], start : start + picture.shape[1]] = picture
    return cv2.imencode(".png", sheet)[1].tobytes()


def _small(picture: Picture, edge: int) -> np.ndarray:
    import cv2

    pixels = np.asarray(cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR))
    scale = edge / max(pixels.shape[:2])
    size = (min(edge, round(pixels.shape[1] * scale)), min(edge, round(pixels.shape[0] * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _draw(pixels: np.ndarray, mark: BoxMark, scale: float) -> None:
    import cv2

    colour = tuple(int(LIGHT[mark.colour][k : k + 2], 16) for k in (1, 3, 5))
    x0, y0, x1, y1 = (round(edge * scale) for edge in mark.box)
    thick = 1 if mark.thin else 2
    cv2.rectangle(pixels, (x0, y0), (x1, y1), (255, 255, 255), thick + 2, cv2.LINE_AA)
    cv2.rectangle(pixels, (x0, y0), (x1, y1), colour, thick, cv2.LINE_AA)
    if mark.text:
        text = mark.text.encode("ascii", "replace").decode()[:18]  # the font that OpenCV has holds no other letters
        face, size = cv2.FONT_HERSHEY_SIMPLEX, 0.42
        (width, height), _ = cv2.getTextSize(text, face, size, 1)
        top = y0 - 4 if y0 - height - 6 > 0 else y1 + height + 5
        left = min(max(0, x0), max(0, pixels.shape[1] - width - 4))
        cv2.rectangle(pixels, (left, top - height - 2), (left + width + 3, top + 3), colour, -1)
        cv2.putText(pixels, text, (left + 2, top), face, size, (255, 255, 255), 1, cv2.LINE_AA)
