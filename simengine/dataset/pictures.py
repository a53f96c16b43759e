"""How pictures become files: PNG, and the integers that stand for depth, normals and coordinates.

====================  ==========================  ======================================================
output                PNG                         value
====================  ==========================  ======================================================
``rgb``               8 bit, 3 channels           sRGB
``depth``             16 bit, 1 channel           planar depth / ``depth_scale``; 0: nothing (or beyond `far`)
``instances``         16 bit, 1 channel           instance id; 0: nothing
``classes``           16 bit, 1 channel           class id; 0: nothing, or an object without a class
``normals``           16 bit, 3 channels          32768 + 32767 * component; (32768, 32768, 32768): nothing
``coordinates``       16 bit, 3 channels          the bits of the component [m] as IEEE 754 half float
====================  ==========================  ======================================================

Half floats keep 11 significant bits at any size: a die's pips are resolved to 4 micrometres in the
same picture in which a floor of 30 m is resolved to 8 mm, and any reader decodes them by a cast.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError

__all__ = [
    "ENCODINGS",
    "decode_coordinates",
    "decode_depth",
    "decode_normals",
    "decode_picture",
    "depth_scale",
    "encode_coordinates",
    "encode_depth",
    "encode_ids",
    "encode_normals",
    "encode_picture",
]

ENCODINGS = {
    "rgb": "uint8 x 3: sRGB",
    "depth": "uint16: planar depth [m] = value * depth_scale of the view; 0 = nothing hit, or beyond the camera's far",
    "instances": "uint16: instance id; 0 = nothing hit",
    "classes": "uint16: class id as in `classes` of the manifest; 0 = nothing hit, or an object without a class",
    "normals": "uint16 x 3: component = (value - 32768) / 32767, camera frame (x right, y down, z forward); 0, 0, 0 = nothing hit",
    "coordinates": "uint16 x 3: component [m] = the 16 bits read as IEEE 754 half float, frame of the object's link; 0, 0, 0 = nothing hit",
}
"""What the values of each output mean; recorded in the manifest."""

_MAX16 = 65535

U16 = NDArray[np.uint16]
Floats = NDArray[np.float32]


def depth_scale(far: float) -> float:
    """The step of a depth picture: the finest of 0.05, 0.1, 0.2, 0.5, 1, 2, 5 ... mm that reaches `far`.

    Args:
        far: Largest depth recorded [m], above 0.

    Returns:
        Metres per unit of the 16-bit picture.
    """
    hundredths = 5  # of a millimetre
    while hundredths * _MAX16 / 100_000 < far:
        leading = int(str(hundredths)[0])
        hundredths = hundredths * 5 // 2 if leading == 2 else hundredths * 2
    return hundredths / 100_000


def encode_depth(depth: Floats, *, scale: float, far: float = math.inf) -> U16:
    """Depth to integers.

    Args:
        depth: Planar depth [m], shape (H, W); 0 where nothing is hit.
        scale: Metres per unit; see `depth_scale`.
        far: Depths beyond it become 0, as in a real depth camera.

    Returns:
        Shape (H, W). What is hit closer than half a unit becomes 1, so that 0 keeps its meaning.
    """
    units = np.rint(np.asarray(depth, np.float64) / scale)
    units = np.where(depth > 0, np.maximum(units, 1), 0)
    return np.where((depth > far) | (units > _MAX16), 0, units).astype(np.uint16)


def decode_depth(values: U16, *, scale: float) -> Floats:
    """Integers to depth [m]; within half a unit of what was encoded. Shape (H, W)."""
    return (values.astype(np.float64) * scale).astype(np.float32)


def encode_ids(ids: NDArray[np.int32]) -> U16:
    """Instance or class ids to integers of 16 bits, shape (H, W).

    Raises:
        SimengineError: An id doesn't fit.
    """
    low, high = int(ids.min(initial=0)), int(ids.max(initial=0))
    if low < 0 or high > _MAX16:
        raise SimengineError(
            f"ids {low} to {high} don't fit a 16-bit picture: a scene may hold at most {_MAX16} objects. Lower the counts."
        )
    return ids.astype(np.uint16)


def encode_normals(normals: Floats) -> U16:
    """Unit vectors to integers, shape (H, W, 3); the step is 1/32767."""
    return (np.rint(np.clip(normals, -1.0, 1.0) * np.float32(32767.0)) + 32768.0).astype(np.uint16)


def decode_normals(values: U16) -> Floats:
    """Integers to vectors, each component within half a step of 1/32767, shape (H, W, 3); 0 for background."""
    return (values.astype(np.float32) - np.float32(32768.0)) / np.float32(32767.0)


def encode_coordinates(coordinates: Floats) -> U16:
    """Points [m] to the bits of half floats, shape (H, W, 3); within 2^-11 of each component's size (3e-8 m near 0)."""
    return np.clip(coordinates, -65504.0, 65504.0).astype(np.float16).view(np.uint16)


