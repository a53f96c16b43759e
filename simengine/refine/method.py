"""What a refiner is: a picture in, a picture of the same scene out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from simengine.refine.frame import Frame

__all__ = ["BatchRefiner", "Refiner", "refine_all"]


class Refiner(Protocol):
    """Changes how a render looks, never what it shows. It is pickled to worker processes."""

    @property
    def name(self) -> str:
        """As on the command line."""

    def refine(self, frame: Frame, rng: np.random.Generator) -> NDArray[np.uint8]:
        """The refined picture, uint8 (H, W, 3), of the frame's size."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that determines what it does, in JSON types; it stands in the manifest."""


@runtime_checkable
class BatchRefiner(Refiner, Protocol):
    """Changes several renders at once, each as it would alone."""

    batch: int
    """How many at once; it may fall while memory runs out."""

    def refine_batch(self, frames: Sequence[Frame], rngs: Sequence[np.random.Generator]) -> list[NDArray[np.uint8]]:
        """The refined pictures, one a frame."""


def refine_all(
    refiner: Refiner, frames: Iterable[tuple[Frame, np.random.Generator]]
) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
    """Refines frames in order, as many at once as the refiner takes; no more than those are in memory."""
    waiting = iter(frames)
    if not isinstance(refiner, BatchRefiner):
        yield from ((frame, refiner.refine(frame, rng)) for frame, rng in waiting)
        return
    while chunk := list(islice(waiting, refiner.batch)):
        together = [frame for frame, _ in chunk]
        yield from zip(together, refiner.refine_batch(together, [rng for _, rng in chunk]), strict=True)
