"""A detector's vote, with a detector that finds bright squares."""

from dataclasses import dataclass

import numpy as np
import pytest

from simengine.learn.detector import Detections
from simengine.refine.audit.detected import DetectorVote, with_vote
from simengine.refine.audit.picture import audit_picture


@dataclass
class Bright:
    """Finds connected bright patches; green ones are of class 1."""

    classes: tuple[str, ...] = ("gray", "green")
    model: str = "bright"

    def predict(self, pictures):
        from scipy.ndimage import find_objects, label

        out = []
        for picture in pictures:
            parts, _ = label(picture[..., 1] > 150)
            boxes = [[c.start, r.start, c.stop, r.stop] for r, c in find_objects(parts)]
            labels = [int(picture[y0, x0, 0] < 100) for x0, y0, _, _ in boxes]
            out.append(
                Detections(
                    np.array(boxes, np.float32).reshape(-1, 4),
                    np.ones(len(boxes), np.float32),
                    np.array(labels, np.int64),
                )
            )
        return out


def scene(first=(20, 20), color=(220, 220, 220)):
    picture, ids = np.full((120, 120, 3), 60, np.uint8), np.zeros((120, 120), np.int32)
    for number, (x, y) in enumerate([(20, 20), (70, 70)], start=1):
        ids[y : y + 24, x : x + 24] = number
    ids[90:110, 10:30] = 3  # dark: the detector is blind to it
    picture[first[1] : first[1] + 24, first[0] : first[0] + 24] = color
    picture[70:94, 70:94] = 220
    return picture, ids


@pytest.mark.parametrize(
    ("change", "lost"),
    [({}, []), ({"first": (23, 20)}, []), ({"first": (30, 20)}, [1]), ({"color": (70, 70, 70)}, [1]), ({"color": (50, 200, 50)}, [1])],
)  # fmt: skip
def test_what_was_found_must_be_found_again_in_place_and_class(change, lost):
    before, ids = scene()
    after, _ = scene(**change)
    assert DetectorVote(Bright()).lost(before, after, ids, [1, 2, 3]) == lost
    assert DetectorVote(Bright(), score=1.1).lost(before, after, ids, [1, 2, 3]) == []
    assert DetectorVote(Bright()).lost(before, after, ids, []) == []


def test_the_vote_drops_objects_and_counts_against_the_budget():
    before, ids = scene()
    _, audit = audit_picture(before, before, ids, [1, 2])
    assert audit.accepted
    voted = with_vote(audit, [2], budget=0.1)
    assert not voted.accepted and voted.objects[1].reasons == ("detector",) and voted.count("dropped") == 1
    assert with_vote(audit, [2], budget=0.5).accepted and with_vote(audit, [], budget=0.1) == audit
