"""Auditing signals that anyone refined: a data set of ours, or recordings that kept their ``signal_id``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.reader import Dataset
from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord, open_signal_set
from simengine.refine.audit.calibrate import Calibration
from simengine.refine.signals.audit.calibrate import calibrate_signals
from simengine.refine.signals.audit.rule import SignalThresholds
from simengine.refine.signals.audit.verdict import SignalVerdict, audit_signal
from simengine.refine.signals.run import SignalSummary, summarize_signals
from simengine.refine.signals.sound import Refined, Sound, is_recording, require_signals, sounds

__all__ = ["SignalAuditReport", "audit_signals", "calibrate_on_signals"]


@dataclass(frozen=True, eq=False)
class SignalAuditReport:
    """What an audit found.

    Attributes:
        verdicts: One a recording, in order.
        missing: Simulated recordings for which there is no refined one.
    """

    verdicts: tuple[SignalVerdict, ...]
    missing: tuple[str, ...]

    @property
    def summary(self) -> SignalSummary:
        """In numbers."""
        return summarize_signals(one.to_dict() for one in self.verdicts)

    @property
    def accepted(self) -> int:
        """Number of recordings whose labels survived."""
        return sum(one.verdict == "kept" for one in self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """In JSON types: the summary, and each verdict."""
        return {
            **self.summary.to_dict(),
            "missing": list(self.missing),
            "certificates": [one.to_dict() for one in self.verdicts],
        }

    def __str__(self) -> str:
        lines = [str(self.summary)]
        failed = [one for one in self.verdicts if one.reasons]
        for one in failed[:5]:
            lines.append(f"  {one.signal}: {', '.join(one.reasons)}")
        if len(failed) > 5:
            lines.append(f"  and {len(failed) - 5} more")
        if self.missing:
            more = ", ..." if len(self.missing) > 3 else ""
            lines.append(f"No refined signal for {len(self.missing)} recordings: {', '.join(self.missing[:3])}{more}.")
        return "\n".join(lines)


def calibrate_on_signals(
    simulation: Dataset, *, seed: int = 0, false_accepts: float = 0.01, planted: int = 120
) -> Calibration:
    """Calibrates the rule on a data set's own recordings; see `calibrate_signals`."""
    require_signals(simulation)
    most = min(len(simulation), 2 * planted)
    shuffled = np.random.default_rng(seed).permutation(len(simulation))[:most]

    def records() -> Iterator[SignalRecord]:
        for row in simulation.signals(indices=sorted(shuffled.tolist())):
            if is_recording(row):
                yield SignalRecord.of_row(row)

    return calibrate_signals(records(), seed=seed, false_accepts=false_accepts, planted=planted)


def audit_signals(
    refined: str | Path,
    *,
    simulation: str | Path,
    thresholds: SignalThresholds | None = None,
    progress: Callable[[int], None] | None = None,
) -> SignalAuditReport:
    """Audits refined signals against their simulation, changing nothing.

    Args:
        refined: A refined data set, or recordings of any format that kept their ``signal_id``.
        simulation: The data set that was refined.
        thresholds: The rule.
        progress: Called with the number of recordings done.

    Raises:
        SimengineError: There is nothing to compare, or a signal has another length or rate than its simulation.
    """
    dataset = Dataset.open(simulation)
    require_signals(dataset)
    theirs = open_signal_set(refined, speed_rpm="unknown")
    places = {record.id: number for number, record in enumerate(theirs)}
    verdicts: list[SignalVerdict] = []
    missing: list[str] = []
    for number, sound in enumerate(sounds(dataset), start=1):
        place = places.get(sound.id)
        if place is None:
            missing.append(sound.id)
        else:
            verdicts.append(_judged(sound, theirs.records[place], thresholds))
        if progress:
            progress(number)
    if not verdicts:
        raise SimengineError(
            f"{refined} holds no signal named as one of {simulation}, e.g. {missing[0] if missing else '-'}: refined "
            "recordings must keep their signal_id (a column, or a key of the JSON file beside them)."
        )
    return SignalAuditReport(tuple(verdicts), tuple(missing))


def _judged(sound: Sound, record: SignalRecord, thresholds: SignalThresholds | None) -> SignalVerdict:
    if len(record.signal) != len(sound.signal) or abs(record.rate - sound.rate) > 1e-6 * sound.rate:
        raise SimengineError(
            f"the refined signal {sound.id} has {len(record.signal)} samples at {record.rate:g} Hz, its simulation "
            f"{len(sound.signal)} at {sound.rate:g} Hz: its labels fit no more. Bring it back before the audit."
        )
    _, verdict = audit_signal(sound, Refined(np.asarray(record.signal, np.float64)), thresholds=thresholds)
    return verdict
