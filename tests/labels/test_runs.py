import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from simengine.labels.runs import column_runs

pictures = hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3))


def check(ids):
    height, width = ids.shape
    parts = column_runs(ids).split()
    assert list(parts) == [value for value in np.unique(ids) if value]
    for value, runs in parts.items():
        mask = ids == value
        rle = runs.compress(width=width, height=height)
        theirs = coco_mask.encode(np.asfortranarray(mask))
        assert rle == {"size": theirs["size"], "counts": theirs["counts"].decode()}
        assert runs.area == mask.sum()
        rows, columns = np.nonzero(mask)
        assert runs.box == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]


@settings(max_examples=200)
@given(pictures)
def test_bytes_are_those_of_pycocotools(ids):
    check(ids)


def test_long_runs_and_large_pictures():
    rows, columns = np.mgrid[:300, :400]
    check(((rows // 90 + columns // 120) % 4).astype(np.int32))
    check(np.ones((700, 500), np.int32))
    check(((rows - 150) ** 2 + (columns - 200) ** 2 < 130**2).astype(np.int32))


@given(pictures, st.integers(0, 5), st.integers(0, 5))
def test_shifted_runs_are_those_of_the_padded_picture(ids, x, y):
    padded = np.pad(ids, ((y, 0), (x, 0)))
    ours, theirs = column_runs(ids).shift(x, y), column_runs(padded)
    for name in ("value", "x", "y", "length"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (3, 4)])
def test_nothing_is_nothing(shape):
    runs = column_runs(np.zeros(shape, bool))
    assert (runs.area, runs.box, runs.split()) == (0, None, {})
    assert runs.compress(width=4, height=3) is None
