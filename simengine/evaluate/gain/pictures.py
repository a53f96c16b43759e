"""The test pictures on which an arm helps most and harms most."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.evaluate.detection import match_table
from simengine.evaluate.gain.results import Boxes, Picture
from simengine.formats.detection import DetectionSet
from simengine.learn.detector import Detections, best_of_each

__all__ = ["changed_pictures"]

_SHOWN = 0.3  # least score of detections that are shown


def changed_pictures(
    data: DetectionSet, before: Sequence[Detections], after: Sequence[Detections], *, best: int = 3, worst: int = 3
) -> list[Picture]:
    """Pictures by the change of their F1 (overlap 0.5, scores from 0.3).

    Args:
        data: The test set.
        before: What the baseline found in each picture.
        after: What the arm found.
        best: How many of those where the arm is better, at most.
        worst: How many of those where it is worse.

    Returns:
        The best, most improved first, then the worst; names of arms, count and seed are left empty.
    """
    rows = []
    for index, pair in enumerate(zip(before, after, strict=True)):
        shown = [_shown(found) for found in pair]
        scores = [_f1(data.subset([index]), found) for found in shown]
        rows.append((scores[1] - scores[0], index, shown, scores))
    rows.sort(key=lambda row: (-row[0], row[1]))
    chosen = [("best", row) for row in rows[:best] if row[0] > 0.0]
    chosen += [("worst", row) for row in rows[::-1][:worst] if row[0] < 0.0]
    found = []
    for kind, (_, index, shown, scores) in chosen:
        image = data.images[index]
        truth = Boxes(image.boxes.tolist(), [data.classes[k] for k in image.labels], [])
        one, other = (
            Boxes(d.boxes.tolist(), [data.classes[k] for k in d.labels], [float(score) for score in d.scores])
            for d in shown
        )
        path = str(image.path.resolve())
        found.append(Picture(kind, data.name, path, 0, 0, truth, one, other, "", "", scores[0], scores[1]))
    return found


def _shown(found: Detections) -> Detections:
    each = best_of_each(found)
    keep = each.scores >= _SHOWN
    return Detections(each.boxes[keep], each.scores[keep], each.labels[keep])


def _f1(one: DetectionSet, found: Detections) -> float:
    """F1 of a picture; 1 where nothing is and nothing was found."""
    matches = match_table(one, [found], thresholds=[0.5]).matches
    hits = sum(int(part.hit[0].sum()) for part in matches)
    wrong = sum(int((~part.hit[0] & ~part.ignored[0]).sum()) for part in matches)
    total = sum(int(part.objects.sum()) for part in matches) + hits + wrong
    return 1.0 if total == 0 else 2.0 * hits / total
