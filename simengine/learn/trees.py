"""Extremely randomized trees, kept as plain arrays: grown by scikit-learn, read and used by anyone with NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.errors import SimengineError

__all__ = ["Trees", "grow_trees"]

_CHUNK = 50  # trees that are walked at once


@dataclass(frozen=True)
class Trees:
    """Decision trees whose nodes stand one after the other.

    Attributes:
        roots: Node at which each tree begins, shape (t,), int32.
        feature: Column that a node asks about, shape (m,), int16; 0 at leaves.
        threshold: A node goes left where the value is at most this, shape (m,), float32.
        left: Next node then, shape (m,), int32; a leaf leads to itself.
        right: Next node else, shape (m,), int32.
        answer: Row of ``shares`` of each node, shape (m,), int32; only those of leaves are used.
        shares: Probabilities of the classes at the leaves, shape (leaves, classes), float32.
    """

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    answer: np.ndarray
    shares: np.ndarray

    def probabilities(self, table: np.ndarray) -> np.ndarray:
        """Mean share of the classes over the trees, shape (n, classes), for a table of shape (n, columns)."""
        table = np.ascontiguousarray(table, dtype=np.float32)
        rows, total = np.arange(len(table))[:, None], np.zeros((len(table), self.shares.shape[1]))
        for begin in range(0, len(self.roots), _CHUNK):
            nodes = np.broadcast_to(self.roots[begin : begin + _CHUNK], (len(table), len(self.roots[begin:][:_CHUNK])))
            while True:
                low = table[rows, self.feature[nodes]] <= self.threshold[nodes]
                following = np.where(low, self.left[nodes], self.right[nodes])
                if np.array_equal(following, nodes):
                    break
                nodes = following
            total += self.shares[self.answer[nodes]].sum(axis=1, dtype=float)
        return total / len(self.roots)


def grow_trees(
    table: np.ndarray, codes: np.ndarray, weights: np.ndarray, *, seed: int, trees: int = 500, leaf: int = 3
) -> Trees:
    """Grows extremely randomized trees (Geurts, Ernst and Wehenkel, Mach. Learn. 63, 2006).

    Args:
        table: Shape (n, columns).
        codes: Class of each row, shape (n,), 0 to the number of classes less one, each there at least once.
        weights: Weight of each row, shape (n,).
        seed: Of the growth.
        trees: How many.
        leaf: Least rows in a leaf.

    Returns:
        The trees.

    Raises:
        SimengineError: scikit-learn is missing.
    """
    try:
        from sklearn.ensemble import ExtraTreesClassifier
    except ImportError as error:
        raise SimengineError("Growing trees needs scikit-learn: pip install 'simengine[learn]'.") from error
    forest = ExtraTreesClassifier(trees, min_samples_leaf=leaf, random_state=seed)
    forest.fit(np.asarray(table, dtype=np.float32), codes, weights)
    grown = [one.tree_ for one in forest.estimators_]
    offsets = np.cumsum([0, *(one.node_count for one in grown)])
    ends = np.concatenate([one.children_left < 0 for one in grown])
    own = np.arange(offsets[-1], dtype=np.int32)
    left, right = (
        np.concatenate([getattr(one, side) + offset for one, offset in zip(grown, offsets, strict=False)])
        for side in ("children_left", "children_right")
    )
    # values are compared as float32, so a threshold can be the largest float32 that is not above it
    exact = np.concatenate([one.threshold for one in grown])
    threshold = exact.astype(np.float32)
    threshold = np.where(threshold > exact, np.nextafter(threshold, np.float32(-np.inf)), threshold)
    counts = np.concatenate([one.value[:, 0] for one in grown])[ends]
    return Trees(
        roots=offsets[:-1].astype(np.int32),
        feature=np.where(ends, 0, np.concatenate([one.feature for one in grown])).astype(np.int16),
        threshold=threshold,
        left=np.where(ends, own, left).astype(np.int32),
        right=np.where(ends, own, right).astype(np.int32),
        answer=np.where(ends, np.cumsum(ends) - 1, 0).astype(np.int32),
        shares=(counts / counts.sum(axis=1, keepdims=True)).astype(np.float32),
    )
