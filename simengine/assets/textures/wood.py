"""Boards of sawn wood: year rings cut lengthwise, fibres, knots, joints."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.textures.noise import fractal, lattice, mix, smoothstep

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["wood"]

Floats = NDArray[np.floating]


def wood(spec: material.Wood, rng: np.random.Generator, size: int) -> Floats:
    """Planks along x, each from a tree of its own and ending in a joint; a single plank runs on without one."""
    planks = spec.planks
    bend = fractal(rng, size, 2, 4, gain=0.45, stretch=(1.0, 0.25))
    fibres = 0.6 * lattice(rng, size, size // 2, 10) + 0.4 * lattice(rng, size, size, 24)
    pores = smoothstep(1.5, 2.6, lattice(rng, size, size // 2, 40))
    edges = np.linspace(0, size, planks + 1).round().astype(int)
    picture = np.empty((size, size, 3), np.float32)
    for low, high in pairwise(edges):
        rows = slice(low, high)
        board = _board(rng, bend[rows], size, joint=planks > 1)
        grain, tone, gap = board
        # Late wood is hard and smooth: fibres and pores show in the early wood between the rings.
        early = 1 - 0.6 * grain
        share = np.clip(0.75 * grain + 0.07 * fibres[rows] * early + 0.3 * pores[rows] * early + tone, 0.0, 1.25)
        color = mix(spec.light, spec.dark, share)
        picture[rows] = color * (1 - 0.62 * gap)[..., None]
    return picture


def _board(rng: np.random.Generator, bend: Floats, size: int, *, joint: bool) -> tuple[Floats, float, Floats]:
    """Ring pattern (0 early wood, 1 late wood), tone of the board, and its gap to the neighbours."""
    height = bend.shape[0]
    start = float(rng.uniform()) if joint else 0.0
    x = np.mod((np.arange(size, dtype=np.float32) + 0.5) / size - start, 1.0)[None, :]
    y = ((np.arange(height, dtype=np.float32) + 0.5) / size)[:, None]
    width = height / size

    # The saw cuts the trunk at a distance from its pith that changes along the board; where it comes
    # close, the rings close in arches (plain sawn), far from it they run straight (quarter sawn).
    pith = width * float(rng.uniform(-0.2, 1.2))
    depth = float(rng.uniform(0.02, 0.12))
    waves = float(rng.uniform(0.02, 0.06)) * np.sin(2 * np.pi * (x + float(rng.uniform())))
    tilt = float(rng.uniform(-0.08, 0.08)) * (x - 0.5) if joint else 0.0
    away = depth + waves + tilt + 0.012 * bend
    aside = y - pith
    if not joint:  # a board that runs on repeats in y too
        aside = aside - np.round(aside)
    radius = np.sqrt((aside + 0.006 * bend) ** 2 + away**2)

    dark = np.zeros_like(radius)
    knots = int(rng.binomial(2, 0.35)) if joint else int(rng.integers(0, 3))
    for _ in range(knots):
        at_x, at_y = float(rng.uniform(0.12, 0.88)), width * float(rng.uniform(0.25, 0.75))
        thick = float(rng.uniform(0.006, 0.014))
        dx, dy = x - at_x, y - at_y
        if not joint:
            dx, dy = dx - np.round(dx), dy - np.round(dy)
        far = np.sqrt((0.6 * dx) ** 2 + (dy + 0.002 * bend) ** 2) + 1e-6
        inside = smoothstep(thick * 1.25, thick * 0.85, far)
        # Fibres flow around the branch.
        radius = radius + 2.2 * thick * np.exp(-((far / (2.6 * thick)) ** 2))
        rings = 0.75 + 0.25 * np.cos(far / thick * 18)
        rim = np.exp(-(((far - 1.05 * thick) / (0.18 * thick)) ** 2))
        dark = np.maximum(dark, np.maximum(inside * (0.75 + 0.3 * rings), 1.1 * rim))

    count = float(rng.uniform(55, 85))
    phase = radius * count + 0.18 * bend
    t = phase - np.floor(phase)
    uneven = 0.75 + 0.25 * np.cos(2 * np.pi * 0.137 * np.floor(phase) + 5 * np.floor(phase))
    slope = np.maximum(np.abs(np.gradient(phase, axis=0)), np.abs(np.gradient(phase, axis=1)))
    soft = np.clip(1.6 - 2.2 * np.minimum(slope, 1.0), 0.25, 1.0)
    # Early wood darkens slowly into late wood, then the next spring starts at once.
    ring = np.where(t < 0.82, (t / 0.82) ** 2.2, (1 - t) / 0.18) * uneven
    grain = np.maximum(0.35 + (ring - 0.35) * soft, dark)

    tone = float(rng.normal(0.0, 0.09)) if joint else 0.0
    gap = np.zeros_like(radius)
    if joint:
        edge = np.minimum(y, width - y) * size
        end = np.minimum(x, 1 - x) * size
        gap = np.maximum(smoothstep(1.8, 0.4, edge), smoothstep(1.8, 0.4, end))
        gap = np.maximum(gap, 0.25 * smoothstep(5.0, 1.0, np.minimum(edge, end)))
    return grain.astype(np.float32), tone, np.broadcast_to(gap, radius.shape)
