import numpy as np
import pytest
from oracles.signal_records import RING, faulty_machine, records_of

from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord
from simengine.formats.signal_windows import resample, unit_rms, windows
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.record import record
from simengine.machines.speed import RampSpeed

RATE = 12_000


@pytest.fixture(scope="module")
def ramp():
    sensor = Accelerometer(RATE, range=20.0, dropouts=3.0)
    one = record(faulty_machine(RampSpeed(10.0, 40.0)), {"a": sensor}, duration=3.0, seed=1)
    return records_of(one, profile="ramp")[0]


def test_windows_cut_signal_and_labels_alike(ramp):
    parts = list(windows([ramp], 0.5, hop=0.25))
    assert len(parts) == 11 and [part.row["window_start_s"] for part in parts] == [0.25 * k for k in range(11)]
    assert len({part.id for part in parts}) == 11 and {part.group for part in parts} == {ramp.group}
    times, part = ramp.arrays["impact_times_s"], parts[5]
    begin = int(1.25 * RATE)
    assert np.array_equal(part.signal, ramp.signal[begin : begin + 6000]) and part.row["n_samples"] == 6000
    assert np.array_equal(part.arrays["stem_fault"], ramp.arrays["stem_fault"][begin : begin + 6000])
    inside = (times >= 1.25) & (times < 1.75)
    assert np.array_equal(part.arrays["impact_times_s"], times[inside] - 1.25) and inside.any()
    assert np.array_equal(part.arrays["impact_kinds"], ramp.arrays["impact_kinds"][inside])
    assert part.clock.speed(0.25) == pytest.approx(25.0) and part.speed_rpm == pytest.approx(60 * 25.0)
    turns = part.clock.turns(part.arrays["tacho_s"])
    assert np.abs(turns - np.rint(turns) - (turns[0] - np.rint(turns[0]))).max() < 1e-6


def test_masks_of_windows_join_to_that_of_the_recording(ramp):
    from simengine.dataset.signals import mask_of

    whole = mask_of(ramp.arrays["dropped_spans"], len(ramp.signal))
    assert whole.any()
    parts = [mask_of(part.arrays["dropped_spans"], 6000) for part in windows([ramp], 0.5)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_what_is_no_window_is_refused(ramp):
    for seconds, hop, words in [(0, 1, "above 0 s"), (float("nan"), 1, "above 0 s"), (1, 0, "above 0 s"), (1, -0.1, "above 0 s"), (9, None, "lasts 3 s, less than")]:  # fmt: skip
        with pytest.raises(SimengineError, match=words):
            list(windows([ramp], seconds, hop=hop))


def test_resampling_keeps_tones_below_and_removes_those_above():
    times = np.arange(48_000) / 48_000
    low, high = np.sin(2 * np.pi * 1000 * times), np.sin(2 * np.pi * 9000 * times)
    slow = resample(SignalRecord((low + high).astype("f4"), 48_000.0, {"fs": 48_000.0}), 12_000)
    assert slow.rate == slow.row["fs"] == 12_000 and len(slow.signal) == slow.row["n_samples"] == 12_000
    spectrum = np.abs(np.fft.rfft(slow.signal[1000:11_000])) / 5000
    assert spectrum[round(1000 * 10_000 / 12_000)] == pytest.approx(1.0, abs=0.4)
    assert np.std(slow.signal[500:-500] - np.sin(2 * np.pi * 1000 * times[::4])[500:-500]) < 0.005


def test_resampling_brings_stems_and_spans_along_and_refuses_odd_ratios(ramp):
    slow = resample(ramp, 6000)
    assert len(slow.arrays["stem_fault"]) == len(slow.signal) == 18_000
    assert slow.arrays["dropped_spans"].max() <= 18_000 and resample(ramp, RATE) is ramp
    assert resample(resample(ramp, 51_200), 12_000).signal.shape == ramp.signal.shape
    for rate in (12_345.678, -3.0, float("inf")):
        with pytest.raises(SimengineError, match=r"no simple fraction|above 0"):
            resample(ramp, rate)


def test_unit_rms_takes_level_and_mean_away(ramp):
    shifted = SignalRecord(3 * ramp.signal + 5, RATE, ramp.row, ramp.arrays)
    level = unit_rms(shifted)
    assert np.mean(level.signal) == pytest.approx(0, abs=1e-5) and np.std(level.signal) == pytest.approx(1, abs=1e-5)
    assert level.signal == pytest.approx(unit_rms(ramp).signal, abs=1e-4) and level.row["unit"] == "normalized"
    ratio = np.std(level.arrays["stem_fault"]) / np.std(ramp.arrays["stem_fault"])
    assert ratio == pytest.approx(1 / np.std(shifted.signal), rel=1e-4)
    with pytest.raises(SimengineError, match="is constant"):
        unit_rms(SignalRecord(np.ones(100, "f4"), 10.0))
    assert RING.elements == 9
