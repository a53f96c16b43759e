import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.machine import Machine, Rotor
from simengine.machines.mounted import MountedBearing
from simengine.machines.path import TransferPath
from simengine.machines.race_faults import InnerRaceFault, OuterRaceFault
from simengine.machines.record import record
from simengine.machines.speed import ConstantSpeed, RampSpeed, WanderSpeed
from simengine.signals.catalogue import bearing
from simengine.signals.clock import ShaftClock
from simengine.signals.envelope import envelope_orders, squared_envelopes
from simengine.signals.fault_lines import fault_lines, line_ratios
from simengine.signals.kurtogram import kurtogram
from simengine.signals.order_tracking import clock_from_signal, clock_from_tacho, order_spectrum, over_angle
from simengine.signals.severity import severity_zone, velocity_rms
from simengine.signals.whitening import prewhiten

RING = bearing("6205")
RATE = 12_000
ACC = {"de": Accelerometer(RATE)}


def recording(*faults, speed=None, duration=2.0, **more):
    return record(
        Machine(speed or ConstantSpeed(29.5), bearings={"de": MountedBearing(RING)}, faults=faults, **more),
        ACC,
        duration=duration,
    )


def test_envelope_of_a_band_is_that_of_the_hilbert_transform():
    from scipy.signal import hilbert

    rng = np.random.default_rng(0)
    spectrum = np.fft.rfft(rng.standard_normal(6000))
    frequencies = np.fft.rfftfreq(6000, 1 / RATE)
    spectrum[(frequencies < 2000) | (frequencies > 3000)] = 0
    band = np.fft.irfft(spectrum)
    [(envelope, rate)] = squared_envelopes(band, RATE, [(2000, 3000)])
    want = np.abs(hilbert(band)) ** 2
    times = np.arange(len(envelope)) / rate
    assert np.interp(times, np.arange(6000) / RATE, want)[10:-10] == pytest.approx(
        envelope[10:-10], abs=0.1 * want.max()
    )
    assert envelope.mean() == pytest.approx(want.mean(), rel=1e-9)


@pytest.mark.parametrize("speed", [ConstantSpeed(29.5), RampSpeed(15, 45), WanderSpeed(ConstantSpeed(40), 0.05)])
@pytest.mark.parametrize("fault, order", [(OuterRaceFault(), RING.orders.bpfo), (InnerRaceFault(), RING.orders.bpfi)])
def test_envelope_orders_show_the_fault_at_any_speed(speed, fault, order):
    machine = Machine(speed, bearings={"de": MountedBearing(RING, jitter=0.002)}, faults=[fault], snr=6.0)
    one = record(machine, ACC, duration=4.0)
    for whiten in (False, True):
        orders, spectra = envelope_orders(one.signal[0], RATE, one.clock, bands=[(100, 5500)], whiten=whiten)
        side = (orders > 1.5) & (orders < 20)
        assert orders[side][spectra[0][side].argmax()] == pytest.approx(order, rel=0.01) or (
            spectra[0][np.abs(orders - order).argmin() - 2 :][:5].max() > 0.7 * spectra[0][side].max()
        )


def test_a_modulated_tone_gives_its_depth():
    turns = np.arange(4 * RATE) / RATE * 25
    tone = (1 + 0.2 * np.cos(2 * np.pi * 3 * turns)) * np.cos(2 * np.pi * 3000 * np.arange(4 * RATE) / RATE)
    orders, spectra = envelope_orders(tone, RATE, ShaftClock([0], [25]), bands=[(2500, 3500)], whiten=False)
    at = spectra[0][np.abs(orders - 3).argmin()]
    assert at == pytest.approx(2 * 0.2 / (1 + 0.2**2 / 2), rel=1e-3)  # first harmonic of (1 + m cos)^2 over its mean


def test_line_ratios_tell_outer_from_inner():
    names = [line.name for line in fault_lines(RING.orders)]
    assert len(set(names)) == len(names)
    found = {}
    for kind, fault in (("outer", OuterRaceFault()), ("inner", InnerRaceFault())):
        one = recording(fault, snr=3.0)
        orders, spectra = envelope_orders(one.signal[0], RATE, one.clock, bands=[(100, 5500), (1500, 3500)], highest=30)
        ratios, whole = line_ratios(orders, spectra, fault_lines(RING.orders))
        assert ratios.shape == (2, len(names)) and whole.shape == spectra.shape
        found[kind] = dict(zip(names, ratios.max(axis=0), strict=True))
    assert found["outer"]["bpfo1"] > found["inner"]["bpfo1"] + 1
    assert found["inner"]["bpfi1"] > found["outer"]["bpfi1"] + 1
    assert found["inner"]["bpfi1+1"] > found["outer"]["bpfi1+1"] + 0.5


def test_prewhitening_levels_the_spectrum_and_buries_lines():
    one = recording(OuterRaceFault(), rotor=Rotor((50.0, 20.0)), snr=0.0)
    white = prewhiten(one.signal[0])
    assert np.abs(np.fft.rfft(white)).std() < 1e-9 * len(white)
    assert np.std(white) == pytest.approx(1.0, rel=1e-3)
    assert np.mean((white / white.std()) ** 4) > 3.2  # impacts outlive it


