"""Driven bodies: the pose in each frame is the shaft's angle, and what they touch is carried along."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from simengine.errors import SimengineError
from simengine.physics.simulate import simulate
from simengine.scene.scene import SceneMachine
from simengine.signals.clock import ShaftClock


def turning(scene, clock):
    """A scene with one machine, `m`, of which only the shaft's clock matters."""
    return replace(scene, machines=(SceneMachine("m", None, None, 1.0, None, clock),))


CLOCKS = {
    "constant": ShaftClock([0.0], [23.7]),
    "ramp": ShaftClock([0.0, 2.0], [0.0, 60.0]),
    "step": ShaftClock([0.0, 0.31, 0.31, 1.0], [5.0, 9.0, 2.0, 40.0]),
}


def wheel(ratio=1.0, **drive):
    return {
        "shape": {"cylinder": {"radius": 0.1, "height": 0.04}},
        "drive": {"machine": "m", "ratio": ratio, **drive},
        "placement": {"fixed": {"position": [0.3, -0.2, 0.5], "rotation": [0.5, 0.5, 0.5, 0.5]}},
    }


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("ratio", [1.0, -17 / 41, 3.25])
def test_the_pose_of_each_frame_is_the_angle_of_the_shaft(scene, clock, ratio):
    """An independent oracle turns a vector by the angle; the angle itself is the clock's closed form."""
    shaft = CLOCKS[clock]
    frames = {"start": 0.05, "frames": 25, "rate": 24.7}
    path = simulate(turning(scene({"wheel": wheel(ratio)}, timeline=frames), shaft))
    home = Rotation.from_quat([0.5, 0.5, 0.5, 0.5])
    for k, time in enumerate(path.times):
        turned = home.inv() * Rotation.from_quat(path.rotations[k, 1])
        x, y, z = turned.apply([1.0, 0.0, 0.0])
        angle = np.arctan2(y, x) / (2 * np.pi)
        off = angle - ratio * shaft.turns(time)
        assert abs(z) < 1e-12
        assert abs(off - round(off)) * 2 * np.pi < 1e-6
        spin = home.inv().apply(path.velocities[k, 1, 3:])
        assert spin == pytest.approx([0, 0, 2 * np.pi * ratio * shaft.speed(time)], abs=1e-9)
    assert path.positions[:, 1] == pytest.approx(np.tile([0.3, -0.2, 0.5], (25, 1)), abs=1e-12)


def test_velocities_are_the_derivatives_of_the_poses(scene):
    """Central differences of the poses, with every fault that can be seen."""
    faults = {
        "runout": 0.004,
        "tilt": 0.03,
        "heavy_side": 0.7,
        "shake": [0.001, 0.0, 0.003],
        "order": 0.5,
        "phase": 1.0,
    }
    clock = ShaftClock([0.0, 1.0], [3.0, 9.0])
    step = 1e-5

    def at(time):
        still = scene({"wheel": wheel(2.0, **faults)}, timeline={"start": time, "frames": 1})
        path = simulate(turning(still, clock))
        return path.positions[0, 1], Rotation.from_quat(path.rotations[0, 1]), path.velocities[0, 1]

    for time in (0.2, 0.77):
        (p0, r0, _), (_, _, v1), (p2, r2, _) = at(time - step), at(time), at(time + step)
        assert (p2 - p0) / (2 * step) == pytest.approx(v1[:3], abs=1e-5)
        assert (r2 * r0.inv()).as_rotvec() / (2 * step) == pytest.approx(v1[3:], rel=1e-4, abs=1e-3)
        assert np.linalg.norm(v1[:3]) > 0.05


