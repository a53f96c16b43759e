"""Keyed random streams: every random leaf of a scene owns one, and no other leaf can move it.

A stream is a counter-based Philox generator (Salmon et al., "Parallel random numbers: as easy
as 1, 2, 3", SC'11) whose 128-bit key is a BLAKE2b hash of (seed, index, attempt, path). Any
sample can thus be drawn alone, in any order, on any worker, and adding a leaf leaves every
other draw as it was.
"""

from __future__ import annotations

import operator
from hashlib import blake2b
from typing import Any, SupportsIndex

import numpy as np
from numpy.random.bit_generator import ISeedSequence

from simengine.errors import SimengineError

__all__ = ["stream", "uniforms"]

_TINY = 2.0**-54  # half of the smallest value above 0 that Generator.random gives


def stream(seed: SupportsIndex, index: SupportsIndex, path: str, *, attempt: SupportsIndex = 0) -> np.random.Generator:
    """Opens the random stream of one leaf of one sample.

    Args:
        seed: Seed of the data set; any integer from 0, of any size.
        index: Index of the sample, from 0.
        path: Name of the leaf within the sample, e.g. ``objects.die[3].material.roughness``.
        attempt: How often this sample was drawn before and rejected.

    Returns:
        A fresh generator: the same arguments give the same numbers, any other arguments
        independent ones.

    Raises:
        SimengineError: A number is negative or no integer.
    """
    numbers = [_natural(name, value) for name, value in (("seed", seed), ("index", index), ("attempt", attempt))]
    text = "{}:{}:{}:{}".format(*numbers, path)  # the path stands last: no other path can imitate the numbers
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, person=b"simengine").digest()
    return np.random.Generator(np.random.Philox(_Key(digest)))  # type: ignore[arg-type]  # as documented, not as typed


class _Key(ISeedSequence):
    """Hands Philox its key. The argument ``key`` would do the same, but only after asking the system for entropy."""

    def __init__(self, digest: bytes) -> None:
        self._words = np.frombuffer(digest, dtype="<u8").astype(np.uint64)

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
        """The two words of the key, which is all that Philox asks for."""
        return self._words


def uniforms(rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
    """Uniform numbers in the open interval (0, 1), the only thing that distributions ask a generator for.

    Inverting cumulative functions of these, instead of calling ``rng.normal`` and its kin, makes
    a draw one well-defined function of the bit stream: NumPy keeps the bit streams stable across
    releases, but not the algorithms of its distributions (NEP 19).

    Args:
        rng: The stream to draw from.
        size: Shape of the result, or ``None`` for one Python float.

    Returns:
        A float, or a float64 array of shape ``size``; never exactly 0 or 1.
    """
    if size is None:
        return max(rng.random(), _TINY)
    return np.maximum(rng.random(size), _TINY)


def _natural(name: str, value: SupportsIndex) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0 or isinstance(value, bool | np.bool_):
        raise SimengineError(f"{name} is {value!r}: give an integer from 0 (any size).")
    return number
