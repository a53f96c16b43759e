"""Point sets for the sampling of light: Owen-scrambled Sobol points, made on the host."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["point_sets"]

Words = NDArray[np.uint32]


def _reverse(x: Words) -> Words:
    """Bits in reverse order."""
    for shift, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF)):
        m = np.uint32(mask)
        s = np.uint32(shift)
        x = ((x >> s) & m) | ((x & m) << s)
    return (x >> np.uint32(16)) | (x << np.uint32(16))


def _owen(x: Words, key: Words) -> Words:
    """Nested uniform scrambling by hashing (B. Burley, Practical Hash-based Owen Scrambling, JCGT 9(4), 2020)."""
    x = _reverse(x) + key
    for factor in (0x6C50B47C, 0xB82F1E52, 0xC7AFE638, 0x8D22F6E6):
        x = x ^ (x * np.uint32(factor))
    return _reverse(x)


def _sobol_second(index: Words) -> Words:
    """Second Sobol dimension: the bit-reversed index times the Pascal matrix modulo 2."""
    direction = np.uint32(0x80000000)
    result = np.zeros_like(index)
    for bit in range(32):
        result = np.where((index >> np.uint32(bit)) & np.uint32(1), result ^ direction, result)
        direction = np.uint32(direction ^ (direction >> np.uint32(1)))
    return result


def point_sets(pairs: int, count: int, seeds: Sequence[int]) -> Words:
    """Independent two-dimensional point sets, each a net over every aligned power-of-two block.

    Args:
        pairs: Number of sets for each seed; the first sets are the same whatever their number.
        count: Points in a set, a power of two.
        seeds: Keys of the scrambling, any non-negative integers.

    Returns:
        Fractions of 2^32, shape (S, pairs, count, 2).
    """
    keys = np.stack(
        [
            np.random.Generator(np.random.Philox(key=seed % 2**128)).integers(
                0, 2**32, size=(pairs, 3, 1), dtype=np.uint32
            )
            for seed in seeds
        ]
    )
    index = np.broadcast_to(np.arange(count, dtype=np.uint32), (len(seeds), pairs, count))
    index = _owen(np.ascontiguousarray(index), keys[:, :, 0])  # keeps aligned blocks together
    return np.stack([_owen(_reverse(index), keys[:, :, 1]), _owen(_sobol_second(index), keys[:, :, 2])], axis=-1)
