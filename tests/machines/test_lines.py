import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.electrical import ElectricalSupply
from simengine.machines.lines import Resonance
from simengine.machines.machine import Machine, Rotor
from simengine.machines.record import record
from simengine.machines.rotor_faults import (
    AngularMisalignment,
    BeltFault,
    BentShaft,
    BrokenBars,
    CrackedShaft,
    Looseness,
    ParallelMisalignment,
    Rub,
    Unbalance,
)
from simengine.machines.speed import ConstantSpeed, RampSpeed, WanderSpeed

AXES = {axis: Accelerometer(6000, axis=axis, anti_alias_order=0) for axis in "xyz"}


def spectrum(*faults, speed=30.0, duration=10.0, **more):
    """Amplitudes at multiples of 0.1 Hz, per axis."""
    machine = Machine(ConstantSpeed(speed), faults=faults, background=Background(level=0), **more)
    one = record(machine, AXES, duration=duration)
    return 2 * np.abs(np.fft.rfft(one.signal, axis=1)) / one.signal.shape[1]


def at(amplitudes, axis, frequency):
    return amplitudes["xyz".index(axis), round(frequency * 10)]


def test_unbalance_is_one_line_in_quadrature():
    machine = Machine(ConstantSpeed(30), faults=[Unbalance(level=2.0)], background=Background(level=0))
    one = record(machine, AXES, duration=10.0)
    phasors = 2 * np.fft.rfft(one.signal, axis=1)[:, 300] / one.signal.shape[1]
    assert np.abs(phasors[:2]) == pytest.approx([2.0, 2.0], rel=1e-6)
    assert np.angle(phasors[1] / phasors[0]) == pytest.approx(-np.pi / 2, abs=1e-6)
    rest = np.abs(np.fft.rfft(one.signal[0]))
    rest[300] = 0
    assert rest.max() < 1e-6 * one.signal.shape[1]


def test_unbalance_grows_as_speed_squared_and_peaks_at_the_critical_speed():
    assert at(spectrum(Unbalance(level=1.0), speed=60.0), "x", 60) == pytest.approx(4.0, rel=1e-6)
    rotor = Rotor(resonance=Resonance(40.0, 0.05))
    ramp = Machine(RampSpeed(10, 80), faults=[Unbalance()], rotor=rotor, background=Background(level=0))
    one = record(ramp, AXES, duration=20.0)
    loud = one.speeds[np.argmax(np.abs(one.signal[0]))]
    assert loud == pytest.approx(40.0, abs=1.0)
    assert np.abs(one.signal[0]).max() == pytest.approx((40 / 30) ** 2 / 0.1, rel=0.03)


def test_misalignments_tell_themselves_apart():
    parallel, angular = spectrum(ParallelMisalignment()), spectrum(AngularMisalignment())
    assert at(parallel, "x", 60) > 1.5 * at(parallel, "x", 30)
    assert at(angular, "z", 30) > 2 * at(angular, "x", 30)


def test_looseness_has_halves_and_many_harmonics():
    amplitudes = spectrum(Looseness())
    assert all(at(amplitudes, "x", 30 * k) > 0.02 for k in range(1, 11))
    assert at(amplitudes, "x", 15) == pytest.approx(0.4, rel=1e-3)
    assert at(amplitudes, "x", 30) > 2 * at(amplitudes, "y", 30)


@pytest.mark.parametrize("period", [2, 3])
def test_rub_has_fractions_of_the_order(period):
    amplitudes = spectrum(Rub(period=period))
    assert at(amplitudes, "x", 30 / period) > 0.1
    assert at(amplitudes, "x", 30) > 0.01
    assert at(amplitudes, "x", 30 / period * 0.5) < 1e-6


def test_bent_shaft_is_axial_and_cracked_shaft_is_double():
    bent = spectrum(BentShaft())
    assert at(bent, "z", 30) > at(bent, "x", 30)
    shallow, deep = spectrum(CrackedShaft(depth=0.1)), spectrum(CrackedShaft(depth=0.8))
    assert at(deep, "x", 60) == pytest.approx(8 * at(shallow, "x", 60), rel=1e-3)
    rotor = Rotor(resonance=Resonance(60.0, 0.02))
    half = spectrum(CrackedShaft(), rotor=rotor)  # at half the critical speed
    assert at(half, "x", 60) > 10 * at(half, "x", 30)


def test_belt_lines_sit_at_the_belts_own_rate():
    fault = BeltFault(pulley=0.1, length=np.pi * 0.3)  # a third of an order
    assert fault.order == pytest.approx(1 / 3)
    amplitudes = spectrum(fault)
    assert at(amplitudes, "x", 20) > at(amplitudes, "x", 10) > 0.3


def test_electrical_lines_stay_when_the_speed_moves():
    supply = ElectricalSupply(50, hum=(0.3,), pull=0.5, bars=20, bar_level=0.2)
    for speed in (24.0, 29.0):
        amplitudes = spectrum(electrical=supply, speed=speed)
        assert at(amplitudes, "y", 50) == pytest.approx(0.3, rel=1e-6)
        assert at(amplitudes, "y", 100) == pytest.approx(0.5, rel=1e-6)
        assert at(amplitudes, "y", 20 * speed) == pytest.approx(0.2, rel=1e-6)
        assert at(amplitudes, "y", 20 * speed + 100) == pytest.approx(0.1, rel=1e-6)


def test_broken_bars_put_the_slip_beside_the_order():
    amplitudes = spectrum(BrokenBars(level=1.0, mains=50, poles=2), speed=49.0)  # pole-passing: 2 x (50 - 49) = 2 Hz
    for frequency in (47.0, 51.0):
        assert at(amplitudes, "x", frequency) == pytest.approx(0.5, rel=1e-6)


def test_lines_of_a_wandering_shaft_are_what_the_angle_says():
    machine = Machine(
        WanderSpeed(ConstantSpeed(30), 0.05, 0.2), faults=[Looseness(level=1.0)], background=Background(level=0)
    )
    one = record(machine, {"x": AXES["x"]}, duration=2.0)
    turns = one.clock.turns(one.times)
    want = sum((line.x * np.exp(2j * np.pi * line.order * turns)).real for line in Looseness(level=1.0).lines())
    want *= one.speeds / 30
    # the sensor adds nothing but the periodic edge of its transform
    assert np.abs(one.acceleration[0] - want).max() < 1e-9


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Unbalance(level=-1), "level is -1"),
        (lambda: BeltFault(pulley=1.0, length=0.5), "longer than the pulley"),
        (lambda: Rub(period=7), "1, 2, 3 or 4"),
        (lambda: BrokenBars(poles=3), "even"),
        (lambda: ElectricalSupply(mains=0), "mains is 0"),
    ],
)
def test_bad_lines_are_refused(make, words):
    with pytest.raises(SimengineError, match=words):
        make()