def test_motions_between_the_pictures_agree_with_them(scene):
    frames = {"start": 0.1, "frames": 5, "rate": 7.0}
    path = simulate(turning(scene({"wheel": wheel(2.0, runout=0.01)}, timeline=frames), CLOCKS["ramp"]))
    states = path.motions["wheel[0]"].states(path.times)
    assert states[:, :3] == pytest.approx(path.positions[:, 1], abs=1e-12)
    assert states[:, 7:] == pytest.approx(path.velocities[:, 1], abs=1e-9)
    assert set(path.motions) == {"wheel[0]"}


def test_runout_and_tilt_turn_with_the_shaft_and_are_as_large_as_said(scene):
    shaft = ShaftClock([0.0], [1.0])
    objects = {"wheel": wheel(1.0, runout=0.01, tilt=0.1, heavy_side=0.4)}
    path = simulate(turning(scene(objects, timeline={"start": 0.0, "frames": 16, "rate": 16}), shaft))
    away = path.positions[:, 1] - [0.3, -0.2, 0.5]
    assert np.linalg.norm(away, axis=1) == pytest.approx(np.full(16, 0.01))
    assert away.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
    axis = Rotation.from_quat([0.5, 0.5, 0.5, 0.5]).apply([0, 0, 1])
    own = Rotation.from_quat(path.rotations[:, 1]).apply([0, 0, 1])
    assert np.arccos(own @ axis) == pytest.approx(np.full(16, 0.1))
    assert own.mean(axis=0) == pytest.approx(axis * np.cos(0.1), abs=1e-12)


def test_a_turntable_carries_what_lies_on_it(scene):
    """Slow enough for friction to hold: the box goes around with the table and turns as it does."""
    table = {
        "shape": {"cylinder": {"radius": 0.3, "height": 0.04}},
        "physics": {"friction": 0.9},
        "drive": {"machine": "m", "ratio": 0.5},
        "placement": {"fixed": {"position": [0, 0, 0.5]}},
    }
    box = {
        "shape": {"box": {"size": [0.05, 0.05, 0.05]}},
        "physics": {"friction": 0.9},
        "placement": {"fixed": {"position": [0.15, 0, 0.5451]}},
    }
    shaft = ShaftClock([0.0, 1.0], [0.0, 1.0])
    frames = {"start": 0.0, "frames": 13, "rate": 8}
    path = simulate(turning(scene({"table": table, "box": box}, timeline=frames), shaft))
    angle = np.unwrap(np.arctan2(path.positions[:, 2, 1], path.positions[:, 2, 0]))
    expected = np.pi * shaft.turns(path.times)
    assert expected[-1] > 3
    assert angle == pytest.approx(expected, abs=0.03)
    turn = Rotation.from_quat(path.rotations[:, 2]).as_matrix()
    assert np.unwrap(np.arctan2(turn[:, 1, 0], turn[:, 0, 0])) == pytest.approx(expected, abs=0.03)
    assert np.linalg.norm(path.positions[:, 2, :2], axis=1) == pytest.approx(np.full(13, 0.15), abs=0.004)


def test_a_fast_beater_knocks_a_ball_off_and_feels_nothing(scene):
    """At 30 turns a second Bullet needs far smaller steps than usual; the ball leaves faster than the beater came."""
    beater = {
        "shape": {"box": {"size": [0.2, 0.02, 0.02]}},
        "physics": {"restitution": 1.0},
        "drive": {"machine": "m"},
        "placement": {"fixed": {"position": [0, 0, 1.0]}},
    }
    ball = {
        "shape": {"sphere": {"radius": 0.01}},
        "physics": {"restitution": 1.0},
        "placement": {"fixed": {"position": [0.0, 0.08, 1.0]}},
    }
    frames = {"start": 0.0, "frames": 5, "rate": 100}
    still = scene({"beater": beater, "ball": ball}, world={"gravity": 0.0}, timeline=frames)
    path = simulate(turning(still, ShaftClock([0.0], [30.0])))
    rim = 2 * np.pi * 30 * 0.08
    speed = np.linalg.norm(path.velocities[-1, 2, :3])
    assert rim < speed < 2.3 * rim
    assert path.positions[-1, 1] == pytest.approx([0, 0, 1], abs=1e-12)


