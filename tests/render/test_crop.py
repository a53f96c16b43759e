"""Windows and tiles of a picture: the very bytes of the whole."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.render_scenes import camera_at, clutter

from simengine.errors import SimengineError
from simengine.render.camera import intrinsic_matrix, project_points
from simengine.render.crop import crop_camera, tile_cameras
from simengine.render.model import Distortion, RenderSettings

MAPS = ("rgb", "linear", "depth", "instances", "links", "normals", "coordinates")
BENT = Distortion("brown_conrady", (-0.2, 0.05, 0.001, -0.002))


def same_pixels(part, whole, left, top):
    height, width = part.instances.shape
    for name in MAPS:
        expected = getattr(whole, name)[top : top + height, left : left + width]
        assert getattr(part, name).tobytes() == np.ascontiguousarray(expected).tobytes(), name


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        (RenderSettings(1, 0), {}),
        (RenderSettings(8, 1, seed=3), {}),
        (RenderSettings(5, 0), {"distortion": BENT}),
        (RenderSettings(6, 0), {"aperture": 0.02, "focus": 0.8}),
    ],
)
def test_a_crop_is_the_crop_of_the_whole(tracer, settings, changes):
    scene, camera = clutter(count=20), replace(camera_at(width=203, height=149, fov=0.8), cx=99.37, **changes)
    whole = tracer.render(scene, camera, settings)
    for left, top, width, height in (
        (0, 0, 203, 149),
        (61, 35, 70, 50),
        (3, 100, 40, 49),
        (150, 0, 53, 9),
        (88, 70, 1, 1),
    ):
        part = crop_camera(camera, left=left, top=top, width=width, height=height)
        frame = tracer.render(scene, part, settings)
        same_pixels(frame, whole, left, top)
        assert frame.amodal.keys() == whole.amodal.keys()
        for id_, outline in frame.amodal.items():
            other = whole.amodal[id_]
            assert (outline.left + left, outline.top + top, outline.clipped) == (other.left, other.top, other.clipped)
            assert outline.mask.tobytes() == other.mask.tobytes()


def test_tiles_side_by_side_are_the_whole(tracer):
    scene, camera, settings = clutter(), camera_at(width=150, height=100), RenderSettings(2, 1, amodal=())
    whole = tracer.render(scene, camera, settings)
    pixels = 0
    for left, top, tile in tile_cameras(camera, size=64):
        frame = tracer.render(scene, tile, settings)
        same_pixels(frame, whole, left, top)
        pixels += frame.instances.size
    assert pixels == 150 * 100


def test_a_crop_of_a_crop_and_its_intrinsics():
    camera = camera_at(width=200, height=150)
    once = crop_camera(crop_camera(camera, left=20, top=30, width=100, height=90), left=5, top=6, width=50, height=40)
    assert once.crop == crop_camera(camera, left=25, top=36, width=50, height=40).crop
    point = (0.01, 0.02, 0.0)
    shift = project_points(camera, point)[0] - project_points(once, point)[0]
    np.testing.assert_allclose(shift, (25, 36))
    assert intrinsic_matrix(once)[0, 2] == camera.cx - 25


@pytest.mark.parametrize("window", [(-1, 0, 5, 5), (0, 0, 0, 5), (150, 0, 11, 5), (0, 100, 5, 21)])
def test_crops_outside_the_picture_are_refused(window):
    left, top, width, height = window
    with pytest.raises(SimengineError, match="doesn't lie in a picture of 160 x 120"):
        crop_camera(camera_at(), left=left, top=top, width=width, height=height)
    with pytest.raises(SimengineError, match="at least 1"):
        next(tile_cameras(camera_at(), size=0))
