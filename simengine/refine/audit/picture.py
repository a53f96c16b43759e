"""The audit of one picture: every object is kept, restored or dropped; the picture is accepted or rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.refine.audit.boundary import BoundaryScores, boundary_scores, depth_edge_points
from simengine.refine.audit.gradient import gradient_magnitude
from simengine.refine.audit.rule import Thresholds, failures
from simengine.refine.audit.scores import ObjectScores, score_objects
from simengine.refine.restore import restore

__all__ = ["ObjectVerdict", "PictureAudit", "audit_picture"]


@dataclass(frozen=True)
class ObjectVerdict:
    """What became of one object.

    Attributes:
        scores: Its scores in the refined picture, before anything was restored.
        verdict: ``kept``, ``restored`` (its own pixels were blended back) or ``dropped`` (it failed even so).
        reasons: The scores that failed.
    """

    scores: ObjectScores
    verdict: str
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {"verdict": self.verdict, "reasons": list(self.reasons), **self.scores.to_dict()}


@dataclass(frozen=True)
class PictureAudit:
    """The certificate of one picture.

    Attributes:
        accepted: Whether no more objects were dropped than the budget allows.
        objects: One verdict a labelled object.
        depth_edges: How the edges under the scene's depth discontinuities moved; None without depth.
    """

    accepted: bool
    objects: tuple[ObjectVerdict, ...]
    depth_edges: BoundaryScores | None

    def count(self, verdict: str) -> int:
        """Number of objects with a verdict."""
        return sum(o.verdict == verdict for o in self.objects)

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        edges = self.depth_edges
        shown = edges is not None and edges.points > 0
        return {
            "accepted": self.accepted,
            "objects": [o.to_dict() for o in self.objects],
            "depth_edge_agreement": round(edges.agreement, 3) if edges is not None and shown else None,
            "depth_edge_displacement": round(edges.displacement, 3) if edges is not None and shown else None,
        }


def audit_picture(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    ids: NDArray[np.int32],
    objects: Sequence[int],
    *,
    depth: NDArray[np.float32] | None = None,
    thresholds: Thresholds | None = None,
    budget: float = 0.1,
    restoring: bool = True,
) -> tuple[NDArray[np.uint8], PictureAudit]:
    """Judges every labelled object of a refined picture, and puts back those that fail.

    Args:
        before: The render, sRGB uint8 (H, W, 3).
        after: The refined picture, the same shape.
        ids: Instance ids (H, W).
        objects: Ids with a label.
        depth: Planar depth (H, W) [m], 0 for nothing.
        thresholds: The rule.
        budget: Greatest share of the objects that may be dropped in an accepted picture.
        restoring: Whether to put failing objects back; without, each of them is dropped.

    Returns:
        The picture, with objects put back, and its certificate.
    """
    rule = thresholds or Thresholds()
    scores = score_objects(before, after, ids, objects)
    why = {s.id: failures(s, rule) for s in scores}
    failed = [number for number, reasons in why.items() if reasons]
    dropped = set(failed)
    picture = after
    if failed and restoring:
        picture = restore(before, after, np.isin(ids, failed))
        again = score_objects(before, picture, ids, failed)
        dropped = {s.id for s in again if failures(s, rule)}
    verdicts = tuple(
        ObjectVerdict(s, "dropped" if s.id in dropped else "restored" if why[s.id] else "kept", tuple(why[s.id]))
        for s in scores
    )
    edges = None
    if depth is not None:
        edges = boundary_scores(gradient_magnitude(before), gradient_magnitude(picture), *depth_edge_points(depth))
    return picture, PictureAudit(len(dropped) <= budget * max(len(objects), 1), verdicts, edges)
