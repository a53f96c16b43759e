"""How good detections are: COCO's average precision, from a table of matches that can be drawn again and again.

Definitions: T.-Y. Lin et al., "Microsoft COCO", 2014, as in pycocotools' ``COCOeval`` (101 recall points, at most 100
detections of a class in a picture, ten thresholds of overlap, crowd boxes ignored); every figure equals those of
faster-coco-eval and pycocotools. What they don't give is the match of every detection by picture, which a bootstrap
over pictures needs: `match_table` makes it once, `average_precision` weighs it in a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet, LabelledImage

__all__ = [
    "IOU_THRESHOLDS",
    "SIZES",
    "VISIBILITIES",
    "ClassMatches",
    "Found",
    "MatchTable",
    "average_precision",
    "average_recall",
    "class_precisions",
    "evaluate_detections",
    "match_table",
]

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""COCO's thresholds of overlap."""

SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""COCO's ranges of box area [px^2]."""

VISIBILITIES = {"hidden": (0.0, 0.5), "partly": (0.5, 0.9), "free": (0.9, 1.0 + 1e-6)}
"""Ranges of the visible share, the upper end left out."""

_RECALLS = np.linspace(0.0, 1.0, 101)
_MOST = 100  # detections of a class in a picture
_EPS = np.spacing(1)

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Found(Protocol):
    """Detections of one picture: boxes x0, y0, x1, y1 (n, 4), scores (n,), labels (n,)."""

    @property
    def boxes(self) -> NDArray[np.float32]: ...  # noqa: D102
    @property
    def scores(self) -> NDArray[np.float32]: ...  # noqa: D102
    @property
    def labels(self) -> NDArray[np.int64]: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class ClassMatches:
    """Every detection of one class, surest first.

    Attributes:
        scores: Shape (n,).
        image: Number of the picture, shape (n,).
        hit: Whether it matched an object that counts, by threshold, shape (t, n).
        ignored: Whether it counts neither for nor against, shape (t, n).
        objects: Objects that count in each picture, shape (pictures,).
    """

    scores: NDArray[np.float32]
    image: NDArray[np.int64]
    hit: Bools
    ignored: Bools
    objects: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MatchTable:
    """Every detection of a set of pictures and what became of it.

    Attributes:
        classes: Names of the classes.
        thresholds: Overlaps at which a detection counts as a hit, shape (t,).
        matches: For each class.
    """

    classes: tuple[str, ...]
    thresholds: Floats
    matches: tuple[ClassMatches, ...]

    def at(self, iou: float) -> MatchTable:
        """The same at one threshold.

        Raises:
            SimengineError: The table was made without it.
        """
        rows = np.flatnonzero(np.isclose(self.thresholds, iou))
        if not len(rows):
            have = ", ".join(f"{value:.2f}" for value in self.thresholds)
            raise SimengineError(f"the table has no threshold {iou}; it has {have}.")
        parts = (ClassMatches(m.scores, m.image, m.hit[rows], m.ignored[rows], m.objects) for m in self.matches)
        return MatchTable(self.classes, self.thresholds[rows], tuple(parts))


