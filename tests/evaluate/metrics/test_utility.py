import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.utility import macro_f1, utility

linear_model = pytest.importorskip("sklearn.linear_model")
metrics = pytest.importorskip("sklearn.metrics")


def data(rng, n, shift=0.0, flip=0.0):
    y = rng.integers(0, 3, size=n)
    x = rng.normal(size=(n, 2)) + 2.0 * np.eye(3)[y][:, :2] + shift
    wrong = rng.uniform(size=n) < flip
    return x, np.where(wrong, rng.integers(0, 3, size=n), y)


def test_macro_f1_equals_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(20):
        truth, predicted = rng.integers(0, 5, size=(2, 12))
        assert macro_f1(truth, predicted) == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))


def test_scores_equal_models_fitted_by_hand():
    rng = np.random.default_rng(1)
    train, test, synthetic = data(rng, 200), data(rng, 300), data(rng, 250, shift=1.0, flip=0.2)
    estimator = linear_model.LogisticRegression()
    found = utility(estimator, real_train=train, real_test=test, synthetic=synthetic, resamples=300)

    def score(one, other):
        predicted = linear_model.LogisticRegression().fit(*one).predict(other[0])
        return metrics.f1_score(other[1], predicted, average="macro")

    assert found.trtr == pytest.approx(score(train, test))
    assert found.tstr == pytest.approx(score(synthetic, test))
    assert found.trts == pytest.approx(score(train, synthetic))
    assert found.gap.interval.value == pytest.approx(found.tstr - found.trtr)
    assert found.gap.interval.high < 0
    assert found.gap.p_value < 0.05
    assert found.fidelity_gap == pytest.approx(found.trts - found.trtr)
    assert not hasattr(estimator, "coef_")


def test_data_of_the_same_kind_has_no_gap():
    rng = np.random.default_rng(2)
    found = utility(
        linear_model.LogisticRegression(),
        real_train=data(rng, 400),
        real_test=data(rng, 400),
        synthetic=data(rng, 400),
        resamples=300,
    )
    assert 0.0 in found.gap.interval
    assert found.gap.p_value > 0.05


def test_any_estimator_and_score_and_units():
    class Nearest:
        def fit(self, x, y):
            self.x, self.y = x, y

        def predict(self, x):
            return self.y[np.abs(x - self.x.T).argmin(axis=1)]

    x = np.arange(30.0)[:, None]
    found = utility(
        Nearest(),
        real_train=(x, x[:, 0]),
        real_test=(x, x[:, 0]),
        synthetic=(x + 0.4, x[:, 0] + 2.0),
        score=lambda truth, predicted: -np.abs(truth - predicted).mean(),
        units=np.arange(30) // 3,
        unit="recording",
        resamples=200,
    )
    assert (found.trtr, found.trts) == (0.0, -2.0)
    assert found.tstr == -2.0
    assert found.gap.interval.units == (10,)
    assert found.gap.interval.unit == "recording"


def test_mistakes_are_named():
    x, y = np.ones((4, 1)), np.zeros(4)
    with pytest.raises(SimengineError, match="synthetic has 4 items and 3 targets"):
        utility(linear_model.LogisticRegression(), real_train=(x, y), real_test=(x, y), synthetic=(x, y[:3]))
    with pytest.raises(SimengineError, match="truth has 2 items and predicted 1"):
        macro_f1([0, 1], [0])
