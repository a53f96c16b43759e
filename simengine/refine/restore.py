"""Putting an object back: the render's own pixels, in the refined picture's light."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["restore"]

_HALO = 2  # px beyond the mask that come back too: the outline's own edge
_TRIES = 5  # shares of the new light that are tried
_SOFT, _LOST = 4, 0.02  # levels beyond black and white, and the share of values there, that cost no detail
_LARGE = 40_000  # unknowns beyond which the offset, which is smooth, is solved for at half the size


def restore(before: NDArray[np.uint8], after: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Blends the original pixels of a region into a refined picture.

    Poisson blending (Perez, Gangnet and Blake, SIGGRAPH 2003): inside the region the picture has the original's
    gradients, and at its border the refined picture's values, so that edges stay where they were to the pixel while
    colour and brightness follow the surroundings, as far as the object's own details bear it.

    Args:
        before: The render, sRGB uint8 (H, W, 3).
        after: The refined picture, the same shape.
        mask: The region, (H, W); two pixels around it come back with it.
    """
    import cv2

    if not mask.any():
        return after
    region = cv2.dilate(mask.astype(np.uint8), np.ones((2 * _HALO + 1,) * 2, np.uint8)) > 0
    out = after.copy()
    count, parts, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=4)
    for number in range(1, count):
        x, y, w, h = (int(v) for v in stats[number, :4])
        box = slice(max(y - 1, 0), y + h + 1), slice(max(x - 1, 0), x + w + 1)
        inside = parts[box] == number
        offset = _membrane(after[box].astype(np.float32) - before[box], inside)
        offset = offset * _share(before[box][inside], offset[inside])
        filled = (before[box] + offset).round().clip(0, 255).astype(np.uint8)
        out[box] = np.where(inside[..., None], filled, out[box])
    return out


def _share(original: NDArray[np.uint8], offset: NDArray[np.float32]) -> float:
    """How much of the new light an object bears before its own details are lost in black or white."""
    for share in np.linspace(1, 0, _TRIES, endpoint=False):
        lit = original + share * offset
        if np.mean(np.abs(lit - lit.clip(-_SOFT, 255 + _SOFT)) > 0) <= _LOST:
            return float(share)
    return 0.0


def _membrane(values: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Continues values smoothly (Laplace's equation) from around a region into it."""
    import cv2

    if inside.all():
        return np.broadcast_to(values.mean(axis=(0, 1)), values.shape).astype(np.float32)
    if np.count_nonzero(inside) > _LARGE:
        h, w = inside.shape
        size = ((w + 1) // 2, (h + 1) // 2)
        known = (~inside).astype(np.float32)
        share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
        coarse = cv2.resize(values * known[..., None], size, interpolation=cv2.INTER_AREA)
        coarse /= np.maximum(share, 1e-6)[..., None]
        return cv2.resize(_membrane(coarse, share < 0.25), (w, h), interpolation=cv2.INTER_LINEAR)
    return _laplace(values, inside)


def _laplace(values: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import splu

    count = int(np.count_nonzero(inside))
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(count)
    diagonal = np.zeros(count)
    right = np.zeros((count, values.shape[2]))
    rows: list[Any] = []
    columns: list[Any] = []
    for here, there in _neighbours():
        a, b = number[here], number[there]
        both = (a >= 0) & (b >= 0)
        rows.append(a[both])
        columns.append(b[both])
        border = (a >= 0) & (b < 0)
        np.add.at(right, a[border], values[there][border])
        np.add.at(diagonal, a[a >= 0], 1.0)
    row, column = np.concatenate([*rows, np.arange(count)]), np.concatenate([*columns, np.arange(count)])
    entries = np.concatenate([-np.ones(len(row) - count), diagonal])
    out = values.copy()
    out[inside] = splu(coo_matrix((entries, (row, column)), shape=(count, count)).tocsc()).solve(right)
    return out


def _neighbours() -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Slices of each pixel and of its neighbour, in four directions; the picture's border has none beyond."""
    first, last, every = slice(None, -1), slice(1, None), slice(None)
    return [
        ((every, first), (every, last)),
        ((every, last), (every, first)),
        ((first, every), (last, every)),
        ((last, every), (first, every)),
    ]