def test_kurtogram_finds_the_ringing_band():
    path = TransferPath((3200.0,), (0.02,), {"de": (1.0,)})
    quiet = Background(level=0.3, path=TransferPath((700.0,), (0.2,)), white=1.0)
    one = recording(OuterRaceFault(), path=path, background=quiet, snr=-3.0)
    found = kurtogram(one.signal[0], RATE, levels=5)
    low, high = found.best
    assert low <= 3250 and high >= 3150 and high - low <= 2000
    noise = np.random.default_rng(0).standard_normal(24_000)
    assert np.abs(kurtogram(noise, RATE, levels=3).kurtosis).max() < 0.3
    tone = np.cos(2 * np.pi * 1000 * np.arange(24_000) / RATE)
    assert kurtogram(tone, RATE, levels=0).kurtosis[0] == pytest.approx(-1, abs=0.01)


def test_tacho_gives_the_clock_back():
    clock = RampSpeed(10, 60).clock(4, np.random.default_rng(0))
    edges = clock.times_of(np.arange(0, 139 * 2) / 2)
    again = clock_from_tacho(edges, pulses=2)
    times = np.linspace(0.2, 3.8, 50)
    assert again.speed(times) == pytest.approx(clock.speed(times), rel=2e-3)
    assert np.diff(again.turns(times)) == pytest.approx(np.diff(clock.turns(times)), rel=1e-3)


@pytest.mark.parametrize("speed", [RampSpeed(18, 32), WanderSpeed(ConstantSpeed(24), 0.05, 1.0)])
def test_speed_is_found_without_a_tacho(speed):
    one = recording(speed=speed, duration=6.0, rotor=Rotor((0.3, 0.2, 0.2, 0.1, 0.1, 0.1)))
    found = clock_from_signal(one.signal[0], RATE, speeds=(15, 35))
    times = np.linspace(0.5, 5.5, 60)
    off = np.abs(found.speed(times) / one.clock.speed(times) - 1)
    assert np.median(off) < 0.01 and off.max() < 0.05


def test_order_spectrum_on_a_ramp_has_sharp_lines():
    one = recording(
        speed=RampSpeed(10, 60), duration=6.0, rotor=Rotor((0, 0, 0.4), reference=35), background=Background(level=0)
    )
    orders, amplitudes = order_spectrum(one.signal[0], RATE, one.clock, highest=20)
    assert orders[amplitudes.argmax()] == pytest.approx(3, rel=2e-3)
    assert np.sum(amplitudes > 0.3 * amplitudes.max()) <= 5


def test_signal_over_angle_is_exact_for_a_slow_tone():
    clock = RampSpeed(20, 40).clock(2, np.random.default_rng(0))
    times = np.arange(2 * RATE) / RATE
    even = over_angle(np.cos(2 * np.pi * 5 * clock.turns(times)), RATE, clock, per_turn=64)
    marks = np.arange(len(even)) / 64
    assert np.abs(even - np.cos(2 * np.pi * 5 * marks))[200:-200].max() < 2e-3


def test_velocity_and_zone():
    times = np.arange(4 * RATE) / RATE
    velocity = 3e-3 * np.sqrt(2) * np.cos(2 * np.pi * 80 * times)  # 3 mm/s r.m.s.
    acceleration = -3e-3 * np.sqrt(2) * 2 * np.pi * 80 * np.sin(2 * np.pi * 80 * times)
    assert velocity_rms(acceleration, RATE) == pytest.approx(np.std(velocity), rel=1e-3)
    outside = 10 * np.sin(2 * np.pi * 3000 * times)
    assert velocity_rms(acceleration + outside, RATE) == pytest.approx(3e-3, rel=1e-3)
    assert [severity_zone(v) for v in (1e-3, 2e-3, 4e-3, 9e-3)] == list("ABCD")
    assert severity_zone(4e-3, machine="large", support="flexible") == "B"


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: squared_envelopes(np.full(100, np.nan), RATE, [(1, 10)]), "Sample 0 .*no finite"),
        (lambda: squared_envelopes(np.zeros((2, 100)), RATE, [(1, 10)]), "one channel"),
        (lambda: squared_envelopes(np.ones(1000), RATE, [(5000, 7000)]), "5000-7000 Hz has no room"),
        (lambda: envelope_orders(np.ones(1000), RATE, ShaftClock([0], [10]), bands=[(100, 5000)]), "at least three"),
        (lambda: order_spectrum(np.ones(9000), RATE, ShaftClock([0], [50]), highest=200), "below 120"),
        (lambda: clock_from_tacho(np.array([1.0])), "at least two"),
        (lambda: clock_from_signal(np.ones(RATE), 100.0, speeds=(10, 60)), "below 50 Hz"),
        (lambda: velocity_rms(np.ones(2000), 1500), "more than 2000 samples"),
        (lambda: severity_zone(1.0, machine="tiny"), "large or medium"),
    ],
)
def test_bad_input_is_refused(make, words):
    with pytest.raises(SimengineError, match=words):
        make()
