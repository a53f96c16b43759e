"""What a refiner is: a picture in, a picture of the same scene out."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simengine.refine.frame import Frame

__all__ = ["Refiner"]


class Refiner(Protocol):
    """Changes how a render looks, never what it shows. It is pickled to worker processes."""

    @property
    def name(self) -> str:
        """As on the command line."""

    def refine(self, frame: Frame, rng: np.random.Generator) -> NDArray[np.uint8]:
        """The refined picture, uint8 (H, W, 3), of the frame's size."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that determines what it does, in JSON types; it stands in the manifest."""
