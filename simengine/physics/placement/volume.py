"""Bounds of things, and whether they stay clear of one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Volumes"]

Doubles = NDArray[np.float64]

_TOUCH = 1e-6  # what rests exactly on a surface does not overlap it [m]


@dataclass(frozen=True, eq=False)
class Volumes:
    """Boxes, upright cylinders and balls that each enclose one of K point clouds.

    Attributes:
        low: Lower corners [m], shape (K, 3).
        high: Upper corners [m], shape (K, 3).
        round: Radius about the box's vertical axis of symmetry [m], shape (K,).
        ball: Radius about the box's centre [m], shape (K,).
    """

    low: Doubles
    high: Doubles
    round: Doubles
    ball: Doubles

    @classmethod
    def around(cls, clouds: Iterable[NDArray]) -> Volumes:
        """Encloses point clouds (n, 3)."""
        rows = []
        for points in clouds:
            low, high = points.min(axis=0), points.max(axis=0)
            squares = (points - (low + high) / 2) ** 2
            rows.append((low, high, np.sqrt(squares[:, :2].sum(axis=1).max()), np.sqrt(squares.sum(axis=1).max())))
        low, high, flat, ball = zip(*rows, strict=True) if rows else (np.empty((0, 3)), np.empty((0, 3)), (), ())
        return cls(np.array(low), np.array(high), np.array(flat), np.array(ball))

    def joined(self, other: Volumes) -> Volumes:
        """These volumes followed by others."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Volumes(*(np.concatenate(pair) for pair in pairs))

    def blocked(self, body: Volumes, offsets: ArrayLike, *, gap: float = 0.0) -> NDArray[np.bool_]:
        """Whether a body, moved by each offset, comes closer than `gap` to any of these volumes.

        Two things are apart where their boxes, their upright cylinders or their balls are.

        Args:
            body: One volume (K = 1).
            offsets: Moves [m], shape (N, 3).
            gap: Smallest distance [m].

        Returns:
            Shape (N,).
        """
        offsets = np.asarray(offsets, float)[:, None]
        low, high = body.low + offsets, body.high + offsets
        sideways = np.array([gap, gap, 0.0]) if gap else np.zeros(3)
        meet = np.all((low - sideways < self.high - _TOUCH) & (high + sideways > self.low + _TOUCH), axis=-1)
        between = (low + high - self.low - self.high) / 2
        squares = between**2
        meet &= squares[..., :2].sum(axis=-1) < (self.round + body.round + gap) ** 2
        meet &= squares.sum(axis=-1) < (self.ball + body.ball + gap) ** 2
        return meet.any(axis=1)
