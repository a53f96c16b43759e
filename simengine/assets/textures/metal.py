"""Brushed metal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.textures.noise import lattice

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["brushed"]

Floats = NDArray[np.floating]


def brushed(spec: material.Brushed, rng: np.random.Generator, size: int) -> Floats:
    """Fine scratches along x, of several lengths, and a few deeper ones."""
    lines = (
        0.55 * lattice(rng, size, size, 3)
        + 0.5 * lattice(rng, size, size, 12)
        + 0.35 * lattice(rng, size, size // 2, 6)
        + 0.25 * lattice(rng, size, size // 8, 2)
    )
    deep = np.clip(lattice(rng, size, size, 8) - 2.2, 0.0, None)
    value = 1 + 0.4 * spec.contrast * (lines - 1.5 * deep)
    return np.asarray(spec.color, np.float32) * value[..., None]
