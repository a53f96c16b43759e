import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.electrical import ElectricalSupply
from simengine.machines.machine import Machine
from simengine.machines.measure import measure
from simengine.machines.record import record
from simengine.machines.run import Run
from simengine.machines.speed import ConstantSpeed
from simengine.signals.clock import ShaftClock

RATE = 12_000
COUNT = 6000


def run(seed=0):
    return Run(ShaftClock([0], [30]), np.zeros(1), RATE, (0, 1), ("a",), ("y",), seed=seed)


def tone(frequency, amplitude=1.0, sensor=None, steps=2):
    sensor = sensor or Accelerometer(RATE, oversampling=steps)
    times = np.arange(2 * COUNT * sensor.oversampling) / (RATE * sensor.oversampling)
    wave = amplitude * np.sin(2 * np.pi * frequency * times)  # a whole number of periods: no transients
    return measure(wave, sensor, COUNT, run(), "a")


def size(signal):
    return np.sqrt(2 * np.mean(signal**2))


@pytest.mark.parametrize("order, corner", [(4, 0.4), (8, 0.42), (6, 0.25)])
@pytest.mark.parametrize("frequency", [1000, 4800, 6600, 8000, 10_000])
def test_tone_is_attenuated_as_configured_even_above_nyquist(order, corner, frequency):
    got = tone(frequency, sensor=Accelerometer(RATE, anti_alias_order=order, anti_alias=corner))
    want = 1 / np.sqrt(1 + (frequency / (corner * RATE)) ** (2 * order))  # Butterworth's law
    assert size(got.signal) == pytest.approx(want, rel=1e-6)
    spectrum = np.abs(np.fft.rfft(got.signal))
    alias = abs(frequency - RATE * round(frequency / RATE))
    assert np.argmax(spectrum) * RATE / COUNT == pytest.approx(alias)


def test_mounting_resonance_amplifies_as_one_degree_of_freedom():
    sensor = Accelerometer(RATE, resonance=3000.0, resonance_damping=0.05, anti_alias_order=0)
    assert size(tone(3000, sensor=sensor).signal) == pytest.approx(1 / (2 * 0.05), rel=1e-6)
    assert size(tone(100, sensor=sensor).signal) == pytest.approx(1.0, rel=2e-3)


def test_high_pass_and_sensitivity():
    sensor = Accelerometer(RATE, high_pass=5.0, sensitivity=1.04, anti_alias_order=0)
    assert size(tone(5, sensor=sensor).signal) == pytest.approx(1.04 / np.sqrt(2), rel=1e-6)
    steady = measure(np.ones(4 * COUNT), sensor, COUNT, run(), "a")
    assert np.abs(steady.signal).max() < 1e-9


def test_clipping_comes_before_the_filter_and_is_masked():
    sensor = Accelerometer(RATE, range=0.5)
    got = tone(10, sensor=sensor)
    assert got.clipped.mean() == pytest.approx(2 / 3, abs=0.01)  # |sin| > 1/2 for two thirds of the time
    spectrum = np.abs(np.fft.rfft(got.signal))
    assert spectrum[15] > 0.02 * spectrum[5]  # the third harmonic that clipping makes
    calm = tone(100, amplitude=0.4, sensor=sensor)
    assert not calm.clipped.any()
    assert size(calm.signal) == pytest.approx(0.4, rel=1e-6)


def test_converter_rounds_to_its_bits():
    sensor = Accelerometer(RATE, range=8.0, bits=12)
    signal = tone(333, amplitude=3.0, sensor=sensor).signal
    step = 8.0 / 2**11
    assert np.allclose(signal / step, np.rint(signal / step))
    free = tone(333, amplitude=3.0).signal
    assert np.sqrt(np.mean((signal - free) ** 2)) == pytest.approx(step / np.sqrt(12), rel=0.05)


def test_noise_density_bias_and_drift():
    sensor = Accelerometer(RATE, noise_density=2e-3, bias=0.1)
    signal = measure(np.zeros(4 * COUNT), sensor, COUNT, run(), "a").signal
    assert signal.mean() == pytest.approx(0.1, abs=0.01)
    assert np.std(signal) == pytest.approx(2e-3 * np.sqrt(RATE / 2), rel=0.03)
    ends = [
        measure(np.zeros(4 * COUNT), Accelerometer(RATE, drift=0.3), COUNT, run(seed), "a").signal[-1]
        for seed in range(300)
    ]
    assert np.std(ends) == pytest.approx(0.3 * np.sqrt(COUNT / RATE), rel=0.15)


def test_dropouts_hold_and_are_masked():
    sensor = Accelerometer(RATE, dropouts=20.0, dropout_length=0.01)
    got = tone(77, sensor=sensor)
    assert 0.02 < got.dropped.mean() < 0.3
    lost = np.flatnonzero(got.dropped)
    assert np.array_equal(got.signal[lost], got.signal[lost - 1])
    whole = tone(77)
    assert np.array_equal(got.signal[~got.dropped], whole.signal[~got.dropped])


def test_clock_error_moves_a_tone():
    supply = ElectricalSupply(50, pull=1.0)
    plain = Machine(ConstantSpeed(30), background=Background(level=0), electrical=supply)
    one = record(plain, {"a": Accelerometer(RATE, clock_ppm=1000.0)}, duration=20.0)
    spectrum = np.abs(np.fft.rfft(one.signal[0] * np.hanning(one.signal.shape[1]), 2**20))
    assert np.argmax(spectrum) * RATE / 2**20 == pytest.approx(100 / 1.001, abs=0.01)
    assert one.times[-1] == pytest.approx((len(one.times) - 1) / RATE / 1.001)


def test_cross_axis_part_comes_from_across():
    supply = ElectricalSupply(50, pull=1.0)
    plain = Machine(ConstantSpeed(30), background=Background(level=0), electrical=supply)
    clean = record(plain, {"a": Accelerometer(RATE)}, duration=1.0)
    leaky = record(plain, {"a": Accelerometer(RATE, cross_axis=0.05)}, duration=1.0)
    assert size(leaky.signal - clean.signal) == pytest.approx(0.05, rel=1e-3)
    assert np.array_equal(leaky.acceleration, clean.acceleration)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"rate": -1}, "rate is -1"),
        ({"axis": "w"}, "'x', 'y' or 'z'"),
        ({"bits": 12}, "needs a range"),
        ({"anti_alias": 3.0}, "anti_alias is 3.0"),
        ({"cross_axis": -0.1}, "cross_axis"),
    ],
)
def test_bad_sensor_is_refused(change, words):
    with pytest.raises(SimengineError, match=words):
        Accelerometer(**{"rate": RATE, **change})
