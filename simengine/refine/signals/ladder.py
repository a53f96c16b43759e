"""The ladder of signals: the distance of healthy windows decides, and how many recordings keep their labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.reader import Dataset
from simengine.errors import SimengineError
from simengine.evaluate.metrics.kernel_distance import median_bandwidth, mmd
from simengine.refine.ladder import Climb, Gap, Rung, Trial, climb
from simengine.refine.signals.audit.rule import SignalThresholds
from simengine.refine.signals.audit.verdict import audit_signal
from simengine.refine.signals.closeness import Scale, window_rows
from simengine.refine.signals.recordings import HealthyRecordings
from simengine.refine.signals.sound import SignalRefiner, Sound, sounds
from simengine.sampling.streams import stream

__all__ = ["climb_signals"]

_TRIAL = 96  # simulated recordings that methods are tried on
_MOST = 400  # real windows
_LEAST = 4  # healthy simulated recordings


def climb_signals(
    simulation: Dataset,
    real: HealthyRecordings,
    methods: Sequence[tuple[str, Callable[[], SignalRefiner]]],
    *,
    thresholds: SignalThresholds | None = None,
    seed: int = 0,
    report: Callable[[Rung], None] | None = None,
) -> Climb[SignalRefiner]:
    """Tries methods as `simengine.refine.ladder.climb` does, by the maximum mean discrepancy of healthy windows.

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
    start = scale(raw)
    width = median_bandwidth(target, start)

    def attempt(refiner: SignalRefiner) -> Trial:
        signals, kept = _tried(refiner, trial, thresholds, seed)
        made = scale(window_rows((signals[sound.id] for sound in healthy), rate))
        return Trial(made, kept, f"recordings kept {kept:.0%}")

    gap = Gap("mmd", "distance", "window", lambda a, b: float(mmd(a, b, bandwidth=width)))
    return climb(methods, attempt, gap=gap, real=target, start=start, start_name="simulation", seed=seed, report=report)


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
