"""Poisson blending against what it must give in closed form."""

import numpy as np
import pytest

from simengine.refine.restore import restore


def scene(size=90):
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 120, (size, size, 3)).astype(np.uint8)
    mask = np.zeros((size, size), bool)
    mask[30:50, 20:45] = True
    return picture, mask


def test_a_constant_offset_is_continued_exactly():
    before, mask = scene()
    after = before + 25
    after[mask] = 0
    np.testing.assert_array_equal(restore(before, after, mask), before + 25)


def test_a_linear_offset_is_harmonic_and_continued_to_rounding():
    before, mask = scene()
    offset = np.linspace(-40, 60, 90)[None, :, None]
    after = (before + offset).round().astype(np.uint8)
    truth = after.astype(int).copy()
    after[mask] = 255
    assert np.abs(restore(before, after, mask).astype(int) - truth).max() <= 1


def test_a_bright_object_keeps_its_details_in_a_much_brighter_light():
    before, mask = scene()
    before[mask] = 200
    before[36:44, 28:36] = 230  # a mark on it
    after = np.minimum(before.astype(int) + 90, 255).astype(np.uint8)
    after[mask] = 0
    back = restore(before, after, mask).astype(int)
    assert back[40, 32].mean() - back[32, 24].mean() > 15 and back[32, 24].mean() > 205


def test_a_region_on_the_border_and_a_whole_picture():
    before, _ = scene()
    mask = np.zeros((90, 90), bool)
    mask[:25, 60:] = True
    np.testing.assert_array_equal(restore(before, before + 10, mask), before + 10)
    whole = restore(before, before + 10, np.ones((90, 90), bool))
    np.testing.assert_array_equal(whole, before + 10)
    assert restore(before, before, np.zeros((90, 90), bool)) is before


@pytest.mark.parametrize("size", [420])
def test_a_large_region_is_solved_for_on_a_coarser_grid(size):
    rng = np.random.default_rng(1)
    before = rng.integers(60, 120, (size, size, 3)).astype(np.uint8)
    mask = np.zeros((size, size), bool)
    mask[60:360, 80:340] = True
    offset = 30 * np.linspace(-1, 1, size)[:, None, None]
    after = (before + offset).round().astype(np.uint8)
    truth = after.astype(int).copy()
    after[mask] = 0
    assert np.abs(restore(before, after, mask).astype(int) - truth).max() <= 3
