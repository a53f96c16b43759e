import sys
from types import SimpleNamespace

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.lines import Resonance
from simengine.machines.machine import Machine, Rotor
from simengine.machines.record import record
from simengine.machines.ross_source import RotorResponse, ross_fault, ross_response
from simengine.machines.speed import ConstantSpeed, RampSpeed

SPEED = 25.0


def quiet(speed, **more):
    return Machine(speed, background=Background(level=0.0), **more)


@pytest.fixture
def stand_in(monkeypatch):
    """A response as ROSS returns them, with known lines, and no ROSS needed to make it."""
    monkeypatch.setitem(sys.modules, "ross", SimpleNamespace())
    times = np.arange(0, 1, 1e-3)
    rotor = SimpleNamespace(nodes=[0, 1, np.int64(2)], number_dof=6)
    motion = np.zeros((len(times), 18))
    angle = 2 * np.pi * SPEED * times
    motion[:, 6] = 1e-4 * np.cos(angle + 0.3) + 4e-5 * np.cos(angle / 2) + 1e-3
    motion[:, 7] = 1e-4 * np.sin(angle + 0.3) + 2e-5 * np.cos(2 * angle - 1)
    return SimpleNamespace(t=times, yout=motion, rotor=rotor)


def test_lines_of_a_response_are_heard_as_they_were(stand_in):
    fault = ross_fault(stand_in, kind="rub", node=1, speed=SPEED)
    one = record(
        quiet(ConstantSpeed(SPEED), faults=[fault], rotor=Rotor(reference=SPEED)),
        {"x": Accelerometer(8000, axis="x"), "y": Accelerometer(8000, axis="y")},
        duration=1.0,
    )
    assert one.fault_type == "rub"
    pulse, times = 2 * np.pi * SPEED, one.times
    want = [
        -(pulse**2) * (1e-4 * np.cos(pulse * times + 0.3) + 1e-5 * np.cos(pulse * times / 2)),
        -(pulse**2) * (1e-4 * np.sin(pulse * times + 0.3) + 8e-5 * np.cos(2 * pulse * times - 1)),
    ]
    assert one.stems["fault"] == pytest.approx(np.array(want), abs=1e-6 * pulse**2 * 1e-4)


def test_a_table_of_gains_is_as_good_as_the_resonance_it_samples():
    exact = Resonance(30.0, 0.05)
    grid = np.linspace(0, 100, 4001)
    table = RotorResponse(30.0, 0.05, tuple(grid), tuple(exact.gain(grid)))
    signals = [
        record(
            quiet(RampSpeed(10, 50), rotor=Rotor((1.0,), resonance=one)), {"a": Accelerometer(8000)}, duration=2.0
        ).signal[0]
        for one in (exact, table)
    ]
    assert signals[1] == pytest.approx(signals[0], abs=2e-3 * np.abs(signals[0]).max())


def test_missing_ross_and_bad_calls_are_named(stand_in, monkeypatch):
    with pytest.raises(SimengineError, match="no node 7"):
        ross_fault(stand_in, kind="rub", node=7, speed=SPEED)
    with pytest.raises(SimengineError, match="twelve"):
        ross_fault(stand_in, kind="rub", node=1, speed=5.0)
    with pytest.raises(SimengineError, match="Nothing moves at node 2"):
        ross_fault(stand_in, kind="rub", node=2, speed=SPEED)
    with pytest.raises(SimengineError, match="across the shaft"):
        ross_response(stand_in.rotor, node=1, highest=100, axis="z")
    with pytest.raises(SimengineError, match="increasing"):
        RotorResponse(30.0, 0.05, (1.0, 1.0), (1.0, 1.0))
    monkeypatch.setitem(sys.modules, "ross", None)
    with pytest.raises(SimengineError, match="pip install ross-rotordynamics"):
        ross_fault(stand_in, kind="rub", node=1, speed=SPEED)


def test_a_rotor_of_ross_is_magnified_at_its_critical_speed():
    ross = pytest.importorskip("ross", reason="ROSS is not installed")
    rotor = ross.rotor_example()
    response = ross_response(rotor, node=2, highest=60.0, points=600)
    assert abs(response.gain(np.array([0.0]))[0]) == pytest.approx(1.0, abs=1e-3)
    whirls = rotor.run_modal(2 * np.pi * response.frequency).wd / (2 * np.pi)
    assert np.abs(whirls - response.frequency).min() < 0.3
    near, below = np.abs(response.gain(np.array([response.frequency, 0.5 * response.frequency])))
    assert near > 5 * below


def test_unbalance_in_ross_gives_its_own_line():
    ross = pytest.importorskip("ross", reason="ROSS is not installed")
    rotor, speed = ross.rotor_example(), 10.0
    times = np.arange(0, 4, 1e-3)
    force = np.zeros((len(times), rotor.ndof))
    pulse, place = 2 * np.pi * speed, 2 * rotor.number_dof
    force[:, place] = 10 * np.cos(pulse * times)
    force[:, place + 1] = 10 * np.sin(pulse * times)
    fault = ross_fault(rotor.run_time_response(pulse, force, times), kind="unbalance", node=2, speed=speed)
    flexibility = rotor.run_freq_response(speed_range=np.array([pulse])).freq_resp[..., 0]
    turning = 10 * flexibility[place : place + 2, place : place + 2] @ [1, -1j]
    largest = np.abs(np.array(fault.across)).max(axis=1).argmax()
    assert fault.orders[largest] == 1
    assert fault.level == pytest.approx(np.abs(turning).max() * pulse**2, rel=0.02)
