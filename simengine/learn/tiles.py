"""Looking at pictures of any size: as a whole, or in overlapping tiles if they are large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.learn.crops import FILL
from simengine.learn.detector import Detections

__all__ = ["look", "tile_starts"]

_TILE = 1024  # edge of a tile [px]; larger pictures are cut, so that memory stays bounded
_OVERLAP = 256  # of neighbouring tiles


def look(picture: NDArray[Any], ask: Callable[[NDArray[np.uint8]], Detections], *, scale: float = 1.0) -> Detections:
    """Finds things in one picture.

    Args:
        picture: sRGB, uint8, shape (H, W, 3).
        ask: Finds things in a piece of it, shape (h, w, 3), h and w multiples of 32.
        scale: Size at which it is looked at.

    Returns:
        Boxes in pixels of the picture, inside it.
    """
    import cv2

    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    seen = picture if size == (width, height) else cv2.resize(picture, size, interpolation=how)
    found = []
    for tile, x, y, core in _tiles(seen):
        one = ask(tile)
        boxes = one.boxes + np.array([x, y, x, y], np.float32)
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        inside = ((middle >= core[:2]) & (middle < core[2:])).all(axis=1)
        found.append((boxes[inside], one.scores[inside], one.labels[inside]))
    boxes, scores, labels = (np.concatenate(parts) for parts in zip(*found, strict=True))
    boxes = boxes * np.array([width / size[0], height / size[1]] * 2, np.float32)
    boxes = np.clip(boxes, 0, np.array([width, height] * 2, np.float32))
    order = np.argsort(-scores, kind="stable")
    return Detections(boxes[order], scores[order], labels[order])


def tile_starts(length: int) -> list[int]:
    """Where the tiles along an edge begin, evenly spread with at least the overlap; one if it fits [px]."""
    if length <= _TILE + _OVERLAP:
        return [0]
    count = -(-(length - _OVERLAP) // (_TILE - _OVERLAP))
    # On the grid of the coarsest features, so that every tile sees its pixels as the whole picture would be seen.
    return (np.ceil(np.linspace(0, length - _TILE, count) / 32).astype(int) * 32).tolist()


def _tiles(picture: NDArray[Any]) -> Iterator[tuple[NDArray[np.uint8], int, int, NDArray[np.float32]]]:
    """Tiles, their corners, and the core of each: the cores part the picture, so nothing is found twice."""
    height, width = picture.shape[:2]
    rows, columns = tile_starts(height), tile_starts(width)
    row_edges, column_edges = _core_edges(rows), _core_edges(columns)
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            part = picture[y : y + _TILE if len(rows) > 1 else None, x : x + _TILE if len(columns) > 1 else None]
            tile = np.full((*(-(-side // 32) * 32 for side in part.shape[:2]), 3), FILL, np.uint8)
            tile[: part.shape[0], : part.shape[1]] = part
            core = [column_edges[j], row_edges[i], column_edges[j + 1], row_edges[i + 1]]
            yield tile, x, y, np.array(core, np.float32)


def _core_edges(starts: list[int]) -> list[float]:
    """Borders between cores: the middle of each overlap."""
    inner = [(later + earlier + _TILE) / 2 for earlier, later in pairwise(starts)]
    return [-np.inf, *inner, np.inf]
