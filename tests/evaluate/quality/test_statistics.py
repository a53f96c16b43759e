import numpy as np
import pytest

from simengine.evaluate.metrics.kernel_distance import median_bandwidth, mmd
from simengine.evaluate.metrics.label_statistics import BoxTable, label_distances
from simengine.evaluate.quality import statistics as s


def test_one_bandwidth_for_every_value():
    real, made = (np.random.default_rng(seed).normal(size=(40, 3)) for seed in range(2))
    statistic = s.mmd_of(real)
    assert statistic(real[:20], 5 * made) == pytest.approx(mmd(real[:20], 5 * made, bandwidth=median_bandwidth(real)))


def test_crowded_items_are_counted():
    real = np.arange(100.0)[:, None]
    crowded = np.r_[np.full(30, 5.0) + 1e-3 * np.arange(30), 100 + 2.0 * np.arange(70)][:, None]
    assert s.crowding_of(real)(real, crowded) == pytest.approx(0.3)
    assert s.crowding_of(real)(real, real) == 0.0


def test_hashes_of_copies():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, 50).astype(np.uint64)
    twice = np.concatenate([hashes[:25], hashes[:25]])
    assert s.distinct_scenes(hashes, hashes) == pytest.approx(1.0) and s.distinct_scenes(
        hashes, twice
    ) == pytest.approx(0.5)
    assert s.hash_crowding(hashes, hashes) == 0.0 and s.hash_crowding(hashes, twice) == 1.0
    assert s.copies_of_real(hashes[:25], twice) == 1.0 and s.copies_of_real(hashes[25:], twice) == 0.0


def test_distances_of_labels_are_those_of_the_whole_table():
    rng = np.random.default_rng(1)

    def table(n):
        return BoxTable(np.repeat(np.arange(n), 3), rng.uniform(1, 30, (3 * n, 4)), np.full((n, 2), 100))

    one, other = table(10), table(12)
    for name, value in label_distances(one, other).items():
        assert s.label_distance(name)(one, other) == value
    assert np.isnan(s.label_distance("occlusion")(one, other))


def test_groups_are_never_on_both_sides_of_a_fold():
    """Windows of a group are alike: a fold that cut groups would tell the sets apart by remembering them."""
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(2)

    def grouped(seed):
        centres = np.random.default_rng(seed).normal(size=(12, 5))
        return s.Grouped(
            np.repeat(centres, 20, axis=0) + 0.01 * rng.normal(size=(240, 5)), np.repeat(np.arange(12), 20)
        )

    one, other = grouped(3), grouped(4)
    assert (
        s.grouped_auc(s.Grouped(one.features, None), s.Grouped(other.features, None)) > s.grouped_auc(one, other) + 0.1
    )
