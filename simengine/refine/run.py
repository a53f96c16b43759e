"""Refining a whole data set: same names, sizes and labels, with a certificate for every picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.build import Progress, build
from simengine.dataset.manifest import finished_manifest
from simengine.dataset.reader import Dataset
from simengine.dataset.record import ViewRecord
from simengine.dataset.shard import hash_file, read_shard
from simengine.dataset.tally import Tally
from simengine.dataset.units import work_units
from simengine.errors import SimengineError
from simengine.formats.coco import COCO_FILE, write_coco
from simengine.refine.audit.rule import Thresholds
from simengine.refine.chain import REJECTED, RefineChain
from simengine.refine.frame import require_outputs
from simengine.refine.method import Refiner

__all__ = ["AuditSummary", "refine_dataset", "refined_manifest", "summarize"]


@dataclass(frozen=True)
class AuditSummary:
    """What the audit says of a data set.

    Attributes:
        pictures: Number of pictures with a certificate.
        accepted: Number accepted.
        objects: Number of labelled objects by verdict: ``kept``, ``restored``, ``dropped``.
        ncc: Median correlation of the objects' gradients before anything was restored; None without objects.
        shift: 95 % quantile of their movement [px]; None without objects.
    """

    pictures: int
    accepted: int
    objects: dict[str, int]
    ncc: float | None
    shift: float | None

    @property
    def keep_rate(self) -> float:
        """Share of the objects that the refiner left in place by itself; 1 without objects."""
        total = sum(self.objects.values())
        return self.objects.get("kept", 0) / total if total else 1.0

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {
            "pictures": self.pictures,
            "accepted": self.accepted,
            "objects": self.objects,
            "keep_rate": round(self.keep_rate, 4),
            "ncc_median": self.ncc,
            "shift_px_q95": self.shift,
        }

    def __str__(self) -> str:
        counts = ", ".join(f"{word} {number}" for word, number in self.objects.items())
        scores = (
            "" if self.ncc is None else f"; median correlation {self.ncc:.2f}, 95 % moved at most {self.shift:.2f} px"
        )
        return f"{self.accepted} of {self.pictures} pictures accepted. Objects: {counts or 'none'}{scores}."


def summarize(views: Iterable[ViewRecord]) -> AuditSummary:
    """Adds up the certificates of pictures, in constant memory per object.

    Args:
        views: Views; those without a certificate don't count.
    """
    verdicts: Counter[str] = Counter({"kept": 0, "restored": 0, "dropped": 0})
    pictures = accepted = 0
    ncc: list[float] = []
    shift: list[float] = []
    for view in views:
        if view.certificate is None:
            continue
        pictures += 1
        accepted += view.certificate["accepted"]
        for thing in view.certificate["objects"]:
            verdicts[thing["verdict"]] += 1
            ncc += [thing["ncc"]] if thing["ncc"] is not None else []
            shift += [thing["shift"]] if thing["shift"] is not None else []
    return AuditSummary(
        pictures,
        accepted,
        dict(verdicts),
        round(float(np.median(ncc)), 4) if ncc else None,
        round(float(np.quantile(shift, 0.95)), 4) if shift else None,
    )


def refined_manifest(root: Path, plan: dict[str, Any], classes: list[str]) -> dict[str, Any]:
    """The manifest of a refined data set whose shards all stand, without its audit."""
    tally, hashes = Tally(), []
    for unit in work_units(plan):
        index, shard_hash = read_shard(root, unit.shard)
        tally.merge(Tally.from_dict(index["counts"]))
        hashes.append(shard_hash)
    return finished_manifest(plan, classes=classes, shards=hashes, tally=tally)


def refine_dataset(
    source: str | Path,
    *,
    out: str | Path,
    refiner: Refiner,
    seed: int = 0,
    thresholds: Thresholds | None = None,
    audit: dict[str, Any] | None = None,
    budget: float = 0.1,
    rejected: str = "raw",
    workers: int = 1,
    progress: Progress | None = None,
) -> AuditSummary:
    """Refines every picture of a data set, or goes on with one that was interrupted.

    The result is a data set like any other: the same samples, sizes, names and labels, other colours. Each view
    carries its certificate, the manifest the summary. Objects that the refiner damaged have their render back.

    Args:
        source: Folder of the renders, with colour pictures.
        out: Folder of the refined data set.
        refiner: What changes the pictures.
        seed: Seed of what it draws, any integer from 0.
        thresholds: Rule of the audit; the defaults of `Thresholds` if None.
        audit: How the thresholds were found (`Calibration.to_dict`), for the manifest.
        budget: Greatest share of a picture's objects that may be dropped.
        rejected: ``raw``: a rejected picture keeps its render; ``drop``: it is left out.
        workers: Processes.
        progress: Told of what is done.

    Raises:
        SimengineError: An argument is out of range, a data set lacks what is needed, or the disk refuses.
    """
    if rejected not in REJECTED:
        raise SimengineError(f"rejected is {rejected!r}: give one of {', '.join(REJECTED)}.")
    if not 0 <= budget <= 1:
        raise SimengineError(f"budget is {budget!r}: give a share from 0 to 1.")
    dataset = Dataset.open(source)
    require_outputs(dataset)
    rule = thresholds or Thresholds()
    plan = {
        **dataset.plan,
        "refined": {
            "source": dataset.hash,
            "refiner": refiner.to_dict(),
            "seed": seed,
            "thresholds": rule.to_dict(),
            "calibration": audit,
            "budget": budget,
            "rejected": rejected,
        },
    }
    chain = RefineChain(Path(source).absolute(), refiner, seed, rule, budget, rejected)
    classes = [entry["name"] for entry in dataset.manifest["classes"]]

    def finish(root: Path, plan: dict[str, Any]) -> dict[str, Any]:
        manifest = refined_manifest(root, plan, classes)
        refined = Dataset(root, manifest)
        summary = summarize(view for sample in refined for view in sample.views)
        left_out = sum(len(sample.views) for sample in dataset) - summary.pictures
        manifest["audit"] = {**summary.to_dict(), "pictures": summary.pictures + left_out}
        write_coco(refined, root / COCO_FILE)
        manifest["exports"][COCO_FILE] = hash_file(root / COCO_FILE)
        return manifest

    built = build(Path(out), plan, open_maker=chain, finish=finish, workers=workers, progress=progress)
    found = built.manifest["audit"]
    return AuditSummary(
        found["pictures"], found["accepted"], found["objects"], found["ncc_median"], found["shift_px_q95"]
    )