def test_a_missing_machine_is_named(scene):
    with pytest.raises(SimengineError, match=r"objects.wheel\[0\].drive.machine: there is no machine 'm'"):
        simulate(scene({"wheel": wheel()}))


ROTOR = """<robot name="rotor">
  <link name="base"><inertial><mass value="1"/><inertia ixx="1" ixy="0" ixz="0" iyy="1" iyz="0" izz="1"/></inertial>
    <visual><geometry><box size="0.1 0.1 0.1"/></geometry></visual></link>
  <link name="arm"><inertial><mass value="0.1"/><inertia ixx=".01" ixy="0" ixz="0" iyy=".01" iyz="0" izz=".01"/></inertial>
    <visual><origin xyz="0.1 0 0"/><geometry><box size="0.2 0.02 0.02"/></geometry></visual>
    <collision><origin xyz="0.1 0 0"/><geometry><box size="0.2 0.02 0.02"/></geometry></collision></link>
  <link name="slide"><inertial><mass value="0.1"/><inertia ixx=".01" ixy="0" ixz="0" iyy=".01" iyz="0" izz=".01"/></inertial>
    <visual><geometry><box size="0.02 0.02 0.02"/></geometry></visual></link>
  <joint name="spin" type="continuous"><parent link="base"/><child link="arm"/><origin xyz="0 0 0.1"/><axis xyz="0 1 0"/></joint>
  <joint name="push" type="prismatic"><parent link="base"/><child link="slide"/><axis xyz="1 0 0"/>
    <limit lower="-1" upper="1" effort="1" velocity="1"/></joint>
</robot>"""


def rotor(folder, joint, *, static=True):
    (folder / "rotor.urdf").write_text(ROTOR)
    return {
        "shape": {"urdf": {"file": str(folder / "rotor.urdf"), "joints": {"spin": 0.4}}},
        "physics": {"static": static},
        "drive": {"machine": "m", "joint": joint, "ratio": -2.0},
        "placement": {"fixed": {"position": [0, 0, 1.0]}},
    }


@pytest.mark.parametrize("static", [True, False])
def test_a_machine_turns_a_joint_of_a_model(scene, tmp_path, static):
    shaft = ShaftClock([0.0, 1.0], [1.0, 8.0])
    objects = {"rotor": rotor(tmp_path, "spin", static=static)}
    frames = {"start": 0.0, "frames": 9, "rate": 20}
    path = simulate(turning(scene(objects, timeline=frames, world={"gravity": 0.0}), shaft))
    arm = path.bodies.index("rotor[0]/arm")
    base = path.bodies.index("rotor[0]/base")
    for k, time in enumerate(path.times):
        turn = Rotation.from_quat(path.rotations[k, base]).inv() * Rotation.from_quat(path.rotations[k, arm])
        expected = Rotation.from_rotvec([0, 0.4 - 2.0 * 2 * np.pi * shaft.turns(time), 0])
        assert (turn.inv() * expected).magnitude() < 1e-6
    if static:
        assert path.velocities[:, arm, 4] == pytest.approx(-4 * np.pi * shaft.speed(path.times), rel=1e-6)
    assert path.joints["rotor[0]/spin"] == pytest.approx(0.4 - 4 * np.pi * shaft.turns(path.times))


@pytest.mark.parametrize(
    ("joint", "said"),
    [("wheel", "has no joint 'wheel'; those that turn: spin"), ("push", "'push' slides"), (None, "name the joint")],
)
def test_a_joint_that_cannot_be_turned_is_named(scene, tmp_path, joint, said):
    with pytest.raises(SimengineError, match=rf"objects.rotor\[0\].drive.joint: .*{said}"):
        simulate(turning(scene({"rotor": rotor(tmp_path, joint)}), ShaftClock([0.0], [1.0])))
