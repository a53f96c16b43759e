"""The size at which a model works on a picture, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Canvas", "canvas_for"]

_LEAST = 0.75  # of the model's own side that the shorter side of a picture is to have


@dataclass(frozen=True)
class Canvas:
    """A picture's size, enlarged by a whole number and padded to whole latents.

    Attributes:
        height: Of the picture [px].
        width: Of the picture [px].
        scale: How many times it is enlarged.
        factor: Pixels a latent.
    """

    height: int
    width: int
    scale: int
    factor: int

    @property
    def latents(self) -> tuple[int, int]:
        """Rows and columns of latents."""
        return -(-self.height * self.scale // self.factor), -(-self.width * self.scale // self.factor)

    def fit(self, picture: NDArray[np.uint8], *, exact: bool = False) -> NDArray[np.uint8]:
        """Brings a picture to the working size.

        Args:
            picture: uint8 (H, W, 3) or (H, W).
            exact: Whether every value must be one of the picture's, as colours of labels must.
        """
        import cv2

        h, w = self.height * self.scale, self.width * self.scale
        if self.scale > 1:
            how = cv2.INTER_NEAREST if exact else cv2.INTER_CUBIC
            picture = np.asarray(cv2.resize(picture, (w, h), interpolation=how), np.uint8)
        rows, columns = (size * self.factor for size in self.latents)
        grow = ((0, rows - h), (0, columns - w), (0, 0))[: picture.ndim]
        return np.pad(picture, grow, mode="edge")

    def back(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture at its own size again."""
        import cv2

        part = picture[: self.height * self.scale, : self.width * self.scale]
        if self.scale == 1:
            return np.ascontiguousarray(part)
        return np.asarray(cv2.resize(part, (self.width, self.height), interpolation=cv2.INTER_AREA), np.uint8)


def canvas_for(height: int, width: int, *, side: int, factor: int) -> Canvas:
    """The working size of a picture: small ones are enlarged, because autoencoders dissolve what is a few pixels large.

    Args:
        height: Of the picture [px].
        width: Of the picture [px].
        side: Of the pictures that the model was trained on [px].
        factor: Pixels a latent.
    """
    return Canvas(height, width, max(1, int(np.ceil(_LEAST * side / min(height, width)))), factor)
