import numpy as np
import pytest
from scipy import integrate, stats

from simengine.sampling.distribution import DistributionError, from_dict
from simengine.sampling.kernel_density import KernelDensity
from simengine.sampling.streams import stream

DATA = np.random.default_rng(0).gamma(3, 2, 60)


@pytest.mark.parametrize("rule", ["scott", "silverman"])
def test_density_equals_scipy(rule):
    ours, oracle = KernelDensity(DATA, bandwidth=rule), stats.gaussian_kde(DATA, rule)
    x = np.linspace(-5, 25, 200)
    assert np.allclose(np.exp(ours.log_prob(x)), oracle(x))
    assert np.allclose(ours.cdf(x), [oracle.integrate_box_1d(-np.inf, v) for v in x])


def test_a_number_is_the_standard_deviation_of_the_bells():
    ours = KernelDensity([0, 10], bandwidth=0.5)
    assert np.exp(ours.log_prob(0.5)) == pytest.approx(0.5 * stats.norm(0, 0.5).pdf(0.5))


def test_bounds_cut_and_scale():
    ours, free = KernelDensity(DATA, low=1, high=8), KernelDensity(DATA)
    mass = integrate.quad(lambda x: np.exp(free.log_prob(x)), 1, 8)[0]
    assert np.exp(ours.log_prob(4.0)) == pytest.approx(np.exp(free.log_prob(4.0)) / mass)
    assert np.isneginf(ours.log_prob([0.99, 8.01])).all()
    assert ours.cdf([1, 8]) == pytest.approx([0, 1])
    assert ours.support() == (1, 8)


@pytest.mark.parametrize("options", [{}, {"low": 1, "high": 8}, {"low": 3}, {"bandwidth": 0.3}])
def test_draws_follow_the_density(options, density_p, count):
    ours = KernelDensity(DATA, **options)
    draws = ours.sample(stream(1, 0, f"kde {options}"), count)
    low, high = options.get("low", -15), options.get("high", 40)
    assert density_p(ours, draws, low, high, bins=80) > 1e-3


def test_quantiles_invert_the_cumulative_function():
    u = np.linspace(0.001, 0.999, 101)
    for ours in (KernelDensity(DATA), KernelDensity(DATA, low=1, high=8)):
        assert np.allclose(ours.cdf(ours.ppf(u)), u, atol=1e-10)


def test_many_values_are_handled_in_blocks():
    ours = KernelDensity(np.linspace(0, 1, 5000), bandwidth=0.01)
    x = np.linspace(0.1, 0.9, 1500)
    assert np.allclose(ours.log_prob(x), 0, atol=1e-3)


def test_fit_keeps_the_data():
    assert KernelDensity.fit(DATA).values == tuple(DATA)
    with pytest.raises(DistributionError, match="same"):
        KernelDensity.fit([2, 2, 2])


def test_values_from_files(tmp_path):
    (tmp_path / "a.csv").write_text("# measured\nname;size\nx; 1.5\n\ny;2.5\nz;4\n")
    (tmp_path / "b.txt").write_text("1.5 7\n2.5 8\n4 9\n")
    (tmp_path / "c.csv").write_text("1.5\n2.5\n4\n")
    np.save(tmp_path / "d.npy", np.array([1.5, 2.5, 4]))
    np.save(tmp_path / "e.npy", np.array([[0, 1.5], [0, 2.5], [0, 4]]))
    inline = from_dict({"kernel_density": [1.5, 2.5, 4]})
    for params in (
        {"file": "a.csv", "column": "size"},
        {"file": "a.csv", "column": 1},
        {"file": "b.txt", "column": 0},
        {"file": "c.csv"},
        {"file": "d.npy"},
        {"file": "e.npy", "column": 1},
    ):
        made = from_dict({"kernel_density": params}, base=str(tmp_path))
        assert made.sample(stream(0, 0, "f"), 5).tolist() == inline.sample(stream(0, 0, "f"), 5).tolist()
        assert made.to_dict() == {"kernel_density": params}
        assert from_dict(made.to_dict(), base=str(tmp_path)) == made


def test_files_that_do_not_fit_are_explained(tmp_path):
    (tmp_path / "a.csv").write_text("name,size\nx,1.5\ny,many\n")
    (tmp_path / "empty.csv").write_text("\n# nothing\n")
    (tmp_path / "nan.txt").write_text("1\nnan\n2\n")
    (tmp_path / "latin.csv").write_bytes(b"gr\xf6\xdfe\n1\n2\n")
    (tmp_path / "c.json").write_text("[1, 2]")
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY nonsense")
    np.save(tmp_path / "text.npy", np.array(["a", "b"]))
    np.save(tmp_path / "objects.npy", np.array([{}, []], dtype=object))
    np.save(tmp_path / "cube.npy", np.zeros((2, 2, 2)))
    for params, words in (
        ({"file": "a.csv"}, ["several columns", "name, size"]),
        ({"file": "a.csv", "column": "width"}, ["no column 'width'", "name, size"]),
        ({"file": "a.csv", "column": "size"}, ["a.csv:3", "'many'"]),
        ({"file": "a.csv", "column": 7}, ["no column 7"]),
        ({"file": "empty.csv"}, ["empty"]),
        ({"file": "nan.txt"}, ["1 of 3", "not finite"]),
        ({"file": "latin.csv"}, ["UTF-8"]),
        ({"file": "c.json"}, [".csv, .txt or .npy"]),
        ({"file": "broken.npy"}, ["broken.npy"]),
        ({"file": "text.npy"}, ["not numbers"]),
        ({"file": "objects.npy"}, ["objects.npy"]),
        ({"file": "cube.npy"}, ["(2, 2, 2)"]),
        ({"file": "."}, ["unknown kind"]),
    ):
        with pytest.raises(DistributionError) as caught:
            from_dict({"kernel_density": params}, base=str(tmp_path))
        for word in ["kernel_density", *words]:
            assert word in str(caught.value)
