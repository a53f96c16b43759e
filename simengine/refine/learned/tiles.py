"""Pictures of any size in pieces that overlap and are blended in a line."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["OVERLAP", "in_tiles"]

OVERLAP = 32
"""Pixels shared by neighbouring tiles."""


def in_tiles(
    run: Callable[[slice, slice], Tensor], height: int, width: int, tile: int, *, overlap: int = OVERLAP
) -> Tensor:
    """Puts together what a function gives for parts of a picture.

    Args:
        run: Gives (N, C, h, w) for rows and columns.
        height: Of the picture.
        width: Of the picture.
        tile: Largest side of a part.
        overlap: What neighbouring parts share, less than the tile.

    Returns:
        (N, C, height, width).
    """
    if height <= tile and width <= tile:
        return run(slice(0, height), slice(0, width))
    total: Tensor | None = None
    weight = torch.zeros(1, 1, height, width)
    for y in _starts(height, tile, overlap):
        for x in _starts(width, tile, overlap):
            rows, columns = slice(y, min(y + tile, height)), slice(x, min(x + tile, width))
            ramp = _ramp(rows.stop - y, overlap)[:, None] * _ramp(columns.stop - x, overlap)[None, :]
            part = run(rows, columns)
            if total is None:
                total = torch.zeros(*part.shape[:2], height, width, device=part.device)
                weight, ramp = weight.to(part.device), ramp.to(part.device)
            total[:, :, rows, columns] += ramp.to(part.device) * part
            weight[:, :, rows, columns] += ramp.to(part.device)
    assert total is not None
    return total / weight


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    if length <= tile:
        return [0]
    count = -(-(length - overlap) // (tile - overlap))
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


def _ramp(length: int, overlap: int) -> Tensor:
    at = torch.arange(length, dtype=torch.float32) + 1
    return torch.minimum(torch.minimum(at, length + 1 - at) / overlap, torch.ones(()))
