import numpy as np
import pytest

from simengine.sensors.color import LUMINANCE, black_body_color, black_body_xyz, linear_from_srgb, unit_luminance


# Chromaticities of black bodies: Wyszecki & Stiles, Color Science, 2nd ed., table 1(3.11);
# 2856 K is CIE standard illuminant A (CIE 15).
@pytest.mark.parametrize(
    ("temperature", "x", "y"),
    [(1000, 0.6527, 0.3445), (2000, 0.5267, 0.4133), (2856, 0.4476, 0.4074), (4000, 0.3805, 0.3768),
     (6500, 0.3135, 0.3237), (10000, 0.2807, 0.2884), (20000, 0.2565, 0.2577)],
)  # fmt: skip
def test_black_bodies_have_published_chromaticities(temperature, x, y):
    xyz = black_body_xyz(temperature)
    np.testing.assert_allclose(xyz[:2] / xyz.sum(), [x, y], atol=0.001)


def test_color_temperature_turns_from_red_to_blue_at_luminance_one():
    colors = np.array([black_body_color(t) for t in (1000, 1900, 2700, 4000, 6500, 9000, 20000)])
    np.testing.assert_allclose(colors @ LUMINANCE, 1)
    assert (colors >= 0).all()
    assert (np.diff(colors[:, 0]) < 0).all()
    assert (np.diff(colors[1:, 2]) > 0).all()
    np.testing.assert_allclose(colors[4], 1, atol=0.1)  # 6500 K is close to the white of sRGB


def test_srgb_decoding_in_published_values():
    # IEC 61966-2-1: linear below 0.04045; mid grey 0.5 is 0.21404.
    np.testing.assert_allclose(linear_from_srgb([0, 0.04045, 0.5, 1]), [0, 0.0031308, 0.2140411, 1], atol=1e-7)


def test_black_has_no_unit_luminance():
    assert unit_luminance([0, 0, 0]) is None
    assert unit_luminance([0, 1, 0]) == pytest.approx((0, 1 / 0.7152, 0))
