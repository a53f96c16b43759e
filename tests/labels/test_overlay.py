import dataclasses

import numpy as np
import pytest

from simengine.labels import text
from simengine.labels.overlay import (
    NOTHING,
    depth_picture,
    draw_boxes,
    draw_labels,
    instances_picture,
    normals_picture,
)
from simengine.labels.palette import CLASS_COLORS, class_color, instance_colors
from simengine.labels.sheet import contact_sheet

GREY = np.full((48, 64, 3), 100, np.uint8)


@pytest.fixture
def record(labelled):
    things = [{"label": {"name": "a"}}, {"label": {"name": "b"}}, {}]
    rectangles = {1: (4, 20, 20, 20), 2: (40, 20, 3, 3), 3: (0, 0, 64, 10)}
    return labelled(things, rectangles, policy={"min_pixels": 20})


def test_masks_tint_their_pixels_only(record):
    drawn = draw_labels(GREY, record[0].objects, boxes=False, names=False)
    assert (GREY == 100).all()  # the picture given stays as it is
    inner = (1 - 0.28) * 100 + 0.28 * np.array(CLASS_COLORS[0])
    np.testing.assert_allclose(drawn[24:36, 8:20], np.broadcast_to(inner, (12, 12, 3)), atol=1)
    outside = np.ones((48, 64), bool)
    outside[18:42, 2:26] = False
    assert (drawn[outside] == 100).all()


def test_boxes_lie_on_the_edges_at_any_scale(record):
    for scale in (1, 2, 5):
        drawn = draw_labels(GREY, record[0].objects, classes=["b", "a"], masks=False, names=False, scale=scale)
        assert drawn.shape == (48 * scale, 64 * scale, 3)
        row = drawn[30 * scale].astype(int)  # across the middle of the first box
        changed = np.flatnonzero(np.abs(row - 100).sum(axis=1) > 30) + 0.5
        left, right = changed[changed < 14 * scale], changed[changed > 14 * scale]
        assert left.mean() == pytest.approx(4 * scale, abs=0.6)
        assert right.mean() == pytest.approx(24 * scale, abs=0.6)
        np.testing.assert_array_less(np.abs(row[changed.astype(int)] - CLASS_COLORS[1]).min(axis=0), 60)


def test_dropped_objects_get_a_grey_dashed_box_and_background_none(record):
    drawn = draw_labels(GREY, record[0].objects, masks=False, names=False).astype(int)
    dropped = drawn[18:25, 38:45]
    assert (dropped > 150).all(axis=2).any()
    assert np.ptp(dropped, axis=2).max() < 20  # no colour
    assert (drawn[:10] == 100).all()


def test_names_are_written_with_every_opencv(record, monkeypatch):
    plain = draw_labels(GREY, record[0].objects, names=False, scale=4)
    named = draw_labels(GREY, record[0].objects, scale=4)
    assert (plain != named).any()
    monkeypatch.setattr(text, "_font", lambda: None)  # as with OpenCV 4
    stroke = draw_labels(GREY, record[0].objects, scale=4)
    assert (plain != stroke).any()
    assert text.text_width("wide word") > text.text_width("w") > 0


def test_padded_boxes_are_what_is_drawn(record):
    entry = record[0].objects[0]
    wide = dataclasses.replace(entry, box_exported=[0.0, 16.0, 30.0, 30.0])
    drawn = draw_labels(GREY, [wide], masks=False, names=False)
    assert (drawn[30, 28:32] != 100).any() and (drawn[30, 22:26] == 100).all()


def test_near_is_warm_far_is_cold_and_nothing_is_pale():
    depth = np.linspace(1, 2, 200, dtype=np.float32)[None].repeat(40, axis=0)
    depth[:10] = 0
    picture = depth_picture(depth, scale_bar=False)
    assert (picture[:10] == NOTHING).all()
    red, _, blue = picture[20, 5].astype(int)
    assert red > blue + 50
    red, _, blue = picture[20, -5].astype(int)
    assert blue > red + 50
    assert (depth_picture(np.zeros((8, 8), np.float32)) == NOTHING).all()


def test_flat_depth_and_scale_bar():
    flat = np.full((120, 240), 0.5, np.float32)
    assert (depth_picture(flat) != depth_picture(flat, scale_bar=False)).any()


def test_normals_in_colour():
    normals = np.zeros((4, 4, 3), np.float32)
    normals[0] = [0, 0, -1]
    normals[1] = [1, 0, 0]
    normals[2] = [0, -1, 0]
    picture = normals_picture(normals).astype(int)
    np.testing.assert_allclose(picture[0, 0], [128, 128, 255], atol=1)
    np.testing.assert_allclose(picture[1, 0], [255, 128, 128], atol=1)
    np.testing.assert_allclose(picture[2, 0], [128, 255, 128], atol=1)
    assert (picture[3] == NOTHING).all()


def test_colours_are_distinct_and_stay_with_their_number():
    assert len({tuple(color) for color in instance_colors(200).tolist()}) == 200
    np.testing.assert_array_equal(instance_colors(300)[:200], instance_colors(200))
    assert len({class_color(number) for number in range(40)}) == 40
    ids = np.array([[0, 1], [2, 1]], np.int32)
    picture = instances_picture(ids)
    assert (picture[0, 1] == picture[1, 1]).all() and (picture[0, 1] != picture[1, 0]).any()


def test_contact_sheet_has_a_row_a_picture(record):
    pair = (record[1].frame_data, record[0])
    one = contact_sheet([pair], tile_width=128)
    two = contact_sheet([pair, pair], title="dice", captions=["sample 0", "sample 1"], tile_width=128)
    assert one.dtype == np.uint8
    assert one.shape[1] == two.shape[1] > 4 * 128
    assert two.shape[0] > one.shape[0] + 96
    np.testing.assert_array_equal(one, contact_sheet([pair], tile_width=128))
    assert contact_sheet([pair], columns=["labels", "instances"], tile_width=128).shape[1] < one.shape[1]
    with pytest.raises(ValueError, match="unknown columns"):
        contact_sheet([pair], columns=["color"])
    with pytest.raises(ValueError, match="no views"):
        contact_sheet([])


def test_boxes_without_records_are_drawn_like_those_with(record):
    entry = record[0].objects[0]
    labelled = draw_labels(GREY, record[0].objects[:1], masks=False, scale=2.0)
    plain = draw_boxes(GREY, [entry.box_exported], names=["a"], colors=[CLASS_COLORS[0]], scale=2.0)
    np.testing.assert_array_equal(plain, labelled)
    silent = draw_boxes(GREY, [entry.box_exported], names=[""], colors=[CLASS_COLORS[0]], scale=2.0)
    assert (silent != plain).any()
    np.testing.assert_array_equal(draw_boxes(GREY, [], names=[], colors=[]), GREY)
