"""Compositing: the labelled objects over real empty photos. Nothing can move: the mask is the renderer's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.refine.frame import Frame
from simengine.refine.photos import Photos, cover

__all__ = ["Composite"]

_SHADE_REACH = 6.0  # px of blur between an object's own noise and the shadow that it casts


@dataclass(frozen=True, eq=False)
class Composite:
    """Puts the objects of a class onto real empty photos.

    Args:
        photos: Photos that show none of the classes.
        feather: Standard deviation of the point-spread function at the edges [px].
        shadows: How much of the render's shading around the objects (contact shadows) darkens the photo, 0 to 1.
    """

    photos: Photos
    feather: float = 0.7
    shadows: float = 0.7
    name: str = "composite"

    def refine(self, frame: Frame, rng: np.random.Generator) -> NDArray[np.uint8]:
        """See `Refiner.refine`."""
        import cv2

        objects = ~frame.segment(None)
        h, w = objects.shape
        ground = cover(self.photos[int(rng.integers(len(self.photos)))], w, h, rng).astype(np.float32)
        shade = _shading(frame.rgb, objects)
        ground *= (1 - self.shadows * (1 - shade))[..., None]
        cover_share = cv2.GaussianBlur(objects.astype(np.float32), (0, 0), self.feather)[..., None]
        # past its own edge an object's colour goes on, so that the feather mixes it with the photo, not with the render
        colour = _outwards(frame.rgb, objects, self.feather)
        return (cover_share * colour + (1 - cover_share) * ground).round().clip(0, 255).astype(np.uint8)

    def to_dict(self) -> dict[str, Any]:
        """See `Refiner.to_dict`."""
        return {"method": self.name, "photos": self.photos.digest(), "feather": self.feather, "shadows": self.shadows}


def _shading(rgb: NDArray[np.uint8], objects: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How dark the render's background is against its own wide surroundings, 0 to 1: the objects' soft shadows."""
    import cv2

    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) + 1
    near = _masked_blur(luma, ~objects, _SHADE_REACH / 2)
    wide = _masked_blur(luma, ~objects, max(objects.shape) / 8)
    return np.clip(near / wide, 0.3, 1.0)


def _outwards(rgb: NDArray[np.uint8], objects: NDArray[np.bool_], feather: float) -> NDArray[np.float32]:
    sigma = max(feather, 0.5)
    spread = np.stack([_masked_blur(rgb[..., c].astype(np.float32), objects, sigma) for c in range(3)], axis=-1)
    return np.where(objects[..., None], rgb, spread).astype(np.float32)


def _masked_blur(values: NDArray[np.float32], mask: NDArray[np.bool_], sigma: float) -> NDArray[np.float32]:
    """Gaussian mean of the values under a mask; the plain values where none is near."""
    import cv2

    weight = mask.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    mean = cv2.GaussianBlur(values * weight, (0, 0), sigma) / np.maximum(total, 1e-4)
    return np.where(total > 1e-4, mean, values)
