"""Precision, recall, density and coverage by nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_pair, squared_distances

__all__ = ["Prdc", "prdc"]

_BLOCK = 1024


@dataclass(frozen=True)
class Prdc:
    """Four shares by nearest neighbours.

    Attributes:
        precision: Share of the synthetic items that lie among the real ones.
        recall: Share of the real items that lie among the synthetic ones.
        density: Mean number of real neighbourhoods around a synthetic item, over k.
        coverage: Share of the real items with a synthetic one in their neighbourhood.
        neighbours: k, without which the four mean nothing.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    neighbours: int


def prdc(real: ArrayLike, synthetic: ArrayLike, *, neighbours: int = 5) -> Prdc:
    """Precision, recall, density and coverage.

    With B(x) the open ball around x that reaches to its k-th nearest neighbour in its own set:
    precision = mean_j 1[s_j in some B(r_i)], recall = mean_i 1[r_i in some B(s_j)],
    density = 1/(k m) sum_j sum_i 1[s_j in B(r_i)], coverage = mean_i 1[some s_j in B(r_i)].

    Range: 0 to 1; density from 0, may exceed 1. Better: higher (precision and density: fidelity; recall
    and coverage: diversity). Equal distributions have density 1 and coverage about 1 - 2^-k at equal
    sizes; precision and recall depend on n and d, so compare with `floor`.
    Source: Naeem et al., "Reliable fidelity and diversity metrics for generative models", ICML 2020,
    arXiv:2002.09797; precision and recall: Kynkaanniemi et al., arXiv:1904.06991.

    Args:
        real: Features, shape (n, d), n > k.
        synthetic: Features, shape (m, d), m > k.
        neighbours: k.

    Raises:
        SimengineError: The features are no valid pair, or there are not more rows than neighbours.

    Example:
        >>> real = [[0.0], [1.0], [2.0], [10.0]]
        >>> prdc(real, [[0.5], [0.6], [50.0]], neighbours=1)
        Prdc(precision=0.6666666666666666, recall=0.75, density=1.3333333333333333, coverage=0.5, neighbours=1)
    """
    if neighbours < 1:
        raise SimengineError(f"neighbours is {neighbours}: give at least 1.")
    first, second = as_pair(real, synthetic, rows=neighbours + 1)
    reach, other_reach = _reach(first, neighbours), _reach(second, neighbours)
    around = np.zeros(len(second), np.intp)
    recalled = covered = 0
    for start in range(0, len(first), _BLOCK):
        squares = squared_distances(first[start : start + _BLOCK], second)
        inside = squares < reach[start : start + _BLOCK, None]
        around += inside.sum(axis=0)
        covered += int(inside.any(axis=1).sum())
        recalled += int((squares < other_reach).any(axis=1).sum())
    return Prdc(
        precision=float((around > 0).mean()),
        recall=recalled / len(first),
        density=float(around.mean()) / neighbours,
        coverage=covered / len(first),
        neighbours=neighbours,
    )


def _reach(features: np.ndarray, neighbours: int) -> np.ndarray:
    """Squared distance of each row to its k-th nearest other row."""
    blocks = [features[start : start + _BLOCK] for start in range(0, len(features), _BLOCK)]
    return np.concatenate(
        [np.partition(squared_distances(block, features), neighbours, axis=1)[:, neighbours] for block in blocks]
    )
