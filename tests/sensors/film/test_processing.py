import numpy as np
import pytest

from simengine.render.tone import encode_tone
from simengine.sensors.color import LUMINANCE, black_body_color
from simengine.sensors.film.bayer import demosaic, mosaic
from simengine.sensors.film.jpeg import compress
from simengine.sensors.film.sharpening import sharpen
from simengine.sensors.film.white_balance import balance, cut_highlights, gains

PATTERNS = ("rggb", "bggr", "grbg", "gbrg")


@pytest.fixture
def image():
    return np.random.default_rng(5).random((48, 64, 3), np.float32)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("size", [(48, 64), (33, 47)])
def test_a_picture_of_one_colour_stays_that_colour(pattern, size):
    color = np.float32([0.7, -0.02, 3.1])
    raw = mosaic(np.broadcast_to(color, (*size, 3)), pattern=pattern)
    np.testing.assert_allclose(demosaic(raw, pattern=pattern), np.broadcast_to(color, (*size, 3)), atol=3.2 / 65535)
    gray = np.full(size, 0.4, np.float32)
    np.testing.assert_array_equal(demosaic(gray, pattern=pattern), np.repeat(gray[..., None], 3, axis=2))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_measured_colours_stay_where_they_are(image, pattern):
    raw = mosaic(image, pattern=pattern)
    assert raw[0, 0] == image[0, 0, "rgb".index(pattern[0])]
    assert raw[1, 0] == image[1, 0, "rgb".index(pattern[2])]
    again = mosaic(demosaic(raw, pattern=pattern), pattern=pattern)
    np.testing.assert_allclose(again[2:-2, 2:-2], raw[2:-2, 2:-2], atol=1 / 65535)


def test_green_follows_an_edge():
    """A vertical edge of grey: along it neighbours agree, so it stays sharp; a mean of four would blur it."""
    edge = np.zeros((32, 32, 3), np.float32)
    edge[:, 16:] = 1
    green = demosaic(mosaic(edge, pattern="rggb"), pattern="rggb")[4:-4, 4:-4, 1]
    np.testing.assert_allclose(green, edge[4:-4, 4:-4, 1], atol=1e-4)


@pytest.mark.parametrize("temperature", [2300, 2856, 4000, 6504, 12000])
def test_a_grey_card_under_a_black_body_becomes_neutral(temperature):
    light = np.array(black_body_color(temperature))
    card = np.full((4, 5, 3), 0.18 * light, np.float32)
    neutral = balance(card, temperature=temperature)
    np.testing.assert_allclose(neutral, 0.18 * (light @ LUMINANCE), rtol=1e-5)
    assert np.ptp(card[0, 0]) > 0.005


def test_no_white_balance_is_the_same_picture(image):
    assert balance(image, temperature=None) is image
    np.testing.assert_array_equal(gains(None), 1)


def test_burnt_highlights_are_grey():
    seen = np.minimum(np.full((1, 1, 3), 9 * np.array(black_body_color(3000)), np.float32), 2)  # all channels full
    burnt = cut_highlights(balance(seen, temperature=3000), saturation=2, temperature=3000)
    assert np.ptp(burnt) == 0
    assert balance(seen, temperature=3000).std() > 1


def test_srgb_by_the_standard():
    # IEC 61966-2-1: 0.2140411 is mid grey 0.5; linear below 0.0031308
    values = np.float32([-0.5, 0, 0.0031308, 0.2140411, 0.5, 1.0, 7.0])
    encoded = encode_tone(np.repeat(values[None, :, None], 3, axis=2), curve="srgb")
    np.testing.assert_allclose(encoded[0, :, 1], [0, 0, 10, 128, 188, 255, 255], atol=1)
    many = np.linspace(0, 1, 3000, dtype=np.float32)
    expected = 255 * np.where(many <= 0.0031308, 12.92 * many, 1.055 * many ** (1 / 2.4) - 0.055)
    assert np.abs(encode_tone(np.repeat(many[None, :, None], 3, axis=2), curve="srgb")[0, :, 0] - expected).max() < 0.54


def test_the_neutral_curve_rolls_highlights_off_and_knows_no_negative_light():
    values = np.linspace(-2, 12, 600, dtype=np.float32)
    encoded = encode_tone(np.repeat(values[None, :, None], 3, axis=2), curve="neutral")[0].astype(int)
    assert (np.diff(encoded[:, 0]) >= 0).all()
    assert (encoded[values <= 0] == 0).all()
    at = {round(float(v), 2): e for v, e in zip(values, encoded[:, 0], strict=True)}
    assert at[min(at, key=lambda v: abs(v - 1))] < at[min(at, key=lambda v: abs(v - 4))] < 255


def test_sharpening_adds_the_difference_from_the_blur(image):
    from scipy.ndimage import gaussian_filter

    blurred = np.stack([gaussian_filter(image[..., k], 1.3, mode="nearest", truncate=5) for k in range(3)], axis=2)
    np.testing.assert_allclose(sharpen(image, amount=0.8, radius=1.3), image + 0.8 * (image - blurred), atol=2e-3)
    assert sharpen(image, amount=0.0, radius=1.0) is image
    flat = np.full_like(image, 0.3)
    np.testing.assert_allclose(sharpen(flat, amount=3.0, radius=2.0), flat, rtol=1e-5)


def test_jpeg_loses_more_the_lower_its_quality(image):
    rgb = (255 * np.clip(sharpen(image, amount=-0.9, radius=2.0), 0, 1)).astype(np.uint8)
    loss = [np.abs(compress(rgb, quality=q).astype(int) - rgb).mean() for q in (95, 60, 10)]
    assert 0 < loss[0] < loss[1] < loss[2]
    assert compress(rgb, quality=None) is rgb
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    np.testing.assert_allclose(compress(red, quality=95), red, atol=4)  # channels keep their order
