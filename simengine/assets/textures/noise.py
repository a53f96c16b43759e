"""Smooth periodic noise, and the texture that is nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.sampling.streams import stream

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["clouds", "even_noise", "fractal", "grid", "lattice", "mix", "smoothstep"]

Floats = NDArray[np.floating]


def grid(size: int) -> tuple[Floats, Floats]:
    """Pixel centres in tiles: x as a row (1, size), y as a column (size, 1)."""
    line = (np.arange(size, dtype=np.float32) + 0.5) / size
    return line[None, :], line[:, None]


def lattice(rng: np.random.Generator, size: int, rows: int, columns: int) -> Floats:
    """Periodic noise of mean 0 and standard deviation 1: random lattice values joined by cubic B-splines.

    Args:
        rng: Random stream.
        size: Pixels along an edge.
        rows: Lattice points along y.
        columns: Lattice points along x.

    Returns:
        Values, shape (size, size).
    """
    values = rng.standard_normal((rows, columns), dtype=np.float32)
    for axis, count in ((0, rows), (1, columns)):
        if count >= size:
            values = np.take(values, np.arange(size) * count // size, axis=axis)
            continue
        at = (np.arange(size, dtype=np.float32) + 0.5) * (count / size)
        cell = np.floor(at).astype(np.int64)
        t = at - cell
        weights = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
        shape = (-1, 1) if axis == 0 else (1, -1)
        values = sum(
            (weight / 6).astype(np.float32).reshape(shape) * np.take(values, (cell + k) % count, axis=axis)
            for k, weight in enumerate(weights)
        )
    values = values - values.mean()
    return values / max(float(values.std()), 1e-6)


def fractal(
    rng: np.random.Generator,
    size: int,
    frequency: float,
    octaves: int,
    *,
    gain: float = 0.5,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> Floats:
    """Octaves of periodic noise, each twice as fine and `gain` as strong; mean 0, standard deviation 1.

    Args:
        rng: Random stream.
        size: Pixels along an edge.
        frequency: Lattice points along an edge of the coarsest octave.
        octaves: Number of octaves; those finer than the pixels are left out.
        gain: Amplitude of an octave relative to the coarser one.
        stretch: How much longer the blobs are along (x, y).
    """
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        scale = frequency * 2**octave
        rows, columns = (max(1, round(scale / stretch[1])), max(1, round(scale / stretch[0])))
        if octave and min(rows, columns) > size // 2:
            break
        total += gain**octave * lattice(rng, size, rows, columns)
    return total / max(float(total.std()), 1e-6)


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def mix(first: Sequence[float] | Floats, second: Sequence[float] | Floats, share: Floats) -> Floats:
    """Blends two colours, (3,) or pictures, by the share (H, W) of the second."""
    a, b = np.asarray(first, np.float32), np.asarray(second, np.float32)
    return a + (b - a) * np.broadcast_to(share, share.shape)[..., None]


def clouds(spec: material.Noise, rng: np.random.Generator, size: int) -> Floats:
    """Fractal noise between two colours."""
    value = fractal(rng, size, spec.frequency, spec.octaves)
    return mix(spec.low, spec.high, 0.5 + 0.5 * np.tanh(0.7 * value))


def even_noise(frequencies: Sequence[float], *, octaves: Sequence[int], size: int) -> NDArray[np.uint8]:
    """Fields of fractal noise whose values are even from 0 to 255, always the same ones, shape (size, size, K)."""
    fields = []
    for k, (frequency, count) in enumerate(zip(frequencies, octaves, strict=True)):
        field = fractal(stream(0, k, "even_noise"), size, frequency, count, gain=0.6)
        rank = np.empty(field.size, np.int64)
        rank[np.argsort(field, axis=None, kind="stable")] = np.arange(field.size)
        fields.append((rank * 256 // field.size).astype(np.uint8).reshape(field.shape))
    return np.stack(fields, axis=-1)
