import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.impacts import Impacts, join_impacts, no_impacts, train
from simengine.machines.path import TransferPath, ring, shake, shaken_power

PATH = TransferPath((700.0, 2400.0, 5100.0), (0.06, 0.03, 0.01))
RESIDUES = np.array([[1.0, -0.4, 2.0], [0.3, 0.2, -1.0]])


def direct(impacts, path, residues, times):
    """The definition, one impact and one mode at a time."""
    out = np.zeros((len(residues), len(times)))
    natural = 2 * np.pi * np.asarray(path.frequencies)
    damping = np.asarray(path.dampings)
    damped = natural * np.sqrt(1 - damping**2)
    for when, amplitude, step in zip(impacts.times, impacts.amplitudes, impacts.steps, strict=True):
        past = times - when
        for mode in range(len(natural)):
            decay = np.exp(-damping[mode] * natural[mode] * np.maximum(past, 0))
            wave = np.sin(damped[mode] * past)
            if step:  # integral of the impulse response, less its final value
                pole = complex(-damping[mode] * natural[mode], damped[mode])
                wave = natural[0] * np.imag(np.exp(1j * damped[mode] * past) / pole)
            out += amplitude * residues[:, mode, None] * np.where(past >= 0, decay * wave, 0.0)
    return out


@pytest.mark.parametrize("count", [1, 63, 64, 65, 3000])
def test_ring_is_the_sum_of_decaying_sinusoids(count):
    rng = np.random.default_rng(1)
    hits = train(np.sort(rng.uniform(-0.2, 0.3, 200)), rng.standard_normal(200), 1)
    entries = train(np.sort(rng.uniform(-0.2, 0.3, 50)), rng.standard_normal(50), 0, step=True)
    impacts = join_impacts([hits, entries])
    times = -0.1 + np.arange(count) / 12800
    got = ring(impacts, PATH, RESIDUES, start=-0.1, rate=12800, count=count)
    want = direct(impacts, PATH, RESIDUES, times)
    assert np.abs(got - want).max() < 1e-11 * max(np.abs(want).max(), 1)


def test_a_sinusoid_begins_at_its_exact_time():
    rate = 48000.0
    for when in (0.01, 0.01 + 0.3 / rate, 0.01 + 0.999 / rate):
        signal = ring(train(np.array([when]), np.ones(1), 1), PATH, RESIDUES[:1, :], start=0, rate=rate, count=2000)[0]
        first = int(np.flatnonzero(signal)[0])
        assert first - 1 <= when * rate <= first
        # the first samples tell where between the samples it began: fit the known ringing to them
        trial = when + np.linspace(-1, 1, 2001) / rate
        taps = np.arange(first, first + 8) / rate
        errors = [
            np.sum(
                (direct(train(np.array([t]), np.ones(1), 1), PATH, RESIDUES[:1], taps) - signal[first : first + 8]) ** 2
            )
            for t in trial
        ]
        assert abs(trial[int(np.argmin(errors))] - when) * rate < 0.1


def test_response_is_the_transform_of_the_impulse_response():
    rate, count = 200_000.0, 2**17
    impulse = ring(train(np.zeros(1), np.ones(1), 1), PATH, RESIDUES, start=0, rate=rate, count=count)
    frequencies = np.fft.rfftfreq(count, 1 / rate)
    low = frequencies < 8000
    numeric = np.fft.rfft(impulse, axis=1)[:, low] / rate
    exact = PATH.response(frequencies[low], RESIDUES)
    assert np.abs(numeric - exact).max() < 1e-3 * np.abs(exact).max()


def test_residues_are_given_or_drawn():
    path = TransferPath((700.0, 900.0), (0.1, 0.1), {"de": (1.0, -2.0)})
    assert path.residues_of("de", None).tolist() == [1.0, -2.0]
    drawn = np.array([path.residues_of("fe", np.random.default_rng(seed)) for seed in range(4000)])
    assert np.log(np.abs(drawn)).std() == pytest.approx(0.8, rel=0.05)
    assert (drawn > 0).mean() == pytest.approx(0.5, abs=0.03)


def test_silence_without_impacts():
    assert not ring(no_impacts(), PATH, RESIDUES, start=0, rate=1e4, count=100).any()
    assert isinstance(no_impacts(), Impacts)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: TransferPath((), ()), "at least one mode"),
        (lambda: TransferPath((1.0,), (0.1, 0.1)), "one per frequency"),
        (lambda: TransferPath((1.0, -4.0), (0.1, 0.1)), r"frequencies\[1\] is -4"),
        (lambda: TransferPath((1.0,), (1.1,)), r"dampings\[0\]"),
        (lambda: TransferPath((1.0,), (0.1,), {"de": (1, 2)}), r"residues\[de\]"),
    ],
)
def test_bad_path_is_refused(make, words):
    with pytest.raises(SimengineError, match=words):
        make()


@pytest.mark.parametrize("count", [1, 64, 65, 1000])
def test_shake_is_the_convolution_with_the_impulse_response(count):
    rate = 12_800.0
    force = np.random.default_rng(3).standard_normal(count)
    times = np.arange(count) / rate
    response = direct(train(np.zeros(1), np.ones(1), 1), PATH, RESIDUES[:1], times)[0]
    want = np.convolve(force, response)[:count]
    assert np.abs(shake(force, PATH, RESIDUES[0], rate=rate) - want).max() < 1e-12 * max(1, np.abs(want).max())


def test_power_under_white_noise_is_the_sum_of_squares():
    rate = 12_800.0
    times = np.arange(20_000) / rate
    response = direct(train(np.zeros(1), np.ones(1), 1), PATH, RESIDUES[:1], times)[0]
    assert shaken_power(PATH, RESIDUES[0], rate) == pytest.approx(np.sum(response**2), rel=1e-9)
