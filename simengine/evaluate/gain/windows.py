"""Windows of vibration as classifiers see them: sets of them, copies among them, new ones between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.gain.results import Data
from simengine.learn.order_views import OrderViews

__all__ = ["WindowSet", "copied_windows", "oversampled"]

_SMOTE = 50  # windows a class after oversampling
_SAME = 1e-3  # distance of windows that are copies, of the median distance


@dataclass(frozen=True, eq=False)
class WindowSet:
    """Windows of a set of records as classifiers see them.

    Attributes:
        name: Name of the set.
        role: ``real``, ``synthetic``, ``refined``, ``test`` or ``ood``.
        views: The windows; ``views.records`` counts from 0 over `records`.
        records: Name of each record.
        groups: Group of each record: the bearing, or the recording where that is not known.
        digest: Hash of the records.
        path: Where they were read from.
    """

    name: str
    role: str
    views: OrderViews
    records: tuple[str, ...]
    groups: tuple[str, ...]
    digest: str
    path: str = ""

    @property
    def bearings(self) -> tuple[str, ...]:
        """The groups, each once."""
        return tuple(sorted(set(self.groups)))

    def units(self, views: OrderViews) -> np.ndarray:
        """Number of the bearing of each window, shape (n,)."""
        return np.searchsorted(self.bearings, np.array(self.groups)[views.records]).astype(np.int32)

    def data(self) -> Data:
        """As results tell it."""
        names, counts = np.unique(self.views.labels, return_counts=True)
        by_class = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
        return Data(self.role, self.name, self.path, len(self.views), len(set(self.groups)), by_class, self.digest)


def oversampled(views: OrderViews, *, seed: int) -> OrderViews:
    """Windows with new ones between neighbours of the same class, until each class has 50.

    A class with one window has no neighbours: it is repeated.

    Source: Chawla et al., "SMOTE: synthetic minority over-sampling technique", JAIR 16 (2002), as in imbalanced-learn.

    Args:
        views: The windows.
        seed: Of the draws.

    Raises:
        SimengineError: imbalanced-learn is not installed.
    """
    try:
        from imblearn.over_sampling import SMOTE
    except ImportError as error:
        raise SimengineError("the arm real-smote needs imbalanced-learn: pip install 'simengine[learn]'.") from error

    names, codes = np.unique(views.labels, return_inverse=True)
    least = int(np.bincount(codes).min())
    if least < 2:
        rows = np.concatenate([np.resize(np.flatnonzero(codes == k), _SMOTE) for k in range(len(names))])
        return views.subset(rows)
    flat = np.hstack([views.lines, views.combs, views.images.reshape(len(views), -1).astype(np.float32)])
    wanted = {k: max(_SMOTE, int((codes == k).sum())) for k in range(len(names))}
    made, new = SMOTE(sampling_strategy=wanted, k_neighbors=min(5, least - 1), random_state=seed).fit_resample(
        flat, codes
    )
    a, b = views.lines.shape[1], views.combs.shape[1]
    images = made[:, a + b :].reshape(len(made), *views.images.shape[1:]).astype(views.images.dtype)
    return OrderViews(
        made[:, :a].astype(np.float32), made[:, a : a + b].astype(np.float32), images,
        names[new], np.arange(len(made)), views.settings,
    )  # fmt: skip


def copied_windows(
    train: Sequence[tuple[WindowSet, np.ndarray]], test: Sequence[tuple[WindowSet, np.ndarray]]
) -> list[str]:
    """Test windows that are the same as a training window for a model, one sentence each.

    Args:
        train: Sets and the rows that are trained on.
        test: Sets and the rows that are tested.
    """
    from scipy.spatial.distance import cdist

    found = []
    for other, others in test:
        asked = other.views.table[others]
        for part, rows in train:
            distances = cdist(asked, part.views.table[rows])
            near = np.argwhere(distances <= _SAME * np.median(distances))
            found += [
                f"a window of {other.records[other.views.records[others[i]]]} in {other.name} is the same as one of "
                f"{part.records[part.views.records[rows[j]]]} in {part.name}."
                for i, j in near
            ]
    return list(dict.fromkeys(found))
