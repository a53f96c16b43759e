import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.quality.catalogue import COMPARISONS, KINDS
from simengine.evaluate.quality.measure import measure_quality
from simengine.evaluate.quality.results import read_quality
from simengine.evaluate.quality.samples import Sample, View
from simengine.evaluate.quality.statistics import Grouped
from simengine.evaluate.result_file import write_result


def sample(name, n, *, shift=0.0, seed=0, labels=None, rows=None):
    rows = np.random.default_rng(seed).normal(size=(n, 4)) + shift if rows is None else rows
    views = {"features": View(rows), "grouped": View(Grouped(rows, None)), "columns": View(rows)}
    if labels is not None:
        views["classes"] = View(labels)
    return Sample(name, tuple(f"row {k}" for k in range(len(rows))), views, labels=labels)


def classes(n, seed):
    """Two classes, told apart by the first column."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    rows = rng.normal(size=(n, 4))
    rows[:, 0] += 3.0 * labels
    return rows, np.array(["a", "b"])[labels]


def measured(*samples, **more):
    return measure_quality(
        "tables", *samples, features="four columns", columns=("a", "b", "c", "d"), resamples=40, splits=20, **more
    )


def test_equal_distributions_are_called_alike():
    pytest.importorskip("sklearn")
    result = measured(sample("real", 120), sample("made", 100, seed=1))
    assert 0.0 in _interval(result.metric("kid"))
    judged = {metric.name: metric.status for metric in result.metrics}
    assert {judged[name] for name in ("kid", "fid", "mmd", "hellinger", "auc", "coverage", "vendi")} == {"like real"}
    assert result.metric("auc").value == pytest.approx(0.5, abs=0.12)


def _interval(metric):
    class Range:
        def __contains__(self, number):
            return metric.low <= number <= metric.high

    return Range()


def test_a_planted_difference_is_found():
    pytest.importorskip("sklearn")
    result = measured(sample("real", 120), sample("made", 100, seed=1, shift=1.5))
    judged = {metric.name: metric.status for metric in result.metrics}
    assert {judged[name] for name in ("kid", "fid", "mmd", "hellinger", "auc", "depth_r2", "coverage")} == {"differs"}
    assert judged["correlation"] == "like real"  # a shift moves no correlation


def test_a_copier_is_given_away_and_a_fresh_draw_is_not():
    real, fresh, holdout = (np.random.default_rng(seed).normal(size=(120, 4)) for seed in range(3))
    copier = sample("copier", 0, rows=real + 1e-3)
    honest = sample("honest", 0, rows=fresh)
    real_sample, hold = sample("real", 0, rows=real), sample("holdout", 0, rows=holdout)
    for made, expected in ((copier, "differs"), (honest, "like real")):
        result = measured(real_sample, made, hold)
        assert {result.metric(name).status for name in ("dcr", "leak", "mia")} == {expected}
    assert measured(real_sample, copier, hold).metric("mia").value > 0.9


def test_usefulness_is_that_of_the_labels():
    pytest.importorskip("sklearn")
    (x, y), (u, v) = classes(160, 0), classes(160, 1)
    real = sample("real", 0, rows=x, labels=y)
    good = measured(real, sample("good", 0, rows=u, labels=v))
    bad = measured(real, sample("bad", 0, rows=u, labels=np.where(v == "a", "b", "a")))
    assert good.metric("tstr").value == pytest.approx(good.metric("trtr").value, abs=0.06)
    assert good.metric("utility_gap").status == "like real"
    assert bad.metric("tstr").value < 0.2 and bad.metric("trts").value < 0.2
    assert bad.metric("utility_gap").status == "differs"


def test_amplification_is_found_by_class():
    x, y = classes(200, 0)
    many = sample("many", 0, rows=x, labels=np.where(np.arange(200) % 5 == 0, "a", "b"))
    result = measured(sample("real", 0, rows=x, labels=y), many)
    found = result.metric("amplified_classes")
    assert found.status == "differs"
    share = {part.name: part.value for part in found.parts}
    assert share["a"] < 0.6 and share["b"] > 1.3
    assert result.metric("class_balance").status == "differs"


def test_what_can_not_be_told_is_left_out_with_the_reason():
    result = measured(sample("real", 6), sample("made", 5, seed=1))
    reasons = {entry.name: entry.reason for entry in result.left_out}
    assert "--holdout" in reasons["dcr"] and "--target" in reasons["tstr"]
    assert "classes" in reasons["class_balance"]
    assert "auc" in reasons and "10" in reasons["auc"]
    told = {metric.name for metric in result.metrics} | set(reasons)
    assert {entry.name for entry in COMPARISONS if "tables" in entry.kinds} <= told


def test_a_single_item_is_an_error():
    with pytest.raises(SimengineError, match="made has 1 item"):
        measured(sample("real", 20), sample("made", 1))


def test_results_are_the_same_twice_and_survive_the_disk(tmp_path):
    once = measured(sample("real", 30), sample("made", 30, seed=1), command="simengine quality")
    again = measured(sample("real", 30), sample("made", 30, seed=1), command="simengine quality")
    write_result(once, tmp_path / "quality.json")
    write_result(again, tmp_path / "again.json")
    assert (tmp_path / "quality.json").read_bytes() == (tmp_path / "again.json").read_bytes()
    assert read_quality(tmp_path) == once
    data = asdict(once)
    data["schema"] = "simengine.quality/99"
    (tmp_path / "quality.json").write_text(json.dumps(data))
    with pytest.raises(SimengineError, match=r"schema simengine\.quality/99"):
        read_quality(tmp_path)
    (tmp_path / "quality.json").write_text(json.dumps({"kind": "images"}))
    with pytest.raises(SimengineError, match="no result of `simengine quality`"):
        read_quality(tmp_path)


def test_the_catalogue_is_whole():
    names = [entry.name for entry in COMPARISONS]
    for kind in KINDS:
        of_kind = [entry.name for entry in COMPARISONS if kind in entry.kinds]
        assert len(of_kind) == len(set(of_kind))
    assert {"kid", "fid", "mmd", "hellinger", "correlation", "depth_r2", "auc", "spectrum"} <= set(names)
    assert {"precision", "recall", "density", "coverage", "dc_score", "vendi", "distinct", "duplicates"} <= set(names)
    assert all(entry.meaning.endswith(".") and entry.kinds for entry in COMPARISONS)


def test_notes_and_totals_are_kept():
    real = replace(sample("real", 20), total=500, digest="d" * 64, notes=("a note",))
    result = measured(real, sample("made", 20, seed=1))
    assert (result.real.count, result.real.total, result.real.notes) == (20, 500, ("a note",))


def test_a_floor_that_reaches_the_worst_value_judges_nothing():
    """Four recordings of neighbouring windows: halves of them cover nothing of each other, so 0 is no verdict."""
    rng = np.random.default_rng(0)
    rows = np.repeat(10.0 * rng.normal(size=(4, 4)), 20, axis=0) + 0.01 * rng.normal(size=(80, 4))
    groups = np.repeat(np.arange(4), 20)
    views = {
        "features": View(rows, groups, "group"),
        "grouped": View(Grouped(rows, groups), groups, "group"),
        "columns": View(rows, groups, "group"),
    }
    real = Sample("real", tuple(map(str, range(80))), views, groups=groups)
    found = measured(real, sample("made", 80, shift=99.0)).metric("coverage")
    assert found.value == 0.0 and found.floor.low == 0.0 and found.status == "unjudged"
