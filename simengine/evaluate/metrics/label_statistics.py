"""Distances of two sets of boxes: sizes, shapes, positions, counts and occlusion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import wasserstein_distance

from simengine.errors import SimengineError

__all__ = ["BoxTable", "label_distances", "label_quantities"]


@dataclass(frozen=True)
class BoxTable:
    """The boxes of a set of pictures; indexed by numbers of pictures, so that it can be split and resampled.

    Attributes:
        images: Number of the picture of each box, shape (k,), from 0.
        boxes: [x, y, w, h] in pixels, shape (k, 4), w and h above 0.
        sizes: [width, height] in pixels of every picture, also of those without boxes, shape (n, 2).
        visible: Visible fraction of each object, 0 to 1, shape (k,); None if not known.
    """

    images: np.ndarray
    boxes: np.ndarray
    sizes: np.ndarray
    visible: np.ndarray | None = None

    def __post_init__(self) -> None:
        k = len(self.images)
        if np.shape(self.boxes) != (k, 4) or np.ndim(self.sizes) != 2 or np.shape(self.sizes)[1] != 2:
            raise SimengineError(
                f"images, boxes, sizes have shapes {np.shape(self.images)}, {np.shape(self.boxes)},"
                f" {np.shape(self.sizes)}: give (k,), (k, 4) and (n, 2)."
            )
        if self.visible is not None and np.shape(self.visible) != (k,):
            raise SimengineError(f"visible has shape {np.shape(self.visible)} for {k} boxes: give ({k},) or None.")
        if k and not (np.min(self.images) >= 0 and np.max(self.images) < len(self.sizes)):
            raise SimengineError(
                f"boxes lie in pictures {np.min(self.images)} to {np.max(self.images)},"
                f" but there are {len(self.sizes)} pictures: number them from 0."
            )
        wrong = np.flatnonzero(~(np.isfinite(self.boxes).all(axis=1) & (np.asarray(self.boxes)[:, 2:] > 0).all(axis=1)))
        if len(wrong):
            raise SimengineError(
                f"boxes[{wrong[0]}] is {np.asarray(self.boxes)[wrong[0]].tolist()} ({len(wrong)} such boxes):"
                " give finite [x, y, w, h] with w and h above 0."
            )

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, rows: np.ndarray) -> BoxTable:
        order = np.argsort(self.images, kind="stable")
        starts = np.searchsorted(self.images[order], np.arange(len(self) + 1))
        rows = np.asarray(rows, np.intp)
        boxes = [order[starts[row] : starts[row + 1]] for row in rows]
        picked = np.concatenate(boxes) if boxes else np.zeros(0, np.intp)
        images = np.repeat(np.arange(len(rows)), [len(box) for box in boxes])
        visible = None if self.visible is None else self.visible[picked]
        return BoxTable(images, self.boxes[picked], self.sizes[rows], visible)


def label_quantities(table: BoxTable) -> dict[str, np.ndarray]:
    """The numbers that `label_distances` compares.

    ``size``: sqrt(w h / (W H)), the edge of the box as a fraction of the picture's; ``aspect``: ln(w / h);
    ``x``, ``y``: centre as a fraction of the picture; ``count``: boxes a picture; ``occlusion``: 1 - visible
    fraction, where it is known.

    Range: as said. Better: not a score.
    Source: the quantities of COCO's label statistics, Lin et al., arXiv:1405.0312, sec. 5.

    Args:
        table: The boxes.

    Returns:
        By name an array of one number a box; of one number a picture for ``count``.

    Example:
        >>> import numpy as np
        >>> table = BoxTable(np.array([0]), np.array([[10.0, 20.0, 20.0, 20.0]]), np.array([[100, 100], [100, 100]]))
        >>> {name: [round(v, 6) for v in values.tolist()] for name, values in label_quantities(table).items()}
        {'size': [0.2], 'aspect': [0.0], 'x': [0.2], 'y': [0.3], 'count': [1, 0]}
    """
    x, y, w, h = np.asarray(table.boxes, np.float64).T
    width, height = np.asarray(table.sizes, np.float64)[table.images].T
    quantities = {
        "size": np.sqrt(w * h / (width * height)),
        "aspect": np.log(w / h),
        "x": (x + w / 2.0) / width,
        "y": (y + h / 2.0) / height,
        "count": np.bincount(table.images, minlength=len(table)),
    }
    if table.visible is not None:
        quantities["occlusion"] = 1.0 - table.visible
    return quantities


def label_distances(real: BoxTable, synthetic: BoxTable) -> dict[str, float]:
    """Wasserstein distances between the label statistics of two sets.

    W1 = integral |F_R(t) - F_S(t)| dt for each of `label_quantities`: how far the boxes of one set must
    be moved, on average, to have the distribution of the other.

    Range: from 0, in units of the quantity (fractions of the picture, ln ratio, boxes). Better: lower.
    Source: Ramdas, Trillos and Cuturi, "On Wasserstein two-sample testing", Entropy 19 (2017).

    Args:
        real: Boxes of the real set.
        synthetic: Boxes of the synthetic set.

    Returns:
        By name of the quantity; ``occlusion`` only where both sets know it.

    Raises:
        SimengineError: A set has no boxes.

    Example:
        >>> import numpy as np
        >>> sizes, images = np.array([[100, 100]]), np.array([0])
        >>> left = BoxTable(images, np.array([[10, 40, 20, 20]]), sizes)
        >>> right = BoxTable(images, np.array([[70, 40, 20, 20]]), sizes)
        >>> {name: round(value, 6) for name, value in label_distances(left, right).items()}
        {'size': 0.0, 'aspect': 0.0, 'x': 0.6, 'y': 0.0, 'count': 0.0}
    """
    for name, table in (("real", real), ("synthetic", synthetic)):
        if not len(table.images):
            raise SimengineError(f"{name} has no boxes in {len(table)} pictures: give labelled pictures.")
    first, second = label_quantities(real), label_quantities(synthetic)
    return {name: float(wasserstein_distance(first[name], second[name])) for name in first if name in second}
