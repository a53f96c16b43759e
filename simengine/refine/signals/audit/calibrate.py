"""Thresholds from the user's own simulation: as lenient as a stated rate of false accepts allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.metrics.roc import auc
from simengine.formats.signal import SignalRecord
from simengine.refine.audit.calibrate import Calibration, upper_bound
from simengine.refine.signals.audit.corruption import HARMFUL, harmless
from simengine.refine.signals.audit.hearing import hear
from simengine.refine.signals.audit.rule import LIMITS, SignalThresholds, failures
from simengine.refine.signals.audit.scores import SignalScores, score_signal
from simengine.sampling.streams import stream

__all__ = ["calibrate_signals"]

_LAX = SignalThresholds(
    strikes=0.25, lines=0.2, shift=1.0, order_shift=0.8, speed_shift=0.8, resonance_shift=5.0, invented=8.0
)
_NOTHING = SignalThresholds(
    **{name: 0.0 if name in ("strikes", "lines") else high for name, (_, high) in LIMITS.items()}
)
_RISES = ("strikes", "lines")  # scores that are better if greater
_LOSSES = ("dissolved", "flattened")  # harm only where a fault can be heard
_STEPS = 40


def calibrate_signals(
    records: Iterable[SignalRecord], *, seed: int = 0, false_accepts: float = 0.01, planted: int = 120
) -> Calibration:
    """Fits the rule on planted changes.

    Every recording is changed harmlessly, and again after each kind of harm. The rule starts lax; each kind of harm
    tightens the two scores that tell it best until its false accepts stay within the rate asked for, never beyond what 80 %
    of harmless changes reach. Where a fault can't be heard in the simulation either, it can't be lost, and only what else can happen
    to a recording is planted there.

    Args:
        records: Simulated recordings with their labels.
        seed: Seed of the planted changes.
        false_accepts: Greatest share of harmed recordings that may pass.
        planted: Recordings to harm by each kind; they are read until it is reached.

    Raises:
        SimengineError: There is no recording.
    """
    clean: list[SignalScores] = []
    harmed: dict[str, list[SignalScores]] = {kind: [] for kind in HARMFUL}
    for number, record in enumerate(records):
        rng = stream(seed, number, "audit.calibrate.signals")
        heard = hear(record)
        untouched = np.asarray(record.signal, np.float64)
        scores = score_signal(record, harmless(untouched, record.rate, rng), heard=heard)
        clean.append(scores)
        for kind, (change, size) in HARMFUL.items():
            if len(harmed[kind]) >= planted or (kind in _LOSSES and not scores.told):
                continue
            bad = change(record, rng, size)
            if bad is not None:
                harmed[kind].append(score_signal(record, harmless(bad, record.rate, rng), heard=heard))
        if min(len(found) for found in harmed.values()) >= planted:
            break
    if not clean:
        raise SimengineError("the audit can't be calibrated: the data set has no recording of a machine.")
    harmed = {kind: found for kind, found in harmed.items() if found}
    thresholds = _most_lenient(clean, harmed, false_accepts)
    accepted = {kind: _kept(found, thresholds) for kind, found in harmed.items()}
    return Calibration(
        thresholds=thresholds,
        false_accepts=false_accepts,
        harmless=len(clean),
        kept=_kept(clean, thresholds),
        harmed={kind: len(found) for kind, found in harmed.items()},
        accepted=accepted,
        bound={kind: upper_bound(accepted[kind], len(found)) for kind, found in harmed.items()},
        auc={kind: _aucs(clean, found) for kind, found in harmed.items()},
    )


def _most_lenient(clean: list[SignalScores], harmed: dict[str, list[SignalScores]], rate: float) -> SignalThresholds:
    """Starts lax; every kind of harm in turn tightens the two scores that tell it best, until its false accepts suffice."""
    rule, strict = _LAX, {name: _quantile(clean, name) for name in LIMITS}
    for found in harmed.values():
        middle = {name: (getattr(_LAX, name) + limit) / 2 for name, limit in strict.items()}
        told = {name: _kept(found, replace(_NOTHING, **{name: limit})) for name, limit in middle.items()}
        for name in sorted(told, key=lambda score: told[score])[:2]:
            start = getattr(rule, name)
            for step in range(_STEPS + 1):
                if _kept(found, rule) <= rate:
                    break
                rule = replace(rule, **{name: round(start + step / _STEPS * (strict[name] - start), 3)})
    return rule


def _quantile(scores: list[SignalScores], name: str) -> float:
    """What 80 % of harmless changes reach, or lax if that is stricter."""
    values = np.array([getattr(s, name) for s in scores])
    values = values[np.isfinite(values)]
    lax = getattr(_LAX, name)
    if not len(values):
        return lax
    if name in _RISES:
        return float(np.clip(np.quantile(values, 0.2), lax, 1.0))
    return float(np.clip(np.quantile(values, 0.8), 0.0, lax))


def _kept(scores: list[SignalScores], rule: SignalThresholds) -> float:
    return float(np.mean([not failures(s, rule) for s in scores])) if scores else 0.0


def _aucs(clean: list[SignalScores], harmed: list[SignalScores]) -> dict[str, float]:
    out = {}
    for name in LIMITS:
        sign = -1 if name in _RISES else 1
        a, b = (np.array([sign * getattr(s, name) for s in scores]) for scores in (clean, harmed))
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        if len(a) and len(b):
            out[name] = round(auc(b, a), 4)
    return out
