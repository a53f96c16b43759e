"""The user's real photos, read as they are needed."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.shard import hash_file
from simengine.errors import SimengineError
from simengine.formats.detection import read_picture
from simengine.formats.picture_files import find_pictures

__all__ = ["Photos", "cover"]

_KEPT = 64 << 20  # bytes of decoded photos


class Photos:
    """A folder of photos.

    Args:
        folder: The folder; photos in folders below it count too.

    Raises:
        SimengineError: There is no photo.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.paths = tuple(find_pictures(self.folder, deep=True))
        if not self.paths:
            raise SimengineError(
                f"{self.folder} holds no photo (JPEG, PNG, BMP, WebP or TIFF). Name a folder with real photos."
            )
        self._kept: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()

    def __len__(self) -> int:
        """Number of photos."""
        return len(self.paths)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """One photo, sRGB uint8 (H, W, 3)."""
        if index not in self._kept:
            self._kept[index] = read_picture(self.paths[index])
            while sum(p.nbytes for p in self._kept.values()) > _KEPT and len(self._kept) > 1:
                self._kept.popitem(last=False)
        self._kept.move_to_end(index)
        return self._kept[index]

    def digest(self) -> str:
        """Hash of the content of every photo, in order of their names."""
        import hashlib

        return hashlib.sha256("\n".join(hash_file(path) for path in self.paths).encode()).hexdigest()

    def __getstate__(self) -> dict[str, object]:
        """Workers read their own."""
        return {**self.__dict__, "_kept": OrderedDict()}


def cover(photo: NDArray[np.uint8], width: int, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A random part of a photo that fills a picture: scaled down as little as needed, mirrored at random.

    Args:
        photo: sRGB uint8 (H, W, 3).
        width: Of the result [px].
        height: Of the result [px].
        rng: Chooses the part.

    Returns:
        uint8 (height, width, 3).
    """
    import cv2

    h, w = photo.shape[:2]
    least = max(width / w, height / h)
    scale = least if least >= 1 else float(rng.uniform(least, min(1.0, 1.6 * least)))
    size = max(width, round(w * scale)), max(height, round(h * scale))
    resized = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    x, y = int(rng.integers(0, size[0] - width + 1)), int(rng.integers(0, size[1] - height + 1))
    part = resized[y : y + height, x : x + width]
    return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part)
