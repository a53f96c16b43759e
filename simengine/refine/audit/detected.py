"""A detector's vote: what it found in the render it must find again, in its place and as what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simengine.learn.detector import Detections, TrainedDetector, best_of_each
from simengine.refine.audit.picture import PictureAudit

__all__ = ["DetectorVote", "with_vote"]

_SEEN = 0.5  # least overlap (intersection over union) of a box with the object that it found
_AGAIN = 0.7  # and with the box in which it was found before


@dataclass(frozen=True)
class DetectorVote:
    """Asks a detector about renders and refined pictures.

    An object that it does not find in the render gets no vote: a detector that is blind to it can't miss it.

    Attributes:
        detector: Trained on renders, or on anything that shows the classes.
        score: Least score of what counts as found.
    """

    detector: TrainedDetector
    score: float = 0.3

    def lost(
        self, before: NDArray[np.uint8], after: NDArray[np.uint8], ids: NDArray[np.int32], objects: Sequence[int]
    ) -> list[int]:
        """The objects found in the render, but not again in their place with their class.

        Args:
            before: The render, sRGB uint8 (H, W, 3).
            after: The refined picture, the same shape.
            ids: Instance ids (H, W).
            objects: Ids with a label; each must have a pixel.
        """
        from scipy.ndimage import find_objects

        if not objects:
            return []
        first, again = (self._sure(found) for found in self.detector.predict([before, after]))
        slices = find_objects(ids, max_label=max(objects))
        boxes = np.array([[c.start, r.start, c.stop, r.stop] for r, c in (slices[n - 1] for n in objects)], np.float64)
        seen, place = _overlap(boxes, first.boxes), _overlap(first.boxes, again.boxes)
        place = np.where(first.labels[:, None] == again.labels[None, :], place, 0.0)
        out = []
        for number, row in zip(objects, seen, strict=True):
            if row.max(initial=0.0) >= _SEEN and place[int(row.argmax())].max(initial=0.0) < _AGAIN:
                out.append(number)
        return out

    def _sure(self, found: Detections) -> Detections:
        best = best_of_each(found)
        keep = best.scores >= self.score
        return Detections(best.boxes[keep], best.scores[keep], best.labels[keep])


def _overlap(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of boxes, (n, m)."""
    if not len(a) or not len(b):
        return np.zeros((len(a), len(b)))
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.maximum(high - low, 0).prod(axis=2)
    area_a, area_b = (np.maximum(v[:, 2:] - v[:, :2], 0).prod(axis=1) for v in (a, b))
    return common / np.maximum(area_a[:, None] + area_b[None, :] - common, 1e-9)


def with_vote(audit: PictureAudit, lost: Sequence[int], *, budget: float) -> PictureAudit:
    """The certificate with the detector's vote: what it lost is dropped, too.

    Args:
        audit: Of the picture.
        lost: Ids of the objects that were lost.
        budget: Greatest share of the objects that may be dropped in an accepted picture.
    """
    gone = set(lost)
    objects = tuple(
        replace(o, verdict="dropped", reasons=(*o.reasons, "detector")) if o.scores.id in gone else o
        for o in audit.objects
    )
    dropped = sum(o.verdict == "dropped" for o in objects)
    return replace(audit, accepted=dropped <= budget * max(len(objects), 1), objects=objects)
