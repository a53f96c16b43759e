"""Ground with grains: granite, terrazzo, dirt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.textures.noise import fractal, lattice, mix, smoothstep

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["speckle"]

Floats = NDArray[np.floating]


def speckle(spec: material.Speckle, rng: np.random.Generator, size: int) -> Floats:
    """Grains of three sizes that together cover `density` of the ground, no two alike in tone."""
    picture = np.asarray(spec.base, np.float32) * (1 + 0.035 * fractal(rng, size, 12, 4))[..., None]
    covered = 1 - (1 - spec.density) ** (1 / 3)
    for scale in (26, 56, 112):
        field = lattice(rng, size, scale, scale) + 0.35 * lattice(rng, size, 3 * scale, 3 * scale)
        tone = 1 + 0.35 * np.tanh(lattice(rng, size, scale, scale))
        if covered <= 0:
            continue
        edge = float(np.quantile(field[::3, ::3], 1 - covered))
        soft = 0.02 * scale**0.5
        mask = smoothstep(edge - soft, edge + soft, field) if covered < 1 else np.ones_like(field)
        grains = np.asarray(spec.grain, np.float32) * tone[..., None]
        picture = mix(picture, grains, 0.92 * mask)
    return picture
