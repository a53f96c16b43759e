"""Woven cloth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.textures.noise import grid, lattice, mix

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["fabric"]

Floats = NDArray[np.floating]


def fabric(spec: material.Fabric, rng: np.random.Generator, size: int) -> Floats:
    """A plain weave: warp along y and weft along x, over and under in turn (an odd count gets one more)."""
    count = spec.threads + spec.threads % 2
    x, y = grid(size)
    drift = 0.12 * lattice(rng, size, 5, 5)
    u, v = count * x + drift, count * y + 0.12 * lattice(rng, size, 5, 5)
    column, row = np.floor(u), np.floor(v)
    over = np.mod(column + row, 2) == 0
    across = np.where(over, u - column, v - row) - 0.5
    along = np.where(over, v - row, u - column) - 0.5
    # A thread is a bent tube: bright on its back, dark at its flanks and where it dives.
    shade = np.cos(np.pi * 0.92 * across) ** 0.7 * (0.5 + 0.5 * np.abs(np.cos(np.pi * along)) ** 0.8)
    thickness = rng.normal(0.0, 1.0, (2, count)).astype(np.float32)
    which = np.where(over, column, row).astype(np.int64) % count
    uneven = np.where(over, thickness[0][which], thickness[1][which])
    twist = np.cos(2 * np.pi * (2.0 * across + 2.0 * along))
    hairs = lattice(rng, size, size // 2, size // 2)
    worn = lattice(rng, size, 4, 4)
    value = (0.42 + 0.66 * shade) * (1 + 0.045 * uneven + 0.035 * hairs + 0.02 * worn) + 0.03 * twist * shade
    return mix(spec.weft, spec.warp, over.astype(np.float32)) * value[..., None]
