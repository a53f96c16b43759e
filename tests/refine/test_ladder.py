"""The ladder on planted distances: what narrows the gap and keeps labels is taken, the rest ends the climb."""

import numpy as np
import pytest

from simengine.refine.ladder import Gap, Trial, climb

GAP = Gap("far", "FAR", "thing", lambda real, made: abs(float(real.mean() - made.mean())))
RNG = np.random.default_rng(0)
REAL = RNG.normal(0.0, 0.1, (40, 1))
START = RNG.normal(3.0, 0.1, (40, 1))


def tried(*steps):
    """Climbs over methods given as (mean of what they make, share kept)."""
    told = []
    methods = [(f"m{k}", lambda step=step: step) for k, step in enumerate(steps)]
    attempt = lambda step: Trial(START - 3.0 + step[0], step[1], f"kept {step[1]:.0%}", {"more": 1})  # noqa: E731
    found = climb(methods, attempt, gap=GAP, real=REAL, start=START, start_name="raw", report=told.append)
    assert tuple(told) == found.rungs and found.rungs[0].name == "raw"
    return found


def test_every_method_that_comes_nearer_and_keeps_labels_is_taken():
    found = tried((2.0, 0.95), (1.0, 0.9))
    assert [rung.taken for rung in found.rungs] == [False, True, True] and found.refiner == (1.0, 0.9)
    second = found.rungs[2]
    assert second.distance == pytest.approx(1.0, abs=0.05)
    assert second.fall.value == pytest.approx(1.0, abs=0.05) and second.fall.low > 0.9  # below the first, not the raw


@pytest.mark.parametrize("bad", [(1.0, 0.89), (2.0, 1.0), (2.5, 1.0)])  # labels lost; no nearer; farther again
def test_the_first_that_does_not_ends_the_climb(bad):
    found = tried((2.0, 1.0), bad, (0.0, 1.0))
    assert [rung.taken for rung in found.rungs] == [False, True, False] and found.refiner == (2.0, 1.0)


def test_nothing_may_be_taken():
    found = tried((0.5, 0.5))
    assert found.refiner is None and len(found.rungs) == 2


def test_rungs_are_told():
    raw, first = tried((2.0, 0.95)).rungs
    assert str(raw).startswith("raw          FAR 3.0") and "fell" not in str(raw)
    assert "fell by 1.0" in str(first) and str(first).endswith("kept 95%  <- taken")
    assert raw.to_dict() == {
        "method": "raw",
        "far": round(raw.distance, 5),
        "fall": None,
        "keep_rate": 1.0,
        "taken": False,
    }
    assert first.to_dict()["more"] == 1 and len(first.to_dict()["fall"]) == 3
