"""What is taken over from photos, against closed forms and against what was planted."""

import cv2
import numpy as np
import pytest
from scipy.linalg import sqrtm

from simengine.errors import SimengineError
from simengine.refine.color_map import ColorStatistics, bures_distance, color_statistics, from_lab, monge_map, to_lab
from simengine.refine.photos import Photos, cover
from simengine.refine.sharpness import Noise, add_noise, blur_of, jpeg_quality, noise_of


def cloud(seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(3, 3))
    return ColorStatistics(rng.normal(size=3), root @ root.T + np.eye(3))


def test_monge_map_carries_one_covariance_into_the_other():
    a, b = cloud(0), cloud(1)
    matrix = monge_map(a, b, gain=1e6)
    np.testing.assert_allclose(matrix @ a.covariance @ matrix.T, b.covariance, atol=1e-9)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    assert np.linalg.eigvalsh(monge_map(a, b, gain=1.1)) == pytest.approx(1.0, abs=0.11)


def test_bures_distance_is_wasserstein_between_gaussians():
    a, b = cloud(2), cloud(3)
    root = sqrtm(a.covariance)
    expected = ((a.mean - b.mean) ** 2).sum() + np.trace(
        a.covariance + b.covariance - 2 * np.real(sqrtm(root @ b.covariance @ root))
    )
    assert bures_distance(a, b) == pytest.approx(expected, abs=1e-9) and bures_distance(a, a) == pytest.approx(
        0, abs=1e-9
    )


def test_lab_and_back():
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (20, 30, 3)).astype(np.uint8)
    assert np.abs(from_lab(to_lab(rgb)).astype(int) - rgb).max() <= 1
    gray = to_lab(np.full((1, 1, 3), 119, np.uint8))[0, 0]  # L* of 18.4 % gray is 50
    assert gray == pytest.approx([50.0, 0, 0], abs=0.3)
    assert color_statistics(np.zeros((4, 4, 3), np.float32)).covariance == pytest.approx(np.eye(3))


@pytest.mark.parametrize("sigma", [0.6, 1.0, 1.7, 2.5])
def test_blur_of_a_blurred_edge(sigma):
    rows, columns = np.mgrid[:120, :120]
    sharp = (columns * 8 > 480 + rows * 2).astype(np.float32)
    big = cv2.resize(sharp, (960, 960), interpolation=cv2.INTER_NEAREST)
    soft = cv2.resize(cv2.GaussianBlur(big, (0, 0), 8 * sigma), (120, 120), interpolation=cv2.INTER_AREA)
    assert blur_of(0.2 + 0.6 * soft) == pytest.approx(sigma, abs=0.12 + 0.05 * sigma)
    assert np.isnan(blur_of(np.full((40, 40), 0.5, np.float32)))


@pytest.mark.parametrize("noise", [Noise(0.02, 0.0), Noise(0.0, 0.02), Noise(0.015, 0.01)])
def test_noise_that_was_added_is_found(noise):
    field = add_noise((400, 400), noise, np.random.default_rng(1))
    assert field.std() == pytest.approx(np.hypot(noise.white, noise.grain), rel=0.05)
    found = noise_of(0.5 + field)
    assert found.white == pytest.approx(noise.white, abs=0.0025) and found.grain == pytest.approx(
        noise.grain, abs=0.003
    )


@pytest.mark.parametrize("quality", [35, 66, 90])
def test_quality_of_a_jpeg_is_read_from_its_table(tmp_path, quality):
    picture = np.zeros((16, 16, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    assert jpeg_quality(tmp_path / "a.jpg") == pytest.approx(quality, abs=1)
    assert jpeg_quality(tmp_path / "a.png") is None


def test_cover_fills_the_picture_with_a_part_of_the_photo():
    photo = np.zeros((50, 200, 3), np.uint8)
    photo[..., 0] = np.arange(200)
    part = cover(photo, 40, 40, np.random.default_rng(0))
    assert part.shape == (40, 40, 3) and np.ptp(part[0, :, 0].astype(int)) < 80
    assert cover(photo, 300, 300, np.random.default_rng(0)).shape == (300, 300, 3)


def test_a_folder_without_photos_is_refused(tmp_path):
    with pytest.raises(SimengineError, match="holds no photo"):
        Photos(tmp_path)
