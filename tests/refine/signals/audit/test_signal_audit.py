"""The audit of signals against planted shifts of known size."""

import math

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.refine.signals.audit.calibrate import calibrate_signals
from simengine.refine.signals.audit.corruption import HARMFUL, flatten, harmless, invent, move_resonances, warp
from simengine.refine.signals.audit.lags import delay, stretch
from simengine.refine.signals.audit.rule import LIMITS, SignalThresholds, failures
from simengine.refine.signals.audit.scores import score_signal
from simengine.refine.signals.audit.verdict import audit_signal
from simengine.refine.signals.sound import Refined, Sound, sounds

RATE = 12_000


@pytest.fixture(scope="module")
def clear(simulated):
    """Recordings of faults that stand well above their background."""
    dataset = simulated(12, overrides=["machines.rig.snr=15", "machines.rig.conditions.normal.share=0"])
    return [sound.record for sound in sounds(dataset)]


def test_a_delay_is_found_to_a_fifth_of_a_sample():
    rng = np.random.default_rng(0)
    fine = rng.standard_normal(4 * 6000)
    for shift in (0, 5, 37, -14):
        late = np.roll(fine, shift)
        spectra = [np.fft.rfft(one) for one in (fine, late)]
        before, after = (np.fft.irfft(one[:3001], 6000) for one in spectra)
        assert delay(before, after, RATE).value * RATE * 4 == pytest.approx(shift, abs=0.8)
    assert math.isnan(delay(rng.standard_normal(6000), rng.standard_normal(6000), RATE).value)


def test_a_stretched_axis_is_found():
    axis = np.linspace(0.05, 25, 4000)
    spectrum = sum(np.exp(-0.5 * ((axis - k * 3.58) / 0.02) ** 2) for k in range(1, 7))
    for part in (0.01, -0.02, 0.0):
        moved = np.interp(axis / (1 + part), axis, spectrum)
        found = stretch(axis, spectrum, moved, span=(1, 25), most=0.04, detail=0.004, trend=0.2)
        assert found.value == pytest.approx(part, abs=5e-4) and found.height > 0.9


def test_what_is_untouched_scores_as_untouched(clear):
    for record in clear[:4]:
        scores = score_signal(record, record.signal)
        left = [value for value in (scores.strikes, scores.lines) if not math.isnan(value)]
        assert left and left == pytest.approx([1.0] * len(left)) and scores.shift == pytest.approx(0, abs=1e-6)
        assert max(scores.order_shift, scores.speed_shift, scores.resonance_shift, scores.invented) < 0.01
        assert not failures(scores, SignalThresholds())


def test_planted_harm_is_measured_at_its_size(clear):
    warped, late, moved, flat, more = [], [], [], [], []
    for number, record in enumerate(clear):
        rng = np.random.default_rng(number)
        scores = score_signal(record, warp(record, rng, 0.01))
        warped.append((scores.order_shift, scores.speed_shift))
        late.append(score_signal(record, np.roll(record.signal, 24)).shift)
        resonant = move_resonances(record, rng, 0.12)
        moved += [] if resonant is None else [score_signal(record, resonant).resonance_shift]
        flat.append(score_signal(record, flatten(record, rng, 1e-4)).strikes)
        more.append(score_signal(record, invent(record, rng, 2.0)).invented)
    assert np.median(warped, axis=0) == pytest.approx([1.0, 1.0], abs=0.1)
    assert late == pytest.approx([2.0] * len(clear), abs=0.05)
    assert np.median(moved) == pytest.approx(12, abs=2)
    assert np.nanmedian(flat) < 0.6 and np.nanmedian(more) > 6


def test_the_rule_is_calibrated_to_a_rate_of_false_accepts(simulated):
    dataset = simulated(48)
    found = calibrate_signals((sound.record for sound in sounds(dataset)), planted=10)
    assert set(found.accepted) == set(HARMFUL)
    assert max(found.accepted.values()) <= 1 / 10 and found.kept > 0.6
    best = {kind: max(areas.values()) for kind, areas in found.auc.items()}
    assert min(best.values()) > 0.9 and best["late 2 ms"] == best["warped 1 %"] == 1.0
    assert found.bound["late 2 ms"] == pytest.approx(1 - 0.05 ** (1 / 10), abs=1e-6)
    assert found.to_dict()["harmless"]["objects"] == found.harmless


def test_what_fails_is_taken_back_or_dropped(clear):
    record = clear[0]
    sound = Sound({**record.row, **record.arrays, "signal": record.signal, "fs": RATE})
    bad, good = np.roll(record.signal.astype(float), 48), record.signal.astype(float)
    passed, verdict = audit_signal(sound, Refined(good))
    assert verdict.verdict == "kept" and passed is not None and verdict.reasons == ()
    passed, verdict = audit_signal(sound, Refined(bad), gentle=lambda: Refined(good))
    assert verdict.verdict == "restored" and passed.signal is good and "shift" in verdict.reasons
    passed, verdict = audit_signal(sound, Refined(bad), gentle=lambda: Refined(bad))
    assert verdict.verdict == "dropped" and passed is None
    assert verdict.to_dict()["shift"] == pytest.approx(4, abs=0.1)


def test_a_healthy_machine_may_not_get_lines_of_a_fault(simulated):
    record = next(s.record for s in sounds(simulated(48)) if s.healthy)
    rng = np.random.default_rng(0)
    scores = score_signal(record, invent(record, rng, 2.0))
    assert not scores.told and math.isnan(scores.strikes) and "invented" in failures(scores, SignalThresholds())
    clean = score_signal(record, harmless(record.signal.astype(float), RATE, rng))
    assert "invented" not in failures(clean, SignalThresholds())


def test_thresholds_are_checked():
    assert SignalThresholds.from_dict(SignalThresholds().to_dict()) == SignalThresholds()
    for name, (_, high) in LIMITS.items():
        with pytest.raises(SimengineError, match=f"threshold {name}"):
            SignalThresholds(**{name: high + 1})
