"""Usefulness of synthetic data: train on one kind, test on the other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_labels
from simengine.evaluate.metrics.bootstrap import PairedDifference, paired_bootstrap

__all__ = ["Estimator", "Utility", "macro_f1", "utility"]


class Estimator(Protocol):
    """What scikit-learn's classifiers and regressors offer."""

    def fit(self, x: Any, y: Any, /) -> Any:
        """Learns from items x, shape (n, ...), and targets y, shape (n,)."""

    def predict(self, x: Any, /) -> Any:
        """Targets of items, shape (n,)."""


@dataclass(frozen=True)
class Utility:
    """Scores of the four ways to train and test on real (R) and synthetic (S) data that tell something.

    Attributes:
        trtr: Train on real, test on real: what real training data gives.
        tstr: Train on synthetic, test on real: what the synthetic data gives.
        trts: Train on real, test on synthetic: whether synthetic items carry the right labels.
        gap: tstr - trtr with interval and p-value, paired over the units of the real test set.
        answers: What the models predicted, by the names above: ``trtr`` and ``tstr`` for the real test set, ``trts``
            for the synthetic set; for intervals and slices.
    """

    trtr: float
    tstr: float
    trts: float
    gap: PairedDifference
    answers: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    @property
    def fidelity_gap(self) -> float:
        """Difference trts - trtr: below 0, synthetic items are not what their labels say; above, they are too easy."""
        return self.trts - self.trtr


def macro_f1(truth: ArrayLike, predicted: ArrayLike) -> float:
    """F1 averaged over classes, each class counting the same however rare.

    mean over classes of 2 TP / (2 TP + FP + FN), over the classes in truth or prediction.

    Range: 0 to 1. Better: higher.
    Source: van Rijsbergen, "Information Retrieval" (1979); the average as in scikit-learn's ``f1_score``.

    Args:
        truth: Classes, shape (n,).
        predicted: Classes, shape (n,).

    Raises:
        SimengineError: The shapes differ or are empty.

    Example:
        >>> macro_f1(["a", "a", "b", "b"], ["a", "a", "b", "a"])
        0.7333333333333334
    """
    first, second = as_labels("truth", truth), as_labels("predicted", predicted)
    if len(first) != len(second):
        raise SimengineError(f"truth has {len(first)} items and predicted {len(second)}: give one for each.")
    classes, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    one, other = codes[: len(first)], codes[len(first) :]
    hits = np.bincount(one[one == other], minlength=len(classes))
    both = np.bincount(one, minlength=len(classes)) + np.bincount(other, minlength=len(classes))
    return float((2.0 * hits / both).mean())


def utility(
    estimator: Estimator,
    *,
    real_train: tuple[Any, Any],
    real_test: tuple[Any, Any],
    synthetic: tuple[Any, Any],
    score: Callable[[np.ndarray, np.ndarray], float] = macro_f1,
    units: Sequence[Any] | np.ndarray | None = None,
    unit: str = "row",
    resamples: int = 1000,
    seed: int = 0,
) -> Utility:
    """TRTR, TSTR and TRTS of an estimator, and the difference TSTR - TRTR with its interval.

    TXTY = score(y_Y, fit(x_X, y_X).predict(x_Y)). The gap is paired: both models answer the same real test
    items, which are resampled by unit.

    Range: that of the score (`macro_f1`: 0 to 1). Better: higher for a score, as usual for accuracies; a gap
    of 0 says that synthetic data trains as well as real data. Split real data by recording or scene, never
    by window: neighbours on both sides make trtr 1 and the gap meaningless.
    Source: Esteban, Hyland and Ratsch, "Real-valued (medical) time series generation with recurrent
    conditional GANs", arXiv:1706.02633.

    Args:
        estimator: Not fitted; copied before each fit, so that it stays as it is.
        real_train: Items and targets.
        real_test: Items and targets that neither model is trained on.
        synthetic: Items and targets.
        score: ``score(truth, predicted)``, higher is better.
        units: Recording or scene of each real test row, or None where rows are independent.
        unit: Word for the unit.
        resamples: For the interval.
        seed: Of the random stream.

    Raises:
        SimengineError: Items and targets of a set differ in number.

    Example:
        >>> import numpy as np
        >>> class Threshold:
        ...     def fit(self, x, y):
        ...         self.edge = (x[y == 0].mean() + x[y == 1].mean()) / 2
        ...     def predict(self, x):
        ...         return (x[:, 0] > self.edge).astype(int)
        >>> x, y = np.arange(40.0)[:, None], (np.arange(40) >= 20).astype(int)
        >>> result = utility(Threshold(), real_train=(x, y), real_test=(x, y), synthetic=(x + 10, y))
        >>> result.trtr, round(result.tstr, 3), float(result.gap) < 0
        (1.0, 0.733, True)
    """
    sets = {"real_train": real_train, "real_test": real_test, "synthetic": synthetic}
    for name, (x, y) in sets.items():
        if len(x) != len(y) or len(y) == 0:
            raise SimengineError(f"{name} has {len(x)} items and {len(y)} targets: give one target for each, not none.")
    real_model, synthetic_model = (_fitted(estimator, *sets[name]) for name in ("real_train", "synthetic"))
    x, truth = real_test[0], np.asarray(real_test[1])
    of_real, of_synthetic = np.asarray(real_model.predict(x)), np.asarray(synthetic_model.predict(x))
    on_synthetic = np.asarray(real_model.predict(synthetic[0]))
    gap = paired_bootstrap(
        lambda predicted, expected: score(expected, predicted),
        of_synthetic,
        of_real,
        shared=[truth],
        units=units,
        unit=unit,
        method="percentile",
        resamples=resamples,
        seed=seed,
    )
    return Utility(
        trtr=float(score(truth, of_real)),
        tstr=float(score(truth, of_synthetic)),
        trts=float(score(np.asarray(synthetic[1]), on_synthetic)),
        gap=gap,
        answers={"trtr": of_real, "tstr": of_synthetic, "trts": on_synthetic},
    )


def _fitted(estimator: Estimator, x: Any, y: Any) -> Estimator:
    model = copy.deepcopy(estimator)
    model.fit(x, y)
    return model
