"""Bodies are followed between the pictures of a camera whose shutter is open for a while, and nothing else changes."""

from dataclasses import replace

import numpy as np

from simengine.physics.simulate import simulate
from simengine.scene.scene import SceneCamera
from simengine.scene.schema.camera import Camera


def with_shutter(scene, **shutter):
    spec = Camera.model_validate({"shutter": shutter}, context={"concrete": True})
    return replace(scene, cameras=(SceneCamera("camera", spec),))


def test_every_body_that_moves_is_followed_until_the_shutter_closes(scene):
    drop = {"drop": {"center": [0, 0, 5], "size": [0, 0, 0]}}
    things = {"ball": {"shape": {"sphere": {"radius": 0.02}}, "placement": drop}}
    plain = scene(things, timeline={"start": 0.2, "frames": 3, "rate": 20})
    open_ = simulate(with_shutter(plain, exposure_time=0.04, readout_time=0.02))
    assert set(open_.motions) == {"ball[0]"}
    first, last = open_.times[0] - 0.03, open_.times[-1] + 0.03
    times = np.linspace(first, last, 50)
    states = open_.motions["ball[0]"].states(times)
    np.testing.assert_allclose(states[:, 2], 5 - 9.80665 * times**2 / 2, atol=9.80665 * 0.4 / 240)
    assert (np.diff(states[:, 2]) < 0).all()  # it goes on falling after the last picture
    at = open_.motions["ball[0]"].states(open_.times)
    np.testing.assert_allclose(at[:, :3], open_.positions[:, 1], atol=1e-12)
    closed = simulate(plain)
    for name in ("times", "positions", "rotations", "velocities"):
        assert getattr(closed, name).tobytes() == getattr(open_, name).tobytes()
    assert not closed.motions
    assert not simulate(with_shutter(plain)).motions  # a shutter of no time is an instant
