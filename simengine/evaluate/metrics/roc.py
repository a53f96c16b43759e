"""Area under the receiver operating characteristic."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from simengine.evaluate.metrics.arrays import as_features

__all__ = ["auc"]


def auc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Chance that a positive case scores above a negative one, ties counted half.

    AUC = (sum of the positives' ranks - n (n + 1) / 2) / (n m)

    Range: 0 to 1; 0.5 is guessing. Better: higher for a classifier; for an attack or a two-sample test,
    closer to 0.5.
    Source: Hanley and McNeil, Radiology 143 (1982); Mann and Whitney (1947).

    Args:
        positive: Scores of the n positive cases.
        negative: Scores of the m negative cases.

    Raises:
        SimengineError: A set is empty or a score is not finite.

    Example:
        >>> auc([1.0, 2.0, 3.0], [0.0, 2.0])
        0.75
    """
    first = as_features("positive", np.reshape(positive, (-1, 1)))
    second = as_features("negative", np.reshape(negative, (-1, 1)))
    n, m = len(first), len(second)
    ranks = rankdata(np.concatenate([first, second])[:, 0])
    return float((ranks[:n].sum() - n * (n + 1) / 2.0) / (n * m))
