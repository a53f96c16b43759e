import numpy as np
import pytest
from scipy.linalg import sqrtm

from simengine.errors import SimengineError
from simengine.evaluate.metrics.frechet import fid, frechet_distance


def moments(x):
    return x.mean(axis=0), np.cov(x, rowvar=False)


def test_commuting_covariances_have_a_closed_form():
    """With diagonal covariances the distance is |mu - nu|^2 + sum (sd - sd')^2."""
    rng = np.random.default_rng(0)
    mean, other = rng.normal(size=(2, 6))
    sd, other_sd = rng.uniform(0.1, 3, size=(2, 6))
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    expected = ((mean - other) ** 2).sum() + ((sd - other_sd) ** 2).sum()
    found = frechet_distance(
        turn @ mean, turn @ np.diag(sd**2) @ turn.T, turn @ other, turn @ np.diag(other_sd**2) @ turn.T
    )
    assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("n", "m"), [(200, 150), (200, 5), (6, 9)])
def test_equals_the_matrix_root_of_scipy(n, m):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, 8)) @ rng.normal(size=(8, 8))
    y = rng.normal(size=(m, 8)) @ rng.normal(size=(8, 8)) + 1
    (mu, c), (nu, e) = moments(x), moments(y)
    root = np.real(sqrtm((c + 1e-12 * np.eye(8)) @ (e + 1e-12 * np.eye(8))))
    expected = ((mu - nu) ** 2).sum() + np.trace(c + e - 2 * root)
    assert fid(x, y).value == pytest.approx(expected, rel=1e-4)
    assert frechet_distance(mu, c, nu, e) == pytest.approx(fid(x, y).value, rel=1e-5)


def test_fewer_rows_than_columns_is_stable():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 300))
    assert fid(x, x[::-1]).value == pytest.approx(0.0, abs=1e-9)
    result = fid(x, rng.normal(size=(30, 300)))
    assert (result.real_count, result.synthetic_count, result.dimension) == (40, 30, 300)
    assert result.value == pytest.approx(frechet_distance(*moments(x), *moments(rng.normal(size=(30, 300)))), rel=0.1)


def test_converges_to_the_distance_of_the_distributions():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(200000, 2)), rng.normal(size=(200000, 2)) * [2.0, 0.5] + [1.0, 0.0]
    assert fid(x, y).value == pytest.approx(1.0 + 1.0 + 0.25, rel=0.01)


def test_bias_falls_with_n():
    rng = np.random.default_rng(4)
    few, many = (fid(rng.normal(size=(n, 10)), rng.normal(size=(n, 10))).value for n in (30, 3000))
    assert few > 20 * many


def test_mistakes_are_named():
    with pytest.raises(SimengineError, match=r"give \(d,\) and \(d, d\)"):
        frechet_distance([0.0], np.eye(2), [0.0], np.eye(1))
    with pytest.raises(SimengineError, match="columns"):
        fid(np.ones((3, 2)), np.ones((3, 4)))
