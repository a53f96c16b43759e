"""Reading pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.sampling.picture_names import companions

__all__ = [
    "LARGEST_EDGE",
    "PictureSet",
    "decode_picture",
    "join_surface",
    "read_picture",
    "read_picture_set",
    "relief_map",
]

LARGEST_EDGE = 2048
"""Pictures are shrunk so that no edge is longer than this [pixels]."""


@dataclass(frozen=True, eq=False)
class PictureSet:
    """What one texture shows; uint8, shape (H, W, 3) each, of sizes of their own.

    Attributes:
        color: sRGB base colour, or None.
        surface: (unused, roughness, metallic), factors of 255, or None.
        normal: Normals: red to the right, green up, blue away from the surface, 128 for 0; or None.
    """

    color: NDArray[np.uint8] | None = None
    surface: NDArray[np.uint8] | None = None
    normal: NDArray[np.uint8] | None = None

    def bytes(self) -> bytes:
        """All content, for digests."""
        pictures = (self.color, self.surface, self.normal)
        return b"".join(b"-" if p is None else repr(p.shape).encode() + p.tobytes() for p in pictures)


def read_picture_set(file: Path) -> PictureSet:
    """A picture with the maps that lie beside it, told by their names (see `simengine.sampling.picture_names`).

    Raises:
        SimengineError: If a file is missing or no picture.
    """
    color = read_picture(file)
    beside = {role: file.parent / name for role, name in companions(file.name, _names(file.parent)).items()}
    normal = None
    if "packed" in beside:
        surface: NDArray[np.uint8] | None = read_picture(beside["packed"])
    else:
        surface = join_surface(*(read_picture(beside[r]) if r in beside else None for r in ("roughness", "metallic")))
    if "normal" in beside:
        normal = read_picture(beside["normal"])
    elif "normal_down" in beside:
        normal = read_picture(beside["normal_down"]).copy()
        normal[..., 1] = 255 - np.maximum(normal[..., 1], 1) + 1  # 128 stays
    return PictureSet(color, surface, normal)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def join_surface(roughness: NDArray[np.uint8] | None, metallic: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
    """Both maps as `PictureSet.surface`; where one is missing its factor is 1, where both are there is none."""
    import cv2

    first = roughness if roughness is not None else metallic
    if first is None:
        return None
    surface = np.full(first.shape, 255, np.uint8)
    for channel, part in ((1, roughness), (2, metallic)):
        if part is not None:
            same = part.shape[:2] == first.shape[:2]
            fitted = part if same else cv2.resize(part, first.shape[1::-1], interpolation=cv2.INTER_AREA)
            surface[..., channel] = fitted[..., 1]
    return surface


def relief_map(color: NDArray[np.uint8], *, depth: float, size: tuple[float, float]) -> NDArray[np.uint8]:
    """Normals of a picture whose dark parts lie low, as in `PictureSet`.

    Args:
        color: The picture, a tile that repeats, shape (H, W, 3).
        depth: How far black lies below white [m].
        size: Width and height of the tile [m].
    """
    h, w = color.shape[:2]
    height = color.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32) * (depth / 255)
    right = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * (w / (2 * size[0]))
    up = (np.roll(height, 1, 0) - np.roll(height, -1, 0)) * (h / (2 * size[1]))
    normal = np.stack([-right, -up, np.ones_like(right)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.rint(128 + 127 * normal).astype(np.uint8)


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
