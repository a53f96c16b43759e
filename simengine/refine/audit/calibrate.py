"""Thresholds from the user's own renders: as lenient as a stated rate of false accepts allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.evaluate.metrics.roc import auc
from simengine.refine.audit.corruption import HARMFUL, harm, harmless
from simengine.refine.audit.rule import Thresholds, failures
from simengine.refine.audit.scores import ObjectScores, score_objects
from simengine.sampling.streams import stream

__all__ = ["Calibration", "calibrate", "upper_bound"]

_LAX = Thresholds(ncc=0.3, shift=1.5, agreement=0.3)
_PER_PICTURE = 4  # objects of a picture that are harmed at once, by each kind
_STEPS = 40


@dataclass(frozen=True)
class Calibration:
    """Thresholds, and what they do to planted changes.

    Attributes:
        thresholds: The rule, of pictures or of signals.
        false_accepts: Rate asked for.
        harmless: Number of objects (recordings) under harmless changes.
        kept: Share of them that the rule keeps.
        harmed: By kind of harm, number of objects harmed.
        accepted: By kind, share of them that the rule wrongly keeps.
        bound: By kind, upper end of its one-sided 95 % interval (Clopper and Pearson 1934).
        auc: By kind and score, area under the ROC curve against harmless changes.
    """

    thresholds: Any
    false_accepts: float
    harmless: int
    kept: float
    harmed: dict[str, int]
    accepted: dict[str, float]
    bound: dict[str, float]
    auc: dict[str, dict[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {
            "thresholds": self.thresholds.to_dict(),
            "false_accepts_asked": self.false_accepts,
            "harmless": {"objects": self.harmless, "kept": round(self.kept, 4)},
            "harm": {
                kind: {
                    "objects": self.harmed[kind],
                    "accepted": round(self.accepted[kind], 4),
                    "accepted_upper_95": round(self.bound[kind], 4),
                    "auc": self.auc[kind],
                }
                for kind in self.harmed
            },
        }


def calibrate(
    pictures: Iterable[tuple[NDArray[np.uint8], NDArray[np.int32], Sequence[int]]],
    *,
    seed: int = 0,
    false_accepts: float = 0.01,
    planted: int = 120,
) -> Calibration:
    """Fits the rule on planted changes.

    Every picture is changed harmlessly, and again with some of its objects harmed by each kind. Among rules between
    strict (keeps 95 % of harmless changes by each score) and lax, the most lenient is taken whose false accepts of
    every kind stay within the rate asked for: refiners change pictures more than any planted change.

    Args:
        pictures: Renders: sRGB uint8 (H, W, 3), ids int32 (H, W), and the ids that have a label.
        seed: Seed of the planted changes.
        false_accepts: Greatest share of harmed objects that may pass.
        planted: Objects to harm by each kind; pictures are read until they are reached.

    Raises:
        SimengineError: There is no labelled object.
    """
    clean: list[ObjectScores] = []
    harmed: dict[str, list[ObjectScores]] = {kind: [] for kind in HARMFUL}
    for number, (rgb, ids, objects) in enumerate(pictures):
        if not objects:
            continue
        rng = stream(seed, number, "audit.calibrate")
        clean += score_objects(rgb, harmless(rgb, rng), ids, objects)
        for kind in HARMFUL:
            chosen = [int(i) for i in rng.permutation(np.asarray(objects))[:_PER_PICTURE]]
            picture = rgb
            for one in chosen:
                picture = harm(kind, picture, ids == one, rng)
            harmed[kind] += score_objects(rgb, harmless(picture, rng), ids, chosen)
        if min(len(found) for found in harmed.values()) >= planted:
            break
    if not clean:
        raise SimengineError("the audit can't be calibrated: no picture has a labelled object. Generate with labels.")
    thresholds = _most_lenient(clean, harmed, false_accepts)
    accepted = {kind: _kept(found, thresholds) for kind, found in harmed.items()}
    return Calibration(
        thresholds=thresholds,
        false_accepts=false_accepts,
        harmless=len(clean),
        kept=_kept(clean, thresholds),
        harmed={kind: len(found) for kind, found in harmed.items()},
        accepted=accepted,
        bound={kind: upper_bound(accepted[kind], len(found)) for kind, found in harmed.items()},
        auc={kind: _aucs(clean, found) for kind, found in harmed.items()},
    )


def _most_lenient(clean: list[ObjectScores], harmed: dict[str, list[ObjectScores]], rate: float) -> Thresholds:
    strict = Thresholds(
        ncc=max(_quantile(clean, "ncc", 0.05), _LAX.ncc),
        shift=min(_quantile(clean, "shift", 0.95), _LAX.shift),
        agreement=max(_quantile(clean, "boundary_agreement", 0.05), _LAX.agreement),
    )
    for step in range(_STEPS, -1, -1):
        part = step / _STEPS
        rule = Thresholds(
            **{key: round(low + part * (getattr(_LAX, key) - low), 3) for key, low in strict.to_dict().items()}
        )
        if all(_kept(found, rule) <= rate for found in harmed.values()):
            return rule
    return strict


def _quantile(scores: list[ObjectScores], name: str, q: float) -> float:
    values = np.array([getattr(s, name) for s in scores])
    values = values[np.isfinite(values)]
    return (
        float(np.quantile(values, q)) if len(values) else getattr(_LAX, "agreement" if name.startswith("b") else name)
    )


def _kept(scores: list[ObjectScores], rule: Thresholds) -> float:
    return float(np.mean([not failures(s, rule) for s in scores])) if scores else 0.0


def upper_bound(rate: float, count: int) -> float:
    """Upper end of the one-sided 95 % interval of a rate that was found in ``count`` trials (Clopper and Pearson 1934)."""
    from scipy.stats import beta

    hits = round(rate * count)
    return 1.0 if hits >= count else float(beta.ppf(0.95, hits + 1, count - hits))


def _aucs(clean: list[ObjectScores], harmed: list[ObjectScores]) -> dict[str, float]:
    out = {}
    for name, sign in (
        ("ncc", -1),
        ("shift", 1),
        ("edge_displacement", 1),
        ("boundary_agreement", -1),
        ("keypoint_shift", 1),
    ):
        a, b = (np.array([sign * getattr(s, name) for s in scores]) for scores in (clean, harmed))
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        if len(a) and len(b):
            out[name] = round(auc(b, a), 4)
    return out
