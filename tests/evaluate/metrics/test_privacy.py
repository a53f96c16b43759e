import numpy as np
import pytest
from scipy.spatial import cKDTree

from simengine.errors import SimengineError
from simengine.evaluate.metrics.privacy import (
    closest_record,
    closest_record_distances,
    membership_inference,
    neighbour_leak,
)


def sets(seed, *, train=150, holdout=150, synthetic=200):
    """Training records, holdout, an honest generator's records and a copier's."""
    rng = np.random.default_rng([1, seed])
    members, others, fresh = (rng.normal(size=(n, 4)) for n in (train, holdout, synthetic))
    copies = members[rng.integers(0, train, size=synthetic)] + 0.02 * rng.normal(size=(synthetic, 4))
    return members, others, fresh, copies


def test_distances_equal_a_tree_search(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(90, 5)), rng.normal(size=(70, 5))
    expected = cKDTree(y).query(x)[0]
    np.testing.assert_allclose(closest_record_distances(x, y), expected, rtol=1e-7)
    monkeypatch.setattr("simengine.evaluate.metrics.privacy._BLOCK", 13)
    np.testing.assert_allclose(closest_record_distances(x, y), expected, rtol=1e-7)


def test_share_and_ratio_by_hand():
    members, others, fresh, _ = sets(0)
    found = closest_record(fresh, members, others, splits=20)
    near, far = cKDTree(members).query(fresh)[0], cKDTree(others).query(fresh)[0]
    assert found.share == pytest.approx((near < far).mean())
    assert found.ratio == pytest.approx(np.quantile(near, 0.05) / np.quantile(far, 0.05))
    assert found.size == 150


def test_an_honest_generator_passes_and_a_copier_does_not():
    shares, warned = [], 0
    for seed in range(40):
        members, others, fresh, copies = sets(seed)
        honest = closest_record(fresh, members, others, splits=60)
        shares.append(honest.share)
        warned += not honest.low <= honest.share <= honest.high
        if seed < 5:
            copier = closest_record(copies, members, others, splits=60)
            assert copier.share > 0.9 > copier.high
            assert copier.ratio < 0.2
    assert np.mean(shares) == pytest.approx(0.5, abs=0.02)
    assert warned <= 7  # 5 % nominal, a little more with 60 splits; binomial 99.5 % quantile


def test_a_larger_training_set_is_no_leak():
    members, others, fresh, _ = sets(3, train=600, holdout=100)
    found = closest_record(fresh, members, others, splits=60)
    assert found.size == 100
    assert found.share == pytest.approx(0.5, abs=0.06)
    near, far = cKDTree(members).query(fresh)[0], cKDTree(others).query(fresh)[0]
    assert (near < far).mean() > 0.8  # what counting them all would say


def test_exact_copies_of_both_are_a_tie():
    x = np.random.default_rng(2).normal(size=(30, 2))
    found = closest_record(x, x, x, splits=10)
    assert (found.share, found.ratio) == (0.5, 1.0)


def test_leak_is_the_quantile_for_fresh_records_and_one_for_copies():
    rates = []
    for seed in range(20):
        members, others, fresh, copies = sets(seed, holdout=400, synthetic=400)
        rates.append(neighbour_leak(fresh, members, others, quantile=0.05).rate)
    assert np.mean(rates) == pytest.approx(0.05, abs=0.012)
    assert neighbour_leak(copies, members, others, quantile=0.05).rate > 0.95
    mixed = np.concatenate([fresh[:95], members[:5]])
    assert neighbour_leak(mixed, members, others).exact == 5


def test_membership_can_be_inferred_from_a_copier_only():
    values, held = [], 0
    for seed in range(30):
        members, others, fresh, copies = sets(seed)
        honest = membership_inference(fresh, members, others, resamples=150)
        values.append(honest.value)
        held += 0.5 in honest
    assert np.mean(values) == pytest.approx(0.5, abs=0.02)
    assert held >= 25
    copier = membership_inference(copies, members, others, resamples=200)
    assert copier.low > 0.75
    everything = membership_inference(members, members, others, unit="person", resamples=200)
    assert (everything.value, everything.low, everything.high) == (1.0, 1.0, 1.0)
    assert everything.unit == "person"


def test_membership_resamples_units():
    members, others, fresh, _ = sets(5)
    person = np.arange(150) // 5
    found = membership_inference(fresh, members, others, train_units=person, holdout_units=person, resamples=100)
    assert found.units == (30, 30)


def test_mistakes_are_named():
    x = np.ones((5, 2))
    with pytest.raises(SimengineError, match=r"synthetic 2, train 3, holdout 2"):
        closest_record(x, np.ones((5, 3)), x)
    with pytest.raises(SimengineError, match="at least 100 holdout records, there are 5"):
        neighbour_leak(x, x, x)
    with pytest.raises(SimengineError, match="1 training"):
        closest_record(x, x[:1], x)
