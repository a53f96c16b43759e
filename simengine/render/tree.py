"""A tree of boxes over the instances of a scene, laid out for traversal without a stack."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoxTree", "build_tree"]


class BoxTree(NamedTuple):
    """Nodes in depth-first order.

    Attributes:
        lower: Corners of the boxes, shape (N, 3).
        upper: Opposite corners, shape (N, 3).
        skip: Node that follows when the box is missed, shape (N,).
        item: Number of the box's content, -1 for inner nodes, shape (N,).
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    skip: NDArray[np.int32]
    item: NDArray[np.int32]


def build_tree(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> BoxTree:
    """A binary tree over boxes, split where the sum of both halves' surface times content is least.

    Of two halves the one nearer to the origin (the camera) comes first.

    Args:
        lower: Corners, shape (B, 3).
        upper: Opposite corners, shape (B, 3).
    """
    boxes: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    skip: list[int] = []
    item: list[int] = []
    middle = (lower + upper) / 2
    # (members, number of the open node that ends here): an explicit stack, as scenes may hold thousands
    stack: list[tuple[NDArray[np.int64] | None, int]] = [(np.arange(len(lower)), -1)] if len(lower) else []
    while stack:
        members, done = stack.pop()
        if members is None:
            skip[done] = len(boxes)
            continue
        number = len(boxes)
        boxes.append((lower[members].min(axis=0), upper[members].max(axis=0)))
        skip.append(0)
        item.append(int(members[0]) if len(members) == 1 else -1)
        stack.append((None, number))
        if len(members) > 1:
            first, second = _split(members, lower, upper, middle)
            stack += [(second, -1), (first, -1)]
    corners = np.array(boxes).reshape(-1, 2, 3)
    return BoxTree(corners[:, 0], corners[:, 1], np.array(skip, np.int32), np.array(item, np.int32))


def _split(
    members: NDArray[np.int64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    middle: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    best: tuple[float, NDArray[np.int64], int] | None = None
    for axis in range(3):
        order = members[np.argsort(middle[members, axis], kind="stable")]
        left = _surface(np.minimum.accumulate(lower[order]), np.maximum.accumulate(upper[order]))
        right = _surface(np.minimum.accumulate(lower[order[::-1]]), np.maximum.accumulate(upper[order[::-1]]))[::-1]
        count = np.arange(1, len(order))
        cost = left[:-1] * count + right[1:] * count[::-1]
        at = int(cost.argmin())
        if best is None or cost[at] < best[0]:
            best = float(cost[at]), order, at + 1
    assert best is not None
    _, order, at = best
    halves = order[:at], order[at:]
    away = [float(np.linalg.norm(middle[half].mean(axis=0))) for half in halves]
    return halves if away[0] <= away[1] else (halves[1], halves[0])


def _surface(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, z = np.moveaxis(upper - lower, -1, 0)
    return x * y + y * z + z * x
