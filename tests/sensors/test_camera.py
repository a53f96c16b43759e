import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.errors import Rejected
from simengine.render.camera import intrinsic_matrix, project_points
from simengine.scene.scene import SceneCamera
from simengine.scene.schema.camera import Camera, CameraPose
from simengine.sensors.camera import render_camera, world_from_camera


def pose(**kinds):
    return world_from_camera(CameraPose.model_validate(kinds, context={"concrete": True}))


def camera(**spec):
    return render_camera(SceneCamera("camera", Camera.model_validate(spec, context={"concrete": True})))


def pixel(camera, point):
    return project_points(camera, point)[0]


def test_look_at_along_y_in_numbers():
    transform = pose(look_at={"eye": [0, -2, 0], "target": [0, 0, 0]})
    np.testing.assert_allclose(transform[:3, 0], [1, 0, 0], atol=1e-12)  # right
    np.testing.assert_allclose(transform[:3, 1], [0, 0, -1], atol=1e-12)  # down
    np.testing.assert_allclose(transform[:3, 2], [0, 1, 0], atol=1e-12)  # forward
    np.testing.assert_allclose(transform[:3, 3], [0, -2, 0])


def test_target_is_in_the_middle_and_up_is_up():
    view = camera(pose={"look_at": {"eye": [0.6, -0.5, 0.4], "target": [0.1, 0.2, 0.05]}}, resolution=[200, 100])
    np.testing.assert_allclose(pixel(view, [0.1, 0.2, 0.05]), [100, 50], atol=1e-9)
    above = pixel(view, [0.1, 0.2, 0.1])
    assert above[1] < 50
    assert above[0] == pytest.approx(100, abs=1e-9)


@pytest.mark.parametrize(("height", "forward"), [(1.0, -1.0), (-1.0, 1.0)])
def test_straight_down_and_up_keep_y_up(height, forward):
    transform = pose(look_at={"eye": [0, 0, height], "target": [0, 0, 0]})
    np.testing.assert_allclose(transform[:3, 2], [0, 0, forward], atol=1e-12)
    np.testing.assert_allclose(transform[:3, 1], [0, -1, 0], atol=1e-12)


def test_straight_down_by_default_of_fixed_agrees_with_look_at():
    np.testing.assert_allclose(
        pose(fixed={"position": [0, 0, 1]}), pose(look_at={"eye": [0, 0, 1], "target": [0, 0, 0]}), atol=1e-12
    )


def test_orbit_agrees_with_look_at_and_stays_continuous_at_the_pole():
    azimuth, elevation, distance, target = 0.7, 0.4, 2.0, np.array([0.1, 0.2, 0.3])
    eye = target + distance * np.array(
        [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
    )
    orbit = {"target": target.tolist(), "distance": distance, "azimuth": azimuth}
    np.testing.assert_allclose(
        pose(orbit={**orbit, "elevation": elevation}),
        pose(look_at={"eye": eye.tolist(), "target": target.tolist()}),
        atol=1e-12,
    )
    below = pose(orbit={**orbit, "elevation": math.pi / 2 - 1e-6})
    at = pose(orbit={**orbit, "elevation": math.pi / 2})
    np.testing.assert_allclose(below, at, atol=1e-5)


@given(st.floats(-3, 3), st.floats(-1.57, 1.57), st.floats(-7, 7))
def test_every_pose_is_a_rotation_and_roll_turns_about_the_view(azimuth, elevation, roll):
    plain = pose(orbit={"azimuth": azimuth, "elevation": elevation})
    rolled = pose(orbit={"azimuth": azimuth, "elevation": elevation, "roll": roll})
    rotation = rolled[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_allclose(rolled[:3, 2:], plain[:3, 2:], atol=1e-12)
    assert plain[:3, 0] @ rolled[:3, 0] == pytest.approx(math.cos(roll), abs=1e-9)


def test_positive_roll_turns_the_picture_counter_clockwise():
    straight = camera(pose={"look_at": {"eye": [0, -1, 0], "target": [0, 0, 0]}})
    rolled = camera(pose={"look_at": {"eye": [0, -1, 0], "target": [0, 0, 0], "roll": 0.1}})
    assert pixel(rolled, [0.1, 0, 0])[1] < pixel(straight, [0.1, 0, 0])[1]  # what was right moves up


def test_coinciding_eye_and_target_reject_the_draw():
    with pytest.raises(Rejected, match="coincide"):
        pose(look_at={"eye": [1, 2, 3], "target": [1, 2, 3]})


def test_fov_spans_the_width():
    view = camera(intrinsics={"fov": math.pi / 2}, resolution=[640, 480])
    assert (view.fx, view.fy, view.cx, view.cy) == pytest.approx((320, 320, 320, 240))
    edges = view.world_from_camera @ np.transpose([[-1, 0, 1, 1], [1, 0, 1, 1]])
    np.testing.assert_allclose(project_points(view, edges[:3].T)[0][:, 0], [0, 640], atol=1e-9)


def test_pinhole_and_its_principal_point():
    view = camera(intrinsics={"pinhole": {"fx": 500, "fy": 510, "cx": 300}}, resolution=[640, 480], exposure=1.5)
    np.testing.assert_array_equal(intrinsic_matrix(view), [[500, 0, 300], [0, 510, 240], [0, 0, 1]])
    assert view.exposure == 1.5


@pytest.mark.parametrize(
    ("distortion", "fov"),
    [
        ({"brown_conrady": {"k1": -0.2, "k2": 0.05}}, 1.2),
        ({"kannala_brandt": {"k1": 0.03}}, 1.2),
        ({"kannala_brandt": {"k1": 0.03}}, math.radians(200)),
    ],
)
def test_fov_is_what_is_seen_through_the_lens(distortion, fov):
    view = camera(intrinsics={"fov": fov}, distortion=distortion)
    half = np.array([-fov / 2, fov / 2])
    edges = np.column_stack([np.sin(half), [0, 0], np.cos(half)]) @ view.world_from_camera[:3, :3].T
    np.testing.assert_allclose(pixel(view, edges + view.world_from_camera[:3, 3])[:, 0], [0, 640], atol=1e-6)


def test_a_crop_keeps_its_place_in_the_whole():
    view = camera(resolution=[640, 480], crop={"left": 100, "top": 40, "width": 64, "height": 48})
    whole = camera(resolution=[640, 480])
    assert (view.width, view.height, view.crop.left, view.crop.top, view.crop.width) == (64, 48, 100, 40, 640)
    np.testing.assert_allclose(pixel(whole, [0.01, 0.02, 0]) - pixel(view, [0.01, 0.02, 0]), (100, 40))


def test_the_pupil_by_its_diameter_or_by_its_f_number():
    assert camera(aperture={"diameter": 0.004}).aperture == 0.004
    assert camera(aperture={"lens": {"focal_length": 0.05, "f_number": 2}}).aperture == pytest.approx(0.025)
    assert camera().aperture == 0


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"intrinsics": {"fov": 1.6}, "distortion": {"brown_conrady": {"k1": -0.4}}}, "wider than this lens draws"),
        ({"intrinsics": {"pinhole": {"fx": 300, "fy": 300}}, "distortion": {"brown_conrady": {"k1": -0.5}}}, "folds back"),
        ({"crop": {"left": 600, "width": 64, "height": 48}}, "doesn't lie in a picture of 640 x 480"),
        ({"intrinsics": {"fov": 3.5}}, "only `kannala_brandt` lenses reach"),
    ],
)  # fmt: skip
def test_lenses_that_cannot_draw_the_picture_reject_the_draw(spec, said):
    with pytest.raises(Rejected, match=said):
        camera(**spec)
