import math

import numpy as np
import pytest
from scipy.signal import hilbert

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.gear_faults import (
    BrokenTooth,
    CrackedTooth,
    EccentricGear,
    HuntingTooth,
    MissingTooth,
    WornGear,
)
from simengine.machines.gears import GearPair
from simengine.machines.machine import Machine
from simengine.machines.planetary import PlanetarySet
from simengine.machines.record import record
from simengine.machines.speed import ConstantSpeed
from simengine.signals.clock import ShaftClock

PAIR = GearPair(20, 30, eccentricity=(0, 0), wobble=(0, 0))
ACC = {"a": Accelerometer(12_000, anti_alias_order=0)}


def recording(*faults, gear=PAIR, duration=10.0, speed=30.0):
    machine = Machine(ConstantSpeed(speed), gears={"g": gear}, faults=faults, background=Background(level=0))
    return record(machine, ACC, duration=duration)


def lines(signal, duration=10.0):
    amplitudes = 2 * np.abs(np.fft.rfft(signal)) / len(signal)
    return lambda frequency: amplitudes[round(frequency * duration)]


def test_mesh_harmonics_stand_at_teeth_times_speed():
    line = lines(recording().signal[0])
    for harmonic, level in enumerate(PAIR.mesh, start=1):
        assert line(600 * harmonic) == pytest.approx(level, rel=1e-6)
    assert PAIR.mesh_order == 20


def test_eccentric_wheel_has_sidebands_at_its_own_speed():
    line = lines(recording(EccentricGear(wheel="driven", severity=0.5)).signal[0])
    own, other = line(600 + 20), line(600 + 30)
    assert own > 0.05 and other < 1e-9
    driver = lines(recording(EccentricGear(wheel="driver", severity=0.5)).signal[0])
    assert driver(600 + 30) > 0.05 and driver(600 + 20) < 1e-9


def test_crack_spreads_sidebands_of_the_faulty_wheel_only():
    line = lines(recording(CrackedTooth(severity=1.0)).stems["fault"][0])
    sides = [line(600 + 30 * k) for k in range(1, 6)]
    assert min(sides) > 5e-3 and line(600 + 20) < 1e-9
    assert len(recording(CrackedTooth(severity=1.0)).impacts) == 0


def test_worn_gear_raises_second_and_third():
    line = lines(recording(WornGear(severity=0.5)).signal[0])
    gains = [line(600 * k) / PAIR.mesh[k - 1] for k in (1, 2, 3)]
    assert gains == pytest.approx([1.25, 3.0, 3.0], rel=1e-6)


@pytest.mark.parametrize("wheel, order", [("driver", 1.0), ("driven", 20 / 30)])
def test_broken_tooth_strikes_once_a_turn_of_its_wheel(wheel, order):
    one = recording(BrokenTooth(wheel=wheel, angle=0.25))
    turns = one.clock.turns(one.impacts.times)
    assert np.allclose(np.diff(turns), 1 / order)
    assert (turns[0] * order + 0.25) % 1 == pytest.approx(0, abs=1e-9) or (
        turns[0] * order + 0.25
    ) % 1 == pytest.approx(1)


def test_cracked_tooth_gives_way_at_its_own_angle():
    gear = GearPair(20, 30, mesh=(1.0,), eccentricity=(0, 0), wobble=(0, 0))
    one = recording(CrackedTooth(wheel="driven", angle=0.3, severity=1.0), gear=gear)
    envelope = np.abs(hilbert(one.signal[0]))[2000:-2000]
    turns = one.clock.turns(one.times)[2000:-2000] * 20 / 30 + 0.3
    dips = turns[envelope < 0.45]
    assert np.abs(dips - np.rint(dips)).max() < 1 / 30
    assert len(np.unique(np.rint(dips))) >= 190  # once each turn of the driven wheel


def test_missing_tooth_strikes_harder_than_a_broken_one():
    missing, broken = recording(MissingTooth()), recording(BrokenTooth(severity=0.5))
    assert missing.impacts.amplitudes.mean() > 2 * broken.impacts.amplitudes.mean()


def test_hunting_teeth_meet_every_least_common_multiple():
    for wheel in ("driver", "driven"):
        impacts = recording(HuntingTooth(wheel=wheel)).impacts
        meshings = np.diff(impacts.times) * 600
        assert np.allclose(meshings, math.lcm(20, 30))
    assert PAIR.hunting_order == pytest.approx(10 / 30)


def test_planetary_ratios_and_fault_orders():
    planets = PlanetarySet(28, 100, 4)
    assert planets.carrier_order == pytest.approx(28 / 128)
    assert planets.mesh_order == pytest.approx(100 * 28 / 128)
    # by relative speeds: a sun tooth meets each planet at the speed of the sun relative to the carrier
    assert planets.fault_order("sun") == pytest.approx(4 * (1 - 28 / 128))
    assert planets.fault_order("ring") == pytest.approx(4 * 28 / 128)
    spin = (100 / 36) * (28 / 128)  # of a planet relative to the carrier, Willis
    assert planets.fault_order("planet") == pytest.approx(2 * spin)


def test_planets_out_of_phase_silence_the_mesh_line():
    """100/4 is whole: all planets in phase. 62 teeth, 4 planets: neighbours in opposite phase (McFadden and Smith)."""
    clock, turn = ConstantSpeed(16), 1 / 16
    inphase = PlanetarySet(28, 100, 4, input="carrier", mesh=(1.0,))
    opposed = PlanetarySet(26, 62, 4, input="carrier", mesh=(1.0,))
    found = {}
    for name, gear in (("in", inphase), ("out", opposed)):
        machine = Machine(clock, gears={"g": gear}, background=Background(level=0))
        amplitudes = np.abs(np.fft.rfft(record(machine, ACC, duration=160 * turn).signal[0]))
        mesh = gear.ring
        found[name] = amplitudes[mesh * 160] / amplitudes[(mesh - 6) * 160 : (mesh + 7) * 160].max()
    assert found["in"] == pytest.approx(1.0)
    assert found["out"] < 1e-3


def test_planetary_faults_strike_at_their_orders():
    gear = PlanetarySet(28, 100, 4)
    for wheel in gear.wheels:
        impacts = gear.impacts(BrokenTooth(wheel=wheel), ShaftClock([0], [20]), (0, 5), 30, np.random.default_rng(0))
        assert np.allclose(np.diff(impacts.times) * 20, 1 / gear.fault_order(wheel))
    worn = recording(WornGear(wheel="ring", severity=1.0), gear=gear)
    assert np.abs(worn.stems["fault"]).max() > 0.5


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: GearPair(0, 30), "driver is 0"),
        (lambda: PlanetarySet(28, 101, 3), r"\(ring - sun\) / 2"),
        (lambda: PlanetarySet(28, 100, 3), "multiple of their number"),
        (lambda: recording(BrokenTooth(wheel="sun")), "driver, driven"),
        (lambda: recording(CrackedTooth(wheel="sun"), gear=PlanetarySet(28, 100, 4)), "BrokenTooth and WornGear"),
        (lambda: CrackedTooth(severity=2.0), "severity is 2.0"),
    ],
)
def test_bad_gears_are_refused(make, words):
    with pytest.raises(SimengineError, match=words):
        make()
