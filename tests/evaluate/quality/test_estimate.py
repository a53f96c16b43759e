import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.frechet import fid
from simengine.evaluate.metrics.kernel_distance import kid
from simengine.evaluate.quality.estimate import estimate
from simengine.evaluate.quality.samples import View, picked, principal_views, standardised


def view(n, *, shift=0.0, seed=0, d=8):
    return View(np.random.default_rng(seed).normal(size=(n, d)) + shift)


def test_equal_distributions_lie_within_their_floor():
    found = estimate(kid, view(80), view(60, seed=1), sized=False, resamples=100)
    assert 0.0 in found.interval
    assert found.floor.low < 0.0 < found.floor.high
    assert found.interval.low <= found.floor.high


def test_a_planted_difference_lies_beyond_it():
    found = estimate(kid, view(80), view(60, shift=1.0, seed=1), sized=False, resamples=100)
    assert found.interval.low > found.floor.high


def test_biased_metrics_are_compared_at_one_size():
    """FID of equal sets is far above 0 and falls with n: value and floor must stand on the same n."""
    statistic = lambda x, y: fid(x, y).value  # noqa: E731
    found = estimate(statistic, view(100), view(400, seed=1), sized=True, resamples=60)
    assert found.floor.size == 50
    assert found.floor.low < found.interval.value < found.floor.high
    whole = statistic(view(100).rows, view(400, seed=1).rows)
    assert whole < 0.7 * found.interval.value


def test_a_unit_is_never_cut_in_two():
    rows = np.arange(40.0)[:, None]
    units = np.repeat(np.arange(10), 4)

    def whole(x, y):
        assert all((np.sort(part.ravel())[::4] % 4 == 0).all() for part in (x, y))
        return 1.0

    assert estimate(whole, View(rows, units, "record"), View(rows, units, "record"), sized=True).floor.size == 5


def test_sets_of_long_and_of_short_recordings_are_compared_at_equal_numbers_of_windows():
    rng = np.random.default_rng(0)
    long = View(rng.normal(size=(800, 2)), np.repeat(np.arange(20), 40), "record")  # 20 recordings of 40 windows
    short = View(rng.normal(size=(100, 2)), np.arange(100), "record")  # 100 of one window
    sizes = set()
    found = estimate(lambda x, y: sizes.add((len(x), len(y))) or 0.0, long, short, sized=True, resamples=20)
    assert sizes == {(100, 100), (50, 50)} and found.items == (50, 50)
    assert found.floor.size == 10  # every recording still takes part


def test_too_few_units_are_named():
    with pytest.raises(SimengineError, match="at least 4 records in each set, there are 3 and 9"):
        estimate(kid, View(np.zeros((9, 2)), np.repeat([0, 1, 2], 3), "record"), view(9, d=2), sized=False)


def test_items_are_drawn_once_and_in_order():
    rows = picked(1000, 10, seed=1, name="a")
    assert len(set(rows.tolist())) == 10 and (np.diff(rows) > 0).all()
    assert picked(1000, 10, seed=1, name="a").tolist() == rows.tolist()
    assert picked(1000, 10, seed=1, name="b").tolist() != rows.tolist()
    assert picked(7, 10, seed=1, name="a").tolist() == list(range(7))


def test_principal_axes_keep_what_varies():
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(200, 30)) * np.r_[[10.0, 5.0], np.full(28, 0.01)]
    real, made = principal_views([wide, wide + 1.0], most=4)
    assert real.shape == (200, 4)
    assert np.abs(np.corrcoef(real[:, 0], wide[:, 0])[0, 1]) > 0.999
    assert np.linalg.norm((made - real).mean(axis=0)) <= np.sqrt(30)


def test_constant_columns_are_only_centred():
    first, second = standardised([np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([[2.0, 7.0]])])
    assert first.tolist() == [[-1, 0], [1, 0]] and second.tolist() == [[0, 2]]
