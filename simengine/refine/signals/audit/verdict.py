"""The audit of one recording: it is kept, restored or dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from simengine.refine.signals.audit.hearing import hear
from simengine.refine.signals.audit.rule import SignalThresholds, failures
from simengine.refine.signals.audit.scores import SignalScores, score_signal
from simengine.refine.signals.sound import Refined, Sound

__all__ = ["SignalVerdict", "audit_signal", "certificate"]


@dataclass(frozen=True)
class SignalVerdict:
    """What became of one recording by one sensor.

    Attributes:
        signal: Its ``signal_id``.
        scores: Its scores as refined, before anything was taken back.
        verdict: ``kept``, ``restored`` (nothing but the linear path was left) or ``dropped`` (it failed even so).
        reasons: The scores that failed.
    """

    signal: str
    scores: SignalScores
    verdict: str
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        told = {"told": self.scores.told}
        return {
            "signal": self.signal,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            **told,
            **self.scores.to_dict(),
        }


def audit_signal(
    sound: Sound,
    refined: Refined,
    *,
    thresholds: SignalThresholds | None = None,
    gentle: Callable[[], Refined] | None = None,
) -> tuple[Refined | None, SignalVerdict]:
    """Judges a refined recording, and takes back what was done to it where its labels did not survive.

    Args:
        sound: The simulated recording.
        refined: What became of it.
        thresholds: The rule.
        gentle: Makes the version with nothing but a linear path; without, a recording that fails is dropped.

    Returns:
        The recording that passed, None if none did, and its verdict.
    """
    rule = thresholds or SignalThresholds()
    heard = hear(sound.record)
    scores = score_signal(sound.record, refined.signal, heard=heard)
    reasons = tuple(failures(scores, rule))
    if not reasons:
        return refined, SignalVerdict(sound.id, scores, "kept", ())
    if gentle is not None:
        back = gentle()
        if not failures(score_signal(sound.record, back.signal, heard=heard), rule):
            return back, SignalVerdict(sound.id, scores, "restored", reasons)
    return None, SignalVerdict(sound.id, scores, "dropped", reasons)


def certificate(method: str, verdicts: Sequence[SignalVerdict]) -> dict[str, Any]:
    """The certificate of the recordings of a machine, as it stands in the record."""
    accepted = all(one.verdict != "dropped" for one in verdicts)
    return {"method": method, "accepted": accepted, "signals": [one.to_dict() for one in verdicts]}
