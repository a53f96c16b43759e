"""Checks and stripes with smooth edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.textures.noise import grid, mix

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["checker", "stripes"]

Floats = NDArray[np.floating]


def _wave(phase: Floats, pixels: float) -> Floats:
    """A square wave of period 1 between -1 and 1 whose edges are a pixel wide; `pixels` per period."""
    triangle = 1 - 4 * np.abs(phase - np.floor(phase) - 0.5)
    return np.clip(-triangle * pixels / 4, -1.0, 1.0)


def checker(spec: material.Checker, rng: np.random.Generator, size: int) -> Floats:
    """Eight by eight squares."""
    x, y = grid(size)
    value = _wave(4 * x - 0.25, size / 4) * _wave(4 * y - 0.25, size / 4)
    return mix(spec.dark, spec.light, 0.5 + 0.5 * value)


def stripes(spec: material.Stripes, rng: np.random.Generator, size: int) -> Floats:
    """Stripes across x, or at 45 degrees."""
    x, y = grid(size)
    along = x + y if spec.diagonal else np.broadcast_to(x, (size, size))
    pixels = size / spec.count / (np.sqrt(2) if spec.diagonal else 1)
    return mix(spec.first, spec.second, 0.5 - 0.5 * _wave(spec.count * along - 0.25, float(pixels)))
