import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.spectrum import power_spectrum_distance, radial_spectrum


def test_white_noise_is_flat_at_its_variance():
    rng = np.random.default_rng(0)
    spectra = [radial_spectrum(0.5 + 0.1 * rng.normal(size=(128, 96))) for _ in range(40)]
    np.testing.assert_allclose(np.mean(spectra, axis=0)[1:], 10 * np.log10(0.01), atol=0.25)


def test_contrast_has_a_closed_form():
    rng = np.random.default_rng(1)
    images = [0.5 + 0.2 * rng.normal(size=(64, 64)) for _ in range(3)]
    halved = [0.5 + 0.5 * (image - 0.5) for image in images]
    assert power_spectrum_distance(images, halved) == pytest.approx(20 * np.log10(2))
    assert power_spectrum_distance(images, [image + 0.1 for image in images]) == pytest.approx(0.0, abs=1e-9)


def test_blur_has_the_transfer_function_of_its_kernel():
    """(1, 2, 1) / 4 along both axes multiplies the spectrum by cos^2(pi fx) cos^2(pi fy)."""
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(30, 128, 128))
    blurred = (np.roll(noise, 1, 1) + 2 * noise + np.roll(noise, -1, 1)) / 4
    blurred = (np.roll(blurred, 1, 2) + 2 * blurred + np.roll(blurred, -1, 2)) / 4
    found = np.mean([radial_spectrum(b) - radial_spectrum(a) for a, b in zip(noise, blurred, strict=True)], axis=0)
    fy, fx = np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128), indexing="ij")
    gain, radius = np.cos(np.pi * fx) ** 4 * np.cos(np.pi * fy) ** 4, np.hypot(fx, fy)
    for ring in range(1, 16):
        inside = (radius >= ring / 32) & (radius < (ring + 1) / 32)
        assert found[ring] == pytest.approx(10 * np.log10(gain[inside].mean()), abs=0.4)


def test_bytes_equal_fractions_and_channels_are_averaged():
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, size=(48, 64, 3), dtype=np.uint8)
    np.testing.assert_allclose(radial_spectrum(image), radial_spectrum(image.astype(float).mean(axis=2) / 255))


def test_sizes_may_differ():
    rng = np.random.default_rng(4)
    small = [0.1 * rng.normal(size=(64, 64)) for _ in range(60)]
    large = [0.1 * rng.normal(size=(128, 160)) for _ in range(30)]
    assert power_spectrum_distance(small, large) < 0.6


def test_a_flat_picture_has_the_power_of_rounding():
    expected = 10 * np.log10(1 / 12 / 255**2)
    np.testing.assert_allclose(radial_spectrum(np.full((64, 64), 7, np.uint8)), expected)


def test_mistakes_are_named():
    with pytest.raises(SimengineError, match="8 x 8 pixels leaves some of 16 rings empty"):
        radial_spectrum(np.ones((8, 8)))
    with pytest.raises(SimengineError, match="synthetic holds no picture"):
        power_spectrum_distance([np.ones((64, 64))], [])
    with pytest.raises(SimengineError, match="shape"):
        radial_spectrum(np.ones(8))
