import numpy as np
import pytest
from scipy.stats import kstest, kurtosis

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer, chain_responses
from simengine.machines.background import Background
from simengine.machines.gears import GearPair
from simengine.machines.machine import Machine, Rotor
from simengine.machines.mounted import MountedBearing
from simengine.machines.noise import normals
from simengine.machines.path import RandomPath
from simengine.machines.race_faults import OuterRaceFault
from simengine.machines.record import highest_lines, record
from simengine.machines.rotor_faults import BrokenBars, Looseness
from simengine.machines.speed import ConstantSpeed, RandomWalkSpeed, SineSpeed, TableSpeed, WanderSpeed
from simengine.sampling.streams import stream
from simengine.signals.catalogue import bearing
from simengine.signals.clock import ShaftClock


def test_a_swing_has_its_mean_depth_and_phase():
    clock = SineSpeed(30.0, 0.2, 2.0, phase=np.pi / 2).clock(3.0, stream(0, 0, "x"))
    times = np.linspace(0, 3, 1001)
    assert clock.speed(times) == pytest.approx(30 * (1 + 0.2 * np.cos(4 * np.pi * times)), abs=0.0013 * 6)
    # angle: the integral, 30 t + 3 sin(4 pi t) / (2 pi); the polygon loses the curvature between its points
    assert clock.turns(times) == pytest.approx(30 * times + 1.5 / np.pi * np.sin(4 * np.pi * times), abs=2e-3)


def test_a_walk_spreads_as_its_step_says_and_turns_back_at_its_bounds():
    walk = RandomWalkSpeed(40.0, 2.0, 5.0, 80.0)
    ends = np.array([walk.clock(4.0, stream(0, k, "walk")).speed(4.0) for k in range(400)])
    assert ends.std() == pytest.approx(2.0 * np.sqrt(4.0), rel=0.12) and ends.mean() == pytest.approx(40, abs=0.7)
    tight = RandomWalkSpeed(10.0, 20.0, 8.0, 12.0).clock(20.0, stream(0, 0, "walk")).speeds
    assert tight.min() >= 8 and tight.max() <= 12 and np.histogram(tight, 4, (8, 12))[0].min() > 40


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SineSpeed(30.0, 1.2), "depth is 1.2"),
        (lambda: SineSpeed(-30.0), "mean is -30"),
        (lambda: RandomWalkSpeed(30.0, low=60.0, high=50.0), "low is 60"),
        (lambda: RandomWalkSpeed(5.0), "start is 5"),
        (lambda: RandomWalkSpeed(30.0, -1.0), "step is -1"),
        (lambda: TableSpeed([0, 2, 1], [1, 2, 3]), "sort the nodes by time"),
        (lambda: TableSpeed([0, 1], [1, float("nan")]), "give finite numbers"),
        (lambda: RandomPath(0, (400.0, 5000.0)), "count is 0"),
        (lambda: RandomPath(3, (5000.0, 400.0)), r"frequency is \(5000"),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(SimengineError, match=words):
        make()


def test_wander_is_the_recursion_that_it_says():
    rng, base = stream(1, 2, "wander"), ConstantSpeed(20.0)
    clock = WanderSpeed(base, 0.01, 0.5).clock(3.0, stream(1, 2, "wander"))
    steps = rng.standard_normal(len(np.arange(0.0, 3.05, 0.05))) * 0.01
    keep, factor = np.exp(-0.1), []
    for number, step in enumerate(steps):
        factor.append(step if number == 0 else keep * factor[-1] + np.sqrt(1 - keep**2) * step)
    assert clock.speed(np.arange(len(steps)) * 0.05) == pytest.approx(20 * (1 + np.array(factor)))


def test_drawn_structures_fill_their_ranges_evenly_in_octaves():
    paths = [RandomPath(4, (500.0, 4000.0), (0.01, 0.04)).draw(stream(0, k, "path")) for k in range(300)]
    octaves = np.log2(np.concatenate([path.frequencies for path in paths]) / 500)
    assert kstest(octaves / 3, "uniform").pvalue > 1e-3
    assert all(np.all(np.diff(path.frequencies) >= 0) and len(path.dampings) == 4 for path in paths)


def test_noise_is_gaussian_and_white():
    values = normals(stream(0, 0, "noise"), 200_000)
    assert kstest(values, "norm").pvalue > 1e-3 and abs(kurtosis(values)) < 0.05
    assert abs(np.corrcoef(values[::2], values[1::2])[0, 1]) < 0.01
    assert abs(np.corrcoef(values[:-1] ** 2, values[1:] ** 2)[0, 1]) < 0.01  # the two of a pair share a radius
    assert 4.0 < np.abs(values).max() < 6.0


def test_filters_are_the_textbook_ones():
    from scipy.signal import butter, freqs

    sensor = Accelerometer(
        12_000, resonance=8000.0, resonance_damping=0.04, high_pass=3.0, sensitivity=1.1, anti_alias_order=6
    )
    front, guard = chain_responses(sensor, 4096)
    grid = np.arange(2049) * (24_000 / 4096)
    s = 2j * np.pi * grid
    natural, corner = 2 * np.pi * 8000, 2 * np.pi * 3
    mount = natural**2 / (s**2 + 2 * 0.04 * natural * s + natural**2)
    assert front == pytest.approx(1.1 * mount * s / (s + corner), rel=1e-12, abs=1e-15)
    b, a = butter(6, 2 * np.pi * 0.42 * 12_000, analog=True)
    assert guard == pytest.approx(freqs(b, a, 2 * np.pi * grid)[1], rel=1e-9)


def test_recordings_share_clock_and_level_when_told():
    machine = Machine(
        WanderSpeed(ConstantSpeed(25.0), 0.01),
        bearings={"de": MountedBearing(bearing("6205"))},
        faults=[OuterRaceFault()],
        background=Background(level=0.2),
        snr=0.0,
    )
    fast = record(machine, {"a": Accelerometer(24_000)}, duration=0.5, seed=1)
    slow = record(machine, {"b": Accelerometer(12_000)}, duration=0.5, seed=1, clock=fast.clock, gain=fast.gain)
    assert np.array_equal(fast.impacts.times, slow.impacts.times)
    assert np.array_equal(fast.impacts.amplitudes, slow.impacts.amplitudes)
    assert slow.clock is fast.clock and slow.gain == fast.gain
    assert slow.mean_speed == pytest.approx(np.mean(slow.speeds), rel=1e-4)


def test_highest_lines_are_those_of_the_parts():
    machine = Machine(
        ConstantSpeed(20.0),
        bearings={"de": MountedBearing(bearing("6205"), shaft=2.0)},
        gears={"g": GearPair(20, 40, mesh=(1.0, 0.5, 0.2))},
        faults=[Looseness(harmonics=12), BrokenBars(mains=50.0, poles=4)],
        rotor=Rotor((0.1, 0.1)),
    )
    lines = dict(highest_lines(machine, 20.0))
    assert lines["gears.g.mesh"] == 1200 and lines["rotor.harmonics"] == 40
    assert lines["bearings.de"] == pytest.approx(machine.bearings["de"].orders.bpfi * 40)
    assert lines["faults[0]"] == 240
    assert lines["faults[1]"] == pytest.approx(max(20, abs((1 - 4) * 20 + 100), (1 + 4) * 20 - 100))


def test_clock_covers_what_lies_beyond_its_profile():
    clock = ShaftClock([0.0, 1.0], [10.0, 20.0])
    assert clock.turns(2.0) == pytest.approx(15 + 20)
