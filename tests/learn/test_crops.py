import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.formats.detection import labelled_image
from simengine.learn.augment import (
    AUGMENTATIONS,
    Augmentation,
    add_noise,
    blur,
    change_colors,
    compress,
    disturb,
)
from simengine.learn.crops import FILL, Crop, Window, choose_window, cut, mosaic, turn


def scene(boxes, labels=None, crowd=None, size=(200, 150)):
    """A black picture with a white rectangle in each box."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    for x0, y0, x1, y1 in boxes:
        picture[y0:y1, x0:x1] = 255
    return picture, labelled_image("a", None, size, boxes, labels or [0] * len(boxes), crowd=crowd)


def white_box(picture):
    rows, columns = np.nonzero(picture[..., 0] >= 128)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 1.0, 1.37, 2.0]), st.integers(0, 3), st.booleans())
def test_boxes_stay_on_their_objects(seed, scale, quarters, mirror):
    rng = np.random.default_rng(seed)
    corner = rng.integers(10, 100, 2)
    box = [*corner, *(corner + rng.integers(12, 40, 2))]
    picture, image = scene([box])
    window = choose_window(rng, image, size=96, scale=scale)
    crop = turn(cut(picture, image, window, size=96), quarters=quarters, mirror=mirror)
    assert crop.picture.shape == (96, 96, 3)
    if len(crop.boxes) and not crop.ignored[0]:
        np.testing.assert_allclose(crop.boxes[0], white_box(crop.picture), atol=1.0)


def test_native_windows_copy_pixels():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (150, 200, 3)).astype(np.uint8)
    _, image = scene([[20, 30, 60, 70]])
    crop = cut(picture, image, Window(16.0, 24.0, 64.0), size=64)
    np.testing.assert_array_equal(crop.picture, picture[24:88, 16:80])
    assert crop.boxes.tolist() == [[4, 6, 44, 46]]


def test_cut_objects_are_ignored_and_gone_ones_left_out():
    boxes = [[0, 40, 20, 60], [45, 40, 65, 60], [62, 40, 82, 60], [73, 0, 93, 20], [100, 100, 120, 120]]
    picture, image = scene(boxes, labels=[0, 1, 2, 3, 4], crowd=[0, 0, 0, 0, 0])
    crop = cut(picture, image, Window(10.0, 10.0, 64.0), size=64)  # sees x, y from 10 to 74
    assert crop.labels.tolist() == [0, 1, 2] and crop.ignored.tolist() == [True, False, False]
    assert crop.boxes[2].tolist() == [52, 30, 64, 50]


def test_windows_hold_their_object_and_stay_inside_the_picture():
    _, image = scene([[150, 100, 180, 130]])
    inside = 0
    for seed in range(200):
        window = choose_window(np.random.default_rng(seed), image, size=64, scale=1.0)
        assert window.x >= 0 and window.y >= 0 and window.x + 64 <= 200 and window.y + 64 <= 150
        inside += window.x <= 150 and window.x + 64 >= 180 and window.y <= 100 and window.y + 64 >= 130
    assert inside >= 170
    picture, small = scene([[10, 10, 20, 20]], size=(40, 30))
    crop = cut(picture, small, choose_window(np.random.default_rng(0), small, size=64, scale=1.0), size=64)
    beyond = int((crop.picture == FILL).all(axis=2).sum())
    assert abs(beyond - (64 * 64 - 40 * 30)) <= 64 + 40 and len(crop.boxes) == 1


def test_turns_and_mirrors_undo_themselves():
    picture, image = scene([[20, 30, 50, 44]])
    crop = cut(picture, image, Window(10.0, 10.0, 64.0), size=64)
    for again in (turn(turn(crop, quarters=1), quarters=3), turn(turn(crop, mirror=True), mirror=True)):
        np.testing.assert_array_equal(again.picture, crop.picture)
        np.testing.assert_allclose(again.boxes, crop.boxes)
    np.testing.assert_array_equal(turn(crop, quarters=1).picture, np.rot90(crop.picture))


def test_mosaics_keep_every_box_on_its_object():
    tiles = []
    for number in range(4):
        picture, image = scene([[20 + number, 30, 44, 50]], labels=[number])
        tiles.append(cut(picture, image, Window(10.0, 10.0, 48.0), size=48))
    whole = mosaic(tiles)
    assert whole.picture.shape == (96, 96, 3) and whole.labels.tolist() == [0, 1, 2, 3]
    for x0, y0, x1, y1 in whole.boxes.astype(int):
        assert (whole.picture[y0:y1, x0:x1] == 255).all()


GREY = np.full((8, 8, 3), 120, np.uint8)


def test_changes_of_colour_do_what_they_say():
    np.testing.assert_array_equal(change_colors(GREY), GREY)
    assert change_colors(GREY, brightness=0.1)[0, 0, 0] in (145, 146)
    assert change_colors(GREY, gamma=2.0)[0, 0, 0] == round(120**2 / 255)
    assert abs(int(change_colors(GREY, contrast=2.0)[0, 0, 0]) - (2 * 120 - 128)) <= 1
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 200
    np.testing.assert_allclose(change_colors(red, saturation=0.0)[0, 0], [60, 60, 60], atol=1)
    np.testing.assert_allclose(change_colors(red, hue=120.0)[0, 0], [0, 200, 0], atol=1)
    np.testing.assert_array_equal(change_colors(GREY, hue=77.0, saturation=0.3), GREY)  # grey has no hue
    np.testing.assert_allclose(change_colors(GREY, gains=np.array([1, 1.5, 0.5]))[0, 0], [120, 180, 60], atol=1)


def test_blur_noise_and_compression_have_their_strength():
    rng = np.random.default_rng(0)
    flat = np.full((200, 200, 3), 120, np.uint8)
    noisy = add_noise(rng, flat, 8.0)
    assert noisy.std() == pytest.approx(8.0, rel=0.03) and noisy.mean() == pytest.approx(119.5, abs=0.2)
    assert blur(noisy, 1.0).std() == pytest.approx(8.0 / np.sqrt(4 * np.pi), rel=0.1)  # variance of a Gaussian filter
    np.testing.assert_array_equal(blur(noisy, 0.1), noisy)
    errors = [np.abs(compress(noisy, quality).astype(int) - noisy).mean() for quality in (95, 60, 20)]
    assert 0 < errors[0] < errors[1] < errors[2]


def test_the_recipe_is_a_function_of_its_stream():
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    for name, how in AUGMENTATIONS.items():
        one, two = (disturb(np.random.default_rng(5), picture, how) for _ in range(2))
        np.testing.assert_array_equal(one, two)
        assert (one == picture).all() == (name == "none")
    assert not AUGMENTATIONS["strong"].mirror and Augmentation().scale == 1.0
    assert isinstance(turn(Crop(picture, np.zeros((0, 4), np.float32), np.zeros(0, int), np.zeros(0, bool))), Crop)
