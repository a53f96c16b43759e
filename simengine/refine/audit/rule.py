"""The rule: which objects keep their label."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from simengine.errors import SimengineError
from simengine.refine.audit.scores import ObjectScores

__all__ = ["Thresholds", "failures"]


@dataclass(frozen=True)
class Thresholds:
    """What an object must reach.

    The defaults separate every kind of planted harm from harmless changes on renders of dice and of small metal
    parts; `simengine.refine.audit.calibrate` fits them to a user's own.

    Attributes:
        ncc: Least correlation of gradients.
        shift: Greatest movement [px].
        agreement: Least share of the outline whose edge stayed within 1 px.
    """

    ncc: float = 0.57
    shift: float = 1.0
    agreement: float = 0.5

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("ncc", self.ncc, -1, 1),
            ("shift", self.shift, 0, 12),
            ("agreement", self.agreement, 0, 1),
        ):
            if not low <= value <= high:
                raise SimengineError(f"audit threshold {name} is {value!r}: give a number from {low} to {high}.")

    def to_dict(self) -> dict[str, float]:
        """In JSON types."""
        return asdict(self)


def failures(scores: ObjectScores, thresholds: Thresholds) -> list[str]:
    """Why an object fails: ``ncc``, ``shift``, ``agreement``; empty if it passes.

    A score that can't be measured (NaN) fails nothing by itself: an object without any edge in the render can't be
    told from one that vanished, and one whose outline lies on the picture's border has none to compare.
    """
    checks = (
        ("ncc", scores.ncc, scores.ncc < thresholds.ncc),
        ("shift", scores.shift, scores.shift > thresholds.shift),
        ("agreement", scores.boundary_agreement, scores.boundary_agreement < thresholds.agreement),
    )
    return [name for name, value, wrong in checks if wrong and not math.isnan(value)]
