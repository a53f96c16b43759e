"""Pictures from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.picture import read_picture
from simengine.errors import SimengineError

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["image"]

_SUFFIXES = {".png", ".jpg", ".jpeg"}


def image(spec: material.ImageTexture, rng: np.random.Generator, base: str) -> NDArray[np.uint8]:
    """The picture of a file, or one of a folder's, in the order of their names."""
    if spec.file is not None:
        return read_picture(Path(base, spec.file))
    assert spec.folder is not None
    folder = Path(base, spec.folder)
    try:
        found = sorted((p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES), key=lambda p: p.name)
    except OSError as error:
        raise SimengineError(f"The folder {folder} can't be read ({error.strerror}). Check the path.") from None
    if not found:
        raise SimengineError(f"The folder {folder} holds no picture. Put PNG or JPEG files into it.")
    return read_picture(found[int(rng.integers(len(found)))])
