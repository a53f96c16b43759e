"""Average precision of kept detections under many weights of the pictures at once, whole or in parts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from simengine.evaluate.detection import SIZES, VISIBILITIES, MatchTable, match_table
from simengine.evaluate.gain.task import Part, Table
from simengine.formats.detection import DetectionSet
from simengine.learn.detector import Detections, as_one_class

__all__ = ["detection_parts", "kept_detections", "match_part", "pack_detections", "weighted_precision"]

_RECALLS = np.linspace(0.0, 1.0, 101)
_LEAST = 10  # labels that make a part worth a look


def pack_detections(found: Sequence[Detections]) -> Table:
    """What was found in each picture as arrays that are kept: ``image``, ``box``, ``score``, ``label``."""
    return {
        "image": np.repeat(np.arange(len(found), dtype=np.int32), [len(one.scores) for one in found]),
        "box": np.concatenate([one.boxes for one in found]).astype(np.float32).reshape(-1, 4),
        "score": np.concatenate([one.scores for one in found]).astype(np.float32),
        "label": np.concatenate([one.labels for one in found]).astype(np.int32),
    }


def kept_detections(table: Table, images: int) -> list[Detections]:
    """The inverse of `pack_detections`."""
    ends = np.searchsorted(table["image"], np.arange(images + 1))
    return [
        Detections(table["box"][a:b], table["score"][a:b], table["label"][a:b].astype(np.int64))
        for a, b in pairwise(ends)
    ]


def match_part(data: DetectionSet, table: Table, part: Part | None, *, merged: bool = False) -> MatchTable:
    """Matches detections with the labels of a part of a test set.

    Args:
        data: The test set; of one class where `merged`.
        table: From `pack_detections`.
        part: By ``class``, ``size`` or ``occlusion``; all of the set if None.
        merged: Whether to take all classes of the detections as one; scores of classes at one box add up.
    """
    found = kept_detections(table, len(data.images))
    if merged:
        found = [as_one_class(one) for one in found]
    if part is None:
        return match_table(data, found)
    if part.by == "class":
        whole = match_table(data, found)
        code = data.classes.index(part.value)
        return MatchTable((part.value,), whole.thresholds, (whole.matches[code],))
    if part.by == "size":
        return match_table(data, found, areas=SIZES[part.value])
    low, high = VISIBILITIES[part.value]
    return match_table(data, found, counts=lambda image: (image.visibility >= low) & (image.visibility < high))


def weighted_precision(table: MatchTable, weights: np.ndarray, *, iou: float | None = None) -> np.ndarray:
    """COCO's average precision under many weights of the pictures at once.

    The same as `simengine.evaluate.detection.average_precision` row by row.

    Args:
        table: The matches.
        weights: How often each picture is there, above 0, shape (resamples, pictures).
        iou: Threshold; the mean over all if None.

    Returns:
        Shape (resamples,); NaN where no class has labels.
    """
    table = table if iou is None else table.at(iou)
    scores = []
    for part in table.matches:
        if not part.objects.any():
            continue
        total = weights @ part.objects
        share = weights[:, part.image]
        for hit, ignored in zip(part.hit, part.ignored, strict=True):
            scores.append(_area(share[:, ~ignored], hit[~ignored], total))
    return np.mean(scores, axis=0) if scores else np.full(len(weights), np.nan)


def _area(share: np.ndarray, hit: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Area below precision over recall; columns of `share` are detections, surest first."""
    if not hit.any():
        return np.zeros(len(share))
    last = int(np.flatnonzero(hit)[-1]) + 1  # what comes after the last hit moves nothing
    hits = np.cumsum(share[:, :last] * hit[:last], axis=1)
    precision = hits / np.cumsum(share[:, :last], axis=1)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = hits / total[:, None]
    recall[recall > 1.0 - 1e-9] = 1.0  # sums of weights round, and the last step of the curve must not hang on that
    places = np.stack([np.searchsorted(row, _RECALLS) for row in recall])
    padded = np.hstack([envelope, np.zeros((len(share), 1))])
    return np.take_along_axis(padded, places, axis=1).mean(axis=1)


def detection_parts(data: DetectionSet) -> list[Part]:
    """Parts of a test set that hold at least ten labels and not all of them.

    Args:
        data: The test set.
    """
    counted = [~image.crowd for image in data.images]
    labels = np.concatenate([image.labels[keep] for image, keep in zip(data.images, counted, strict=True)])
    boxes = np.concatenate([image.boxes[keep] for image, keep in zip(data.images, counted, strict=True)])
    visible = np.concatenate([image.visibility[keep] for image, keep in zip(data.images, counted, strict=True)])
    areas = (boxes[:, 2:] - boxes[:, :2]).astype(np.float64).prod(axis=1)
    parts = [Part("class", name, int((labels == code).sum())) for code, name in enumerate(data.classes)]
    parts += [Part("size", name, int(((areas >= low) & (areas <= high)).sum())) for name, (low, high) in SIZES.items()]
    parts += [
        Part("occlusion", name, int(((visible >= low) & (visible < high)).sum()))
        for name, (low, high) in VISIBILITIES.items()
    ]
    return [part for part in parts if _LEAST <= part.items < len(labels)]
