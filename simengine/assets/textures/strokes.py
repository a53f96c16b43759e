"""Small marks painted onto a tile, wrapping around its edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["dots", "strokes"]

Floats = NDArray[np.floating]

_FINE = 4  # bits of subpixel position


def strokes(
    rng: np.random.Generator, size: int, *, count: int, length: tuple[float, float], bend: float = 0.6, width: int = 1
) -> Floats:
    """Random curved strokes, coverage in [0, 1], shape (size, size).

    Args:
        rng: Random stream.
        size: Pixels along an edge.
        count: Number of strokes.
        length: Shortest and longest, in tiles.
        bend: Standard deviation of the turn between the two halves of a stroke [rad].
        width: Thickness in pixels.
    """
    import cv2

    start = rng.uniform(0, size, (count, 2))
    turn = rng.uniform(0, 2 * np.pi, count)
    reach = rng.uniform(*length, count) * size / 2
    weight = rng.uniform(0.35, 1.0, count)
    middle = start + reach[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    turn = turn + rng.normal(0, bend, count)
    end = middle + reach[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    lines = np.stack([start, middle, end], axis=1)
    canvas = np.zeros((size, size), np.uint8)
    low, high = lines.min(axis=1) - 2 * width, lines.max(axis=1) + 2 * width
    for line, level, a, b in zip(lines, weight, low, high, strict=True):
        for i in _shifts(a[0], b[0], size):
            for j in _shifts(a[1], b[1], size):
                points = np.rint((line + np.array([i, j]) * size - 0.5) * (1 << _FINE)).astype(np.int32)
                cv2.polylines(canvas, [points], False, int(255 * level), width, cv2.LINE_AA, _FINE)
    return canvas.astype(np.float32) / 255


def dots(rng: np.random.Generator, size: int, *, count: int, radius: tuple[float, float]) -> Floats:
    """Random round dots, small ones more often, coverage in [0, 1], shape (size, size); radii in tiles."""
    import cv2

    centre = rng.uniform(0, size, (count, 2))
    spread = rng.uniform(0, 1, count) ** 3
    reach = (radius[0] + (radius[1] - radius[0]) * spread) * size
    canvas = np.zeros((size, size), np.uint8)
    for (x, y), r in zip(centre, reach, strict=True):
        for i in _shifts(x - r - 2, x + r + 2, size):
            for j in _shifts(y - r - 2, y + r + 2, size):
                at = np.rint((np.array([x + i * size, y + j * size]) - 0.5) * (1 << _FINE)).astype(int)
                cv2.circle(canvas, (int(at[0]), int(at[1])), round(r * (1 << _FINE)), 255, -1, cv2.LINE_AA, _FINE)
    return canvas.astype(np.float32) / 255


def _shifts(low: float, high: float, size: int) -> range:
    """By how many tiles a mark from `low` to `high` has to be repeated to show on this one."""
    return range(-1 if high > size else 0, 2 if low < 0 else 1)
