import itertools

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.floor import floor
from simengine.evaluate.metrics.label_statistics import BoxTable, label_distances, label_quantities


def table(rng, *, images=40, scale=1.0, visible=True):
    counts = rng.integers(0, 6, size=images)
    k = counts.sum()
    boxes = np.column_stack([rng.uniform(0, 400, size=(k, 2)), scale * rng.uniform(10, 80, size=(k, 2))])
    shown = rng.uniform(size=k) if visible else None
    return BoxTable(np.repeat(np.arange(images), counts), boxes, np.tile([640, 480], (images, 1)), shown)


def wasserstein(x, y):
    """Area between the two distribution functions, step by step."""
    grid = np.sort(np.concatenate([x, y]).astype(float))
    gaps = [abs((x <= a).mean() - (y <= a).mean()) * (b - a) for a, b in itertools.pairwise(grid)]
    return sum(gaps)


def test_distances_equal_the_area_between_distribution_functions():
    rng = np.random.default_rng(0)
    one, other = table(rng), table(rng, images=25, scale=1.5)
    first, second = label_quantities(one), label_quantities(other)
    found = label_distances(one, other)
    assert set(found) == {"size", "aspect", "x", "y", "count", "occlusion"}
    for name, value in found.items():
        assert value == pytest.approx(wasserstein(first[name], second[name]), rel=1e-9)


def test_scaling_boxes_moves_size_only():
    one = table(np.random.default_rng(1), visible=False)
    centre = one.boxes[:, :2] + one.boxes[:, 2:] / 2
    grown = BoxTable(one.images, np.column_stack([centre - one.boxes[:, 2:], 2 * one.boxes[:, 2:]]), one.sizes)
    found = label_distances(one, grown)
    assert found.pop("size") == pytest.approx(label_quantities(one)["size"].mean())
    assert found == pytest.approx({"aspect": 0, "x": 0, "y": 0, "count": 0}, abs=1e-12)


def test_a_picture_without_boxes_counts():
    one = BoxTable(np.array([0, 2]), np.array([[0, 0, 9, 9], [0, 0, 9, 9]]), np.full((3, 2), 100))
    assert label_quantities(one)["count"].tolist() == [1, 0, 1]


def test_indexing_takes_pictures_with_their_boxes():
    one = table(np.random.default_rng(2))
    rows = np.array([5, 3, 5])
    picked = one[rows]
    assert len(picked) == 3
    for new, old in enumerate(rows):
        np.testing.assert_array_equal(picked.boxes[picked.images == new], one.boxes[one.images == old])
        np.testing.assert_array_equal(picked.visible[picked.images == new], one.visible[one.images == old])


def test_floor_splits_pictures():
    one = table(np.random.default_rng(3), images=200)
    low = floor(one, lambda a, b: label_distances(a, b)["size"], repeats=10)
    assert low.size == 100
    assert low.high < label_distances(one, table(np.random.default_rng(4), scale=2.0))["size"]


@pytest.mark.parametrize(
    ("images", "boxes", "visible", "message"),
    [
        ([0], [[0, 0, 1]], None, "give"),
        ([2], [[0, 0, 1, 1]], None, "number them from 0"),
        ([0], [[0, 0, 0, 1]], None, "w and h above 0"),
        ([0], [[0, 0, 1, 1]], [1.0, 1.0], "visible has shape"),
    ],
)
def test_wrong_tables_are_named(images, boxes, visible, message):
    with pytest.raises(SimengineError, match=message):
        BoxTable(np.array(images), np.array(boxes), np.array([[9, 9], [9, 9]]), visible and np.array(visible))


def test_no_boxes_is_named():
    none = BoxTable(np.zeros(0, int), np.zeros((0, 4)), np.array([[9, 9]]))
    with pytest.raises(SimengineError, match="real has no boxes in 1 pictures"):
        label_distances(none, none)
