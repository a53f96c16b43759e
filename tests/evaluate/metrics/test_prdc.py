import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.prdc import prdc


def brute(real, synthetic, k):
    def distance(a, b):
        return float(np.sqrt(((a - b) ** 2).sum()))

    def reach(items):
        return [sorted(distance(a, b) for j, b in enumerate(items) if j != i)[k - 1] for i, a in enumerate(items)]

    r, s = reach(real), reach(synthetic)
    inside = np.array([[distance(a, b) < r[i] for b in synthetic] for i, a in enumerate(real)])
    other = np.array([[distance(a, b) < s[j] for j, b in enumerate(synthetic)] for a in real])
    return (
        inside.any(axis=0).mean(),
        other.any(axis=1).mean(),
        inside.sum() / (k * len(synthetic)),
        inside.any(axis=1).mean(),
    )


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_equals_brute_force(k, shift):
    rng = np.random.default_rng(0)
    real, synthetic = rng.normal(size=(60, 3)), rng.normal(size=(45, 3)) + shift
    found = prdc(real, synthetic, neighbours=k)
    expected = brute(real, synthetic, k)
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(expected, rel=1e-12)


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(1)
    real, synthetic = rng.normal(size=(50, 3)), rng.normal(size=(40, 3))
    whole = prdc(real, synthetic)
    monkeypatch.setattr("simengine.evaluate.metrics.prdc._BLOCK", 7)
    assert prdc(real, synthetic) == whole


def test_equal_distributions_have_their_expected_density_and_coverage():
    """Density 1; coverage 1 - (n-1)...(n-k) / ((2n-1)...(2n-k)), Naeem et al., eq. 5."""
    rng = np.random.default_rng(2)
    found = [prdc(rng.normal(size=(100, 2)), rng.normal(size=(100, 2)), neighbours=3) for _ in range(60)]
    expected = 1 - np.prod([(100 - i) / (200 - i) for i in (1, 2, 3)])
    assert np.mean([f.density for f in found]) == pytest.approx(1.0, abs=0.05)
    assert np.mean([f.coverage for f in found]) == pytest.approx(expected, abs=0.02)


def test_a_collapsed_generator_is_precise_and_covers_nothing():
    rng = np.random.default_rng(3)
    found = prdc(rng.normal(size=(200, 2)), 0.01 * rng.normal(size=(200, 2)))
    assert found.precision == 1.0
    assert found.recall < 0.05
    assert found.coverage < 0.2


def test_mistakes_are_named():
    with pytest.raises(SimengineError, match="at least 6"):
        prdc(np.ones((5, 2)), np.ones((5, 2)))
    with pytest.raises(SimengineError, match="neighbours is 0"):
        prdc(np.ones((5, 2)), np.ones((5, 2)), neighbours=0)
