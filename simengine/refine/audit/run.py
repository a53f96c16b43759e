"""Auditing pictures that anyone refined: a data set of ours, or a folder of files named as the renders."""

from __future__ import annotations

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
from simengine.refine.audit.picture import PictureAudit, audit_picture
from simengine.refine.audit.rule import Thresholds
from simengine.refine.audit.worst import Worst
from simengine.refine.frame import Frame, frames, read_frame, require_outputs

__all__ = ["AuditReport", "audit_pictures", "calibrate_on"]


@dataclass(frozen=True, eq=False)
class AuditReport:
    """What an audit found.

    Attributes:
        certificates: One a picture, by the render's file name.
        missing: Renders for which there is no refined picture.
        worst: A sheet of the objects treated worst, uint8 (H, W, 3).
    """

    certificates: dict[str, PictureAudit]
    missing: tuple[str, ...]
    worst: NDArray[np.uint8]

    @property
    def accepted(self) -> int:
        """Number of pictures accepted."""
        return sum(audit.accepted for audit in self.certificates.values())

    def to_dict(self) -> dict[str, Any]:
        """In JSON types: the summary, and each certificate."""
        scores = [o.scores for audit in self.certificates.values() for o in audit.objects]
        failed = sum(audit.count("dropped") for audit in self.certificates.values())
        ncc = [s.ncc for s in scores if np.isfinite(s.ncc)]
        shift = [s.shift for s in scores if np.isfinite(s.shift)]
        return {
            "pictures": len(self.certificates),
            "accepted": self.accepted,
            "missing": list(self.missing),
            "objects": len(scores),
            "failed": failed,
            "ncc_median": round(float(np.median(ncc)), 4) if ncc else None,
            "shift_px_q95": round(float(np.quantile(shift, 0.95)), 4) if shift else None,
            "certificates": {name: audit.to_dict() for name, audit in self.certificates.items()},
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
    progress: Callable[[int], None] | None = None,
) -> AuditReport:
    """Audits refined pictures against their renders, changing nothing.

    Args:
        refined: A refined data set, or a folder (with folders below it) of pictures whose names, without suffix, are
            those of the renders' colour pictures.
        renders: The data set that was refined.
        thresholds: The rule.
        budget: Greatest share of failing objects in an accepted picture.
        progress: Called with the number of pictures done.

    Raises:
        SimengineError: There is nothing to compare, or a picture has another size than its render.
    """
    dataset = Dataset.open(renders)
    require_outputs(dataset)
    find = _finder(Path(refined))
    certificates: dict[str, PictureAudit] = {}
    missing: list[str] = []
    worst = Worst()
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
            certificates[name] = audit
            worst.add(frame, after, audit)
        if progress:
            progress(number)
    if not certificates:
        raise SimengineError(
            f"{refined} holds no picture that is named as one of {renders}, e.g. {missing[0] if missing else '-'}. "
            "Give refined pictures the names of their renders; the suffix may differ."
        )
    return AuditReport(certificates, tuple(missing), worst.sheet())


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
