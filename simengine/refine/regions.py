"""Region control: how much of a method's change reaches the objects, and how much the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.refine.frame import Frame
from simengine.refine.method import Refiner

__all__ = ["Regional"]


@dataclass(frozen=True)
class Regional:
    """Takes over a share of what another method changes: one share on labelled classes, one on the background.

    Args:
        refiner: The method.
        objects: Share on the objects, 0 (the render) to 1 (all that the method does).
        background: Share on everything else.
        feather: Standard deviation of the passage between them [px].
    """

    refiner: Refiner
    objects: float = 1.0
    background: float = 1.0
    feather: float = 0.7

    def __post_init__(self) -> None:
        for name in ("objects", "background"):
            if not 0 <= getattr(self, name) <= 1:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a share from 0 to 1.")

    @property
    def name(self) -> str:
        """That of the method."""
        return self.refiner.name

    def refine(self, frame: Frame, rng: np.random.Generator) -> NDArray[np.uint8]:
        """See `Refiner.refine`."""
        import cv2

        render = frame.rgb.astype(np.float32)
        share = np.where(frame.segment(None), self.background, self.objects).astype(np.float32)
        share = cv2.GaussianBlur(share, (0, 0), self.feather)[..., None]
        mixed = render + share * (self.refiner.refine(frame, rng) - render)
        return mixed.round().clip(0, 255).astype(np.uint8)

    def to_dict(self) -> dict[str, Any]:
        """See `Refiner.to_dict`."""
        kept = {"objects": self.objects, "background": self.background, "feather": self.feather}
        return {**self.refiner.to_dict(), "regions": kept}
