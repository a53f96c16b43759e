"""Pictures from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simengine.assets.picture import PictureSet, read_picture_set
from simengine.errors import SimengineError
from simengine.sampling.picture_names import base_pictures

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["image"]


def image(spec: material.ImageTexture, rng: np.random.Generator, base: str) -> PictureSet:
    """The picture of a file, or one of a folder's in the order of their names, with the maps beside it."""
    if spec.file is not None:
        return read_picture_set(Path(base, spec.file))
    assert spec.folder is not None
    folder = Path(base, spec.folder)
    try:
        found = base_pictures(path.name for path in folder.iterdir())
    except OSError as error:
        raise SimengineError(f"The folder {folder} can't be read ({error.strerror}). Check the path.") from None
    if not found:
        raise SimengineError(f"The folder {folder} holds no picture. Put PNG or JPEG files into it.")
    return read_picture_set(folder / found[int(rng.integers(len(found)))])
