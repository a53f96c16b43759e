"""What metrics need of pictures: an embedding, a perceptual hash and a power spectrum; one pass, constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError
from simengine.evaluate.features.cache import FeatureCache, content_key
from simengine.evaluate.features.embedders import Embedder
from simengine.evaluate.metrics.duplicates import perceptual_hash
from simengine.evaluate.metrics.spectrum import radial_spectrum
from simengine.formats.detection import read_picture

__all__ = ["ImageFeatures", "describe_images", "embed"]

_RECIPE = "1: pHash 64, 16 rings of 448 px"
_BATCH = 16
_SPECTRUM_SIDE = 448  # of the middle of a picture: enough for 16 rings, and a tenth of the time of 12 megapixels


@dataclass(frozen=True)
class ImageFeatures:
    """What is kept of n pictures.

    Attributes:
        vectors: Embeddings, shape (n, d), float32.
        hashes: Perceptual hashes, shape (n,), uint64.
        spectra: Log power by spatial frequency, shape (n, 16), dB.
        keys: Hash of the content of each file.
    """

    vectors: np.ndarray
    hashes: np.ndarray
    spectra: np.ndarray
    keys: tuple[str, ...]


def describe_images(
    paths: Iterable[Path],
    embedder: Embedder,
    *,
    cache: FeatureCache | None = None,
    progress: Callable[[int], None] | None = None,
) -> ImageFeatures:
    """Reads pictures one by one and keeps only their features.

    Args:
        paths: The files.
        embedder: The network; loaded when the first picture is not in the cache.
        cache: Where features of equal files are found again.
        progress: Called with the number of pictures done.

    Raises:
        SimengineError: A file can't be read or is no picture, or there are none.
    """
    cache = cache or FeatureCache(None)
    recipe = f"{embedder.recipe}; {_RECIPE}"
    found: list[dict[str, np.ndarray] | None] = []
    keys: list[str] = []
    waiting: list[tuple[int, np.ndarray]] = []
    forward = None

    def flush() -> None:
        nonlocal forward
        if not waiting:
            return
        forward = forward or embedder.load()
        for (place, _), vector in zip(waiting, forward(np.stack([small for _, small in waiting])), strict=True):
            entry = found[place]
            assert entry is not None
            entry["vector"] = vector.astype(np.float32)
            cache.put(keys[place], entry)
        waiting.clear()
        if progress:
            progress(len(found))

    for path in paths:
        with disk_errors("read", path):
            content = path.read_bytes()
        keys.append(content_key(content, recipe))
        entry = cache.get(keys[-1])
        if entry is None:
            picture = read_picture(path)
            entry = {
                "hash": np.array(perceptual_hash(picture), np.uint64),
                "spectrum": radial_spectrum(_middle(picture)),
            }
            waiting.append((len(found), _resized(picture, embedder.size)))
        found.append(entry)
        if len(waiting) == _BATCH:
            flush()
    flush()
    entries = [entry for entry in found if entry is not None]
    if not entries:
        raise SimengineError("there are no pictures to describe: give at least one.")
    if progress:
        progress(len(found))
    return ImageFeatures(
        vectors=np.stack([entry["vector"] for entry in entries]),
        hashes=np.array([entry["hash"] for entry in entries], np.uint64),
        spectra=np.stack([entry["spectrum"] for entry in entries]),
        keys=tuple(keys),
    )


def embed(pictures: Iterable[np.ndarray], embedder: Embedder) -> np.ndarray:
    """Features of pictures that are in memory.

    Args:
        pictures: uint8 (H, W, 3) RGB, of any sizes.
        embedder: The network.

    Returns:
        Shape (n, d), float32.
    """
    forward = embedder.load()
    rows: list[np.ndarray] = []
    batch: list[np.ndarray] = []
    for picture in pictures:
        batch.append(_resized(picture, embedder.size))
        if len(batch) == _BATCH:
            rows.append(forward(np.stack(batch)))
            batch = []
    if batch:
        rows.append(forward(np.stack(batch)))
    return np.concatenate(rows).astype(np.float32) if rows else np.zeros((0, 0), np.float32)


def _resized(picture: np.ndarray, size: int) -> np.ndarray:
    import cv2

    shrinks = max(picture.shape[:2]) > size
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def _middle(picture: np.ndarray) -> np.ndarray:
    """The middle at full resolution; a tiny picture is doubled until no ring of its spectrum is empty."""
    height, width = picture.shape[:2]
    top, left = max(0, (height - _SPECTRUM_SIDE) // 2), max(0, (width - _SPECTRUM_SIDE) // 2)
    part = picture[top : top + _SPECTRUM_SIDE, left : left + _SPECTRUM_SIDE]
    while min(part.shape[:2]) < 48:
        part = part.repeat(2, axis=0).repeat(2, axis=1)
    return part
