import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from simengine.errors import SimengineError
from simengine.machines.speed import ConstantSpeed, RampSpeed, StepSpeed, TableSpeed, WanderSpeed
from simengine.signals.clock import ShaftClock

PROFILES = [
    ConstantSpeed(29.95),
    RampSpeed(10, 60),
    RampSpeed(60, 10, begin=0.3, length=1.1),
    StepSpeed([20, 50, 5], [0.5, 1.5]),
    TableSpeed([0, 0.2, 1, 2], [30, 10, 55, 54]),
    WanderSpeed(RampSpeed(10, 60), spread=0.02, correlation=0.2),
    WanderSpeed(StepSpeed([20, 50], [0.7])),
]


@pytest.mark.parametrize("profile", PROFILES)
def test_angle_is_the_integral_of_speed_and_its_inverse_is_exact(profile):
    clock = profile.clock(2.0, np.random.default_rng(3))
    for time in (0.1, 0.77, 1.9):
        fine = np.linspace(0, time, 400_001)
        area = trapezoid(clock.speed(fine), fine)
        assert float(clock.turns(time)) == pytest.approx(area, rel=5e-6)
    times = np.linspace(-0.5, 2.5, 4001)
    assert np.abs(clock.times_of(clock.turns(times)) - times).max() < 1e-12
    assert clock.turns(0.0) == 0


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 100)), min_size=1, max_size=8))
def test_any_table_inverts(nodes):
    nodes.sort()
    clock = ShaftClock([t for t, _ in nodes], [f for _, f in nodes])
    times = np.linspace(-1, 4, 501)
    assert np.allclose(clock.times_of(clock.turns(times)), times, atol=1e-9)
    assert (np.diff(clock.turns(times)) > 0).all()


def test_start_from_rest_and_standstill():
    clock = RampSpeed(0, 40, begin=1.0, length=2.0).clock(4.0, np.random.default_rng(0))
    assert clock.times_of(0.0) == pytest.approx(1.0)  # the time at which it leaves
    assert clock.times_of(40.0) == pytest.approx(3.0)
    assert clock.times_of(-1.0) == -np.inf
    stop = RampSpeed(40, 0).clock(2.0, np.random.default_rng(0))
    assert stop.times_of(40.0 + 1e-9) == np.inf
    assert stop.times_of(40.0 - 1e-12) == pytest.approx(2.0, abs=1e-6)


def test_step_profile_holds_each_speed():
    clock = StepSpeed([20, 50, 5], [0.5, 1.5]).clock(2, np.random.default_rng(0))
    assert float(clock.turns(0.5)) == pytest.approx(10)
    assert float(clock.turns(1.5)) == pytest.approx(60)
    assert float(clock.turns(2.0)) == pytest.approx(62.5)


def test_wander_spreads_as_told_and_forgets():
    clock = WanderSpeed(ConstantSpeed(30), spread=0.01, correlation=0.1).clock(400, np.random.default_rng(1))
    speeds = clock.speed(np.arange(0, 400, 0.01))
    assert np.std(speeds) / 30 == pytest.approx(0.01, rel=0.08)
    apart = np.corrcoef(speeds[:-10], speeds[10:])[0, 1]
    assert apart == pytest.approx(np.exp(-1), abs=0.06)


def test_geared_clock_turns_by_its_ratio():
    clock = RampSpeed(10, 60).clock(1, np.random.default_rng(0))
    assert np.allclose(clock.geared(0.4).turns([0.2, 0.9]), 0.4 * clock.turns([0.2, 0.9]))


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: ConstantSpeed(-30), "speed is -30.*above 0"),
        (lambda: RampSpeed(-1, 3), "start is -1"),
        (lambda: ShaftClock([0, 1], [3, -4]), r"speeds\[1\].*not negative"),
        (lambda: ShaftClock([0, 1, 0.5], [3, 4, 5]), r"times\[2\].*sort"),
        (lambda: ShaftClock([0, 1], [3, float("nan")]), r"speeds\[1\].*finite"),
        (lambda: ShaftClock([0, 1], [3]), "same length"),
        (lambda: StepSpeed([1, 2], []), "1 times of change"),
        (lambda: RampSpeed(1, 2, begin=3).clock(1, None), "ends at 1 s"),
    ],
)
def test_bad_speed_is_refused(make, words):
    with pytest.raises(SimengineError, match=words):
        make()
