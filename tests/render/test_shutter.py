"""Motion blur against the mean of instants, a rolling shutter against the instant of each row."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.render_scenes import camera_at, clutter, glowing
from oracles.shutters import moving

from simengine.errors import SimengineError
from simengine.render.crop import crop_camera
from simengine.render.eye import shutter_states
from simengine.render.model import Distortion, RenderSettings

MAPS = ("depth", "instances", "links", "normals", "coordinates")
LABELS = RenderSettings(color=False)


def at(scene, camera, shutter, state):
    """Scene and camera as they are in one state."""
    poses = shutter.transforms[state]
    instances = tuple(replace(i, transform=pose) for i, pose in zip(scene.instances, poses, strict=True))
    return replace(scene, instances=instances), replace(camera, world_from_camera=shutter.world_from_camera[state])


@pytest.mark.parametrize("lens", [None, Distortion("brown_conrady", (-0.2, 0.03))])
def test_motion_blur_is_the_mean_of_instants(tracer, lens):
    scene, camera = glowing(clutter(count=10)), replace(camera_at(width=48, height=36), distortion=lens)
    shutter = moving(scene, camera, 32, exposure=0.02)
    settings = RenderSettings(samples=512, bounces=0, denoise=False, amodal=())
    blurred = tracer.render(scene, camera, settings, shutter).linear
    instants = [
        tracer.render(*at(scene, camera, shutter, k), replace(settings, samples=16, seed=k)).linear for k in range(32)
    ]
    brute = np.mean(instants, axis=0)
    sharp = tracer.render(scene, camera, settings).linear
    assert np.abs(blurred - brute).mean() < 0.1 * np.abs(sharp - brute).mean()
    assert np.abs(blurred - brute).max() < 0.2 * np.abs(sharp - brute).max()


def test_light_that_moves_past_shadows_is_blurred_too(tracer):
    """Shadows, reflections and the surroundings belong to the state of their ray."""
    scene, camera = clutter(count=8), camera_at(width=40, height=30)
    shutter = moving(scene, camera, 16, exposure=0.02)
    settings = RenderSettings(samples=1024, bounces=0, denoise=False, amodal=())
    blurred = tracer.render(scene, camera, settings, shutter).linear
    brute = np.mean([tracer.render(*at(scene, camera, shutter, k), replace(settings, samples=128, seed=k)).linear
                     for k in range(16)], axis=0)  # fmt: skip
    sharp = tracer.render(scene, camera, settings).linear
    assert np.abs(blurred - brute).mean() < 0.12 * np.abs(sharp - brute).mean()


@pytest.mark.parametrize("samples", [1, 4])
def test_labels_of_motion_blur_are_those_of_mid_exposure(tracer, samples):
    scene, camera = clutter(), camera_at()
    settings = RenderSettings(samples, 0)
    still = tracer.render(scene, camera, settings)
    blurred = tracer.render(scene, camera, settings, moving(scene, camera, 8, exposure=0.01))
    for name in MAPS:
        assert getattr(still, name).tobytes() == getattr(blurred, name).tobytes()
    for id_, outline in still.amodal.items():
        assert outline.mask.tobytes() == blurred.amodal[id_].mask.tobytes()
    assert (still.linear != blurred.linear).any()


@pytest.mark.parametrize("direction", ["down", "up", "right", "left"])
@pytest.mark.parametrize("settings", [LABELS, RenderSettings(1, 0)])
def test_each_row_of_a_rolling_shutter_is_a_row_of_an_instant(tracer, direction, settings):
    """With as many states as rows and no exposure: row for row the very labels, and in a draft the very light."""
    scene, camera = clutter(count=8), camera_at(width=40, height=32)
    lines = 32 if direction in ("down", "up") else 40
    shutter = moving(scene, camera, lines, exposure=0.0, readout=0.03, direction=direction)
    settings = replace(settings, amodal=(), denoise=False)
    frame = tracer.render(scene, camera, settings, shutter)
    differing = 0
    for state in range(lines):
        line = state if direction in ("down", "right") else lines - 1 - state
        instant = tracer.render(*at(scene, camera, shutter, state), settings)
        for name in ("instances", "depth", "linear"):
            mine, theirs = getattr(frame, name), getattr(instant, name)
            if mine is None:
                continue
            mine, theirs = (a[line] if direction in ("down", "up") else a[:, line] for a in (mine, theirs))
            differing += (np.abs(mine - theirs) > 1e-4 * (1 + np.abs(theirs))).sum()
    assert differing <= 10  # of 1280 pixels, at edges: the rays start elsewhere by float32's rounding
    still = tracer.render(scene, camera, settings)
    assert (still.instances != frame.instances).sum() > 50


def test_a_rolling_row_sees_for_as_long_as_its_exposure(tracer):
    """Rows are the mean of the states that their exposure covers."""
    scene, camera = glowing(clutter(count=8)), camera_at(width=48, height=24)
    shutter = moving(scene, camera, 48, exposure=0.02, readout=0.02)  # 24 states a row, a state from row to row
    settings = RenderSettings(samples=512, bounces=0, denoise=False, amodal=())
    rolled = tracer.render(scene, camera, settings, shutter).linear
    each = [
        tracer.render(*at(scene, camera, shutter, k), replace(settings, samples=16, seed=k)).linear for k in range(48)
    ]
    brute = np.stack([np.mean([each[k][row] for k in range(row, row + 24)], axis=0) for row in range(24)])
    unrolled = np.mean(each, axis=0)
    assert np.abs(rolled - brute).mean() < 0.25 * np.abs(rolled - unrolled).mean()
    assert shutter_states(camera, shutter) == (0.0, (0.0, 1.0), 24.0)


@pytest.mark.parametrize("lens", [None, Distortion("kannala_brandt", ())])
def test_outlines_roll_too(tracer, lens):
    """An object's outline is what a rolling picture of it alone shows, in the picture and beyond."""
    scene, camera = clutter(count=8), replace(camera_at(width=80, height=64, fov=0.5), distortion=lens)
    shutter = moving(scene, camera, 64, exposure=0.004, readout=0.03)
    frame = tracer.render(scene, camera, LABELS, shutter)
    for id_, outline in frame.amodal.items():
        mine = [k for k, i in enumerate(scene.instances) if i.id == id_]
        alone = replace(scene, instances=tuple(scene.instances[k] for k in mine))
        truth = tracer.render(
            alone, camera, replace(LABELS, amodal=()), replace(shutter, transforms=shutter.transforms[:, mine])
        )
        canvas = np.zeros((192, 240), bool)
        h, w = outline.mask.shape
        canvas[outline.top + 64 : outline.top + 64 + h, outline.left + 80 : outline.left + 80 + w] = outline.mask
        assert (canvas[64:128, 80:160] ^ (truth.instances == id_)).sum() == 0
        assert not ((frame.instances == id_) & ~canvas[64:128, 80:160]).any()


def test_a_crop_of_a_rolling_picture_is_its_crop(tracer):
    scene, camera = clutter(count=8), camera_at(width=80, height=64)
    shutter = moving(scene, camera, 30, exposure=0.004, readout=0.03)
    settings = RenderSettings(4, 0, amodal=())
    whole = tracer.render(scene, camera, settings, shutter)
    part = tracer.render(scene, crop_camera(camera, left=21, top=17, width=30, height=40), settings, shutter)
    for name in (*MAPS, "linear", "rgb"):
        assert getattr(part, name).tobytes() == np.ascontiguousarray(getattr(whole, name)[17:57, 21:51]).tobytes()


def test_shutters_that_dont_fit_are_refused(tracer):
    scene, camera = clutter(count=2), camera_at()
    shutter = moving(scene, camera, 3, exposure=0.01)
    with pytest.raises(SimengineError, match="don't fit 3 instances"):
        tracer.render(scene, camera, LABELS, replace(shutter, transforms=shutter.transforms[:, :2]))
    with pytest.raises(SimengineError, match="must not be below 0"):
        tracer.render(scene, camera, LABELS, replace(shutter, exposure=-1.0))
