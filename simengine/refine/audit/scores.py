"""The scores of one object: what the rule of the audit looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.refine.audit.boundary import boundary_scores, outline_points
from simengine.refine.audit.correlation import normalized_correlation, phase_shift
from simengine.refine.audit.gradient import color_gradient_magnitude, gradient_magnitude
from simengine.refine.audit.keypoints import keypoint_scores

__all__ = ["MARGIN", "ObjectScores", "score_objects"]

MARGIN = 8
"""Pixels around an object's box that are looked at."""

_RIND = 2.5  # px inside the outline that its edge reaches
_BODY = 60  # px, least of an object's inside whose structure alone can vouch for it
_HALO = 4  # px around the mask in which structure counts in full: the outline's own edge lies there


@dataclass(frozen=True)
class ObjectScores:
    """What happened to one object.

    NaN stands for what can't be measured, e.g. because the object shows no edge.

    Attributes:
        id: Its value in the picture of ids.
        ncc: Normalised cross-correlation of the gradients; near 0 where the object vanished. That of the object with
            its surroundings, or of its inside alone where that is higher, as before another background.
        shift: Distance moved, by phase correlation [px].
        edge_displacement: Median distance of the edges under the outline from where they were [px].
        edge_displacement_p90: Its 90 % quantile [px].
        boundary_agreement: Share of the outline whose edge stayed within 1 px.
        keypoint_shift: Median distance that corners moved [px].
        keypoints_lost: Share of corners not found again.
    """

    id: int
    ncc: float
    shift: float
    edge_displacement: float
    edge_displacement_p90: float
    boundary_agreement: float
    keypoint_shift: float
    keypoints_lost: float

    def to_dict(self) -> dict[str, Any]:
        """In JSON types, three digits after the point; null where it can't be measured."""
        return {key: _plain(value) for key, value in asdict(self).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value


def score_objects(
    before: NDArray[np.uint8], after: NDArray[np.uint8], ids: NDArray[np.int32], objects: Sequence[int]
) -> list[ObjectScores]:
    """Compares every object in two pictures of one scene.

    Args:
        before: The picture that the labels were made with, sRGB uint8 (H, W, 3).
        after: The refined picture, the same shape.
        ids: Instance ids (H, W).
        objects: The ids to score; each must have a pixel.

    Returns:
        One `ObjectScores` an id, in order.
    """
    gradients = gradient_magnitude(before), gradient_magnitude(after)
    colored = color_gradient_magnitude(before), color_gradient_magnitude(after)
    boxes = _boxes(ids, max(objects, default=0))
    return [_score(number, gradients, colored, ids, boxes[number - 1]) for number in objects]


def _boxes(ids: NDArray[np.int32], most: int) -> list[tuple[slice, slice]]:
    from scipy.ndimage import find_objects

    return find_objects(ids, max_label=most)


def _score(
    number: int,
    gradients: tuple[NDArray[np.float32], NDArray[np.float32]],
    colored: tuple[NDArray[np.float32], NDArray[np.float32]],
    ids: NDArray[np.int32],
    box: tuple[slice, slice],
) -> ObjectScores:
    import cv2

    crop = tuple(slice(max(s.start - MARGIN, 0), s.stop + MARGIN) for s in box)
    (a, b), (a_colored, b_colored) = ((g[0][crop], g[1][crop]) for g in (gradients, colored))
    mask = ids[crop] == number
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    weight = np.clip((MARGIN - outside) / (MARGIN - _HALO), 0.0, 1.0).astype(np.float32)
    x, y = phase_shift(a, b, weight)
    body = (cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3) > _RIND).astype(np.float32)
    edges = boundary_scores(a_colored, b_colored, *outline_points(mask))
    corners = keypoint_scores(a, b, outside <= 2)
    return ObjectScores(
        id=number,
        ncc=float(np.fmax(normalized_correlation(a, b, weight), _within(a, b, body))),
        shift=math.hypot(x, y),
        edge_displacement=edges.displacement,
        edge_displacement_p90=edges.displacement_p90,
        boundary_agreement=edges.agreement,
        keypoint_shift=corners.shift,
        keypoints_lost=corners.lost,
    )


def _within(before: NDArray[np.float32], after: NDArray[np.float32], body: NDArray[np.float32]) -> float:
    """Correlation inside the outline: what is left to compare where the background changed, and with it the outline."""
    if body.sum() < _BODY:
        return math.nan
    return normalized_correlation(before, after, body)
