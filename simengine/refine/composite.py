"""Compositing: the labelled objects over real empty photos. Nothing can move: the mask is the renderer's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.refine.empty import empty_photo
from simengine.refine.frame import Frame
from simengine.refine.photos import Photos, cover
from simengine.refine.shadows import masked_blur, shading

__all__ = ["Composite", "lay_over"]


@dataclass(frozen=True, eq=False)
class Composite:
    """Puts the objects of a class onto real photos.

    Args:
        photos: The photos.
        side: Of a typical object, as a share of the picture's width (`simengine.refine.empty.typical_side`).
        emptied: Whether things of that size are taken out of a photo first; not needed where photos show none.
        feather: Standard deviation of the point-spread function at the edges [px].
        shadows: How much of the render's shading around the objects (contact shadows) darkens the photo, 0 to 1.
    """

    photos: Photos
    side: float = 1 / 16
    emptied: bool = True
    feather: float = 0.7
    shadows: float = 1.0
    name: str = "composite"

    def refine(self, frame: Frame, rng: np.random.Generator) -> NDArray[np.uint8]:
        """See `Refiner.refine`."""
        objects = ~frame.segment(None)
        h, w = objects.shape
        photo = cover(self.photos[int(rng.integers(len(self.photos)))], w, h, rng)
        ground = (empty_photo(photo, self.side * w) if self.emptied else photo).astype(np.float32)
        ground *= (1 - self.shadows * (1 - shading(frame.rgb, objects, self.side * w)))[..., None]
        picture = lay_over(frame.rgb.astype(np.float32), objects, ground, self.feather)
        return picture.round().clip(0, 255).astype(np.uint8)

    def to_dict(self) -> dict[str, Any]:
        """See `Refiner.to_dict`."""
        return {
            "method": self.name,
            "photos": self.photos.digest(),
            "side": self.side,
            "emptied": self.emptied,
            "feather": self.feather,
            "shadows": self.shadows,
        }


def lay_over(
    picture: NDArray[np.float32], objects: NDArray[np.bool_], ground: NDArray[np.float32], feather: float
) -> NDArray[np.float32]:
    """Lays objects over another background, in any linear colour space.

    Past its own edge an object's colour goes on, so that the feather mixes it with the background, not with what was
    behind it before.

    Args:
        picture: Shows the objects, (H, W, 3).
        objects: Their pixels, (H, W).
        ground: The background, (H, W, 3).
        feather: Standard deviation of the point-spread function at the edges [px].
    """
    import cv2

    share = cv2.GaussianBlur(objects.astype(np.float32), (0, 0), feather)[..., None]
    spread = np.stack([masked_blur(np.ascontiguousarray(picture[..., c]), objects, max(feather, 0.5)) for c in range(3)], axis=-1)  # fmt: skip
    return share * np.where(objects[..., None], picture, spread) + (1 - share) * ground
