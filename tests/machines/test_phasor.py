import numpy as np
import pytest

from simengine.machines.noise import complex_normals, normals
from simengine.machines.phasor import harmonic_sum, phasor


def test_phasor_is_the_exponential():
    turns = np.concatenate([np.linspace(-3, 3, 20001), [1e6 + 0.123, -1e6 - 0.456]])
    reduced = turns - np.rint(turns)
    assert np.abs(phasor(turns) - np.exp(2j * np.pi * reduced)).max() < 1e-12


def test_harmonic_sum_is_the_sum():
    turns = np.linspace(0, 4, 999)
    rows = np.random.default_rng(0).standard_normal((2, 7)) + 1j
    rows[0, 3] = 0
    want = sum((rows[:, k - 1, None] * np.exp(2j * np.pi * k * turns)).real for k in range(1, 8))
    assert np.allclose(harmonic_sum(phasor(turns), rows), want, atol=1e-11)


def test_noise_is_standard_normal():
    scipy_stats = pytest.importorskip("scipy.stats")
    rng = np.random.Generator(np.random.Philox(5))
    assert scipy_stats.kstest(normals(rng, 200_001), "norm").pvalue > 0.01
    pairs = complex_normals(rng, 100_000)
    assert abs(np.corrcoef(pairs.real, pairs.imag)[0, 1]) < 0.01
    assert len(normals(rng, 7)) == 7
