from dataclasses import replace

import numpy as np
import pytest

from simengine.render.camera import pixel_rays
from simengine.render.crop import crop_camera
from simengine.render.model import Distortion, RenderCamera
from simengine.sensors.film.blur import blur
from simengine.sensors.film.chromatic import aberrate
from simengine.sensors.film.vignetting import falloff, vignette


def camera(width=640, height=480, fx=500.0, fy=520.0, cx=320.0, cy=240.0):
    return RenderCamera(width, height, fx, fy, cx, cy, np.eye(4))


def test_natural_vignetting_is_the_fourth_power_of_the_cosine():
    eye = camera(cx=310.0, cy=250.0)
    share = falloff(eye, natural=1.0, polynomial=(0, 0, 0))
    for row, column in ((0, 0), (479, 639), (250, 310), (10, 333)):
        ray = np.array([(column + 0.5 - 310) / 500, (row + 0.5 - 250) / 520, 1.0])
        assert share[row, column] == pytest.approx((1 / np.linalg.norm(ray)) ** 4, rel=1e-5)
    half = falloff(eye, natural=0.5, polynomial=(0, 0, 0))
    np.testing.assert_allclose(half**2, share, rtol=1e-5)


def test_natural_vignetting_goes_by_the_angle_that_a_lens_sees():
    bent = replace(camera(), distortion=Distortion("brown_conrady", (-0.2, 0.03)))
    share = falloff(bent, natural=1.0, polynomial=(0, 0, 0))
    ray = pixel_rays(bent, [10.5, 20.5])
    assert share[20, 10] == pytest.approx((1 / np.linalg.norm(ray)) ** 4, rel=1e-5)
    assert share[20, 10] < falloff(camera(), natural=1.0, polynomial=(0, 0, 0))[20, 10]  # barrel: it sees farther out
    fisheye = replace(camera(), distortion=Distortion("kannala_brandt", ()))
    assert (falloff(fisheye, natural=1.0, polynomial=(0, 0, 0)) == 1).all()


def test_a_crop_is_vignetted_as_in_the_whole():
    whole = falloff(camera(), natural=0.7, polynomial=(-0.2, 0.1, 0))
    part = crop_camera(camera(), left=500, top=300, width=100, height=90)
    np.testing.assert_allclose(
        falloff(part, natural=0.7, polynomial=(-0.2, 0.1, 0)), whole[300:390, 500:600], rtol=1e-6
    )


def test_polynomial_is_one_in_the_middle_and_its_sum_in_the_corner():
    share = falloff(camera(641, 481, cx=320.5, cy=240.5), natural=0, polynomial=(-0.3, 0.1, -0.05))
    assert share[240, 320] == 1
    assert share[0, 0] == pytest.approx(0.75, abs=0.002)  # the centre of the pixel is 0.7 px from the corner
    r2 = ((320 - 100) ** 2 + (240 - 50) ** 2) / ((641**2 + 481**2) / 4)
    assert share[50, 100] == pytest.approx(1 - 0.3 * r2 + 0.1 * r2**2 - 0.05 * r2**3, rel=1e-5)
    assert falloff(camera(), natural=0, polynomial=(-2, 0, 0)).min() == 0


def test_all_colours_fall_off_alike():
    image = np.full((480, 640, 3), (0.2, 0.5, 0.9), np.float32)
    dark = vignette(image, camera=camera(), natural=1.0, polynomial=(-0.1, 0, 0))
    share = falloff(camera(), natural=1.0, polynomial=(-0.1, 0, 0))
    np.testing.assert_allclose(dark, image * share[..., None], rtol=1e-6)
    assert vignette(image, camera=camera(), natural=0.0, polynomial=(0, 0, 0)) is image


def blobs(centers, *, width=640, height=480, sigma=3.0):
    y, x = np.mgrid[:height, :width] + 0.5
    spots = sum(np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma**2)) for cx, cy in centers)
    return np.repeat(spots[..., None], 3, axis=2).astype(np.float32), (x, y)


def centroid(channel, grid, near, *, window=14):
    x, y = grid
    weights = channel * ((abs(x - near[0]) < window) & (abs(y - near[1]) < window))
    return np.array([(weights * x).sum(), (weights * y).sum()]) / weights.sum()


def test_red_and_blue_are_displaced_in_proportion_to_the_distance():
    eye = camera(cx=330.0, cy=236.0)
    centers = [(620.0, 460.0), (20.0, 20.0), (330.0, 236.0), (500.0, 100.0)]
    image, grid = blobs(centers)
    moved = aberrate(image, camera=eye, red=0.004, blue=-0.003)
    np.testing.assert_array_equal(moved[..., 1], image[..., 1])  # green, and with it every label, stays
    for center in centers:
        outward = np.array(center) - (330, 236)
        for channel, scale in ((0, 0.004), (2, -0.003)):
            shift = centroid(moved[..., channel], grid, center) - center
            np.testing.assert_allclose(shift, scale * outward, atol=0.01)
    corner = np.linalg.norm(centroid(moved[..., 0], grid, centers[0]) - centers[0])
    assert corner == pytest.approx(0.004 * np.hypot(290, 224), abs=0.01)  # 1.47 px


def test_no_aberration_is_the_same_picture_and_edges_go_on():
    image = np.random.default_rng(0).random((48, 64, 3), np.float32)
    eye = camera(64, 48, cx=32.0, cy=24.0)
    assert aberrate(image, camera=eye, red=0.0, blue=0.0) is image
    flat = np.full_like(image, 0.3)
    np.testing.assert_allclose(aberrate(flat, camera=eye, red=-0.02, blue=0.02), flat, rtol=1e-5)
    assert (aberrate(np.float32(1000) * (image > 0.9), camera=eye, red=-0.02, blue=0.02) >= 0).all()


def test_blur_spreads_a_point_to_a_gaussian_and_keeps_its_light():
    image = np.zeros((41, 61, 3), np.float32)
    image[20, 30] = (1.0, 2.0, 3.0)
    spread = blur(image, radius=1.7)
    y, x = np.mgrid[:41, :61]
    r2 = (x - 30) ** 2 + (y - 20) ** 2
    expected = np.exp(-r2 / (2 * 1.7**2)) / (2 * np.pi * 1.7**2)
    np.testing.assert_allclose(spread[..., 1], 2 * expected, atol=2e-4)
    np.testing.assert_allclose(spread.sum(axis=(0, 1)), (1, 2, 3), rtol=1e-5)
    assert blur(image, radius=0.0) is image
