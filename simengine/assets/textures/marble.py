"""Veined stone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.textures.noise import fractal, grid, mix, smoothstep

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["marble"]

Floats = NDArray[np.floating]


def marble(spec: material.Marble, rng: np.random.Generator, size: int) -> Floats:
    """Clouds crossed by a few bold veins and a net of hairlines; turbulence stirs them.

    The veins are level lines of a stirred wave (after K. Perlin, An image synthesizer, SIGGRAPH 1985).
    """
    x, y = grid(size)
    stir = fractal(rng, size, 3, 6, gain=0.52)
    other = fractal(rng, size, 4, 5, gain=0.55)
    strength = fractal(rng, size, 3, 3)
    phase = 2 * x + y + 0.09 * spec.turbulence * stir + float(rng.uniform())
    bold = np.exp(-np.abs(np.sin(np.pi * phase)) * (9 - 3 * np.tanh(strength)))
    bold *= smoothstep(-1.2, 0.9, strength)
    cross = x - 2 * y + 0.1 * spec.turbulence * other + float(rng.uniform())
    hair = np.exp(-np.abs(np.sin(np.pi * cross)) * 45) * smoothstep(-0.4, 1.4, stir)
    net = np.exp(-np.abs(other - 0.5 * stir) * 28) * smoothstep(0.0, 1.6, -strength)
    haze = 0.1 * smoothstep(-1.5, 2.0, 0.6 * stir + 0.6 * other)
    share = haze + 0.75 * bold + 0.45 * hair + 0.3 * net
    return mix(spec.base, spec.vein, np.clip(share, 0.0, 1.0))
