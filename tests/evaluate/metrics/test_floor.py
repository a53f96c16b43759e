import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.floor import floor
from simengine.evaluate.metrics.frechet import fid
from simengine.evaluate.metrics.kernel_distance import kid


def test_halves_are_disjoint_and_equal():
    seen = []
    floor(np.arange(11), lambda a, b: seen.append((a, b)) or 0.0, repeats=7)
    for a, b in seen:
        assert len(a) == len(b) == 5
        assert not set(a) & set(b)
    assert len({tuple(sorted(a)) for a, _ in seen}) > 1


def test_a_unit_is_never_cut():
    recording = np.repeat(np.arange(10), [1, 2, 3, 4, 5, 1, 2, 3, 4, 5])

    def check(a, b):
        assert not set(a) & set(b)
        return 0.0

    assert floor(recording, check, units=recording).size == 5


def test_floor_of_a_mean_difference_equals_its_closed_form():
    rng = np.random.default_rng(0)
    gap = floor(rng.normal(size=400), lambda a, b: a.mean() - b.mean(), repeats=400)
    assert gap.value == pytest.approx(0.0, abs=0.015)
    assert gap.high - gap.low == pytest.approx(2 * 1.96 * np.sqrt(2 / 200), rel=0.15)


def test_kid_has_no_floor_and_fid_has_one():
    real = np.random.default_rng(1).normal(size=(120, 16))
    fids, kids = floor(real, fid), floor(real, kid)
    assert fids.low > 1.0
    assert kids.low < 0.0 < kids.high


def test_too_little_is_named():
    with pytest.raises(SimengineError, match="of 3 units"):
        floor(np.arange(3), lambda a, b: 0.0)
