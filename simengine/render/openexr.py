"""OpenEXR pictures: one part of scan lines, uncompressed, RLE, ZIPS or ZIP.

The layout is that of the OpenEXR File Layout document (Academy Software Foundation, 2023).
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError

__all__ = ["decode_exr"]

Bytes = NDArray[np.uint8]

_TYPES: dict[int, np.dtype] = {0: np.dtype("<u4"), 1: np.dtype("<f2"), 2: np.dtype("<f4")}
_CODECS = ("NONE", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB")
_LINES = {"NONE": 1, "RLE": 1, "ZIPS": 1, "ZIP": 16}
_MAGIC = 20000630
_TILED, _DEEP, _PARTS = 0x200, 0x800, 0x1000
_MOST_PIXELS = 1 << 27


class _Header(NamedTuple):
    channels: list[tuple[str, np.dtype]]
    codec: str
    width: int
    height: int
    top: int
    end: int


def decode_exr(data: bytes, *, name: str) -> NDArray[np.float32]:
    """The red, green and blue of an OpenEXR picture, linear light, shape (H, W, 3); grey where it has only Y.

    Args:
        data: Content of the file.
        name: What errors call it.

    Raises:
        SimengineError: If it is broken, or of a kind that is not read.
    """
    try:
        return _decode(data, name)
    except (struct.error, ValueError, KeyError, IndexError, OverflowError, zlib.error) as error:
        raise SimengineError(f"{name}: the OpenEXR file is broken ({error}). Save it again.") from None


def _decode(data: bytes, name: str) -> NDArray[np.float32]:
    header = _header(data, name)
    lines = _LINES[header.codec]
    row_bytes = sum(kind.itemsize for _, kind in header.channels) * header.width
    blocks = -(-header.height // lines)
    offsets = struct.unpack_from(f"<{blocks}Q", data, header.end)
    rows = np.zeros((header.height, row_bytes), np.uint8)
    for offset in offsets:
        y, size = struct.unpack_from("<ii", data, offset)
        first = y - header.top
        count = min(lines, header.height - first)
        packed = np.frombuffer(data, np.uint8, size, offset + 8)
        rows[first : first + count] = _unpacked(packed, header.codec, count * row_bytes).reshape(count, row_bytes)
    found = {}
    at = 0
    for channel, kind in header.channels:
        part = rows[:, at : at + header.width * kind.itemsize]
        found[channel.rpartition(".")[2]] = np.ascontiguousarray(part).view(kind).astype(np.float32)
        at += header.width * kind.itemsize
    wanted = "RGB" if {"R", "G", "B"} <= set(found) else "YYY" if "Y" in found else ""
    if not wanted:
        raise SimengineError(
            f"{name}: it has the channels {', '.join(sorted(found))}, but not R, G and B. Export those."
        )
    return np.stack([found[channel] for channel in wanted], axis=-1)


def _header(data: bytes, name: str) -> _Header:
    magic, flags = struct.unpack_from("<II", data)
    if magic != _MAGIC:
        raise ValueError("it does not begin as one")
    if flags & (_TILED | _DEEP | _PARTS):
        raise SimengineError(
            f"{name}: tiled, deep and multi-part OpenEXR files are not read. Save one part of scan lines."
        )
    values: dict[str, bytes] = {}
    at = 8
    while data[at] != 0:
        key_end = data.index(0, at)
        type_end = data.index(0, key_end + 1)
        (size,) = struct.unpack_from("<i", data, type_end + 1)
        values[data[at:key_end].decode("latin-1")] = data[type_end + 5 : type_end + 5 + size]
        at = type_end + 5 + size
    codec = _CODECS[values["compression"][0]]
    if codec not in _LINES:
        raise SimengineError(f"{name}: its compression {codec} is not read. Save it with ZIP, or as Radiance .hdr.")
    left, top, right, bottom = struct.unpack("<4i", values["dataWindow"])
    width, height = right - left + 1, bottom - top + 1
    if min(width, height) < 1 or width * height > _MOST_PIXELS:
        raise ValueError(f"{width} x {height} pixels")
    return _Header(_channels(values["channels"]), codec, width, height, top, at + 1)


def _channels(data: bytes) -> list[tuple[str, np.dtype]]:
    channels = []
    at = 0
    while data[at] != 0:
        end = data.index(0, at)
        kind, _, across, down = struct.unpack_from("<iIii", data, end + 1)
        if (across, down) != (1, 1):
            raise ValueError("a channel has fewer pixels than the picture")
        channels.append((data[at:end].decode("latin-1"), _TYPES[kind]))
        at = end + 17
    return channels


def _unpacked(packed: Bytes, codec: str, size: int) -> Bytes:
    if codec == "NONE" or len(packed) == size:  # what would not shrink is stored as it is
        return packed
    if codec == "RLE":
        raw = _runs(packed)
    else:
        raw = np.frombuffer(zlib.decompressobj().decompress(packed.tobytes(), size + 1), np.uint8)
    if len(raw) != size:
        raise ValueError("a block has the wrong size")
    steps = raw.astype(np.int64)
    steps[1:] -= 128
    summed = (np.cumsum(steps) & 255).astype(np.uint8)
    half = (size + 1) // 2  # even bytes, then odd ones
    result = np.empty(size, np.uint8)
    result[0::2], result[1::2] = summed[:half], summed[half:]
    return result


def _runs(packed: Bytes) -> Bytes:
    parts = []
    at = 0
    while at < len(packed):
        count = int(packed[at].astype(np.int8))
        if count < 0:
            parts.append(packed[at + 1 : at + 1 - count])
            at += 1 - count
        else:
            parts.append(np.full(count + 1, packed[at + 1]))
            at += 2
    return np.concatenate(parts)
