"""When the GPU's memory runs out: smaller pieces, with a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Protocol, TypeVar

from simengine.errors import SimengineError
from simengine.refine.learned.tiles import OVERLAP

__all__ = ["halving"]

_T = TypeVar("_T")
_LEAST = 2 * OVERLAP + 64  # px


class Tiled(Protocol):
    """What works in tiles."""

    tile: int


def halving(owner: Tiled, run: Callable[[], _T]) -> _T:
    """Runs a function, again with tiles of half the size while memory runs out.

    Args:
        owner: Its `tile` is halved, for what comes later too.
        run: The function.

    Raises:
        SimengineError: Not even the smallest tile fits.
    """
    import torch

    while True:
        try:
            return run()
        except torch.cuda.OutOfMemoryError:
            if owner.tile // 2 < _LEAST:
                raise SimengineError(
                    f"the GPU's memory does not hold a tile of {owner.tile} pixels: free it, or use --device cpu."
                ) from None
            torch.cuda.empty_cache()
            warnings.warn(
                f"out of GPU memory: tiles of {owner.tile // 2} pixels instead of {owner.tile}.", stacklevel=2
            )
            owner.tile //= 2
