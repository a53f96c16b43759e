import builtins

import numpy as np
import pytest
from scipy.stats import norm

from simengine.errors import SimengineError
from simengine.evaluate.metrics.roc import auc
from simengine.evaluate.metrics.two_sample import two_sample_auc

metrics = pytest.importorskip("sklearn.metrics")


def test_auc_equals_scikit_learn_and_pairs():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 6, size=40), rng.integers(1, 8, size=25)
    pairs = np.mean([(a > b) + 0.5 * (a == b) for a in x for b in y])
    assert auc(x, y) == pytest.approx(pairs)
    assert auc(x, y) == pytest.approx(metrics.roc_auc_score([1] * 40 + [0] * 25, np.concatenate([x, y])))
    assert auc(x, y) + auc(y, x) == pytest.approx(1.0)


def test_equal_distributions_can_not_be_told_apart():
    rng = np.random.default_rng(1)
    values = [two_sample_auc(rng.normal(size=(60, 5)), rng.normal(size=(60, 5)), seed=i).value for i in range(30)]
    assert np.mean(values) == pytest.approx(0.5, abs=3 * np.std(values) / np.sqrt(30))
    assert 0.47 < np.mean(values) < 0.53


def test_a_shift_gives_the_auc_of_the_best_classifier():
    """N(0, I) against N(shift, I): the likelihood ratio has AUC Phi(|shift| / sqrt 2)."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(1500, 2)), rng.normal([1.0, 0.0], size=(1500, 2))
    result = two_sample_auc(x, y)
    assert result.value == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.03)
    assert len(result.folds) == 5
    assert result.components == 2


def test_more_columns_than_rows_does_not_overfit():
    rng = np.random.default_rng(3)
    result = two_sample_auc(rng.normal(size=(60, 600)), rng.normal(size=(70, 600)))
    assert result.components == 12
    assert 0.3 < result.value < 0.7


def test_rows_of_one_unit_stay_on_one_side():
    """Copies of a row on both sides of a fold would be recognised; kept together they can't be."""
    rng = np.random.default_rng(4)
    x, y = (np.repeat(rng.normal(size=(12, 40)), 10, axis=0) for _ in range(2))
    units = np.repeat(np.arange(12), 10)
    assert two_sample_auc(x, y).value > 0.9
    assert two_sample_auc(x, y, real_units=units, synthetic_units=units).value < 0.75


def test_same_seed_same_folds():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 3))
    assert two_sample_auc(x, y) == two_sample_auc(x, y)
    assert two_sample_auc(x, y) != two_sample_auc(x, y, seed=1)


def test_mistakes_are_named():
    x = np.random.default_rng(6).normal(size=(30, 2))
    with pytest.raises(SimengineError, match="synthetic has 3 units for 5 folds"):
        two_sample_auc(x, x, synthetic_units=np.arange(30) % 3)
    with pytest.raises(SimengineError, match="finite"):
        auc([np.nan], [1.0])


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    real_import = builtins.__import__

    def no_sklearn(name, *args, **kwargs):
        if name.split(".")[0] == "sklearn":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_sklearn)
    x = np.random.default_rng(7).normal(size=(30, 2))
    with pytest.raises(SimengineError, match=r"simengine\[learn\]"):
        two_sample_auc(x, x)
