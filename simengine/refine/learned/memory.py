"""When the GPU's memory runs out: smaller pieces, with a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from simengine.errors import SimengineError
from simengine.refine.learned.tiles import OVERLAP

__all__ = ["halving", "in_batches"]

_T = TypeVar("_T")
_LEAST = 2 * OVERLAP + 64  # px


class Tiled(Protocol):
    """What works in tiles."""

    tile: int


class Batched(Tiled, Protocol):
    """What works in tiles of several pictures at a time."""

    batch: int


def in_batches(owner: Batched, count: int, run: Callable[[slice], list[_T]]) -> list[_T]:
    """Runs a function on batches of pictures; while memory runs out, on smaller ones, and then on smaller tiles.

    Args:
        owner: Its `batch` and `tile` are halved, for what comes later too.
        count: Of all pictures.
        run: Gives a result for each picture of a part.

    Raises:
        SimengineError: Not even the smallest tile of a single picture fits.
    """
    import torch

    done: list[_T] = []
    while len(done) < count:
        part = slice(len(done), min(len(done) + owner.batch, count))
        if owner.batch == 1:
            done += halving(owner, partial(run, part))
            continue
        try:
            done += run(part)
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()
            warnings.warn(
                f"out of GPU memory: batches of {owner.batch // 2} pictures instead of {owner.batch}.", stacklevel=2
            )
            owner.batch //= 2
    return done


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
