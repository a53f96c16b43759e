"""The ladder: from the gentlest method up, as long as the labels survive and the gap narrows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.features.embedders import Embedder
from simengine.evaluate.features.images import embed
from simengine.evaluate.metrics.bootstrap import Interval, bootstrap
from simengine.evaluate.metrics.kernel_distance import kid
from simengine.refine.audit.picture import audit_picture
from simengine.refine.audit.rule import Thresholds
from simengine.refine.frame import Frame
from simengine.refine.method import Refiner, refine_all
from simengine.refine.photos import Photos
from simengine.sampling.streams import stream

__all__ = ["KEEP_RATE", "Climb", "Rung", "climb"]

KEEP_RATE = 0.9
"""Least share of objects that a method must leave in place by itself."""

_RESAMPLES = 400
_LEAST = 4  # renders and photos


@dataclass(frozen=True)
class Rung:
    """One method on trial.

    Attributes:
        name: The method.
        kid: KID of its pictures to the photos.
        fall: By how much that is below the best rung before it, with its 95 % interval; None for the renders.
        keep_rate: Share of the objects that it left in place.
        accepted: Share of the pictures accepted by the audit.
        ncc: Median correlation of the objects; None without objects.
        taken: Whether it passed: kept enough, and fell by more than its interval.
    """

    name: str
    kid: float
    fall: Interval | None
    keep_rate: float
    accepted: float
    ncc: float | None
    taken: bool

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        fall = self.fall
        return {
            "method": self.name,
            "kid": round(self.kid, 5),
            "fall": None if fall is None else [round(v, 5) for v in (fall.value, fall.low, fall.high)],
            "keep_rate": round(self.keep_rate, 4),
            "accepted": round(self.accepted, 4),
            "ncc_median": self.ncc,
            "taken": self.taken,
        }

    def __str__(self) -> str:
        fall = (
            "" if self.fall is None else f", fell by {self.fall.value:.4f} [{self.fall.low:.4f}, {self.fall.high:.4f}]"
        )
        kept = "" if self.ncc is None else f", objects kept {self.keep_rate:.0%}, pictures accepted {self.accepted:.0%}"
        return f"{self.name:12s} KID {self.kid:.4f}{fall}{kept}{'  <- taken' if self.taken else ''}"


@dataclass(frozen=True)
class Climb:
    """How far the ladder was climbed.

    Attributes:
        rungs: What was tried, the renders as they are first.
        refiner: The highest rung taken; None if none was.
    """

    rungs: tuple[Rung, ...]
    refiner: Refiner | None


def climb(
    frames: Sequence[Frame],
    photos: Photos,
    methods: Sequence[tuple[str, Callable[[], Refiner]]],
    embedder: Embedder,
    *,
    thresholds: Thresholds | None = None,
    seed: int = 0,
    most_photos: int = 200,
    report: Callable[[Rung], None] | None = None,
) -> Climb:
    """Tries methods in order and stops at the first that damages labels or does not narrow the gap.

    A method is taken if it leaves at least `KEEP_RATE` of the objects in place by itself and its KID is below the
    best so far by more than the 95 % interval of the difference, over resampled photos and pictures.

    Args:
        frames: Renders to try on, some dozens.
        photos: The real photos.
        methods: Name of each method and what fits it, cheapest first.
        embedder: The network that compares pictures.
        thresholds: Rule of the audit.
        seed: Of what refiners draw and of resampling.
        most_photos: Photos compared with, spread evenly.
        report: Told of every rung.

    Raises:
        SimengineError: There are too few renders or photos to compare.
    """
    if min(len(frames), len(photos)) < _LEAST:
        raise SimengineError(
            f"{len(frames)} renders and {len(photos)} photos are too few to compare: methods are chosen by at least "
            f"{_LEAST} of each. Give more, or name a method."
        )
    chosen = sorted({int(i) for i in np.linspace(0, len(photos) - 1, min(most_photos, len(photos))).round()})
    real = embed((photos[i] for i in chosen), embedder)
    best = embed((frame.rgb for frame in frames), embedder)
    rungs = [Rung("render", kid(real, best), None, 1.0, 1.0, None, False)]
    if report:
        report(rungs[0])
    refiner: Refiner | None = None
    for name, fit in methods:
        candidate = fit()
        trial = _Trial(candidate, frames, thresholds, seed)
        features = embed(trial.pictures(), embedder)
        fall = bootstrap(
            _fall,
            real,
            np.stack([best, features], axis=1),
            unit="picture",
            method="half",
            resamples=_RESAMPLES,
            seed=seed,
        )
        taken = trial.keep_rate >= KEEP_RATE and fall.low > 0
        rungs.append(Rung(name, kid(real, features), fall, trial.keep_rate, trial.accepted, trial.ncc, taken))
        if report:
            report(rungs[-1])
        if not taken:
            break
        best, refiner = features, candidate
    return Climb(tuple(rungs), refiner)


def _fall(real: np.ndarray, pair: np.ndarray) -> float:
    return kid(real, pair[:, 0]) - kid(real, pair[:, 1])


class _Trial:
    """Refines and audits frames, counting as they pass."""

    def __init__(self, refiner: Refiner, frames: Sequence[Frame], thresholds: Thresholds | None, seed: int) -> None:
        self._refiner, self._frames, self._thresholds, self._seed = refiner, frames, thresholds, seed
        self._kept = self._objects = self._accepted = 0
        self._ncc: list[float] = []

    def pictures(self) -> Iterator[np.ndarray]:
        drawn = ((frame, stream(self._seed, 0, f"refine.{frame.key}")) for frame in self._frames)
        for frame, refined in refine_all(self._refiner, drawn):
            picture, audit = audit_picture(frame.rgb, refined, frame.ids, frame.labelled, thresholds=self._thresholds)
            self._kept += audit.count("kept")
            self._objects += len(audit.objects)
            self._accepted += audit.accepted
            self._ncc += [o.scores.ncc for o in audit.objects if np.isfinite(o.scores.ncc)]
            yield picture

    @property
    def keep_rate(self) -> float:
        return self._kept / self._objects if self._objects else 1.0

    @property
    def accepted(self) -> float:
        return self._accepted / max(len(self._frames), 1)

    @property
    def ncc(self) -> float | None:
        return round(float(np.median(self._ncc)), 4) if self._ncc else None
