"""Metric screw threads as true helices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simengine.assets.patch import Patch, flipped
from simengine.assets.sweep import grid

__all__ = ["THREAD_DEPTH", "thread", "thread_columns"]

Doubles = NDArray[np.float64]

THREAD_DEPTH = 0.625 * np.sqrt(0.75)
"""Depth of the basic profile in pitches: 5/8 of the height of its triangle (ISO 68-1)."""

# One turn of the basic profile: where along the pitch, and how far down (ISO 68-1: crest P/8, root P/4).
_ALONG = np.array([0.0, 2 / 16, 7 / 16, 11 / 16])
_DOWN = np.array([0.0, 0.0, 1.0, 1.0])


def thread_columns(turns: float, *, budget: int = 5600) -> int:
    """Columns around a thread so that its triangles stay within a budget; 12 to 28, even."""
    return 2 * int(np.clip(budget / (8 * max(turns, 1.0)) // 2, 6, 14))


def thread(
    radius: float,
    pitch: float,
    z0: float,
    z1: float,
    *,
    columns: int,
    limits: Callable[[Doubles], tuple[Doubles, Doubles]],
    internal: bool = False,
) -> Patch:
    """A right-hand thread from z0 to z1 whose rows follow the helix, so that crests stay crisp.

    Args:
        radius: Major radius [m].
        pitch: Pitch [m].
        z0: Lower end [m].
        z1: Upper end [m].
        columns: Columns around.
        limits: Least and greatest radius [m] by height: chamfers and run-outs. At both ends they must
            meet in one radius, so that the thread closes with a circle.
        internal: Whether the material is outside (a nut).
    """
    turns = int(np.ceil((z1 - z0) / pitch)) + 4
    row = np.arange(4 * turns)
    along = row // 4 - 2 + _ALONG[row % 4]
    angle = np.arange(columns + 1) * (2 * np.pi / columns)
    z = np.clip(z0 + pitch * (along[:, None] + np.arange(columns + 1) / columns), z0, z1)
    low, high = limits(z)
    r = np.clip(radius - pitch * THREAD_DEPTH * _DOWN[row % 4][:, None], low, high)
    angle[-1] = 0.0
    points = np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=-1)
    patch = grid(points, None)
    return flipped(patch) if internal else patch
