import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_features, as_labels, as_pair, squared_distances, unit_rows
from simengine.evaluate.metrics.units import group_rows, picked_rows, shuffled


def test_distances_equal_scipy():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(70, 40)) + 1000.0, rng.normal(size=(50, 40)) + 1000.0
    np.testing.assert_allclose(squared_distances(x, y), cdist(x, y, "sqeuclidean"), rtol=1e-7)


def test_equal_rows_are_at_distance_zero_and_near_ones_keep_their_digits():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 64)) * 1e3
    y = x.copy()
    y[::2] += rng.normal(size=(20, 64)) * 1e-5
    squares = squared_distances(x, y)
    assert (np.diag(squares)[1::2] == 0.0).all()
    np.testing.assert_allclose(squares, cdist(x, y, "sqeuclidean"), rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "message"),
    [([1.0, 2.0], r"shape \(2,\)"), ([[1.0], [np.nan]], r"x\[1, 0\] is nan"), ([[1.0]], "at least 2"), ([[]], "shape")],
)
def test_wrong_features_are_named(values, message):
    with pytest.raises(SimengineError, match=message):
        as_features("x", values, rows=2)


def test_wrong_pairs_and_labels_are_named():
    with pytest.raises(SimengineError, match="1 columns and synthetic 2"):
        as_pair([[1.0]], [[1.0, 2.0]])
    with pytest.raises(SimengineError, match="one label an item"):
        as_labels("y", [["a"]])
    with pytest.raises(SimengineError, match=r"x\[1\] is all zeros"):
        unit_rows("x", np.array([[1.0, 0.0], [0.0, 0.0]]))


def test_groups_of_rows():
    groups = group_rows(5, ["b", "a", "b", "c", "b"])
    assert [rows.tolist() for rows in groups] == [[1], [0, 2, 4], [3]]
    assert picked_rows(groups, np.array([1, 1, 2])).tolist() == [0, 2, 4, 0, 2, 4, 3]
    even = group_rows(4, [2, 1, 1, 2])
    assert picked_rows(even, np.array([1, 0])).tolist() == [0, 3, 1, 2]
    assert picked_rows(group_rows(3, None), np.array([2, 2])).tolist() == [2, 2]
    with pytest.raises(SimengineError, match="2 names for 3 rows"):
        group_rows(3, ["a", "b"])


def test_shuffled_is_a_uniform_permutation():
    rng = np.random.default_rng(2)
    drawn = np.array([shuffled(rng, 3) for _ in range(6000)])
    assert (np.sort(drawn, axis=1) == [0, 1, 2]).all()
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 6
    assert ((counts - 1000) ** 2 / 1000).sum() < 20.5  # chi-square, 5 degrees of freedom, p = 0.001
