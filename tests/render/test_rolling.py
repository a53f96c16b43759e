"""Where moving points fall under a rolling shutter, against what each pixel of the picture shows."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.render_scenes import camera_at, clutter
from oracles.shutters import moving

from simengine.render.camera import project_points
from simengine.render.model import Distortion, RenderSettings
from simengine.render.rolling import project_rolling


@pytest.mark.parametrize("direction", ["down", "up", "right", "left"])
@pytest.mark.parametrize("lens", [None, Distortion("kannala_brandt", (0.05,))])
@pytest.mark.parametrize("exposure", [0.0, 0.01])
def test_the_point_that_a_pixel_shows_falls_on_it(tracer, direction, lens, exposure):
    scene, camera = clutter(count=6), replace(camera_at(width=80, height=60), distortion=lens)
    shutter = moving(scene, camera, 240, exposure=exposure, readout=0.03, direction=direction)
    frame = tracer.render(scene, camera, RenderSettings(color=False, amodal=()), shutter)
    off, plainly = [], []
    for k, instance in enumerate(scene.instances):
        here = (frame.instances == instance.id) & (frame.links == instance.link)
        if not here.any():
            continue
        own = frame.coordinates[here].astype(float)
        poses = shutter.transforms[:, k]
        world = own @ poses[:, :3, :3].transpose(0, 2, 1) + poses[:, None, :3, 3]
        pixels, z = project_rolling(camera, shutter, world)
        centres = np.argwhere(here)[:, ::-1] + 0.5
        off.append(np.linalg.norm(pixels - centres, axis=-1))
        if lens is None:
            np.testing.assert_allclose(z, frame.depth[here], atol=5e-4)
        still = own @ instance.transform[:3, :3].T + instance.transform[:3, 3]
        plainly.append(np.linalg.norm(project_points(camera, still)[0] - centres, axis=-1))
    assert np.concatenate(plainly).max() > 2  # pixels that it would be off without
    assert np.concatenate(off).max() < 0.08  # states are steps


def test_points_that_no_row_meets_are_seen_as_at_the_edge(tracer):
    scene, camera = clutter(count=1), camera_at()
    shutter = moving(scene, camera, 30, exposure=0.0, readout=0.03, shake=False)
    far_above = np.broadcast_to(np.array([[0.0, 2.0, 3.0], [0.0, -2.0, -3.0]]), (30, 2, 3))
    pixels, _ = project_rolling(camera, shutter, far_above)
    np.testing.assert_allclose(pixels, project_points(camera, far_above[0])[0])
