"""Cast concrete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.textures.noise import fractal, lattice, smoothstep
from simengine.assets.textures.strokes import dots

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["concrete"]

Floats = NDArray[np.floating]


def concrete(spec: material.Concrete, rng: np.random.Generator, size: int) -> Floats:
    """Clouds of cement, sand grain, pores with a lit rim; wear brings stains and branching cracks."""
    wear = spec.wear
    clouds = fractal(rng, size, 3, 5, gain=0.6)
    sand = lattice(rng, size, size // 2, size // 2)
    pores = dots(rng, size, count=230, radius=(0.0008, 0.0065))
    rim = np.roll(pores, (-1, -1), (0, 1))
    stain = smoothstep(0.5, 2.2, fractal(rng, size, 2, 4))
    cells = fractal(rng, size, 3, 6, gain=0.48)
    where = smoothstep(0.2, 1.2, lattice(rng, size, 3, 3))
    crack = np.exp(-np.abs(cells) * 60) * where
    value = 1 + 0.055 * clouds + 0.022 * sand - 0.42 * pores + 0.12 * np.clip(rim - pores, 0.0, 1.0)
    value *= 1 - wear * (0.3 * stain + 0.75 * crack)
    warm = np.array([0.25, 0.0, -0.6], np.float32)
    return (
        np.asarray(spec.color, np.float32)
        * value[..., None]
        * (1 + 0.02 * (clouds + 2 * wear * stain)[..., None] * warm)
    )
