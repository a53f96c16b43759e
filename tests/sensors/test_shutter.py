from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from simengine.assets.build import build
from simengine.physics.motion import Track
from simengine.sensors.appearance import appearance
from simengine.sensors.camera import render_camera
from simengine.sensors.observe import body_transforms, observe, state_hash
from simengine.sensors.shutter import MOST, passage

LOOK = {"pose": {"look_at": {"eye": [0, -2, 0], "target": [0, 0, 0]}}, "resolution": [64, 48]}


class Flying:
    """A body that flies along x at 1 m/s and turns about z."""

    def __init__(self, speed=1.0, rate=0.0):
        self.speed, self.rate = speed, rate

    def states(self, times):
        times = np.atleast_1d(times)
        turns = Rotation.from_rotvec(times[:, None] * (0.0, 0.0, self.rate)).as_quat()
        at = np.outer(times - 0.5, (self.speed, 0.0, 0.0))
        return np.column_stack([at, turns, np.zeros((len(times), 6))])


@pytest.fixture
def taken(made):
    def take(camera, motion):
        scene = made.scene([{"label": {"name": "box"}}], cameras={"camera": {**LOOK, **camera}})
        trajectory = made.trajectory(scene, times=[0.5])
        if motion is not None:
            trajectory.motions[trajectory.bodies[0]] = motion
        entry = scene.cameras[0]
        view = render_camera(entry)
        parts = appearance(scene, trajectory).parts
        transforms = body_transforms(trajectory, 0)
        found = passage(entry.spec, view, parts, trajectory, time=0.5, transforms=transforms)
        return SimpleNamespace(passage=found, view=view, scene=scene, trajectory=trajectory)

    return take


def test_states_lie_around_the_time_of_the_picture_in_steps_of_a_quarter_pixel(taken):
    found = taken({"shutter": {"exposure_time": 0.04, "readout_time": 0.06}}, Flying())
    states = found.passage.bodies
    count = len(states)
    np.testing.assert_allclose(states[:, 0, 0, 3], ((np.arange(count) + 0.5) / count - 0.5) * 0.1, atol=1e-12)
    assert found.passage.shutter.exposure == 0.04 and found.passage.shutter.readout == 0.06
    nearest = 2.0 - np.abs(build(found.scene.objects[0].spec.shape, base=".").links[0].mesh.vertices[:, 1]).max()
    assert count == pytest.approx(0.1 * found.view.fx / nearest / 0.25, rel=0.05, abs=1)


def test_pictures_of_an_instant_and_of_what_rests_have_no_states(taken):
    assert taken({}, Flying()).passage is None
    assert taken({"shutter": {}}, Flying()).passage is None
    assert taken({"shutter": {"exposure_time": 0.02}}, None).passage is None
    assert taken({"shutter": {"exposure_time": 0.02}}, Flying(speed=1e-4)).passage is None


def test_fast_things_have_no_more_states_than_there_are(taken):
    large = {"shutter": {"exposure_time": 0.02}, "resolution": [640, 480]}
    assert len(taken(large, Flying(rate=900.0, speed=30.0)).passage.bodies) == MOST


def test_a_shaking_camera_moves_in_its_own_frame_about_its_pose(taken):
    shake = {"velocity": [0.1, 0.2, 0.3], "angular_velocity": [0.0, 2.0, 0.0]}
    found = taken({"shutter": {"exposure_time": 0.1}, "shake": shake}, None)
    poses, pose = found.passage.shutter.world_from_camera, found.view.world_from_camera
    np.testing.assert_allclose(poses[:, :3, 3].mean(axis=0), pose[:3, 3], atol=1e-12)
    count = len(poses)
    way = pose[:3, :3].T @ (poses[-1, :3, 3] - poses[0, :3, 3])
    np.testing.assert_allclose(way, np.array([0.1, 0.2, 0.3]) * 0.1 * (count - 1) / count)
    turn = Rotation.from_matrix(pose[:3, :3].T @ poses[-1, :3, :3]).as_rotvec()
    np.testing.assert_allclose(turn, [0, 2.0 * 0.05 * (count - 1) / count, 0], atol=1e-12)


def test_the_renderer_gets_the_states_and_the_hash_covers_them(taken, made):
    calls = []

    class Painter:
        def render(self, scene, camera, settings, shutter=None):
            calls.append(shutter)
            return made.paint(camera.width, camera.height, {})

    found = taken({"shutter": {"exposure_time": 0.04}}, Flying())
    (view,) = observe(found.scene, found.trajectory, renderer=Painter())
    assert calls[0].transforms.shape[1:] == (1, 4, 4) and view.passage.shutter is calls[0]
    assert view.state == state_hash(found.trajectory, 0, view.render_camera, view.passage)
    assert view.state != state_hash(found.trajectory, 0, view.render_camera)


def test_a_track_gives_the_picture_its_own_state_at_its_time():
    times = np.linspace(0, 1, 241)
    states = np.column_stack([times, times**2, 0 * times, np.tile([0, 0, 0, 1.0], (241, 1)), np.zeros((241, 6))])
    found = Track(times, states).states([0.5])[0]
    np.testing.assert_array_equal(found[:3], [0.5, 0.25, 0])
