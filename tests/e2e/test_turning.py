"""Scenes that turn: what is seen in a picture is what is heard at its time."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import simengine
from simengine.physics.body import Pose
from simengine.physics.drive import Drive
from simengine.sensors.recordings import listen


def turn_about_axis(trajectory, frame, row, home):
    """Angle about the object's own z since it was placed [turns], from the recorded pose alone."""
    turned = Rotation.from_quat(home).inv() * Rotation.from_quat(trajectory.rotations[frame, row])
    x, y, _ = turned.apply([1.0, 0.0, 0.0])
    return np.arctan2(y, x) / (2 * np.pi)


def near_whole(turns):
    return np.abs(turns - np.round(turns)).max()


def drive_of(scene, group):
    thing = next(item for item in scene.objects if item.group == group)
    fixed = thing.spec.placement.value
    return Drive(scene.clocks[thing.spec.drive.machine], thing.spec.drive, Pose(fixed.position, fixed.rotation))


def drawn_with(name, fault, *, most=40):
    """The first sample with a fault."""
    spec = simengine.load_scene(name)
    for index in range(most):
        scene = spec.sample(0, index)
        if scene.model.variables["fault"] == fault:
            return scene
    raise AssertionError(f"none of {most} samples has the fault {fault}")


RATIOS = {
    "gears": {"pinion": lambda v: 1.0, "wheel": lambda v: -v["z1"] / v["z2"]},
    "fan_rig": {
        "shaft": lambda v: 1.0,
        "fan_pulley": lambda v: 1.0,
        "motor_pulley": lambda v: v["d2"] / v["d1"],
        "motor_shaft": lambda v: v["d2"] / v["d1"],
    },
}


@pytest.mark.parametrize("name", RATIOS)
@pytest.mark.parametrize("index", range(4))
def test_the_angle_in_every_frame_is_that_of_the_signal_at_its_time(name, index):
    """The angle of the signal, by the recording's own clock, at constant and rising speeds that wander."""
    scene = simengine.load_scene(name).sample(1, index)
    trajectory = simengine.simulate(scene)
    heard = next(listen(scene)).recording
    assert len(trajectory.times) >= 3
    for group, ratio in RATIOS[name].items():
        thing = next(item for item in scene.objects if item.group == group)
        row = list(trajectory.object_ids).index(thing.id)
        for frame, time in enumerate(trajectory.times):
            angle = turn_about_axis(trajectory, frame, row, thing.spec.placement.value.rotation)
            wanted = ratio(scene.model.variables) * heard.clock.turns(time)
            assert 2 * np.pi * near_whole(angle - wanted) < 1e-6
    assert max(trajectory.times) < scene.model.recording.duration


@pytest.mark.parametrize("fault", ["broken_tooth", "missing_tooth"])
def test_a_broken_tooth_strikes_when_it_is_seen_in_mesh(fault):
    """At every strike of the recording the gap of the drawn gear stands on the line of centres, towards its mate."""
    scene = drawn_with("gears", fault)
    wheel = scene.model.variables["faulty"]
    group, towards = ("pinion", 0.0) if wheel == "driver" else ("wheel", 0.5)
    thing = next(item for item in scene.objects if item.group == group)
    assert thing.spec.shape.value.damage > 0.3
    assert thing.spec.label.name == "damaged_gear"
    mate = next(item for item in scene.objects if item.group in ("pinion", "wheel") and item is not thing)
    assert mate.spec.shape.value.damage == 0
    times = next(listen(scene)).recording.impacts.times
    assert len(times) > 3
    tooth = Rotation.from_quat(drive_of(scene, group).states(times)[:, 3:7]).apply([1.0, 0.0, 0.0])
    seen = np.arctan2(tooth[:, 1], tooth[:, 0]) / (2 * np.pi)
    assert near_whole(seen - towards) < 0.01


def test_the_tachometer_sees_the_tape():
    """At the times of its pulses the strip of tape faces the lens, which stands on +y."""
    scene = simengine.load_scene("fan_rig").sample(0, 0)
    pulses = next(listen(scene)).recording.tacho
    assert len(pulses) > 5
    tape = drive_of(scene, "tape")
    away = tape.states(pulses)[:, :3] - np.asarray(tape.home.position)
    assert away == pytest.approx(np.tile([0, scene.model.variables["bore"] / 2, 0], (len(pulses), 1)), abs=1e-6)


def test_the_belt_runs_at_one_speed():
    scene = simengine.load_scene("fan_rig").sample(0, 1)
    rims = []
    for group in ("motor_pulley", "fan_pulley"):
        thing = next(item for item in scene.objects if item.group == group)
        spin = drive_of(scene, group).states([0.3])[0, 10:]
        rims.append(np.linalg.norm(spin) * thing.spec.shape.value.diameter / 2)
    assert rims[0] == pytest.approx(rims[1])


@pytest.mark.parametrize(
    ("fault", "heard", "seen"),
    [
        ("healthy", "normal", set()),
        ("unbalance", "unbalance", {"damaged_fan"}),
        ("bent_shaft", "shaft", set()),
        ("loose_foot", "looseness", {"loose_bolt"}),
        ("outer_race", "outer", set()),
    ],
)
def test_what_is_wrong_is_seen_and_heard(fault, heard, seen):
    scene = drawn_with("fan_rig", fault)
    names = {item.spec.label.name for item in scene.objects if item.spec.label}
    assert names & {"damaged_fan", "loose_bolt"} == seen
    recording = next(listen(scene)).recording
    assert recording.fault_type == heard
    fan = next(item.spec for item in scene.objects if item.group == "fan")
    assert (fan.drive.tilt > 0) == (fault == "bent_shaft")
    assert (fan.drive.runout > 0) == (fault in ("bent_shaft", "unbalance"))
    bearing = next(item.spec for item in scene.objects if item.group == "bearing")
    assert (bearing.drive.shake[2] > 0) == (fault == "loose_foot")
    level = float(np.sqrt(np.mean(recording.stems["fault"] ** 2)))
    assert (level > 0.01) == (fault != "healthy")


def test_the_record_of_a_picture_says_the_shafts_angle():
    scene = simengine.load_scene("gears", overrides=["cameras[*].resolution=[16, 12]", "outputs=[depth]"]).sample(0, 0)
    trajectory = simengine.simulate(scene)
    for view in simengine.observe(scene, trajectory):
        record = simengine.annotate(scene, trajectory, view)
        assert record.shafts == {"gearbox": pytest.approx(float(scene.clocks["gearbox"].turns(view.time)), rel=1e-15)}
        row = list(trajectory.object_ids).index(next(item.id for item in scene.objects if item.group == "pinion"))
        home = next(item for item in scene.objects if item.group == "pinion").spec.placement.value.rotation
        assert near_whole(turn_about_axis(trajectory, view.frame, row, home) - record.shafts["gearbox"]) < 1e-7
