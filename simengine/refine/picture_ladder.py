"""The ladder of pictures: KID to the photos decides, and how many objects the audit finds in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.features.embedders import Embedder
from simengine.evaluate.features.images import embed
from simengine.evaluate.metrics.kernel_distance import kid
from simengine.refine.audit.picture import audit_picture
from simengine.refine.audit.rule import Thresholds
from simengine.refine.frame import Frame
from simengine.refine.ladder import Climb, Gap, Rung, Trial, climb
from simengine.refine.method import Refiner, refine_all
from simengine.refine.photos import Photos
from simengine.sampling.streams import stream

__all__ = ["climb_pictures"]

_LEAST = 4  # renders and photos
_GAP = Gap("kid", "KID", "picture", lambda real, made: float(kid(real, made)))


def climb_pictures(
    frames: Sequence[Frame],
    photos: Photos,
    methods: Sequence[tuple[str, Callable[[], Refiner]]],
    embedder: Embedder,
    *,
    thresholds: Thresholds | None = None,
    seed: int = 0,
    most_photos: int = 200,
    report: Callable[[Rung], None] | None = None,
) -> Climb[Refiner]:
    """Tries methods as `simengine.refine.ladder.climb` does.

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

    def attempt(refiner: Refiner) -> Trial:
        tally = _Tally(refiner, frames, thresholds, seed)
        features = embed(tally.pictures(), embedder)
        words = (
            f"objects kept {tally.keep_rate:.0%}, pictures accepted {tally.accepted:.0%}"
            if tally.ncc is not None
            else ""
        )
        return Trial(features, tally.keep_rate, words, {"accepted": round(tally.accepted, 4), "ncc_median": tally.ncc})

    chosen = sorted({int(i) for i in np.linspace(0, len(photos) - 1, min(most_photos, len(photos))).round()})
    real = embed((photos[i] for i in chosen), embedder)
    start = embed((frame.rgb for frame in frames), embedder)
    return climb(methods, attempt, gap=_GAP, real=real, start=start, start_name="render", seed=seed, report=report)


class _Tally:
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
