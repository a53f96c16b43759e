"""Thresholds from the user's own simulation: as lenient as a stated rate of false accepts allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

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
_RISES = ("strikes", "lines")  # scores that are better if greater
_LOSSES = ("dissolved", "flattened")  # harm only where a fault can be heard
_SIGN = {name: -1 if name in _RISES else 1 for name in LIMITS}
_STEPS = 40


def calibrate_signals(
    records: Iterable[SignalRecord], *, seed: int = 0, false_accepts: float = 0.01, planted: int = 120
) -> Calibration:
    """Fits the rule on planted changes.

    Every recording is changed harmlessly, and again after each kind of harm. The rule starts lax; each kind of harm
    tightens the one or two scores whose tightening costs the fewest harmless ones, until its false accepts stay within
    the rate asked for, never beyond what 80 % of harmless changes reach. Where a fault can't be heard in the simulation
    either, it can't be lost, and only what else can happen to a recording is planted there.

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
    """Starts lax; every kind of harm in turn tightens the one or two scores that cost the fewest harmless ones."""
    rule, strict = _LAX, {name: _quantile(clean, name) for name in LIMITS}
    harmless = _table(clean)
    for scores in harmed.values():
        found = _table(scores)
        ways = [_tightened(rule, names, strict, found, rate) for names in combinations_with_replacement(LIMITS, 2)]
        rule = min(ways, key=lambda way: (max(_passing(found, way), rate), -_passing(harmless, way)))
    return rule


def _tightened(
    rule: SignalThresholds, names: tuple[str, str], strict: dict[str, float], harmed: NDArray[np.float64], rate: float
) -> SignalThresholds:
    """The rule with some scores as strict as it takes."""
    start = {name: getattr(rule, name) for name in names}
    for step in range(_STEPS + 1):
        if _passing(harmed, rule) <= rate:
            break
        part = step / _STEPS
        rule = replace(rule, **{name: round(at + part * (strict[name] - at), 3) for name, at in start.items()})
    return rule


def _table(scores: list[SignalScores]) -> NDArray[np.float64]:
    """Scores as rows, signs turned so that less is better."""
    return np.array([[_SIGN[name] * getattr(one, name) for name in LIMITS] for one in scores])


def _passing(table: NDArray[np.float64], rule: SignalThresholds) -> float:
    """Share of rows that a rule keeps, as `failures` judges them."""
    limits = np.array([_SIGN[name] * getattr(rule, name) for name in LIMITS])
    return float(np.mean(~(table > limits).any(axis=1)))


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
    return float(np.mean([not failures(s, rule) for s in scores]))


def _aucs(clean: list[SignalScores], harmed: list[SignalScores]) -> dict[str, float]:
    out = {}
    for name in LIMITS:
        a, b = (np.array([_SIGN[name] * getattr(s, name) for s in scores]) for scores in (clean, harmed))
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        if len(a) and len(b):
            out[name] = round(auc(b, a), 4)
    return out
