"""Kraft cardboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.textures.noise import fractal, grid, lattice
from simengine.assets.textures.strokes import strokes

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["cardboard"]

Floats = NDArray[np.floating]


def cardboard(spec: material.Cardboard, rng: np.random.Generator, size: int) -> Floats:
    """Recycled fibres on a blotchy ground, the flutes below showing as faint bands along x."""
    _, y = grid(size)
    uneven = fractal(rng, size, 4, 4, gain=0.6)
    flutes = np.cos(2 * np.pi * (36 * y + 0.06 * lattice(rng, size, 4, 3)))
    grain = lattice(rng, size, size // 2, size // 3)
    bright = strokes(rng, size, count=420, length=(0.012, 0.05))
    dark = strokes(rng, size, count=380, length=(0.008, 0.04))
    specks = np.clip(lattice(rng, size, size // 3, size // 3) - 3.0, 0.0, 1.0)
    value = 1 + 0.022 * uneven + 0.014 * flutes + 0.016 * grain + 0.085 * bright - 0.1 * dark - 0.3 * specks
    color = np.asarray(spec.color, np.float32) * value[..., None]
    # Blotches shift a little towards red as well, as pulp does.
    return color * (1 + 0.012 * uneven[..., None] * np.array([0.4, 0.0, -1.0], np.float32))
