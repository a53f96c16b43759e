import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.columns import correlation_difference, hellinger


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (1.0, 1.0), (0.5, 2.0), (4.0, 1.0)])
def test_hellinger_equals_its_closed_form_on_gaussians(mean, sd):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100000, 1)), rng.normal(mean, sd, size=(100000, 1))
    overlap = np.sqrt(2 * sd / (1 + sd**2)) * np.exp(-(mean**2) / (4 * (1 + sd**2)))
    assert hellinger(x, y, bins=100)[0] ** 2 == pytest.approx(1 - overlap, abs=0.006)


def test_hellinger_of_discrete_columns_is_exact():
    x, y = np.array([0] * 50 + [1] * 30 + [2] * 20), np.array([0] * 10 + [1] * 30 + [2] * 60)
    expected = np.sqrt(1 - (np.sqrt(0.05) + 0.3 + np.sqrt(0.12)))
    assert hellinger(x[:, None], y[:, None], bins=40)[0] == pytest.approx(expected)


def test_hellinger_does_not_depend_on_units_or_outliers():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(500, 2)), rng.normal(0.4, 1, size=(400, 2))
    np.testing.assert_allclose(hellinger(x, y), hellinger(np.exp(x), np.exp(y)))
    x_out = x.copy()
    x_out[0, 0] = 1e9
    np.testing.assert_allclose(hellinger(x_out, y), hellinger(x, y), atol=0.02)


def test_hellinger_bias_is_as_stated():
    rng = np.random.default_rng(2)
    squares = hellinger(rng.normal(size=(300, 400)), rng.normal(size=(300, 400)), bins=10) ** 2
    assert squares.mean() == pytest.approx(9 / 8 * (2 / 300), rel=0.15)


def test_constant_columns():
    one = np.ones((5, 1))
    assert hellinger(one, one)[0] == 0.0
    assert hellinger(one, one + 1)[0] == 1.0


def test_correlation_difference_equals_numpy():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(60, 7)) @ rng.normal(size=(7, 7)), rng.normal(size=(50, 7))
    result = correlation_difference(x, y)
    assert result.value == pytest.approx(np.linalg.norm(np.corrcoef(x.T) - np.corrcoef(y.T)))
    assert result.scaled == pytest.approx(result.value / np.sqrt(7 * 6))


def test_scaled_difference_is_free_of_the_number_of_columns():
    """Correlation r of all pairs against 0: the scaled difference is r whatever d."""
    rng = np.random.default_rng(4)
    for d in (3, 30):
        x = np.sqrt(0.4) * rng.normal(size=(50000, 1)) + np.sqrt(0.6) * rng.normal(size=(50000, d))
        assert correlation_difference(x, rng.normal(size=(50000, d))).scaled == pytest.approx(0.4, abs=0.01)


def test_a_constant_column_is_uncorrelated():
    rng = np.random.default_rng(5)
    x = np.repeat(rng.normal(size=(40, 1)), 2, axis=1)
    y = x.copy()
    y[:, 1] = 0.1
    assert correlation_difference(x, y).value == pytest.approx(np.sqrt(2))
    assert correlation_difference(y, y).value == 0.0


def test_mistakes_are_named():
    with pytest.raises(SimengineError, match="single column"):
        correlation_difference(np.ones((3, 1)), np.ones((3, 1)))
    with pytest.raises(SimengineError, match="bins is 1"):
        hellinger(np.ones((3, 1)), np.ones((3, 1)), bins=1)
