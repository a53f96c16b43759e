"""Classifier two-sample test: can a classifier tell synthetic from real?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_pair
from simengine.evaluate.metrics.roc import auc
from simengine.evaluate.metrics.units import group_rows, shuffled
from simengine.sampling.streams import stream

__all__ = ["TwoSampleAuc", "two_sample_auc"]

_LARGEST_BASIS = 64
_STRENGTH = 0.01  # inverse regularisation: enough that 1280 columns don't separate 100 rows by chance


@dataclass(frozen=True)
class TwoSampleAuc:
    """Out-of-fold AUC of a classifier between real and synthetic.

    Attributes:
        value: Mean over the folds.
        folds: AUC of each fold, each by a classifier that never saw it.
        components: Principal components that the classifier was given.
    """

    value: float
    folds: tuple[float, ...]
    components: int

    def __float__(self) -> float:
        return self.value


def two_sample_auc(
    real: ArrayLike,
    synthetic: ArrayLike,
    *,
    real_units: Sequence[Any] | np.ndarray | None = None,
    synthetic_units: Sequence[Any] | np.ndarray | None = None,
    folds: int = 5,
    seed: int = 0,
) -> TwoSampleAuc:
    """Cross-validated AUC of a logistic regression between real and synthetic features.

    Standardised, min(n / 5, 64, d) principal components (n: rows of the smaller set), then an L2-penalised
    logistic regression (C = 0.01, classes weighted to balance), all fitted inside each fold. The mean of
    the folds' AUCs, not the AUC of pooled scores, which is biased below 0.5 for equal distributions.

    Range: 0 to 1. Better: closer to 0.5 (can't be told apart); 1 is separable. Saturates at 1 on raw
    renders: read it next to KID.
    Source: Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017, arXiv:1610.06545.

    Args:
        real: Features, shape (n, d).
        synthetic: Features, shape (m, d).
        real_units: Recording or scene of each real row; a unit is never on both sides of a fold.
        synthetic_units: The same of the synthetic rows.
        folds: Number of folds.
        seed: Of the split.

    Raises:
        SimengineError: scikit-learn is missing, the features are no valid pair, or there are fewer units
            than two a fold.

    Example:
        >>> import numpy as np
        >>> x = np.linspace(-1, 1, 100).reshape(50, 2)
        >>> two_sample_auc(x, x + 9.0).value
        1.0
    """
    first, second = as_pair(real, synthetic, rows=10)
    decomposition, linear_model, pipeline, preprocessing = _scikit_learn()
    rng = stream(seed, 0, "evaluate.two_sample")
    labels, parts = [], []
    for name, features, units in (("real", first, real_units), ("synthetic", second, synthetic_units)):
        groups = group_rows(len(features), units, what=f"{name}_units")
        if folds < 2 or len(groups) < 2 * folds:
            raise SimengineError(
                f"{name} has {len(groups)} units for {folds} folds: give at least 2 folds and two units for each."
            )
        part = np.empty(len(features), np.intp)
        for position, group in enumerate(shuffled(rng, len(groups))):
            part[groups[group]] = position % folds
        parts.append(part)
        labels.append(np.full(len(features), name == "synthetic"))
    x, y, fold = np.concatenate([first, second]), np.concatenate(labels), np.concatenate(parts)
    smallest = min(int(((fold != k) & (y == side)).sum()) for k in range(folds) for side in (False, True))
    components = max(1, min(min(len(first), len(second)) // 5, _LARGEST_BASIS, first.shape[1], smallest))
    values = []
    for k in range(folds):
        classifier = pipeline.make_pipeline(
            preprocessing.StandardScaler(),
            decomposition.PCA(components, svd_solver="full"),
            linear_model.LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=1000),
        )
        classifier.fit(x[fold != k], y[fold != k])
        scores = classifier.decision_function(x[fold == k])
        values.append(auc(scores[y[fold == k]], scores[~y[fold == k]]))
    return TwoSampleAuc(float(np.mean(values)), tuple(values), components)


def _scikit_learn() -> tuple[Any, Any, Any, Any]:
    try:
        from sklearn import decomposition, linear_model, pipeline, preprocessing
    except ImportError as error:
        raise SimengineError(
            "the classifier two-sample test needs scikit-learn, which is not installed: pip install 'simengine[learn]'."
        ) from error
    return decomposition, linear_model, pipeline, preprocessing
