"""Windows cut from labelled pictures, scaled, turned and mirrored with their boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.formats.detection import LabelledImage

__all__ = ["FILL", "Crop", "Window", "choose_window", "cut", "mosaic", "turn"]

FILL = 127
"""Grey beyond the picture; 0 after scaling."""

_KEPT = 0.6  # share of a box that must lie inside for it to stay an object
_GONE = 0.05  # share under which nothing of it is left to see
_ON_OBJECTS = 0.9  # share of the windows that are laid around an object


@dataclass(frozen=True)
class Window:
    """A square of a picture.

    Attributes:
        x: Left edge [px of the picture]; may lie outside.
        y: Top edge.
        edge: Edge [px of the picture].
    """

    x: float
    y: float
    edge: float


@dataclass(frozen=True, eq=False)
class Crop:
    """A piece of a picture with its boxes.

    Attributes:
        picture: sRGB, uint8, shape (s, s, 3).
        boxes: x0, y0, x1, y1 [px of the piece], inside it, float32, shape (n, 4).
        labels: Classes, shape (n,).
        ignored: Boxes that are neither object nor background, shape (n,).
    """

    picture: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]
    ignored: NDArray[np.bool_]


def choose_window(rng: np.random.Generator, image: LabelledImage, *, size: int, scale: float) -> Window:
    """Lays a window: mostly around an object taken at random, which then lies anywhere in it, else anywhere.

    Args:
        rng: Where chance comes from.
        image: The picture.
        size: Edge of the piece [px].
        scale: Pixels of the piece per pixel of the picture.
    """
    edge = size / scale
    dice = rng.random(4)
    objects = np.flatnonzero(~image.crowd)
    if len(objects) and dice[0] < _ON_OBJECTS:
        box = image.boxes[objects[int(dice[1] * len(objects))]]
        ends = [_between(dice[2 + axis], *sorted((float(box[2 + axis]) - edge, float(box[axis])))) for axis in range(2)]
    else:
        limits = (image.width, image.height)
        ends = [_between(dice[2 + axis], 0.0, limits[axis] - edge) for axis in range(2)]
    x, y = (_inside(end, limit, edge) for end, limit in zip(ends, (image.width, image.height), strict=True))
    return Window(x, y, edge)


def _between(share: float, low: float, high: float) -> float:
    return low + share * (high - low)


def _inside(start: float, limit: float, edge: float) -> float:
    """Moves a window so that as little as possible of it lies outside."""
    return min(max(start, min(0.0, limit - edge)), max(0.0, limit - edge))


def cut(picture: NDArray[np.uint8], image: LabelledImage, window: Window, *, size: int) -> Crop:
    """Cuts a window out and scales it.

    Boxes are clipped to it. One of which less than 60 % is left is neither object nor background from then on.

    Args:
        picture: The whole picture.
        image: Its labels.
        window: The square to cut.
        size: Edge of the piece [px].
    """
    import cv2

    scale = size / window.edge
    x0, y0 = int(np.floor(window.x)) - 1, int(np.floor(window.y)) - 1
    reach = int(np.ceil(window.edge)) + 3
    height, width = picture.shape[:2]
    left, top = max(0, x0), max(0, y0)
    part = picture[top : min(height, y0 + reach), left : min(width, x0 + reach)]
    if scale < 0.75:  # averaged first, so that fine patterns don't alias
        part = cv2.GaussianBlur(part, (0, 0), 0.5 / scale - 0.3)
    # Pixel centres lie at halves: x_piece + 0.5 = (x_picture + 0.5 - window.x) * scale.
    shift = [(0.5 + left - window.x) * scale - 0.5, (0.5 + top - window.y) * scale - 0.5]
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    piece = cv2.warpAffine(part, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=(FILL,) * 3)
    boxes = (image.boxes - np.array([window.x, window.y] * 2, np.float32)) * np.float32(scale)
    clipped = np.clip(boxes, 0, size)
    share = _areas(clipped) / np.maximum(_areas(boxes), 1e-6)
    seen = share > _GONE
    ignored = image.crowd | (share < _KEPT)
    return Crop(piece, clipped[seen].astype(np.float32), image.labels[seen], ignored[seen])


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1)


def turn(crop: Crop, *, quarters: int = 0, mirror: bool = False) -> Crop:
    """Turns a square piece counter-clockwise by quarters, after mirroring it left to right.

    Args:
        crop: The piece.
        quarters: Number of quarter turns.
        mirror: Whether to mirror it first.
    """
    size = crop.picture.shape[0]
    picture, boxes = crop.picture, crop.boxes
    if mirror:
        picture = picture[:, ::-1]
        boxes = np.stack([size - boxes[:, 2], boxes[:, 1], size - boxes[:, 0], boxes[:, 3]], axis=1)
    for _ in range(quarters % 4):
        picture = np.rot90(picture)
        boxes = np.stack([boxes[:, 1], size - boxes[:, 2], boxes[:, 3], size - boxes[:, 0]], axis=1)
    return Crop(np.ascontiguousarray(picture), boxes, crop.labels, crop.ignored)


def mosaic(tiles: Sequence[Crop]) -> Crop:
    """Lays square pieces of one size out as a larger square, row by row; their number is a square."""
    side = math.isqrt(len(tiles))
    size = tiles[0].picture.shape[0]
    rows = [np.concatenate([tile.picture for tile in tiles[r * side : (r + 1) * side]], axis=1) for r in range(side)]
    corners = [np.array([n % side, n // side] * 2, np.float32) * size for n in range(len(tiles))]
    boxes = [tile.boxes + corner for tile, corner in zip(tiles, corners, strict=True)]
    return Crop(
        np.concatenate(rows, axis=0),
        np.concatenate(boxes),
        np.concatenate([tile.labels for tile in tiles]),
        np.concatenate([tile.ignored for tile in tiles]),
    )
