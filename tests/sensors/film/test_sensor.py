"""The sensor against EMVA Standard 1288, release 4.0: photon transfer (section 6.6), dark signal (6.7), saturation."""

import numpy as np
import pytest
from scipy import stats

from simengine.errors import SimengineError
from simengine.sampling.streams import stream
from simengine.sensors.film.sensor import Sensor

SHAPE = (400, 500)


def exposures(sensor, levels):
    """Mean and variance of the digital numbers at each brightness."""
    rng = stream(0, 0, "test")
    pictures = [sensor.expose(np.full(SHAPE, level, np.float32), rng).astype(float) for level in levels]
    return np.array([p.mean() for p in pictures]), np.array([p.var() for p in pictures])


@pytest.mark.parametrize(
    "sensor",
    [
        Sensor(photons=12_000, quantum_efficiency=0.65, full_well=10_500, read_noise=2.4, black_level=64),
        Sensor(photons=1_000, quantum_efficiency=0.5, full_well=4_000, read_noise=6, gain=0.9, black_level=100),
        Sensor(photons=40_000, quantum_efficiency=0.8, full_well=32_000, read_noise=12, gain=1.8, bits=16, black_level=500),
    ],
)  # fmt: skip
def test_photon_transfer(sensor):
    levels = np.linspace(0, 0.7 * sensor.saturation, 12)
    mean, variance = exposures(sensor, levels)
    # sensitivity: the mean rises by K eta mu_p
    rise = np.polyfit(levels * sensor.photons, mean, 1)
    assert rise[0] == pytest.approx(sensor.system_gain * sensor.quantum_efficiency, rel=0.02)
    assert rise[1] == pytest.approx(sensor.black_level, abs=0.5)
    # photon transfer: the slope of the variance over the mean is the gain
    slope = np.polyfit(mean - mean[0], variance - variance[0], 1)[0]
    assert slope == pytest.approx(sensor.system_gain, rel=0.02)
    # its intercept is the noise of reading and of rounding
    read_noise = np.sqrt(variance[0] - 1 / 12) / sensor.system_gain
    assert read_noise == pytest.approx(sensor.read_noise, rel=0.02)


def test_dark_current_gathers_with_its_own_shot_noise():
    sensor = Sensor(
        photons=1000, quantum_efficiency=0.5, full_well=9000, gain=2.0, black_level=50, read_noise=3, bits=14,
        dark_current=4000, exposure_time=0.25,
    )  # fmt: skip
    mean, variance = exposures(sensor, [0.0])
    assert mean[0] == pytest.approx(50 + 2.0 * 1000, rel=0.001)
    assert variance[0] == pytest.approx(4.0 * (9 + 1000) + 1 / 12, rel=0.02)
    numbers = sensor.expose(np.zeros(SHAPE, np.float32), stream(0, 0, "test"))
    assert sensor.brightness(numbers).mean(dtype=float) == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize("mean", [0.3, 4.0, 15.9, 16.1, 40.0, 300.0])
def test_electrons_follow_the_poisson_distribution(mean):
    sensor = Sensor(photons=mean, quantum_efficiency=1.0, full_well=65_535, gain=1.0, bits=16)
    counts = sensor.expose(np.full(SHAPE, 1.0, np.float32), stream(3, 0, "test")).astype(int).ravel()
    law = stats.poisson(mean)
    assert counts.mean() == pytest.approx(mean, rel=0.01)
    assert counts.var() == pytest.approx(mean, rel=0.02)
    values = np.arange(counts.max() + 1)
    seen = np.cumsum(np.bincount(counts)) / counts.size
    assert np.abs(seen - law.cdf(values)).max() < 0.004  # 1.36 / sqrt(n) is 0.003


def test_signal_saturates_at_the_full_well_and_at_the_largest_number():
    well = Sensor(photons=1000, quantum_efficiency=1.0, full_well=500, gain=1.0, bits=12, black_level=10)
    numbers = Sensor(photons=1000, quantum_efficiency=1.0, full_well=5000, gain=1.0, bits=8, black_level=10)
    matched = Sensor(photons=1000, quantum_efficiency=1.0, full_well=500, bits=10, black_level=10)
    bright = np.full((50, 50), 1e20, np.float32)
    for sensor, largest, saturation in ((well, 510, 0.5), (numbers, 255, 0.245), (matched, 1023, 0.5)):
        taken = sensor.expose(bright, stream(0, 0, "test"))
        assert (taken == largest).all()
        assert sensor.saturation == pytest.approx(saturation)
        assert sensor.brightness(taken) == pytest.approx(saturation, rel=1e-5)


def test_numbers_are_whole_and_noise_below_black_is_kept():
    sensor = Sensor(photons=100, quantum_efficiency=0.5, full_well=1000, read_noise=5, black_level=64)
    numbers = sensor.expose(np.zeros((100, 100), np.float32), stream(0, 0, "test"))
    np.testing.assert_array_equal(numbers, np.rint(numbers))
    assert (sensor.brightness(numbers) < 0).mean() > 0.4


def test_a_black_level_without_room_is_refused():
    with pytest.raises(SimengineError, match=r"black_level 300 leaves no room for light in 8 bits.*255"):
        Sensor(photons=100, quantum_efficiency=0.5, full_well=1000, bits=8, black_level=300)
