"""Poses and projection against OpenCV."""

import cv2
import numpy as np
import pytest
from oracles.render_scenes import pose

from simengine.errors import SimengineError
from simengine.render.camera import (
    focal_from_fov,
    intrinsic_matrix,
    look_at,
    make_camera,
    orbit,
    project_points,
)


def test_projection_equals_opencv():
    rng = np.random.default_rng(0)
    for _ in range(10):
        camera = make_camera(pose(rng.normal(size=3), rng=rng), width=320, height=200, fov=rng.uniform(0.3, 1.5))
        inverse = np.linalg.inv(camera.world_from_camera)
        local = rng.uniform((-1, -1, 0.5), (1, 1, 5), (50, 3))
        points = local @ camera.world_from_camera[:3, :3].T + camera.world_from_camera[:3, 3]
        rvec = cv2.Rodrigues(np.ascontiguousarray(inverse[:3, :3]))[0]
        truth = cv2.projectPoints(points, rvec, inverse[:3, 3].copy(), intrinsic_matrix(camera), None)[0]
        pixels, depth = project_points(camera, points)
        assert np.allclose(pixels, truth.reshape(-1, 2), atol=1e-6)
        assert np.allclose(depth, local[:, 2])


def test_points_behind_the_camera_have_no_pixel():
    camera = make_camera(look_at((0, 0, 1), (0, 0, 0)))
    pixels, depth = project_points(camera, [(0, 0, 0), (0, 0, 2)])
    assert np.allclose(pixels[0], (320, 240)) and np.isnan(pixels[1]).all()
    assert np.allclose(depth, (1, -1))


@pytest.mark.parametrize("eye", [(1, 2, 3), (0, 0, 2), (0, 0, -2), (-1, 0, 0)])
def test_look_at_is_a_rotation_that_sees_its_target(eye):
    matrix = look_at(eye, (0.1, 0.2, 0.0) if eye[:2] != (0, 0) else (0, 0, 0))
    assert np.allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3))
    assert np.isclose(np.linalg.det(matrix[:3, :3]), 1)
    if eye[:2] != (0, 0):
        assert matrix[2, 1] <= 1e-12  # y down: its world z never points up
    else:
        assert matrix[1, 1] < 0  # the picture's top towards +y


def test_roll_turns_clockwise_seen_from_behind():
    camera = make_camera(look_at((0, -1, 0), (0, 0, 0), roll=0.3))
    pixels, _ = project_points(camera, [(0, 0, 0.1)])
    assert pixels[0, 0] < 320 and pixels[0, 1] < 240  # the camera turns right, the world turns left


def test_orbit_and_look_at_agree():
    a = orbit((0.1, 0.2, 0.3), distance=2.0, azimuth=0.5, elevation=0.4)
    eye = np.array([0.1, 0.2, 0.3]) + 2 * np.array([np.cos(0.4) * np.cos(0.5), np.cos(0.4) * np.sin(0.5), np.sin(0.4)])
    assert np.allclose(a, look_at(eye, (0.1, 0.2, 0.3)))
    above = orbit((0, 0, 0), distance=1.0, azimuth=0.7, elevation=np.pi / 2)
    nearly = orbit((0, 0, 0), distance=1.0, azimuth=0.7, elevation=np.pi / 2 - 1e-4)
    assert np.allclose(above, nearly, atol=1e-3)


def test_fov_spans_the_width():
    assert np.isclose(2 * np.arctan(320 / focal_from_fov(1.1, 640)), 1.1)


def test_eye_on_target_is_an_error():
    with pytest.raises(SimengineError, match="eye and target"):
        look_at((1, 1, 1), (1, 1, 1))