def match_table(
    data: DetectionSet,
    detections: Sequence[Found],
    *,
    thresholds: ArrayLike = IOU_THRESHOLDS,
    counts: Callable[[LabelledImage], Bools] | None = None,
    areas: tuple[float, float] | None = None,
) -> MatchTable:
    """Matches detections to objects.

    Args:
        data: The labelled pictures.
        detections: What was found in each.
        thresholds: Overlaps (IoU) at which a detection counts as a hit, rising.
        counts: Which objects of a picture count, shape (n,); detections of the others count neither for nor
            against. All but crowds if None.
        areas: Only objects of this range of areas [px^2] count, and unmatched detections of other areas don't.

    Raises:
        SimengineError: The numbers of pictures differ.
    """
    if len(detections) != len(data.images):
        raise SimengineError(
            f"{data.name} has {len(data.images)} pictures, but there are detections for {len(detections)}. Predict all "
            "pictures, in their order."
        )
    limits = np.atleast_1d(np.asarray(thresholds, np.float64))
    matches = []
    for label in range(len(data.classes)):
        parts = [
            _match_picture(image, found, label, number, limits, counts, areas)
            for number, (image, found) in enumerate(zip(data.images, detections, strict=True))
        ]
        scores = np.concatenate([part.scores for part in parts] or [np.zeros(0, np.float32)])
        order = np.argsort(-scores, kind="stable")
        empty = np.zeros((len(limits), 0), bool)
        matches.append(
            ClassMatches(
                scores[order],
                np.concatenate([part.image for part in parts] or [np.zeros(0, np.int64)])[order],
                np.concatenate([part.hit for part in parts] or [empty], axis=1)[:, order],
                np.concatenate([part.ignored for part in parts] or [empty], axis=1)[:, order],
                np.array([part.objects[0] for part in parts], np.int64),
            )
        )
    return MatchTable(data.classes, limits, tuple(matches))


def _match_picture(
    image: LabelledImage,
    found: Found,
    label: int,
    number: int,
    limits: Floats,
    counts: Callable[[LabelledImage], Bools] | None,
    areas: tuple[float, float] | None,
) -> ClassMatches:
    """One class of one picture; each detection in turn takes the object it overlaps most of those that are left."""
    mine = image.labels == label
    boxes = image.boxes[mine].astype(np.float64)
    crowd = image.crowd[mine]
    out = crowd.copy()
    if counts is not None:
        out |= ~counts(image)[mine]
    if areas is not None:
        size = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
        out |= (size < areas[0]) | (size > areas[1])
    chosen = np.flatnonzero(found.labels == label)
    chosen = chosen[np.argsort(-found.scores[chosen], kind="stable")][:_MOST]
    guesses = found.boxes[chosen].astype(np.float64)
    overlap = _overlaps(guesses, boxes, crowd)
    free = np.ones((len(limits), len(boxes)), bool)
    hit = np.zeros((len(limits), len(chosen)), bool)
    ignored = np.zeros_like(hit)
    rows = np.arange(len(limits))
    enough = np.minimum(limits, 1 - 1e-10)[:, None]
    for place, shares in enumerate(overlap):
        if not shares.size or shares.max() < enough[0, 0]:
            continue
        possible = (shares >= enough) & (free | crowd)
        counting = possible & ~out
        pool = np.where(counting.any(axis=1)[:, None], counting, possible)
        some = pool.any(axis=1)
        best = len(shares) - 1 - np.argmax(np.where(pool, shares, -1.0)[:, ::-1], axis=1)  # the last of equals
        free[rows[some], best[some]] = False
        ignored[some, place] = out[best[some]]
        hit[some, place] = ~out[best[some]]
    if areas is not None:
        size = (guesses[:, 2:] - guesses[:, :2]).prod(axis=1)
        ignored |= ~hit & ((size < areas[0]) | (size > areas[1]))
    objects = np.array([np.sum(~out)], np.int64)
    return ClassMatches(found.scores[chosen], np.full(len(chosen), number, np.int64), hit, ignored, objects)


