"""Noise floors, filters and paths against closed forms, SciPy and a path that is known."""

import json

import numpy as np
import pytest
from scipy import signal as scipy_signal

from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord, SignalSet, open_signal_set
from simengine.refine.signals.floor import floor_frequencies, noise_floor, on_bins
from simengine.refine.signals.path import colored_noise, minimum_phase, through_path
from simengine.refine.signals.recordings import HealthyRecordings
from simengine.refine.signals.sound import sounds
from simengine.refine.signals.transfer import Transfer, fit_transfer

RATE = 12_000
DB = 20 / np.log(10)


def test_the_floor_of_white_noise_is_its_density_whatever_lines_and_strikes_stand_on_it():
    rng = np.random.default_rng(0)
    noise = 0.3 * rng.standard_normal(10 * RATE)
    expected = np.log(0.3**2 / (RATE / 2))
    time = np.arange(len(noise)) / RATE
    lines = sum(np.sin(2 * np.pi * 29.7 * k * time) for k in range(1, 40))
    strikes = np.zeros(len(noise))
    strikes[[30_500, 90_500]] = 50.0
    for signal in (noise, noise + lines, noise + strikes):
        found = (noise_floor(signal, RATE) - expected) * DB / 2
        assert abs(found.mean()) < 1.0 and np.abs(found).max() < 2.6
    power = scipy_signal.welch(noise + lines, RATE, nperseg=RATE // 2)[1]
    assert np.log(power.max()) > expected + 5  # the lines stand 20 dB and more above what was found


def test_the_phase_is_least_as_scipy_has_it():
    taps = scipy_signal.firwin2(129, [0, 0.2, 0.45, 0.7, 1], [1.0, 0.5, 2.0, 0.7, 1.3])
    count = 4096
    ours = np.fft.irfft(minimum_phase(np.log(np.abs(np.fft.rfft(taps, count))), count), count)
    theirs = scipy_signal.minimum_phase(taps, method="homomorphic", n_fft=1 << 16, half=False)
    np.testing.assert_allclose(ours[:129], theirs, atol=2e-3)
    assert np.abs(ours[count // 2 :]).max() < 1e-4  # causal


def test_a_path_is_causal_linear_and_has_the_gain_asked_for():
    axis = floor_frequencies(RATE)
    gain = np.log(2.0) * np.sin(2 * np.pi * axis / RATE)
    click = np.zeros(RATE)
    click[6000] = 1.0
    out = through_path(click, RATE, gain)
    assert np.abs(out[:5990]).max() < 1e-3 * np.abs(out).max() and np.abs(out).argmax() in range(6000, 6004)
    found = np.log(np.abs(np.fft.rfft(out)))
    np.testing.assert_allclose(found[50:5900], on_bins(gain, RATE, RATE)[50:5900], atol=0.02)
    a, b = np.random.default_rng(0).standard_normal((2, 3001))
    np.testing.assert_allclose(
        through_path(a, RATE, gain) + through_path(b, RATE, gain), through_path(a + b, RATE, gain), atol=1e-9
    )


def test_coloured_noise_has_the_floor_it_was_made_from():
    wanted = -5 + np.sin(floor_frequencies(RATE) / 900)
    noise = colored_noise(np.random.default_rng(1), 20 * RATE, RATE, wanted)
    assert np.abs((noise_floor(noise, RATE) - wanted)[8:-2] * DB / 2).max() < 1.0


def test_a_known_path_is_recovered_within_a_decibel(simulated):
    dataset = simulated(48)
    taps = scipy_signal.firwin2(255, [0, 0.1, 0.3, 0.5, 0.8, 1], [1.0, 1.0, 0.4, 1.2, 0.5, 0.5])
    real = []
    for sound in sounds(dataset):
        heard = scipy_signal.lfilter(taps, 1.0, sound.without_fault)
        real.append(
            SignalRecord(heard.astype(np.float32), float(RATE), {"signal_id": sound.id, "fault_type": "normal"})
        )
    found = fit_transfer(dataset, HealthyRecordings.of(SignalSet("filtered", real))).paths[0]
    axis = floor_frequencies(RATE)
    _, response = scipy_signal.freqz(taps, worN=axis, fs=RATE)
    inside = (axis > 100) & (axis < 5300)
    error = (np.array(found.path) - np.log(np.abs(response)))[inside] * DB
    assert np.abs(error - np.median(error)).max() < 2.5 and np.std(error) < 1.0  # up to the level
    assert found.share < 0.25  # as various as the simulation: next to nothing needs to be shared
    assert Transfer.from_dict(json.loads(json.dumps(Transfer((found,), 0.7).to_dict()))) == Transfer((found,), 0.7)


def test_refining_brings_the_spectrum_near_and_keeps_the_sum_of_stems(simulated, recordings):
    dataset = simulated(48)
    real = HealthyRecordings.of(open_signal_set(recordings()))
    transfer = fit_transfer(dataset, real)
    target = np.mean([noise_floor(record.signal, RATE) for record in real.at(RATE)], axis=0)

    def gap(signals):
        """Between the mean shapes of floors, dB r.m.s."""
        difference = (np.mean([noise_floor(one, RATE) for one in signals], axis=0) - target)[5:-5] * DB / 2
        return np.std(difference)

    kept = list(sounds(dataset))
    refined = [transfer.refine(one, np.random.default_rng(number)) for number, one in enumerate(kept)]
    raw, moved = ([one.signal for s, one in zip(kept, made, strict=True) if s.healthy] for made in (kept, refined))
    assert gap(moved) < 2 < 4 < gap(raw)
    for sound, one in zip(kept, refined, strict=True):
        before = sum(sound.stems.values())
        path = transfer.paths[0]
        gain = np.sqrt(1 - path.share)
        expected = gain * through_path(before, RATE, np.array(path.path)) + one.stems["stem_floor"]
        np.testing.assert_allclose(sum(one.stems.values()), expected, atol=1e-9 * np.abs(expected).max())
        # what the sensor did to the stems stays what it was: signal and sum differ by the filtered difference
        left = through_path(sound.signal - before, RATE, np.array(path.path)) * gain
        np.testing.assert_allclose(one.signal - sum(one.stems.values()), left, atol=1e-6 * np.abs(expected).max())


def test_levels_follow_where_the_unit_is_known(simulated, recordings):
    dataset = simulated(48)
    real = HealthyRecordings.of(open_signal_set(recordings(unit="g")))
    transfer = fit_transfer(dataset, real)
    assert transfer.level == pytest.approx(9.80665 * real.source.records[0].signal.std(), rel=0.1)
    target = np.mean([noise_floor(9.80665 * record.signal, RATE) for record in real.at(RATE)], axis=0)
    made = [transfer.refine(s, np.random.default_rng(0)).signal for s in sounds(dataset) if s.healthy]
    found = np.mean([noise_floor(one, RATE) for one in made], axis=0)
    assert abs((found - target)[5:-5].mean() * DB / 2) < 2


def test_the_added_floor_does_not_tell_the_fault(simulated, recordings):
    """Without stems the level of the healthy part is inferred: faulty and healthy recordings get the same noise."""
    bare = simulated(48, stems=False)
    transfer = fit_transfer(bare, HealthyRecordings.of(open_signal_set(recordings())))
    whole = {s.id: s for s in sounds(simulated(48))}
    ratios = [s.level / whole[s.id].level for s in sounds(bare)]
    assert 0.7 < np.median(ratios) < 1.1
    assert not transfer.refine(next(sounds(bare)), np.random.default_rng(0)).stems


def test_errors_say_what_was_found_and_what_to_do(simulated, recordings):
    faulty = open_signal_set(recordings("faulty", fault_type="inner"))
    with pytest.raises(SimengineError, match=r"its fault types are inner \(3\).*--healthy"):
        HealthyRecordings.of(faulty)
    assert len(HealthyRecordings.of(faulty, labels=["inner"])) == 3  # the user's say-so
    with pytest.raises(SimengineError, match=r"above 2000 Hz.*rate=4000"):
        list(HealthyRecordings.of(open_signal_set(recordings("slow", rate=4000))).at(RATE))
    with pytest.raises(SimengineError, match=r"at least 0\.5 s"):
        HealthyRecordings.of(open_signal_set(recordings("short", seconds=0.2)))
    with pytest.raises(SimengineError, match="needs at least 2 s"):
        HealthyRecordings.of(open_signal_set(recordings("few", count=1, seconds=1.0)))
    only = ["machines.rig.conditions.normal.share=0"]
    with pytest.raises(SimengineError, match="keep stems"):
        fit_transfer(
            simulated(8, stems=False, overrides=only), HealthyRecordings.of(open_signal_set(recordings("fine")))
        )
