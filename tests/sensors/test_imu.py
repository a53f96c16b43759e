"""Inertial measurement units against the textbook: rest, free fall, circles, rotation, noise, vibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import simengine
from simengine.errors import Rejected
from simengine.physics.drive import Drive
from simengine.physics.simulate import simulate
from simengine.scene.load import load_scene
from simengine.sensors.imu import feel

G = 9.80665

FLOOR = {"shape": {"plane": {"size": [4, 4]}}, "physics": {"static": True}}
BALL = {"shape": {"sphere": {"radius": 0.05}}, "physics": {"density": 500}}


@pytest.fixture
def felt(tmp_path):
    """Simulates a scene of one object `thing` with one unit on it; signals (6, n), the scene and its trajectory."""

    def run(thing, *, floor=True, duration=1.0, machines=None, world=None, start=0.0, **imu):
        import yaml

        objects = ({"floor": FLOOR} if floor else {}) | {"thing": thing}
        tree = {
            "simengine": 1,
            "objects": objects,
            "sensors": {"unit": {"imu": {"on": "thing", **imu}}},
            "recording": {"duration": duration},
            "timeline": {"start": start},
            **({"machines": machines} if machines else {}),
            **({"world": world} if world else {}),
        }
        file = tmp_path / "scene.yaml"
        file.write_text(yaml.safe_dump(tree))
        scene = load_scene(str(file)).sample(3, 1)
        trajectory = simulate(scene)
        (one,) = feel(scene, trajectory)
        return one.signals, scene, trajectory

    return run


def at(position, rotation=(0, 0, 0, 1), **drop):
    return {"placement": {"drop": {"center": position, "size": [0, 0, 0], "rotation": list(rotation), **drop}}}


TILTED = [0.3, -0.2, 0.5, 0.8]


def test_at_rest_it_reads_gravity_upwards_whatever_its_axes(felt):
    box = {"shape": {"box": {"size": [0.2, 0.2, 0.1]}}, **at([0, 0, 0.0501])}
    signals, _, _ = felt(box, position=[0.05, -0.03, 0.02], rotation=TILTED, duration=2.0, rate=100.0)
    up = Rotation.from_quat(TILTED).inv().apply([0, 0, G])
    rest = signals[:, 100:]
    assert rest[:3].mean(axis=1) == pytest.approx(up, abs=2e-3)
    assert np.abs(rest[:3] - up[:, None]).max() < 0.02
    assert np.abs(rest[3:]).max() < 1e-3


def test_a_thing_that_never_moves_reads_the_same(felt):
    post = {"shape": {"box": {"size": [0.1, 0.1, 1]}}, "physics": {"static": True}}
    signals, _, _ = felt(post | {"placement": {"fixed": {"position": [0, 0, 0.5], "rotation": TILTED}}}, floor=False)
    assert np.linalg.norm(signals[:3], axis=0) == pytest.approx(np.full(200, G), rel=1e-12)
    assert signals[:3, 7] == pytest.approx(Rotation.from_quat(TILTED).inv().apply([0, 0, G]))
    assert not signals[3:].any()


def test_in_free_fall_it_reads_nothing(felt):
    ball = {**BALL, **at([0, 0, 9], velocity=[1.0, 0.5, 2.0])}
    signals, _, _ = felt(ball, floor=False, duration=1.0)
    assert np.abs(signals).max() < 1e-9


@pytest.mark.parametrize("start", [0.0, 0.5])
def test_landing_is_felt_as_the_change_of_velocity(felt, start):
    """What it reads integrates to the motion that physics made, bounces included, also beyond the last picture."""
    ball = {**BALL, "physics": {"restitution": 0.8}, **at([0, 0, 0.3])}
    signals, _, path = felt(ball, duration=1.2, rate=400.0, low_pass=0.45, start=start)
    motion = path.motions["thing[0]"]
    assert motion.times[-1] == pytest.approx(1.2)
    gained = np.cumsum(signals[2] - G) / 400
    real = motion.states((np.arange(signals.shape[1]) + 1) / 400)[:, 9]
    assert real.max() > 0.15  # it bounced
    assert signals[2].max() > 10 * G
    quiet = np.abs(np.gradient(real)) < 0.1
    assert gained[quiet] == pytest.approx(real[quiet], abs=0.15)


def test_a_circle_reads_omega_squared_r(felt):
    """Free rotation about a principal axis without gravity: only the pull towards the axis is left."""
    disc = {"shape": {"cylinder": {"radius": 0.2, "height": 0.05}}, **at([0, 0, 1], spin=[0, 0, 12.0])}
    signals, _, _ = felt(disc, floor=False, world={"gravity": 0.0}, position=[0.15, 0, 0], duration=0.5, rate=250.0)
    assert signals[0] == pytest.approx(np.full(125, -(12.0**2) * 0.15), rel=2e-3)
    assert np.abs(signals[1:3]).max() < 0.02 * 12**2 * 0.15
    assert signals[3:5] == pytest.approx(np.zeros((2, 125)), abs=1e-6)
    assert signals[5] == pytest.approx(np.full(125, 12.0), abs=1e-6)


WHEEL = {
    "shape": {"cylinder": {"radius": 0.2, "height": 0.05}},
    "placement": {"fixed": {"position": [0, 0, 1], "rotation": [0.5, 0.5, 0.5, 0.5]}},
}


def shaft(**speed):
    return {"m": {"shaft": {"speed": speed}, "background": {"level": 0}}}


def test_on_a_shaft_that_speeds_up_it_reads_all_three_terms(felt):
    """alpha x r, omega x (omega x r) and gravity, which goes around: against the closed form at every sample."""
    machines = shaft(ramp={"from": 1.0, "to": 5.0})
    signals, scene, path = felt(
        {**WHEEL, "drive": {"machine": "m", "ratio": 1.5}}, floor=False, machines=machines, position=[0.15, 0, 0.02],
        rate=1000.0, low_pass=0.5,
    )  # fmt: skip
    assert isinstance(path.motions["thing[0]"], Drive)
    times = np.arange(1000) / 1000
    omega = 2 * np.pi * 1.5 * scene.machines[0].clock.speed(times)
    alpha = 2 * np.pi * 1.5 * 4.0
    angle = 2 * np.pi * 1.5 * scene.machines[0].clock.turns(times)
    gravity = Rotation.from_quat([0.5] * 4).inv().apply([0, 0, G])  # in the axes of the wheel at angle 0
    turned = Rotation.from_rotvec(np.outer(-angle, [0, 0, 1])).apply(np.tile(gravity, (1000, 1)))
    expected = turned + np.column_stack([-(omega**2) * 0.15, np.full(1000, alpha * 0.15), np.zeros(1000)])
    late = slice(20, None)
    assert signals[:3].T[late] == pytest.approx(expected[late], abs=0.012 * np.abs(expected).max())
    assert signals[5][late] == pytest.approx(omega[late], rel=2e-3)


def test_the_gyroscope_integrates_to_the_rotation_of_the_pose(felt):
    """A tumbling box: rates of turn, multiplied up, give its rotation after a second."""
    box = {"shape": {"box": {"size": [0.3, 0.2, 0.1]}}, **at([0, 0, 3], rotation=TILTED, spin=[1.0, 4.0, -2.0])}
    signals, _, path = felt(
        box, floor=False, world={"gravity": 0.0}, rate=500.0, low_pass=0.5, rotation=[0, 0, 0.6, 0.8]
    )
    motion = path.motions["thing[0]"]
    turned = Rotation.from_quat(motion.states(0.0)[0, 3:7]) * Rotation.from_quat([0, 0, 0.6, 0.8])
    for rate in signals[3:].T:
        turned = turned * Rotation.from_rotvec(rate / 500)
    wanted = Rotation.from_quat(motion.states(1.0)[0, 3:7]) * Rotation.from_quat([0, 0, 0.6, 0.8])
    assert (turned.inv() * wanted).magnitude() < 0.02
    assert (wanted * Rotation.from_quat(TILTED).inv()).magnitude() > 0.5


def test_noise_bias_and_walk_are_as_large_as_said(felt):
    post = {"shape": {"box": {}}, "physics": {"static": True}, "placement": {"fixed": {}}}
    errors = {
        "accelerometer": {"noise_density": 0.01, "bias": [0.1, -0.2, 0.3]},
        "gyroscope": {"noise_density": 0.001, "drift": 0.01},
    }
    signals, scene, path = felt(post, floor=False, duration=40.0, rate=500.0, **errors)
    assert signals[:3].mean(axis=1) == pytest.approx([0.1, -0.2, 0.3 + G], abs=0.01)
    assert signals[:3].std(axis=1) == pytest.approx(np.full(3, 0.01 * np.sqrt(500)), rel=0.05)
    white = np.diff(signals[3:], axis=1).std(axis=1) / np.sqrt(2)
    assert white == pytest.approx(np.full(3, 0.001 * np.sqrt(500)), rel=0.05)
    steps = signals[3:].reshape(3, 40, 500).mean(axis=2)
    assert np.diff(steps, axis=1).std() == pytest.approx(0.01 * np.sqrt(2 / 3), rel=0.25)  # means over 1 s of a walk
    assert abs(np.corrcoef(signals[:3])[0, 1]) < 0.05
    (again,) = feel(scene, path)
    assert again.signals.tobytes() == signals.tobytes()


def test_range_and_bits(felt):
    ball = {**BALL, **at([0, 0, 0.3])}
    signals, _, _ = felt(ball, rate=400.0, accelerometer={"range": 20.0, "bits": 8})
    assert np.abs(signals[:3]).max() <= 20.0
    step = 20.0 / 128
    assert np.abs(signals[:3] / step - np.rint(signals[:3] / step)).max() < 1e-9


def test_it_feels_the_machine_through_its_low_pass(felt):
    """The line of an unbalance at 20 Hz, on the axes across the shaft, with the amplitude it was given."""
    post = {"shape": {"box": {}}, "physics": {"static": True}, "placement": {"fixed": {}}}
    machines = {
        "m": {
            "shaft": {"speed": {"constant": 20.0}},
            "rotor": {"reference": 20.0},
            "faults": [{"unbalance": {"level": 2.0}}],
            "background": {"level": 0},
        }
    }
    signals, _, _ = felt(post, floor=False, machines=machines, machine="m", shaft="x", rate=400.0, duration=2.0)
    lines = 2 * np.abs(np.fft.rfft(signals[:3], axis=1)) / 800
    gain = 1 / np.sqrt(1 + (20 / 100) ** 4)  # second-order Butterworth at a quarter of the rate
    assert lines[1:, 40] == pytest.approx([2.0 * gain] * 2, rel=0.02)
    assert lines[0, 40] == pytest.approx(0.05 * 2.0 * gain, rel=0.1)
    assert lines[2, 0] / 2 == pytest.approx(G, rel=1e-3)


def test_what_is_not_there_is_named(felt):
    with pytest.raises(Rejected, match=r"sensors.unit.imu.on: this draw has no 'thing\[3\]'.*thing\[0\]"):
        felt({**BALL, **at([0, 0, 1])}, on="thing[3]")
    with pytest.raises(simengine.SimengineError, match="no machine 'm'"):
        felt({**BALL, **at([0, 0, 1])}, machine="m")


def test_a_unit_more_changes_nothing_else(felt):
    ball = {**BALL, **at([0.0, 0, 0.3])}
    _, scene, path = felt(ball)
    plain = simulate(replace(scene, imus=()))
    assert plain.positions.tobytes() == path.positions.tobytes()
