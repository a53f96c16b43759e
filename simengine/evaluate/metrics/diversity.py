"""How many different items a set holds in effect: Vendi score, DCScore and Hill numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_features, as_labels, unit_rows

__all__ = ["DcScore", "dc_score", "effective_number", "vendi_score"]


@dataclass(frozen=True)
class DcScore:
    """A DCScore with what it depends on.

    Attributes:
        value: The score, 1 to n.
        share: value / n, comparable between sets of different size at one temperature only roughly.
        temperature: Of the softmax.
        count: Number of items n.
    """

    value: float
    share: float
    temperature: float
    count: int

    def __float__(self) -> float:
        return self.value


def vendi_score(features: ArrayLike) -> float:
    """Vendi score: the effective number of different items, with the cosine kernel.

    exp(-sum_i l_i ln l_i), l the eigenvalues of K / n, K_ij = cos(x_i, x_j) (taken as the squared singular
    values of the unit rows / sqrt(n), which no rounding makes negative).

    Range: 1 (all items alike) to min(n, d). Better: higher, up to that of real data of the same n.
    Source: Friedman and Dieng, "The Vendi score", TMLR 2023, arXiv:2210.02410.

    Args:
        features: Shape (n, d); no row all zeros.

    Raises:
        SimengineError: The features are not valid.

    Example:
        >>> import numpy as np
        >>> round(vendi_score(np.eye(4)), 6), round(vendi_score(np.ones((4, 3))), 6)
        (4.0, 1.0)
    """
    rows = unit_rows("features", as_features("features", features))
    shares = np.linalg.svd(rows / np.sqrt(len(rows)), compute_uv=False) ** 2
    return float(_hill(shares, 1.0))


def dc_score(features: ArrayLike, *, temperature: float = 0.05) -> DcScore:
    """DCScore: how well each item could be told from all others by a softmax over similarities.

    sum_i exp(K_ii / t) / sum_j exp(K_ij / t), K_ij = cos(x_i, x_j).

    At t = 1, the default of the paper's code, cosine similarities can't spread the softmax and the score
    is flat (1.4 to 1.8 of 120 pictures whatever the set): 0.05 separates sets. Print it beside the score.

    Range: 1 (all items alike) to below n. Better: higher, up to that of real data of the same n.
    Source: "Measuring diversity in synthetic datasets", ICML 2025, arXiv:2502.08512.

    Args:
        features: Shape (n, d); no row all zeros.
        temperature: t, above 0.

    Raises:
        SimengineError: The features are not valid or the temperature is not positive.

    Example:
        >>> import numpy as np
        >>> round(dc_score(np.ones((5, 2))).value, 6), round(dc_score(np.eye(5)).value, 6)
        (1.0, 5.0)
    """
    if not 0.0 < temperature < np.inf:
        raise SimengineError(f"temperature is {temperature}: give a positive number.")
    rows = unit_rows("features", as_features("features", features))
    similarity = rows @ rows.T
    own = np.diag(similarity)
    # The own similarity is the largest of its row: exponents relative to it don't overflow.
    score = float((1.0 / np.exp((similarity - own[:, None]) / temperature).sum(axis=1)).sum())
    return DcScore(score, score / len(rows), float(temperature), len(rows))


def effective_number(groups: ArrayLike, *, order: float = 1.0) -> float:
    """Effective number of distinct groups (Hill number): of scenes, classes, recordings, near-duplicates.

    (sum_i p_i^q)^(1 / (1 - q)), p the shares of the groups; at q = 1 its limit exp(-sum p_i ln p_i); q = 0
    counts groups, q = 2 is the inverse chance that two items fall into one group.

    Range: 1 to the number of groups. Better: higher. For the effective number of distinct scenes give
    the groups of `simengine.evaluate.metrics.duplicates.duplicate_groups`.
    Source: Hill, "Diversity and evenness", Ecology 54 (1973); Jost, "Entropy and diversity", Oikos 113 (2006).

    Args:
        groups: Group of each item, shape (n,); any names or numbers.
        order: q, from 0.

    Raises:
        SimengineError: There are no items or the order is negative.

    Example:
        >>> round(effective_number(["a", "b", "c", "d"]), 6), round(effective_number(["a", "a", "a"]), 6)
        (4.0, 1.0)
        >>> round(effective_number(["a"] * 9 + ["b"]), 3)
        1.384
    """
    if not 0.0 <= order < np.inf:
        raise SimengineError(f"order is {order}: give a number from 0.")
    _, counts = np.unique(as_labels("groups", groups, rows=1), return_counts=True)
    return float(_hill(counts / counts.sum(), order))


def _hill(shares: np.ndarray, order: float) -> float:
    shares = shares[shares > 0.0]
    if order == 1.0:
        return np.exp(-(shares * np.log(shares)).sum())
    return (shares**order).sum() ** (1.0 / (1.0 - order))
