import colorsys
import math

import numpy as np
import pytest

from simengine.sampling.colors import Hsv, Palette, hsv_from_rgb, rgb_from_hsv
from simengine.sampling.distribution import DistributionError
from simengine.sampling.streams import stream


def test_conversions_equal_colorsys():
    rng = np.random.default_rng(0)
    hsv = np.vstack(
        [rng.random((500, 3)), [[0, 0, 0.5], [0.3, 1, 0], [0, 1, 1], [1 / 3, 1, 1], [2 / 3, 1, 1], [0.5, 0.2, 1]]]
    )
    assert np.allclose(rgb_from_hsv(hsv), [colorsys.hsv_to_rgb(*row) for row in hsv])
    rgb = np.vstack([rng.random((500, 3)), np.eye(3), np.ones((1, 3)), np.zeros((1, 3))])
    assert np.allclose(hsv_from_rgb(rgb), [colorsys.rgb_to_hsv(*row) for row in rgb])
    assert np.allclose(rgb_from_hsv([-0.25, 0.5, 1]), rgb_from_hsv([0.75, 0.5, 1]))


@pytest.mark.parametrize(
    "ranges", [((0, 1), (0, 1), (0, 1)), ((0.9, 1.2), (0.2, 0.7), (0.5, 0.9)), ((-0.1, 0.1), (0.3, 1), (0.1, 0.4))]
)
def test_hsv_is_uniform_over_its_ranges(ranges, uniform_p, count):
    hsv = hsv_from_rgb(Hsv(*ranges).sample(stream(1, 0, f"hsv {ranges}"), count))
    hsv[:, 0] = np.mod(hsv[:, 0] - ranges[0][0], 1)
    assert uniform_p(hsv[:, 0] / (ranges[0][1] - ranges[0][0])) > 1e-3
    for axis in (1, 2):
        low, high = ranges[axis]
        assert uniform_p((hsv[:, axis] - low) / (high - low)) > 1e-3


def test_hsv_density_over_rgb_integrates_to_one():
    for ours in (Hsv((0, 1), (0.2, 1), (0.2, 1)), Hsv((0.9, 1.2), (0.3, 0.9), (0.4, 0.9))):
        axis = (np.arange(120) + 0.5) / 120
        cube = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
        assert np.exp(ours.log_prob(cube)).mean() == pytest.approx(1, abs=0.01)
        assert ours.log_prob([1.2, 0.5, 0.5]) == -math.inf


def test_hsv_of_single_values():
    ours = Hsv(0.5, 1, (0.2, 0.4))
    assert ours.h == (0.5, 0.5)
    draws = ours.sample(stream(0, 0, "a"), 50)
    assert np.allclose(draws[:, 0], 0)
    assert np.allclose(draws[:, 1], draws[:, 2])
    with pytest.raises(DistributionError, match="density"):
        ours.log_prob([0, 0.3, 0.3])


def test_hsv_fit_crosses_red(count):
    fitted = Hsv.fit(Hsv((0.9, 1.15), (0.2, 0.6), (0.3, 0.8)).sample(stream(2, 0, "fit"), count))
    assert np.mod(fitted.h, 1) == pytest.approx([0.9, 0.15], abs=0.01)
    assert fitted.s == pytest.approx((0.2, 0.6), abs=0.01)
    assert fitted.v == pytest.approx((0.3, 0.8), abs=0.01)
    assert Hsv.fit([[0.5, 0.5, 0.5], [0.2, 0.2, 0.2]]).s == (0.0, 0.0)


def test_palette_frequencies(chi_square, count):
    ours = Palette(["#ff0000", [0, 1, 0], "#0000FF"], [1, 2, 5])
    draws = ours.sample(stream(3, 0, "palette"), count)
    assert chi_square((draws > 0.5).sum(axis=0), np.array([1, 2, 5]) / 8 * count) > 1e-3
    assert np.all(draws.sum(axis=1) == 1)
    assert ours.discrete
    assert np.exp(ours.log_prob(np.eye(3))) == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    assert ours.log_prob([0.5, 0.5, 0.5]) == -math.inf


def test_palette_with_jitter_stays_in_the_cube_and_fills_its_boxes(uniform_p, count):
    ours = Palette([[0.02, 0.5, 1.0]], jitter=0.1)
    draws = ours.sample(stream(4, 0, "jitter"), count)
    for axis, (low, high) in enumerate([(0, 0.12), (0.4, 0.6), (0.9, 1)]):
        assert uniform_p((draws[:, axis] - low) / (high - low)) > 1e-3
    two = Palette([[0.2, 0.2, 0.2], [0.3, 0.3, 0.3]], [1, 3], jitter=0.1)
    axis = (np.arange(100) + 0.5) / 100
    cube = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    assert np.exp(two.log_prob(cube)).mean() == pytest.approx(1, abs=0.01)
    assert not two.discrete


def test_palette_fit_groups_colours(count):
    truth = Palette([[0.9, 0.1, 0.1], [0.1, 0.2, 0.8], [0.5, 0.5, 0.5]], [5, 3, 2], jitter=0.05)
    fitted = Palette.fit(truth.sample(stream(5, 0, "fit"), 5000), count=3)
    assert np.allclose(fitted.colors, truth.colors, atol=0.01)
    assert np.array(fitted.weights) / 5000 == pytest.approx([0.5, 0.3, 0.2], abs=0.02)
    assert fitted.jitter == pytest.approx(0.05, abs=0.005)
    assert len(Palette.fit([[0, 0, 0], [0, 0, 0]]).colors) == 1
    with pytest.raises(DistributionError, match="255"):
        Palette.fit([[0, 0, 255]])