def decode_coordinates(values: U16) -> Floats:
    """Bits of half floats to points [m], shape (H, W, 3)."""
    return np.ascontiguousarray(values).view(np.float16).astype(np.float32)


_ENCODE: dict[str, Callable[[Any], U16]] = {
    "instances": encode_ids,
    "classes": encode_ids,
    "normals": encode_normals,
    "coordinates": encode_coordinates,
}
_DECODE: dict[str, Callable[[U16], Floats]] = {"normals": decode_normals, "coordinates": decode_coordinates}


def encode_picture(output: str, values: NDArray[Any], *, scale: float = 0.0, far: float = math.inf) -> bytes:
    """One output of a frame as the bytes of a PNG file.

    Args:
        output: ``rgb``, ``depth``, ``instances``, ``classes``, ``normals`` or ``coordinates``.
        values: The frame's array of that name.
        scale: Metres per unit, for depth.
        far: Largest depth recorded [m].
    """
    if output == "depth":
        return _write_png(encode_depth(values, scale=scale, far=far))
    encode = _ENCODE.get(output)
    return _write_png(encode(values) if encode else values)


def decode_picture(output: str, data: bytes, *, scale: float = 0.0) -> NDArray[Any]:
    """The inverse of `encode_picture`.

    Returns:
        rgb: uint8 (H, W, 3); depth: float32 (H, W) [m]; instances, classes: int32 (H, W); normals: float32 (H, W, 3);
        coordinates: float32 (H, W, 3) [m].

    Raises:
        SimengineError: The bytes are no picture.
    """
    values = _read_png(data)
    if output == "depth":
        return decode_depth(values, scale=scale)
    if output in ("instances", "classes"):
        return values.astype(np.int32)
    decode = _DECODE.get(output)
    return decode(values) if decode else values


def _write_png(values: NDArray[Any]) -> bytes:
    import cv2

    # Measured at 640 x 480 (benchmarks/generate.md): run lengths on differences suit noisy colour, and matching on
    # differences to the row above suits smooth maps; both take a third of the time of OpenCV's level 3, in no more room.
    strategy, filter_ = cv2.IMWRITE_PNG_STRATEGY_DEFAULT, cv2.IMWRITE_PNG_FILTER_UP
    if values.dtype == np.uint8:
        strategy, filter_ = cv2.IMWRITE_PNG_STRATEGY_RLE, cv2.IMWRITE_PNG_FILTER_SUB
    if values.ndim == 3:
        values = cv2.cvtColor(np.ascontiguousarray(values), cv2.COLOR_RGB2BGR)
    flags = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, strategy, cv2.IMWRITE_PNG_FILTER, filter_]
    good, data = cv2.imencode(".png", values, flags)
    if not good:
        raise SimengineError(f"OpenCV can't write a PNG of shape {values.shape} and type {values.dtype}.")
    return data.tobytes()


def _read_png(data: bytes) -> NDArray[Any]:
    import cv2

    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if values is None:
        raise SimengineError(
            "a picture can't be read: the file is empty or no PNG. `simengine verify` names every broken file."
        )
    return cv2.cvtColor(values, cv2.COLOR_BGR2RGB) if values.ndim == 3 else values
