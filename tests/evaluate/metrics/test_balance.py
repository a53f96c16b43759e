import numpy as np
import pytest
from scipy.stats.contingency import relative_risk

from simengine.errors import SimengineError
from simengine.evaluate.metrics.balance import amplification, balance, position_slices, size_slices, slice_gaps
from simengine.evaluate.metrics.label_statistics import BoxTable


def test_balance_is_the_total_variation():
    rng = np.random.default_rng(0)
    real, synthetic = rng.integers(0, 5, size=300), rng.integers(1, 7, size=200)
    result = balance(real, synthetic)
    best = max(
        abs(np.isin(real, subset).mean() - np.isin(synthetic, subset).mean())
        for subset in ([c for c in range(7) if mask >> c & 1] for mask in range(128))
    )
    assert result.distance == pytest.approx(best)  # the largest difference of any event
    assert sum(result.real) == pytest.approx(1.0)
    assert balance(real, real).distance == 0.0
    assert balance(["a"], ["b"]).distance == 1.0


def test_amplification_agrees_with_the_relative_risk():
    real, synthetic = ["x"] * 60 + ["y"] * 240, ["x"] * 120 + ["y"] * 180
    found = amplification(real, synthetic, resamples=2000)["x"]
    expected = relative_risk(120, 300, 60, 300)
    low, high = expected.confidence_interval(0.95)
    assert found.value == pytest.approx(expected.relative_risk, rel=0.02)
    assert found.low == pytest.approx(low, rel=0.04)
    assert found.high == pytest.approx(high, rel=0.04)


def test_amplification_holds_the_truth():
    hits, repeats = 0, 200
    for seed in range(repeats):
        rng = np.random.default_rng([2, seed])
        real, synthetic = rng.uniform(size=250) < 0.3, rng.uniform(size=250) < 0.45
        hits += 1.5 in amplification(real, synthetic, resamples=200, seed=seed)["True"]
    assert 0.92 <= hits / repeats <= 0.98


def test_amplification_resamples_pictures():
    """All boxes of a picture have one class: 20 pictures know less than 200 boxes."""
    picture = np.repeat(np.arange(20), 10)
    classes = np.where(picture % 2, "a", "b")
    boxes = amplification(classes, classes, resamples=300)["a"]
    pictures = amplification(classes, classes, real_units=picture, synthetic_units=picture, resamples=300)["a"]
    assert pictures.units == (20, 20)
    assert pictures.high - pictures.low > 2 * (boxes.high - boxes.low)


def test_a_category_that_a_set_lacks_stays_finite():
    found = amplification(["a"] * 20, ["a"] * 10 + ["b"] * 10, resamples=200)
    assert 1.0 < found["b"].low <= found["b"].high < np.inf


def test_slice_gaps():
    rng = np.random.default_rng(3)
    slices = rng.choice(["near", "far"], size=400)
    values = rng.normal(size=400) + np.where(slices == "far", 1.0, 0.0)
    found = slice_gaps(values, slices, resamples=300)
    assert list(found) == ["far", "near"]
    assert found["far"].value == pytest.approx(values[slices == "far"].mean() - values.mean())
    assert found["far"].low > 0 > found["near"].high
    with pytest.raises(SimengineError, match="too few units"):
        slice_gaps([0.0, 1.0, 1.0, 1.0], ["a", "b", "b", "b"])
    with pytest.raises(SimengineError, match="2 values and 1 slices"):
        slice_gaps([0.0, 1.0], ["a"])


def test_slices_of_boxes():
    boxes = np.array([[0, 0, 32, 31.9], [0, 0, 32, 32], [100, 0, 95, 96], [100, 100, 96, 96], [250, 290, 99, 99]])
    table = BoxTable(np.zeros(5, int), boxes, np.array([[300, 300]]))
    assert size_slices(table).tolist() == ["small", "medium", "medium", "large", "large"]
    assert position_slices(table)[[0, 3, 4]].tolist() == ["row 1 column 1", "row 2 column 2", "row 3 column 3"]
    assert set(position_slices(table, grid=1).tolist()) == {"row 1 column 1"}
    with pytest.raises(SimengineError, match="grid is 0"):
        position_slices(table, grid=0)
