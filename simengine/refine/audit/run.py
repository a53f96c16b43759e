"""Auditing pictures that anyone refined: a data set of ours, or a folder of files named as the renders."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.manifest import MANIFEST
from simengine.dataset.reader import Dataset
from simengine.errors import SimengineError
from simengine.formats.detection import read_picture
from simengine.formats.picture_files import find_pictures
from simengine.refine.audit.calibrate import Calibration, calibrate
from simengine.refine.audit.detected import DetectorVote, with_vote
from simengine.refine.audit.picture import PictureAudit, audit_picture
from simengine.refine.audit.rule import Thresholds
from simengine.refine.audit.worst import Crop, Worst
from simengine.refine.frame import Frame, frames, read_frame, require_outputs

__all__ = ["AuditReport", "audit_pictures", "calibrate_on"]


@dataclass(frozen=True, eq=False)
class AuditReport:
    """What an audit found. Grows with the data by three numbers an object.

    Attributes:
        pictures: Number compared.
        accepted: Number accepted.
        missing: Renders for which there is no refined picture.
        failed: Number of objects that moved, vanished or changed, by class.
        objects: Number of objects, by class.
        reasons: How many objects failed by each score; one may fail by several.
        scores: Correlation, shift [px] and outline agreement of every object, (objects, 3), float32.
        worst: The objects treated worst, the worst first.
    """

    pictures: int
    accepted: int
    missing: tuple[str, ...]
    failed: dict[str, int]
    objects: dict[str, int]
    reasons: dict[str, int]
    scores: NDArray[np.float32]
    worst: tuple[Crop, ...]

    def quantile(self, score: int, q: float) -> float | None:
        """Quantile of one column of `scores`; None if it was never measured."""
        values = self.scores[:, score]
        values = values[np.isfinite(values)]
        return float(np.quantile(values, q)) if len(values) else None

    def to_dict(self) -> dict[str, Any]:
        """The summary, in JSON types."""
        ncc, shift = self.quantile(0, 0.5), self.quantile(1, 0.95)
        return {
            "pictures": self.pictures,
            "accepted": self.accepted,
            "missing": list(self.missing),
            "objects": sum(self.objects.values()),
            "failed": sum(self.failed.values()),
            "failed_by_class": {name: [self.failed.get(name, 0), count] for name, count in self.objects.items()},
            "failed_by_score": self.reasons,
            "ncc_median": None if ncc is None else round(ncc, 4),
            "shift_px_q95": None if shift is None else round(shift, 4),
        }

    def __str__(self) -> str:
        found = self.to_dict()
        lines = [
            f"{found['accepted']} of {found['pictures']} pictures accepted; {found['failed']} of {found['objects']} objects moved, vanished or changed."
        ]
        if found["ncc_median"] is not None:
            lines.append(
                f"Median correlation {found['ncc_median']:.2f}; 95 % of the objects moved at most {found['shift_px_q95']:.2f} px."
            )
        if self.missing:
            lines.append(
                f"No refined picture for {len(self.missing)} renders: {', '.join(self.missing[:3])}{', ...' if len(self.missing) > 3 else ''}."
            )
        return "\n".join(lines)


def calibrate_on(renders: Dataset, *, seed: int = 0, false_accepts: float = 0.01, planted: int = 120) -> Calibration:
    """Calibrates the rule on a data set's own renders; see `simengine.refine.audit.calibrate.calibrate`."""
    require_outputs(renders)
    shuffled = np.random.default_rng(seed).permutation(len(renders))

    def pictures() -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int32], tuple[int, ...]]]:
        for index in shuffled:
            sample = renders[int(index)]
            for view in sample.views:
                frame = read_frame(renders, sample, view)
                yield frame.rgb, frame.ids, frame.labelled

    return calibrate(pictures(), seed=seed, false_accepts=false_accepts, planted=planted)


def audit_pictures(
    refined: str | Path,
    *,
    renders: str | Path,
    thresholds: Thresholds | None = None,
    budget: float = 0.1,
    vote: DetectorVote | None = None,
    certificate: Callable[[str, PictureAudit], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> AuditReport:
    """Audits refined pictures against their renders, changing nothing.

    Args:
        refined: A refined data set, or a folder (with folders below it) of pictures whose names, without suffix, are
            those of the renders' colour pictures.
        renders: The data set that was refined.
        thresholds: The rule.
        budget: Greatest share of failing objects in an accepted picture.
        vote: A detector that must find again what it found in the renders; none if None.
        certificate: Told of every picture's certificate, by the render's file name.
        progress: Called with the number of pictures done.

    Raises:
        SimengineError: There is nothing to compare, or a picture has another size than its render.
    """
    dataset = Dataset.open(renders)
    require_outputs(dataset)
    find = _finder(Path(refined))
    failed, objects, reasons = Counter[str](), Counter[str](), Counter[str]()
    scores = array("f")
    missing: list[str] = []
    worst, pictures, accepted = Worst(), 0, 0
    for number, (frame, name) in enumerate(_named(dataset), start=1):
        after = find(name, frame)
        if after is None:
            missing.append(name)
        else:
            if after.shape != frame.rgb.shape:
                raise SimengineError(
                    f"the refined picture of {name} has {after.shape[1]} x {after.shape[0]} pixels, its render "
                    f"{frame.rgb.shape[1]} x {frame.rgb.shape[0]}: its labels fit no more. Scale it back before the audit."
                )
            _, audit = audit_picture(
                frame.rgb,
                after,
                frame.ids,
                frame.labelled,
                depth=frame.depth,
                thresholds=thresholds,
                budget=budget,
                restoring=False,
            )
            if vote:
                audit = with_vote(audit, vote.lost(frame.rgb, after, frame.ids, frame.labelled), budget=budget)
            pictures, accepted = pictures + 1, accepted + audit.accepted
            for one in audit.objects:
                kind = frame.categories.get(one.scores.id) or ""
                objects[kind] += 1
                failed[kind] += one.verdict == "dropped"
                reasons.update(one.reasons)
                scores.extend((one.scores.ncc, one.scores.shift, one.scores.boundary_agreement))
            worst.add(frame, after, audit)
            if certificate:
                certificate(name, audit)
        if progress:
            progress(number)
    if not pictures:
        raise SimengineError(
            f"{refined} holds no picture that is named as one of {renders}, e.g. {missing[0] if missing else '-'}. "
            "Give refined pictures the names of their renders; the suffix may differ."
        )
    return AuditReport(
        pictures,
        accepted,
        tuple(missing),
        {name: failed[name] for name in sorted(objects)},
        dict(sorted(objects.items())),
        dict(sorted(reasons.items())),
        np.array(scores, np.float32).reshape(-1, 3),
        worst.crops(),
    )


def _named(dataset: Dataset) -> Iterator[tuple[Frame, str]]:
    names = (Path(view.files["rgb"]).name for sample in dataset for view in sample.views)
    yield from zip(frames(dataset), names, strict=True)


def _finder(refined: Path) -> Callable[[str, Frame], NDArray[np.uint8] | None]:
    if (refined / MANIFEST).exists():
        dataset = Dataset.open(refined)
        files = {Path(v.files["rgb"]).stem: dataset.root / v.files["rgb"] for s in dataset for v in s.views}
    else:
        files = {path.stem: path for path in find_pictures(refined, deep=True)}

    def find(name: str, frame: Frame) -> NDArray[np.uint8] | None:
        path = files.get(Path(name).stem)
        return read_picture(path) if path is not None else None

    return find
