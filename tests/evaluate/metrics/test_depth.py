import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis

from simengine.errors import SimengineError
from simengine.evaluate.metrics.depth import depth, depth_agreement


def test_mahalanobis_depth_equals_scipy():
    rng = np.random.default_rng(0)
    sample, points = rng.normal(size=(50, 4)) @ rng.normal(size=(4, 4)), rng.normal(size=(9, 4))
    inverse = np.linalg.inv(np.cov(sample, rowvar=False))
    expected = [1 / (1 + mahalanobis(z, sample.mean(axis=0), inverse) ** 2) for z in points]
    np.testing.assert_allclose(depth(points, sample), expected, rtol=1e-9)


def test_spatial_depth_equals_loops():
    rng = np.random.default_rng(1)
    sample = rng.normal(size=(30, 3)) + 100
    points = np.concatenate([sample[:5], rng.normal(size=(6, 3)) + 100])
    expected = []
    for z in points:
        units = [(z - x) / np.linalg.norm(z - x) if (z != x).any() else 0 * z for x in sample]
        expected.append(1 - np.linalg.norm(np.mean(units, axis=0)))
    np.testing.assert_allclose(depth(points, sample, name="spatial"), expected, atol=1e-9)


@pytest.mark.parametrize("name", ["mahalanobis", "spatial"])
def test_centre_is_deep_and_far_is_not(name):
    sample = np.random.default_rng(2).normal(size=(400, 3))
    centre, far = depth([[0.0] * 3, [1e6] * 3], sample, name=name)
    assert centre > 0.9
    assert far == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("name", ["mahalanobis", "spatial"])
def test_agreement_equals_its_formula_and_falls_with_a_shift(name):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(300, 3)), rng.normal(size=(300, 3))
    result = depth_agreement(x, y, name=name)
    s, r = result.synthetic_depths, result.real_depths
    assert result.depth == name
    assert result.value == pytest.approx(1 - ((s - r) ** 2).sum() / ((s - s.mean()) ** 2).sum())
    values = [depth_agreement(x, y + shift, name=name).value for shift in (0.0, 0.5, 2.0)]
    assert values[0] > 0.95
    assert values[0] > values[1] > values[2]
    assert depth_agreement(x, x, name=name).value == 1.0


def test_mahalanobis_agreement_is_affine_invariant():
    rng = np.random.default_rng(4)
    x, y, a = rng.normal(size=(80, 3)), rng.normal(size=(70, 3)) + 0.4, rng.normal(size=(3, 3))
    assert depth_agreement(x @ a + 5, y @ a + 5).value == pytest.approx(depth_agreement(x, y).value)


def test_mistakes_are_named():
    x = np.random.default_rng(5).normal(size=(4, 6))
    with pytest.raises(SimengineError, match="4 rows and 6 columns is singular"):
        depth_agreement(x, x)
    with pytest.raises(SimengineError, match="'tukey' is unknown"):
        depth(x, x, name="tukey")
    with pytest.raises(SimengineError, match="equally deep"):
        depth_agreement([[0.0], [0.0]], [[0.0], [0.0]], name="spatial")
