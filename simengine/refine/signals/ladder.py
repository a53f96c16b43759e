"""The ladder of signals: from the gentlest method up, as long as labels survive and the distance falls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.reader import Dataset
from simengine.errors import SimengineError
from simengine.evaluate.metrics.bootstrap import Interval, bootstrap
from simengine.evaluate.metrics.kernel_distance import median_bandwidth, mmd
from simengine.refine.ladder import KEEP_RATE
from simengine.refine.signals.audit.rule import SignalThresholds
from simengine.refine.signals.audit.verdict import audit_signal
from simengine.refine.signals.closeness import Scale, window_rows
from simengine.refine.signals.recordings import HealthyRecordings
from simengine.refine.signals.sound import SignalRefiner, Sound, sounds
from simengine.sampling.streams import stream

__all__ = ["SignalClimb", "SignalRung", "climb_signals"]

_TRIAL = 96  # simulated recordings that methods are tried on
_MOST = 400  # real windows
_LEAST = 4  # healthy simulated recordings
_RESAMPLES = 400


@dataclass(frozen=True)
class SignalRung:
    """One method on trial.

    Attributes:
        name: The method.
        distance: Maximum mean discrepancy of healthy windows to the real ones.
        fall: By how much that is below the best rung before it, with its 95 % interval; None for the simulation.
        keep_rate: Share of the recordings that kept their labels by themselves.
        taken: Whether it passed: kept enough, and fell by more than its interval.
    """

    name: str
    distance: float
    fall: Interval | None
    keep_rate: float
    taken: bool

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        fall = self.fall
        return {
            "method": self.name,
            "mmd": round(self.distance, 5),
            "fall": None if fall is None else [round(v, 5) for v in (fall.value, fall.low, fall.high)],
            "keep_rate": round(self.keep_rate, 4),
            "taken": self.taken,
        }

    def __str__(self) -> str:
        fall = (
            "" if self.fall is None else f", fell by {self.fall.value:.4f} [{self.fall.low:.4f}, {self.fall.high:.4f}]"
        )
        kept = "" if self.fall is None else f", recordings kept {self.keep_rate:.0%}"
        return f"{self.name:12s} distance {self.distance:.4f}{fall}{kept}{'  <- taken' if self.taken else ''}"


@dataclass(frozen=True)
class SignalClimb:
    """How far the ladder was climbed.

    Attributes:
        rungs: What was tried, the simulation as it is first.
        refiner: The highest rung taken; None if none was.
    """

    rungs: tuple[SignalRung, ...]
    refiner: SignalRefiner | None


def climb_signals(
    simulation: Dataset,
    real: HealthyRecordings,
    methods: Sequence[tuple[str, Callable[[], SignalRefiner]]],
    *,
    thresholds: SignalThresholds | None = None,
    seed: int = 0,
    report: Callable[[SignalRung], None] | None = None,
) -> SignalClimb:
    """Tries methods in order and stops at the first that damages labels or does not come nearer.

    A method is taken if at least `KEEP_RATE` of the recordings keep their labels by themselves and the distance of the
    healthy ones to real windows is below the best so far by more than the 95 % interval of the difference.

    Args:
        simulation: The data set to refine; of its recordings 96 are tried on.
        real: Real healthy recordings.
        methods: Name of each method and what fits it, cheapest first.
        thresholds: Rule of the audit.
        seed: Of what refiners draw and of resampling.
        report: Told of every rung.

    Raises:
        SimengineError: The simulation has too few healthy recordings to compare.
    """
    trial = list(sounds(simulation, most=_TRIAL))
    healthy = [sound for sound in trial if sound.healthy]
    if len(healthy) < _LEAST:
        raise SimengineError(
            f"{len(healthy)} healthy simulated recordings among {len(trial)} are too few to compare: methods are chosen by at "
            f"least {_LEAST}. Simulate more, or name a method."
        )
    rate = healthy[0].rate
    rows = window_rows((record.signal for record in real.at(rate)), rate)
    raw = window_rows((sound.signal for sound in healthy), rate)
    scale = Scale(rows, raw)
    target = scale(rows[np.linspace(0, len(rows) - 1, min(_MOST, len(rows))).round().astype(int)])
    best = scale(raw)
    width = median_bandwidth(target, best)

    def distance(windows: NDArray[np.float64]) -> float:
        return float(mmd(target, windows, bandwidth=width))

    rungs = [SignalRung("simulation", distance(best), None, 1.0, False)]
    if report:
        report(rungs[0])
    refiner: SignalRefiner | None = None
    for name, fit in methods:
        candidate = fit()
        signals, kept = _tried(candidate, trial, thresholds, seed)
        made = scale(window_rows((signals[sound.id] for sound in healthy), rate))
        fall = bootstrap(
            lambda a, pair: float(mmd(a, pair[:, 0], bandwidth=width) - mmd(a, pair[:, 1], bandwidth=width)),
            target,
            np.stack([best, made], axis=1),
            unit="window",
            method="half",
            resamples=_RESAMPLES,
            seed=seed,
        )
        taken = kept >= KEEP_RATE and fall.low > 0
        rungs.append(SignalRung(name, distance(made), fall, kept, taken))
        if report:
            report(rungs[-1])
        if not taken:
            break
        best, refiner = made, candidate
    return SignalClimb(tuple(rungs), refiner)


def _tried(
    refiner: SignalRefiner, trial: Sequence[Sound], thresholds: SignalThresholds | None, seed: int
) -> tuple[dict[str, NDArray[np.float64]], float]:
    """What becomes of recordings, and the share that kept their labels."""
    signals, kept = {}, 0
    for sound in trial:
        refined = refiner.refine(sound, stream(seed, 0, f"refine.{sound.id}"))
        _, verdict = audit_signal(sound, refined, thresholds=thresholds)
        kept += verdict.verdict == "kept"
        signals[sound.id] = refined.signal
    return signals, kept / len(trial)
