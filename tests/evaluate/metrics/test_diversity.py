import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.metrics.diversity import dc_score, effective_number, vendi_score


def test_vendi_equals_the_eigenvalues_of_the_kernel():
    rng = np.random.default_rng(0)
    for shape in ((30, 8), (8, 30)):
        x = rng.normal(size=shape) + 1
        unit = x / np.linalg.norm(x, axis=1, keepdims=True)
        values = np.linalg.eigvalsh(unit @ unit.T / len(x))
        values = values[values > 1e-12]
        assert vendi_score(x) == pytest.approx(np.exp(-(values * np.log(values)).sum()), rel=1e-6)


def test_identical_and_orthogonal_items():
    n = 12
    same, apart = np.ones((n, 5)), 3.0 * np.eye(n)
    assert vendi_score(same) == pytest.approx(1.0)
    assert vendi_score(apart) == pytest.approx(n)
    assert dc_score(same).value == pytest.approx(1.0)
    for t in (0.05, 1.0):
        expected = n * np.exp(1 / t) / (np.exp(1 / t) + n - 1)
        result = dc_score(apart, temperature=t)
        assert result.value == pytest.approx(expected)
        assert (result.temperature, result.count) == (t, n)
        assert result.share == pytest.approx(expected / n)


def test_vendi_of_repeated_orthogonal_groups_is_their_hill_number():
    groups = np.repeat([0, 1, 2, 3], [1, 2, 3, 10])
    assert vendi_score(np.eye(4)[groups]) == pytest.approx(effective_number(groups))


def test_dc_score_equals_a_softmax_by_hand():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20, 4))
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    total = 0.0
    for i in range(20):
        row = np.exp([unit[i] @ unit[j] / 0.2 for j in range(20)])
        total += row[i] / row.sum()
    assert dc_score(x, temperature=0.2).value == pytest.approx(total)
    assert np.isfinite(dc_score(x, temperature=1e-3).value)


def test_hill_numbers():
    groups = ["a"] * 6 + ["b"] * 3 + ["c"]
    p = np.array([0.6, 0.3, 0.1])
    assert effective_number(groups, order=0) == pytest.approx(3)
    assert effective_number(groups) == pytest.approx(np.exp(-(p * np.log(p)).sum()))
    assert effective_number(groups, order=2) == pytest.approx(1 / (p**2).sum())
    assert effective_number(groups, order=1.0001) == pytest.approx(effective_number(groups), rel=1e-4)


def test_mistakes_are_named():
    with pytest.raises(SimengineError, match=r"features\[1\] is all zeros"):
        vendi_score([[1.0], [0.0]])
    with pytest.raises(SimengineError, match="temperature is 0"):
        dc_score([[1.0]], temperature=0.0)
    with pytest.raises(SimengineError, match="order is -1"):
        effective_number(["a"], order=-1)
    with pytest.raises(SimengineError, match="at least 1"):
        effective_number([])
