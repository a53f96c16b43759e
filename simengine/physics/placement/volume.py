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
    """Boxes, upright prisms, upright cylinders and balls that each enclose one of K point clouds.

    The foot of a prism is the smallest rectangle around the cloud seen from above, turned as it may be.

    Attributes:
        low: Lower corners [m], shape (K, 3).
        high: Upper corners [m], shape (K, 3).
        round: Radius about the box's vertical axis of symmetry [m], shape (K,).
        ball: Radius about the box's centre [m], shape (K,).
        middle: Centres of the feet [m], shape (K, 2).
        axes: Unit vectors along the edges of the feet, shape (K, 2, 2), one a row.
        half: Half the edges of the feet [m], shape (K, 2).
    """

    low: Doubles
    high: Doubles
    round: Doubles
    ball: Doubles
    middle: Doubles
    axes: Doubles
    half: Doubles

    @classmethod
    def around(cls, clouds: Iterable[NDArray]) -> Volumes:
        """Encloses point clouds (n, 3)."""
        rows = []
        for points in clouds:
            low, high = points.min(axis=0), points.max(axis=0)
            squares = (points - (low + high) / 2) ** 2
            flat, ball = squares[:, :2].sum(axis=1).max(), squares.sum(axis=1).max()
            rows.append((low, high, np.sqrt(flat), np.sqrt(ball), *_foot(points[:, :2])))
        if not rows:
            shapes = ((0, 3), (0, 3), (0,), (0,), (0, 2), (0, 2, 2), (0, 2))
            return cls(*(np.empty(shape) for shape in shapes))
        return cls(*(np.array(column) for column in zip(*rows, strict=True)))

    def joined(self, other: Volumes) -> Volumes:
        """These volumes followed by others."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Volumes(*(np.concatenate(pair) for pair in pairs))

    def blocked(self, body: Volumes, offsets: ArrayLike, *, gap: float = 0.0) -> NDArray[np.bool_]:
        """Whether a body, moved by each offset, comes closer than `gap` to any of these volumes.

        Two things are apart where their boxes, their upright prisms, their upright cylinders or their balls are.

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
        near = np.flatnonzero(meet.any(axis=0))
        if near.size:
            meet[:, near] &= self._feet_meet(body, offsets[..., :2], gap, near)
        return meet.any(axis=1)

    def _feet_meet(self, body: Volumes, offsets: Doubles, gap: float, near: NDArray) -> NDArray[np.bool_]:
        """Whether the foot of a body overlaps each of some feet: separating axis theorem, shape (N, len(near))."""
        axes = np.concatenate([np.repeat(body.axes, len(near), axis=0), self.axes[near]], axis=1)
        between = np.abs(np.einsum("nkj,kaj->nka", body.middle + offsets - self.middle[near], axes))
        reach = _reach(axes, body.axes, body.half) + _reach(axes, self.axes[near], self.half[near])
        return np.all(between < reach + gap - _TOUCH, axis=-1)


def _reach(along: Doubles, axes: Doubles, half: Doubles) -> Doubles:
    """How far rectangles extend from their centres along unit vectors (K, A, 2), shape (K, A)."""
    return (np.abs(along @ axes.swapaxes(1, 2)) * half[:, None]).sum(axis=-1)


def _foot(points: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Centre, axes and half edges of the smallest rectangle around points (n, 2).

    One of its edges lies along an edge of the convex hull (Freeman and Shapira, Determining the
    minimum-area encasing rectangle for an arbitrary closed curve, 1975).
    """
    from scipy.spatial import ConvexHull, QhullError

    try:
        ring = points[ConvexHull(points).vertices]
        edges = np.roll(ring, -1, axis=0) - ring
        along = edges / np.linalg.norm(edges, axis=1, keepdims=True)
    except QhullError:  # all on a line
        ring, along = points, np.array([[1.0, 0.0]])
    axes = np.stack([along, np.stack([-along[:, 1], along[:, 0]], axis=1)], axis=1)
    spans = axes @ ring.T
    low, high = spans.min(axis=-1), spans.max(axis=-1)
    best = int(np.argmin((high - low).prod(axis=-1)))
    return (low[best] + high[best]) / 2 @ axes[best], axes[best], (high[best] - low[best]) / 2
