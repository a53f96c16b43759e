"""Refining the signals of a whole data set: same samples, lengths and labels, with a certificate for every recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.build import Progress, build
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.dataset.reader import Dataset
from simengine.dataset.record import SampleRecord
from simengine.dataset.shard import hash_file
from simengine.errors import SimengineError
from simengine.refine.chain import REJECTED
from simengine.refine.run import refined_manifest
from simengine.refine.signals.audit.rule import SignalThresholds
from simengine.refine.signals.chain import SignalChain
from simengine.refine.signals.sound import SignalRefiner, require_signals

__all__ = ["MODEL", "SignalSummary", "refine_signals", "summarize_signals"]

MODEL = "refiner"
"""Folder in a refined data set that holds the network it was refined with."""


@dataclass(frozen=True)
class SignalSummary:
    """What the audit says of the signals of a data set.

    Attributes:
        recordings: Number of recordings by one sensor with a verdict.
        signals: Number by verdict: ``kept``, ``restored``, ``dropped``.
        told: Number whose fault can be heard in the simulation, so that it could have been lost.
        strikes: Median part of the correlation with the labelled strikes that refining left; None without any.
        lines: The same of the height of fault lines.
        shift: 95 % quantile of the delays [ms]; None without any.
    """

    recordings: int
    signals: dict[str, int]
    told: int
    strikes: float | None
    lines: float | None
    shift: float | None

    @property
    def keep_rate(self) -> float:
        """Share of the recordings that kept their labels as refined; 1 without any."""
        return self.signals["kept"] / self.recordings if self.recordings else 1.0

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {
            "recordings": self.recordings,
            "signals": self.signals,
            "keep_rate": round(self.keep_rate, 4),
            "told": self.told,
            "strikes_median": self.strikes,
            "lines_median": self.lines,
            "shift_ms_q95": self.shift,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SignalSummary:
        """Reads what `to_dict` wrote."""
        return cls(
            data["recordings"],
            dict(data["signals"]),
            data["told"],
            data["strikes_median"],
            data["lines_median"],
            data["shift_ms_q95"],
        )

    def __str__(self) -> str:
        counts = ", ".join(f"{word} {number}" for word, number in self.signals.items())
        parts = [f"{self.recordings} recordings: {counts}", f"the fault is heard in {self.told} of the simulated ones"]
        parts += [] if self.strikes is None else [f"of its strikes {self.strikes:.0%} are left"]
        parts += [] if self.lines is None else [f"of its lines {self.lines:.0%}"]
        parts += [] if self.shift is None else [f"95 % are late by at most {self.shift:.2f} ms"]
        return "; ".join(parts) + "."


def summarize_signals(verdicts: Iterable[Mapping[str, Any]]) -> SignalSummary:
    """Adds up verdicts (`simengine.refine.signals.audit.verdict.SignalVerdict.to_dict`)."""
    counts: Counter[str] = Counter({"kept": 0, "restored": 0, "dropped": 0})
    told = 0
    scores: dict[str, list[float]] = {"strikes": [], "lines": [], "shift": []}
    for one in verdicts:
        counts[one["verdict"]] += 1
        told += one["told"]
        for name, values in scores.items():
            values += [one[name]] if one[name] is not None else []

    def quantile(name: str, q: float) -> float | None:
        return round(float(np.quantile(scores[name], q)), 4) if scores[name] else None

    return SignalSummary(
        sum(counts.values()),
        dict(counts),
        told,
        quantile("strikes", 0.5),
        quantile("lines", 0.5),
        quantile("shift", 0.95),
    )


def _verdicts(samples: Iterable[SampleRecord]) -> Iterable[Mapping[str, Any]]:
    """The verdicts in the records of a refined data set."""
    given = (machine.certificate for sample in samples for machine in sample.machines)
    return (one for certificate in given if certificate is not None for one in certificate["signals"])


def refine_signals(
    source: str | Path,
    *,
    out: str | Path,
    refiner: SignalRefiner,
    seed: int = 0,
    thresholds: SignalThresholds | None = None,
    audit: dict[str, Any] | None = None,
    rejected: str = "raw",
    workers: int = 1,
    progress: Progress | None = None,
) -> SignalSummary:
    """Refines every recording of a data set, or goes on with one that was interrupted.

    The result is a data set like any other: the same samples and labels, other sounds. Each recording has its verdict in
    the record of its machine, the manifest the summary. Pictures of the same samples come along as they are.

    Args:
        source: Folder of the simulation.
        out: Folder of the refined data set.
        refiner: What changes the signals.
        seed: Seed of what it draws, any integer from 0.
        thresholds: Rule of the audit; the defaults of `SignalThresholds` if None.
        audit: How the thresholds were found (`Calibration.to_dict`), for the manifest.
        rejected: ``raw``: a recording whose labels did not survive keeps its simulation; ``drop``: it is left out.
        workers: Processes.
        progress: Told of what is done.

    Raises:
        SimengineError: An argument is out of range, a data set lacks what is needed, or the disk refuses.
    """
    if rejected not in REJECTED:
        raise SimengineError(f"rejected is {rejected!r}: give one of {', '.join(REJECTED)}.")
    dataset = Dataset.open(source)
    require_signals(dataset)
    rule = thresholds or SignalThresholds()
    plan = {
        **dataset.plan,
        "refined": {
            "kind": "signals",
            "source": dataset.hash,
            "refiner": refiner.to_dict(),
            "seed": seed,
            "thresholds": rule.to_dict(),
            "calibration": audit,
            "rejected": rejected,
        },
    }
    chain = SignalChain(Path(source).absolute(), refiner, seed, rule, rejected)

    def finish(root: Path, plan: dict[str, Any]) -> dict[str, Any]:
        refined = refined_manifest(root, plan, [entry["name"] for entry in dataset.manifest["classes"]])
        summary = summarize_signals(_verdicts(Dataset(root, refined)))
        refined["audit"] = summary.to_dict()
        _keep_model(root, refiner, refined)
        return refined

    built = build(Path(out), plan, open_maker=chain, finish=finish, workers=workers, progress=progress)
    return SignalSummary.from_dict(built.manifest["audit"])


def _keep_model(root: Path, refiner: SignalRefiner, manifest: dict[str, Any]) -> None:
    """A network is kept with the data that it made, so that they can be made again."""
    for name in refiner.files:
        path = root / MODEL / name
        with disk_errors("copy", path):
            path.parent.mkdir(exist_ok=True)
            write_atomic(path, (Path(refiner.folder) / name).read_bytes())
        manifest["exports"][f"{MODEL}/{name}"] = hash_file(path)
