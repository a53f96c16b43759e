"""Gain of fault classifiers: few real windows, tested on records of other bearings."""

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.gain.arms import SIGNAL_ARMS, choose_arms
from simengine.evaluate.gain.classify import ClassifyTask
from simengine.evaluate.gain.counts import parse_counts
from simengine.evaluate.gain.experiment import run_gain
from simengine.evaluate.gain.shots import Shots
from simengine.evaluate.gain.task import CellPlan, Part
from simengine.evaluate.gain.windows import WindowSet, oversampled
from simengine.evaluate.metrics.utility import macro_f1
from simengine.learn.order_views import OrderViews, ViewSettings

pytest.importorskip("sklearn")
CLASSES = ("inner", "normal", "outer")
MEANS = np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 2.0, 0.0]])


def windows(name, role, records, *, seed, count=6, spread=1.0):
    """Windows of records given as (label, group); each record has an offset of its own, so its windows are alike."""
    rng = np.random.default_rng(seed)
    rows, labels, owners = [], [], []
    for number, (label, _) in enumerate(records):
        offset = spread * rng.normal(size=3)
        of_record = 1.5 * rng.normal(size=9)  # columns that tell records apart and nothing else
        means = np.concatenate([MEANS[CLASSES.index(label)] + offset, of_record])
        rows.append(means + 0.2 * rng.normal(size=(count, 12)))
        labels += [label] * count
        owners += [number] * count
    lines = np.concatenate(rows).astype(np.float32)
    views = OrderViews(
        lines, 0.5 * lines, np.zeros((len(lines), 0, 0, 0), np.float16), np.array(labels), np.array(owners),
        ViewSettings(12_000.0),
    )  # fmt: skip
    ids = tuple(f"{name}-{k}" for k in range(len(records)))
    return WindowSet(name, role, views, ids, tuple(group for _, group in records), name * 4)


RIG = [("inner", f"i{s}") for s in (7, 14, 21)] + [("outer", f"o{s}") for s in (7, 14, 21)]
RIG += [("inner", f"i{s}b") for s in (7, 14, 21)] + [("normal", "n0"), ("normal", "n1")]
SIZES = [7, 14, 21, 7, 14, 21, 7, 14, 21, None, None]


@pytest.fixture
def task():
    real = windows("rig", "real", RIG, seed=1, spread=0.4)
    made = [(CLASSES[k % 3], f"m{k}") for k in range(90)]
    shots = Shots.split([label for label, _ in RIG], SIZES, by="fault_size_mm")
    return ClassifyTask(
        real, windows("synthetic", "synthetic", made, seed=2, count=1, spread=0.5), shots=shots, options={"trees": 12}
    )


def arms(*names):
    return {arm.name: arm for arm in choose_arms(names, known=SIGNAL_ARMS)}


def test_ways_split_by_size_and_healthy_record(task):
    assert len(task.shots.ways) == 6  # three sizes, two healthy records
    for train, test in task.shots.ways:
        sizes = [{SIZES[k] for k in side if SIZES[k]} for side in (train, test)]
        assert len(sizes[0]) == 1 and not sizes[0] & sizes[1]
        assert not set(train) & set(test) and set(train) | set(test) == set(range(11))
        assert sum(RIG[k][0] == "normal" for k in train) == sum(RIG[k][0] == "normal" for k in test) == 1


def test_draws_are_nested_and_have_so_many_a_class(task):
    views = task.real.views
    for seed in range(7):
        draw = task.shots.draw(seed, labels=views.labels, records=views.records)
        two, five = draw.train(2), draw.train(5)
        assert set(two) < set(five)
        assert np.unique(views.labels[five], return_counts=True)[1].tolist() == [5, 5, 5]
        assert not set(views.records[five]) & set(views.records[draw.test])
    with pytest.raises(SimengineError, match="7 windows a class are asked for, and a class has 6"):
        draw.train(7)


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (["inner", "outer", "normal", "normal"], [7, 7, None, None]),
        (["inner", "outer", "inner", "normal"], [7, 7, 14, None]),
        (["inner", "outer", "normal", "normal"], [7, 14, None, None]),
    ],
)
def test_records_that_cant_be_split_are_refused(labels, values):
    with pytest.raises(SimengineError, match=r"can't be split by size(.|\n)*--split-by"):
        Shots.split(labels, values, by="size")


def test_a_window_split_of_one_recording_is_refused(task):
    views = task.real.views
    rows = np.arange(len(views))
    halves = [
        WindowSet(name, role, views.subset(rows % 2 == part), task.real.records, task.real.groups, name)
        for name, role, part in (("train", "real", 0), ("test", "test", 1))
    ]
    found = {leak.name: leak for leak in ClassifyTask(halves[0], held_out=(halves[1],)).leaks()}
    assert not found["group-overlap"].passed
    assert "the bearing or recording i7 is in train and in test." in found["group-overlap"].found
    assert "random split of windows" in found["group-overlap"].message
    assert all(leak.passed for leak in task.leaks())


def test_the_same_bearing_at_another_load_is_on_one_side_only():
    records = [("inner", "a"), ("outer", "b"), ("inner", "a"), ("outer", "d"), ("normal", "n0"), ("normal", "n1")]
    shots = Shots.split([label for label, _ in records], [7, 7, 14, 14, None, None], by="load")
    task = ClassifyTask(windows("rig", "real", records, seed=1), shots=shots)
    found = {leak.name: leak for leak in task.leaks()}["group-overlap"].found
    assert any("bearing or recording (draw 0) a is in rig and in test of rig" in line for line in found)


