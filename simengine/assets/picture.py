"""Reading pictures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError

__all__ = ["LARGEST_EDGE", "decode_picture", "read_picture"]

LARGEST_EDGE = 2048
"""Pictures are shrunk so that no edge is longer than this [pixels]."""


def read_picture(file: Path) -> NDArray[np.uint8]:
    """An sRGB picture, shape (H, W, 3); grey and transparent ones become colour, deep ones 8 bits.

    Raises:
        SimengineError: If the file is missing or no picture.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise SimengineError(f"The picture {file} can't be read ({error.strerror}). Check the path.") from None
    return _read(str(file), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _read(file: str, changed: int, size: int) -> NDArray[np.uint8]:
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise SimengineError(f"The picture {file} can't be read ({error.strerror}).") from None
    return decode_picture(data, name=file)


def decode_picture(data: bytes, *, name: str) -> NDArray[np.uint8]:
    """An sRGB picture from the bytes of its file; `name` is for errors.

    Raises:
        SimengineError: If it is no picture.
    """
    import cv2

    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    except cv2.error:  # a header that promises too much
        picture = None
    if picture is None:
        raise SimengineError(f"The picture {name} can't be decoded. Use PNG or JPEG, 8 or 16 bits.")
    largest = max(picture.shape[:2])
    if largest > LARGEST_EDGE:
        shape = [max(1, round(edge * LARGEST_EDGE / largest)) for edge in picture.shape[1::-1]]
        picture = cv2.resize(picture, shape, interpolation=cv2.INTER_AREA)
    rgb = np.ascontiguousarray(picture[..., ::-1], np.uint8)
    rgb.flags.writeable = False
    return rgb
