import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.sampling.streams import stream, uniforms

SEEDS = (0, 1, 2, 2**32, 2**63 - 1, 2**63, 2**64, 2**200)


def test_same_key_same_numbers():
    assert np.array_equal(stream(7, 3, "a.b").random(100), stream(7, 3, "a.b").random(100))
    assert np.array_equal(stream(np.int64(7), np.uint8(3), "a.b").random(9), stream(7, 3, "a.b").random(9))


def test_numbers_are_pinned():
    # The stream is part of every data set's identity: these literals may never change.
    assert stream(0, 0, "a").random(2).tolist() == pytest.approx([0.5183086395709341, 0.7688893024152014], abs=1e-8)


def test_every_part_of_the_key_matters():
    keys = [(seed, 0, "a", 0) for seed in SEEDS]
    keys += [(0, 1, "a", 0), (0, 0, "b", 0), (0, 0, "a", 1), (0, 0, "", 0), (0, 0, "a[0]", 0), (0, 0, "a[1]", 0)]
    keys += [(1, 11, "a", 0), (11, 1, "a", 0), (0, 0, "1:a", 0), (0, 0, "0:a", 1), (0, 0, "ä", 0)]
    draws = {stream(seed, index, path, attempt=attempt).random() for seed, index, path, attempt in keys}
    assert len(draws) == len(keys)


def test_streams_of_neighbouring_keys_are_uncorrelated():
    rows = [stream(seed, index, path).random(4096) for seed in (0, 1) for index in (0, 1, 2) for path in ("x", "y")]
    correlation = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(correlation).max() < 4.5 / np.sqrt(4096)


def test_first_numbers_over_indices_are_uniform(uniform_p):
    firsts = [stream(0, index, "objects.die[3].material.roughness").random() for index in range(20_000)]
    assert uniform_p(firsts) > 1e-3
    assert abs(np.corrcoef(firsts[:-1], firsts[1:])[0, 1]) < 4.5 / np.sqrt(20_000)


def test_a_stream_does_not_depend_on_the_use_of_others():
    alone = stream(5, 5, "b").random(10)
    other = stream(5, 5, "a")
    other.random(12345)
    assert np.array_equal(stream(5, 5, "b").random(10), alone)


@pytest.mark.parametrize("bad", [-1, 1.5, "1", None, True])
def test_bad_seeds_are_named(bad):
    for arguments in ((bad, 0), (0, bad)):
        with pytest.raises(SimengineError, match="integer from 0"):
            stream(*arguments, "a")


def test_uniforms_are_open():
    class Zero:
        def random(self, size=None):
            return 0.0 if size is None else np.zeros(size)

    assert uniforms(Zero()) > 0
    assert np.all(uniforms(Zero(), (3, 2)) > 0)
    assert type(uniforms(stream(0, 0, "a"))) is float
    assert uniforms(stream(0, 0, "a"), 1)[0] == uniforms(stream(0, 0, "a"))
