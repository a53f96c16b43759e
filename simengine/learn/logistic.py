"""Multinomial logistic regression on standardized columns, kept as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from simengine.errors import SimengineError

__all__ = ["Logistic", "fit_logistic"]


@dataclass(frozen=True)
class Logistic:
    """A fitted regression.

    Attributes:
        mean: Of each column, shape (columns,).
        scale: Standard deviation of each column, shape (columns,).
        slopes: Shape (classes, columns).
        offsets: Shape (classes,).
    """

    mean: np.ndarray
    scale: np.ndarray
    slopes: np.ndarray
    offsets: np.ndarray

    def probabilities(self, table: np.ndarray) -> np.ndarray:
        """Probabilities of the classes, shape (n, classes), for a table of shape (n, columns)."""
        return softmax((table - self.mean) / self.scale @ self.slopes.T + self.offsets, axis=1)


def fit_logistic(table: np.ndarray, codes: np.ndarray, weights: np.ndarray, *, strength: float = 0.1) -> Logistic:
    """Fits a regression with a quadratic penalty.

    Args:
        table: Shape (n, columns).
        codes: Class of each row, shape (n,), 0 to the number of classes less one, each there at least once.
        weights: Weight of each row, shape (n,).
        strength: Inverse of the penalty, ``C`` of scikit-learn.

    Returns:
        The regression.

    Raises:
        SimengineError: scikit-learn is missing.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise SimengineError("Logistic regression needs scikit-learn: pip install 'simengine[learn]'.") from error
    table = np.asarray(table, dtype=float)
    mean = np.average(table, axis=0, weights=weights)
    scale = np.sqrt(np.average((table - mean) ** 2, axis=0, weights=weights))
    scale = np.where(scale > 1e-9, scale, 1.0)
    model = LogisticRegression(C=strength, max_iter=2000).fit((table - mean) / scale, codes, weights)
    slopes, offsets = model.coef_, model.intercept_
    if len(slopes) == 1:  # two classes: one set of slopes tells the second from the first
        slopes, offsets = np.stack([0 * slopes[0], slopes[0]]), np.array([0.0, offsets[0]])
    return Logistic(mean, scale, slopes, offsets)
