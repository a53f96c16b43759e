"""The thin lens against many pinholes across its pupil, and against the closed form of its circles of confusion."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from oracles.render_scenes import camera_at, clutter, glowing, pose, to_mesh

from simengine.errors import SimengineError
from simengine.render.camera import make_camera
from simengine.render.model import Distortion, Instance, RenderScene, RenderSettings, SurfaceMaterial
from simengine.render.points import point_sets

MAPS = ("depth", "instances", "links", "normals", "coordinates")


def pinholes(camera, count, seed=0):
    """Cameras across the pupil: shifted, their principal points such that the plane in focus stays in place."""
    u, v = (point_sets(1, count, [seed])[0][0] / 2**32).T
    radius = camera.aperture / 2 * np.sqrt(u)
    for x, y in zip(radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v), strict=True):
        at = camera.world_from_camera.copy()
        at[:3, 3] += at[:3, :3] @ (x, y, 0.0)
        shift = camera.fx * x / camera.focus, camera.fy * y / camera.focus
        yield replace(camera, world_from_camera=at, cx=camera.cx + shift[0], cy=camera.cy + shift[1], aperture=0.0)


def test_a_thin_lens_is_the_mean_of_pinholes_across_its_pupil(tracer):
    scene = glowing(clutter(count=10))
    camera = replace(camera_at(width=48, height=36), aperture=0.2, focus=0.75)
    settings = RenderSettings(samples=512, bounces=0, denoise=False, amodal=())
    lens = tracer.render(scene, camera, settings).linear
    few = replace(settings, samples=8)
    brute = np.mean([tracer.render(scene, each, replace(few, seed=k)).linear
                     for k, each in enumerate(pinholes(camera, 128))], axis=0)  # fmt: skip
    sharp = tracer.render(scene, replace(camera, aperture=0.0), settings).linear
    assert np.abs(lens - brute).mean() < 0.1 * np.abs(sharp - brute).mean()
    assert np.abs(lens - brute).max() < 0.2 * np.abs(sharp - brute).max()


@pytest.mark.parametrize(("distance", "focus"), [(2.0, 1.0), (0.8, 1.5)])
def test_the_circle_of_confusion_has_its_closed_form(tracer, distance, focus):
    """A tiny glowing ball out of focus is a disk of diameter f A |z - z_f| / (z z_f), evenly lit."""
    ball = to_mesh(trimesh.creation.icosphere(2, radius=0.003 * distance))
    glow = SurfaceMaterial(base_color=(0, 0, 0), specular=0.0, emission=(50.0, 50.0, 50.0))
    scene = RenderScene((Instance(ball, pose((0, 0, distance)), (0,), 1),), (glow,))
    camera = make_camera(np.eye(4), width=100, height=100, fov=0.3)
    camera = replace(camera, aperture=0.06, focus=focus)
    light = tracer.render(scene, camera, RenderSettings(1024, 0, denoise=False)).linear[..., 0].astype(float)
    diameter = camera.fx * 0.06 * abs(distance - focus) / (distance * focus)
    assert diameter > 9
    x, y = np.meshgrid(np.arange(100) - 49.5, np.arange(100) - 49.5)
    # second moments: diameter^2 / 8 of an even disk, so of the ball's picture, and 1/6 of a pixel
    spread = (light * (x * x + y * y)).sum() / light.sum() - (2 * 0.003 * camera.fx) ** 2 / 8 - 1 / 6
    np.testing.assert_allclose(np.sqrt(8 * spread), diameter, rtol=0.01)
    inner = np.hypot(x, y) < diameter / 2 - 2.5
    assert light[inner].std() < 0.35 * light[inner].mean()
    assert not light[np.hypot(x, y) > diameter / 2 + 2.5].any()


def test_what_is_in_focus_is_sharp_and_the_rest_is_not(tracer):
    stripes = np.zeros((8, 8, 3), np.uint8)
    stripes[:, ::2] = 255
    material = SurfaceMaterial(base_color=(1, 1, 1), texture=0, texture_size=0.04, roughness=1.0, specular=0.0)
    wall = to_mesh(trimesh.creation.box((1.0, 1.0, 0.01)))
    white = np.ones((2, 4, 3), np.float32)
    contrast = []
    for distance in (0.7, 1.0, 1.6):
        scene = RenderScene((Instance(wall, pose((0, 0, distance)), (0,), 1),), (material,), (stripes,), (), white)
        camera = replace(make_camera(np.eye(4), width=64, height=64, fov=0.1), aperture=0.05, focus=0.995)
        contrast.append(tracer.render(scene, camera, RenderSettings(32, 0)).linear.std())
    assert contrast[1] > 5 * max(contrast[0], contrast[2])


@pytest.mark.parametrize("samples", [1, 4])
def test_labels_are_those_of_the_pinhole(tracer, samples):
    scene, camera = clutter(), camera_at()
    sharp = tracer.render(scene, camera, RenderSettings(samples, 0))
    blurred = tracer.render(scene, replace(camera, aperture=0.05, focus=0.4), RenderSettings(samples, 0))
    for name in MAPS:
        assert getattr(sharp, name).tobytes() == getattr(blurred, name).tobytes()
    assert (sharp.linear != blurred.linear).any()


def test_a_fisheye_can_be_out_of_focus_too(tracer):
    """A ball at 80 deg to the axis is a round disk, because pupils turn towards what they see."""
    lens = Distortion("kannala_brandt", ())
    camera = replace(make_camera(np.eye(4), width=100, height=40), fx=100.0, fy=100.0, distortion=lens, cx=-90.0)
    camera = replace(camera, aperture=0.3, focus=0.8)
    place = 2.0 * np.array([np.sin(1.4), 0, np.cos(1.4)])
    ball = to_mesh(trimesh.creation.icosphere(2, radius=0.004))
    scene = RenderScene((Instance(ball, pose(place), (0,), 1),), (SurfaceMaterial(emission=(99.0, 99.0, 99.0)),))
    light = tracer.render(scene, camera, RenderSettings(512, 0, denoise=False)).linear[..., 0]
    rows, columns = np.nonzero(light)
    # pixels are smaller across than along the radius: by the sine of the angle over the angle
    stretch = 1.4 / np.sin(1.4)
    size = np.ptp(columns) + 1, np.ptp(rows) + 1
    expected = 100 * 0.3 * abs(2 - 0.8) / (2 * 0.8)
    np.testing.assert_allclose(size, (expected, stretch * expected), atol=2.5)


def test_impossible_lenses_are_refused(tracer):
    for changes in ({"aperture": -0.1}, {"aperture": 0.1, "focus": 0.0}):
        with pytest.raises(SimengineError, match="aperture of"):
            tracer.render(clutter(count=1), replace(camera_at(), **changes), RenderSettings(1, 0))


def test_noise_of_blurred_pixels_is_filtered_and_their_blur_kept(tracer):
    """Where surfaces are blurred over each other the filter joins light: nearer to the truth, not away from it."""
    scene = clutter(count=10)
    camera = replace(camera_at(width=64, height=48), aperture=0.1, focus=0.75)
    truth = tracer.render(scene, camera, RenderSettings(1024, 1, denoise=False, amodal=())).linear
    raw, smooth = (
        np.abs(tracer.render(scene, camera, RenderSettings(8, 1, denoise=denoise, amodal=())).linear - truth).mean()
        for denoise in (False, True)
    )
    assert smooth < 0.75 * raw
