"""Near-duplicates: perceptual hashes of pictures, and groups of items that are too close."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_features, squared_distances

__all__ = ["duplicate_groups", "feature_groups", "hash_distances", "near_duplicate_rate", "perceptual_hash"]

_SIDE, _LOW = 32, 8
_BLOCK = 1024
_ROUNDING = 1e-6  # flat and regular pictures have coefficients of 0: rounding must not set their bits


def perceptual_hash(image: ArrayLike) -> int:
    """64-bit perceptual hash of a picture.

    Grey, averaged down to 32 x 32, two-dimensional DCT-II, its 8 x 8 lowest frequencies; a bit is 1 where
    a coefficient exceeds their median. Row by row, the first coefficient is the highest bit.

    Range: 0 to 2^64 - 1; the distance of two is the number of different bits (`hash_distances`): 0 to 4
    for resized, recompressed or brightened copies, about 32 for unrelated pictures. Better: not a score.
    Source: Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010).

    Args:
        image: Shape (H, W) or (H, W, 3), RGB; uint8, or floats in [0, 1].

    Raises:
        SimengineError: The picture is no picture.

    Example:
        >>> import numpy as np
        >>> ramp = np.add.outer(np.arange(64), 3 * np.arange(64)).astype(np.uint8)
        >>> perceptual_hash(ramp) == perceptual_hash(np.kron(ramp, np.ones((2, 2), np.uint8)))
        True
    """
    import cv2
    from scipy.fft import dctn

    pixels = np.asarray(image)
    if pixels.ndim not in (2, 3) or 0 in pixels.shape or not np.isfinite(pixels).all():
        raise SimengineError(f"a picture has shape {pixels.shape}: give finite (H, W) or (H, W, 3).")
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        raise SimengineError(f"a picture has {pixels.shape[2]} channels: give one (H, W) or three (H, W, 3).")
    grey = pixels.astype(np.float64) if pixels.dtype != np.uint8 else pixels / 255.0
    if grey.ndim == 3:
        grey = grey @ np.array([0.299, 0.587, 0.114])
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    low = dctn(small, type=2)[:_LOW, :_LOW].ravel()
    return int.from_bytes(np.packbits(low > np.median(low) + _ROUNDING).tobytes(), "big")


def hash_distances(first: Iterable[int], second: Iterable[int]) -> np.ndarray:
    """Hamming distances between two lists of 64-bit hashes.

    d_ij = number of ones in first_i XOR second_j

    Range: 0 to 64 bits. Better: not a score.
    Source: Hamming, "Error detecting and error correcting codes" (1950).

    Args:
        first: n hashes.
        second: m hashes.

    Returns:
        Shape (n, m), integers.

    Example:
        >>> hash_distances([0b0, 0b1011], [0b1111]).tolist()
        [[4], [1]]
    """
    one, other = _signs(first), _signs(second)
    return np.rint((64.0 - one @ other.T) / 2.0).astype(np.int64)


def near_duplicate_rate(hashes: Iterable[int], reference: Iterable[int] | None = None, *, within: int = 4) -> float:
    """Share of pictures that have a near-duplicate.

    mean_i 1[some other j: d_ij <= within]; with a reference, j runs over the reference.

    Range: 0 to 1. Better: lower. Against a reference it measures leaks: between train and test it must be 0.
    Source: Zauner (2010) for the distance.

    Args:
        hashes: Of the pictures, by `perceptual_hash`.
        reference: Of the pictures to look for copies in; None for the set itself, an item not counting
            as its own copy.
        within: Largest distance of a near-duplicate, bits.

    Raises:
        SimengineError: A list is empty.

    Example:
        >>> near_duplicate_rate([0, 1, 2**64 - 1]), near_duplicate_rate([0, 1], [2**64 - 1])
        (0.6666666666666666, 0.0)
    """
    own = list(hashes)
    other = own if reference is None else list(reference)
    if not own or not other:
        raise SimengineError("there are no hashes to compare: give at least one picture in each list.")
    copies = 1 if reference is None else 0
    return sum(int((close.sum(axis=1) > copies).sum()) for _, close in _close(own, other, within)) / len(own)


def duplicate_groups(hashes: Iterable[int], *, within: int = 4) -> np.ndarray:
    """Groups of pictures that are linked by near-duplicates: the distinct scenes of a set.

    Connected components of the graph that joins i and j where d_ij <= within (single linkage, so a video
    whose frames change little by little is one scene).

    Range: group numbers from 0. Better: not a score; `effective_number` of them is the effective number of
    distinct scenes (higher is better).
    Source: single linkage, Sibson (1973), on the distance of Zauner (2010).

    Args:
        hashes: Of n pictures.
        within: Largest distance of a near-duplicate, bits.

    Returns:
        Shape (n,).

    Example:
        >>> from simengine.evaluate.metrics.diversity import effective_number
        >>> groups = duplicate_groups([0, 2**64 - 1, 1, 3])
        >>> groups.tolist(), round(effective_number(groups, order=2), 6)
        ([0, 1, 0, 0], 1.6)
    """
    own = list(hashes)
    return _components(len(own), _close(own, own, within))


def feature_groups(features: ArrayLike, *, within: float) -> np.ndarray:
    """Groups of rows that are linked by distances up to ``within``; `duplicate_groups` for signals and tables.

    Connected components of the graph that joins i and j where |x_i - x_j| <= within.

    Range: group numbers from 0. Better: not a score; see `duplicate_groups`.
    Source: single linkage, Sibson, "SLINK", The Computer Journal 16 (1973).

    Args:
        features: Shape (n, d).
        within: Largest distance of a near-duplicate, units of the features.

    Returns:
        Shape (n,).

    Raises:
        SimengineError: The features are not valid.

    Example:
        >>> feature_groups([[0.0], [0.1], [5.0], [0.2]], within=0.15).tolist()
        [0, 0, 1, 0]
    """
    rows = as_features("features", features)
    slices = ((start, rows[start : start + _BLOCK]) for start in range(0, len(rows), _BLOCK))
    return _components(len(rows), ((start, squared_distances(part, rows) <= within**2) for start, part in slices))


def _close(own: list[int], other: list[int], within: int) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(own), _BLOCK):
        yield start, hash_distances(own[start : start + _BLOCK], other) <= within


def _components(count: int, blocks: Iterable[tuple[int, np.ndarray]]) -> np.ndarray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = [np.argwhere(close) + np.array([start, 0]) for start, close in blocks]
    links = np.concatenate(pairs) if pairs else np.zeros((0, 2), np.intp)
    graph = coo_array((np.ones(len(links), np.int8), (links[:, 0], links[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def _signs(hashes: Iterable[int]) -> np.ndarray:
    """Bits as -1 and 1, shape (n, 64): the product of two rows counts equal minus different bits."""
    bits = np.unpackbits(np.array(list(hashes), dtype=">u8").view(np.uint8).reshape(-1, 8), axis=1)
    return bits.astype(np.float32) * 2.0 - 1.0