def _overlaps(one: Floats, other: Floats, crowd: Bools) -> Floats:
    """IoU of each pair, shape (n, m); with a crowd, the share of the first box that lies in it."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    first = (one[:, 2:] - one[:, :2]).prod(axis=1)[:, None]
    second = (other[:, 2:] - other[:, :2]).prod(axis=1)[None]
    union = np.where(crowd[None], first, first + second - shared)
    return shared / np.maximum(union, _EPS)


def class_precisions(table: MatchTable, *, weights: ArrayLike | None = None) -> Floats:
    """Average precision by threshold and class, shape (t, classes); NaN for a class without objects.

    Args:
        table: The matches.
        weights: How often each picture is there, shape (pictures,); once if None. A bootstrap draws these numbers.
    """
    return _curves(table, weights)[0]


def _curves(table: MatchTable, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    """Average precision and highest recall by threshold and class."""
    times = None if weights is None else np.asarray(weights, np.float64)
    precisions = np.full((len(table.thresholds), len(table.classes)), np.nan)
    recalls = precisions.copy()
    for column, part in enumerate(table.matches):
        objects = part.objects.sum() if times is None else part.objects @ times
        if objects <= 0:
            continue
        share = np.ones(len(part.scores)) if times is None else times[part.image]
        for row in range(len(table.thresholds)):
            counted = ~part.ignored[row]
            hits = np.cumsum(share[counted] * part.hit[row][counted])
            said = np.cumsum(share[counted])
            recall, precision = hits / objects, hits / np.maximum(said, _EPS)
            recalls[row, column] = recall[-1] if len(recall) else 0.0
            envelope = np.maximum.accumulate(precision[::-1])[::-1]
            at = np.searchsorted(recall, _RECALLS, side="left")
            precisions[row, column] = envelope[at[at < len(envelope)]].sum() / len(_RECALLS)
    return precisions, recalls


def average_precision(table: MatchTable, *, weights: ArrayLike | None = None) -> float:
    """COCO's AP: the mean over the table's thresholds and the classes that have objects; NaN without any.

    Args:
        table: The matches; `MatchTable.at` gives AP50 or AP75.
        weights: How often each picture is there, shape (pictures,); once if None.
    """
    return _mean(class_precisions(table, weights=weights))


def average_recall(table: MatchTable, *, weights: ArrayLike | None = None) -> float:
    """COCO's AR with 100 detections: the mean of the highest recall over thresholds and classes; NaN without objects."""
    return _mean(_curves(table, weights)[1])


def _mean(values: Floats) -> float:
    known = values[:, ~np.isnan(values).all(axis=0)]
    return float(known.mean()) if known.size else float("nan")


def evaluate_detections(data: DetectionSet, detections: Sequence[Found]) -> dict[str, Any]:
    """All figures of a set of detections.

    Args:
        data: The labelled pictures.
        detections: What was found in each.

    Returns:
        ``images``, ``objects``; ``AP``, ``AP50``, ``AP75``, ``AR`` over all; the same by name under ``classes``,
        ``sizes`` (COCO's) and, where it is known, ``visibility``. What has no objects is null. In a slice by
        visibility every false alarm counts, since none has a visibility: compare slices between models, not with
        the whole.

    Raises:
        SimengineError: The numbers of pictures differ.
    """
    whole = match_table(data, detections)
    scores = {"images": len(data.images), **_figures(whole)}
    scores["classes"] = {
        name: _figures(MatchTable((name,), whole.thresholds, (part,)))
        for name, part in zip(data.classes, whole.matches, strict=True)
    }
    scores["sizes"] = {name: _figures(match_table(data, detections, areas=bounds)) for name, bounds in SIZES.items()}
    if any(np.isfinite(image.visibility).any() for image in data.images):
        scores["visibility"] = {
            name: _figures(match_table(data, detections, counts=_seen_between(*bounds)))
            for name, bounds in VISIBILITIES.items()
        }
    return scores


def _seen_between(low: float, high: float) -> Callable[[LabelledImage], Bools]:
    return lambda image: (image.visibility >= low) & (image.visibility < high)


def _figures(table: MatchTable) -> dict[str, Any]:
    precisions, recalls = _curves(table, None)
    at50, at75 = (int(np.argmin(np.abs(table.thresholds - value))) for value in (0.5, 0.75))
    values = {
        "AP": _mean(precisions),
        "AP50": _mean(precisions[[at50]]),
        "AP75": _mean(precisions[[at75]]),
        "AR": _mean(recalls),
    }
    known = {name: None if np.isnan(value) else value for name, value in values.items()}
    return {"objects": int(sum(part.objects.sum() for part in table.matches)), **known}
