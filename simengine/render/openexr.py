"""OpenEXR pictures, read by the library of the Academy Software Foundation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError

__all__ = ["read_exr"]


def read_exr(path: Path) -> NDArray[np.float32]:
    """The red, green and blue of an OpenEXR picture, linear light, shape (H, W, 3); grey where it has only Y.

    Args:
        path: The file; of several parts the first is read.

    Raises:
        SimengineError: The package OpenEXR is missing, or the file is broken or has other channels.
    """
    try:
        import OpenEXR
    except ImportError as error:
        raise SimengineError(
            f"{path}: OpenEXR pictures need the package OpenEXR. Run: pip install 'simengine[exr]'; "
            "or save the picture as Radiance .hdr."
        ) from error
    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            found = {name.rpartition(".")[2]: np.asarray(part.pixels) for name, part in file.channels().items()}
    except Exception as error:  # the library raises errors of several kinds
        raise SimengineError(f"{path}: the OpenEXR file is broken ({error}). Save it again.") from error
    wanted = "RGB" if {"R", "G", "B"} <= set(found) else "YYY" if "Y" in found else ""
    if not wanted:
        raise SimengineError(
            f"{path}: it has the channels {', '.join(sorted(found))}, but not R, G and B. Export those."
        )
    return np.stack([found[channel].astype(np.float32) for channel in wanted], axis=-1)