def test_copied_windows_are_found(task):
    views = task.real.views
    copy = WindowSet("made", "synthetic", views.subset(np.arange(0, len(views), 6)), ("c",) * 11, ("c",) * 11, "c")
    found = {leak.name: leak for leak in ClassifyTask(task.real, copy, shots=task.shots).leaks()}
    assert any("is the same as one of c in made" in line for line in found["near-duplicates"].found)


def test_scores_are_those_of_weighted_copies(task):
    rng = np.random.default_rng(0)
    table = {"unit": np.repeat(np.arange(11), 6), "truth": rng.integers(0, 3, 66), "guess": rng.integers(0, 3, 66)}
    weights = rng.integers(1, 4, (5, 11)).astype(float)
    for row, score in zip(weights, task.score(0, table, weights, metric="macro-F1"), strict=True):
        rows = np.repeat(np.arange(66), row[table["unit"]].astype(int))
        assert score == pytest.approx(macro_f1(table["truth"][rows], table["guess"][rows]))
    from sklearn.metrics import balanced_accuracy_score, f1_score

    ones = np.ones((1, 11))
    expected = balanced_accuracy_score(table["truth"], table["guess"])
    assert task.score(0, table, ones, metric="balanced accuracy")[0] == pytest.approx(expected)
    alone = f1_score(table["truth"], table["guess"], average=None)[2]
    part = Part("fault type", "outer", 18)
    assert task.score(0, table, ones, metric="macro-F1", part=part)[0] == pytest.approx(alone)


def test_an_experiment_end_to_end(task, tmp_path):
    results = run_gain(
        task,
        arms=list(arms("synthetic", "mix").values()),
        counts=parse_counts("1", available=None, item="window"),
        seeds=range(6),
        out=tmp_path,
        resamples=200,
    )
    gain = next(g for g in results.gains if (g.arm, g.count, g.metric) == ("mix", 1, "macro-F1"))
    assert gain.against in ("real", "real-smote") and gain.estimate.low > 0.0
    assert results.answer.sentence.startswith("With 1 real window a class, adding 90 synthetic ones")
    assert "2 ways" not in results.notes[0] and "6 ways" in results.notes[0]
    assert results.tests[0].units == 11 and results.unit == "bearing"
    assert {s.value for s in results.slices} == set(CLASSES)
    assert results.gaps == []


def test_arms_differ_in_what_they_are_trained_on_only(task, monkeypatch):
    seen = {}

    class Watched:
        classes = CLASSES

        def probabilities(self, views):
            return np.ones((len(views), 3))

    def train(views, *, weights, seed, **options):
        seen["views"], seen["weights"], seen["options"] = views, weights, options
        return Watched()

    monkeypatch.setattr("simengine.learn.classifier.train_classifier", train)
    chosen = arms("real", "synthetic", "mix", "mix-50")
    task.run(CellPlan(chosen["mix"], 3, 0))
    assert len(seen["views"]) == 9 + 90
    real = np.arange(99) < 9
    for label in CLASSES:  # real windows have a fifth of the weight in every class
        of_class = seen["views"].labels == label
        part = seen["weights"][of_class & real].sum() / seen["weights"][of_class].sum()
        assert part == pytest.approx(0.2)
    options = seen["options"]
    task.run(CellPlan(chosen["real"], 3, 0))
    assert len(seen["views"]) == 9 and seen["options"] == options
    task.run(CellPlan(chosen["real-smote"], 3, 0))
    assert len(seen["views"]) == 150 and seen["options"] == options


def test_inputs_tell_what_matters(task):
    chosen = arms("real", "synthetic", "mix")
    other = ClassifyTask(
        task.real, windows("synthetic", "synthetic", [("inner", "x"), ("outer", "y"), ("normal", "z")], seed=5),
        shots=task.shots, options={"trees": 12},
    )  # fmt: skip
    same = ClassifyTask(task.real, other.synthetic.__class__("b", "synthetic", other.synthetic.views, ("x",) * 3, ("x",) * 3, "other"), shots=task.shots, options={"trees": 12})  # fmt: skip
    real, mix = CellPlan(chosen["real"], 3, 0), CellPlan(chosen["mix"], 3, 0)
    assert task.inputs(real) == same.inputs(real)
    assert task.inputs(mix) != same.inputs(mix)
    assert task.inputs(real) != task.inputs(CellPlan(chosen["real-smote"], 3, 0))
    assert task.inputs(real) != task.inputs(CellPlan(chosen["real"], 3, 1))


def test_smote_lies_between_neighbours_of_a_class():
    pytest.importorskip("imblearn")
    views = windows("few", "real", [("inner", "a"), ("normal", "b"), ("outer", "c")], seed=3, count=4).views
    more = oversampled(views, seed=0)
    assert np.unique(more.labels, return_counts=True)[1].tolist() == [50, 50, 50]
    for name in CLASSES:
        own, made = views.lines[views.labels == name], more.lines[more.labels == name]
        assert (made >= own.min(axis=0) - 1e-6).all() and (made <= own.max(axis=0) + 1e-6).all()
        assert len(np.unique(made, axis=0)) > 40
    one = oversampled(views.subset([0, 4, 8]), seed=0)
    assert len(one) == 150 and len(np.unique(one.lines, axis=0)) == 3


def test_what_is_missing_is_said(task):
    alone = ClassifyTask(task.real, shots=task.shots)
    with pytest.raises(SimengineError, match="mix needs synthetic data: give --synthetic DIR"):
        alone.inputs(CellPlan(arms("mix")["mix"], 1, 0))
