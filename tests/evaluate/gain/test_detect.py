"""Gain of detectors, end to end with one that trains in milliseconds."""

import sys
from pathlib import Path

import numpy as np
import pytest
from oracles.blob_detector import write_squares

from simengine.errors import SimengineError
from simengine.evaluate.detection import average_precision, match_table
from simengine.evaluate.gain.arms import DETECT_ARMS, choose_arms
from simengine.evaluate.gain.counts import parse_counts
from simengine.evaluate.gain.detect import make_detect_task
from simengine.evaluate.gain.detect_scores import (
    detection_parts,
    kept_detections,
    match_part,
    pack_detections,
    weighted_precision,
)
from simengine.evaluate.gain.experiment import run_gain
from simengine.evaluate.gain.leaks import settle_leaks
from simengine.evaluate.gain.task import CellPlan, Part
from simengine.formats.detection import DetectionSet, labelled_image, merge_classes, open_detection_set
from simengine.learn.detector import Detections, as_one_class

CLASSES = ("a", "b", "c")
PLUGIN = Path(__file__).parents[2] / "oracles" / "blob_detector.py"


def load(file):
    """What the command line hands to workers: here the tests' own folder is enough."""
    sys.path.insert(0, str(Path(file).parents[1]))
    import oracles.blob_detector  # noqa: F401


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("squares")
    write_squares(root / "real", "train", 16, seed=1, rare=0.15)
    write_squares(root / "real", "test", 24, seed=2)
    write_squares(root / "synthetic", "train", 30, seed=3, tint=10)
    write_squares(root / "elsewhere", "test", 20, seed=4, tint=25)
    return root


@pytest.fixture(scope="module")
def sets(folders):
    def named(folder, split, name):
        data = open_detection_set(folders / folder, split=split)
        return DetectionSet(name, data.classes, data.images)

    return {
        "real": named("real", "train", "real"),
        "synthetic": named("synthetic", "train", "synthetic"),
        "tests": [(named("elsewhere", "test", "elsewhere"), "ood"), (named("real", "test", "test"), "id")],
    }


@pytest.fixture
def task(sets):
    return make_detect_task(**sets, model="blobs", steps=10, plugins=(str(PLUGIN),), load_plugin=load)


def made_up(rng, count=12):
    images, found = [], []
    for k in range(count):
        n = int(rng.integers(0, 9))
        corner, size = rng.uniform(0, 300, (n, 2)), rng.uniform(12, 140, (n, 2))
        boxes, labels = np.hstack([corner, corner + size]), rng.integers(0, 3, n)
        visibility = rng.choice([0.3, 0.7, 1.0], n)
        images.append(
            labelled_image(
                f"{k}", Path("x"), (500, 500), boxes, labels, crowd=rng.random(n) < 0.1, visibility=visibility
            )
        )
        near = np.vstack([boxes + rng.normal(0, 5, boxes.shape), boxes[:2] + 60])
        own = np.concatenate([labels, labels[:2]])
        scores = rng.random(len(own)).astype(np.float32)
        order = np.argsort(-scores)
        found.append(Detections(near[order].astype(np.float32), scores[order], own[order]))
    return DetectionSet("made up", CLASSES, tuple(images)), found


@pytest.mark.parametrize("iou", [None, 0.5, 0.75])
def test_many_weights_at_once_are_one_at_a_time(iou):
    rng = np.random.default_rng(0)
    data, found = made_up(rng)
    table = match_table(data, found)
    weights = rng.integers(1, 200, (7, 12)) / 64.0  # their sums don't round
    expected = [average_precision(table if iou is None else table.at(iou), weights=row) for row in weights]
    assert weighted_precision(table, weights, iou=iou) == pytest.approx(expected, abs=1e-12)


def test_detections_are_kept_and_read_back():
    data, found = made_up(np.random.default_rng(1))
    back = kept_detections(pack_detections(found), len(data.images))
    for one, other in zip(found, back, strict=True):
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(one.labels, other.labels)


def test_parts_are_slices_of_the_evaluation():
    data, found = made_up(np.random.default_rng(2), count=40)
    table, ones = pack_detections(found), np.ones((1, 40))
    parts = {(part.by, part.value): part for part in detection_parts(data)}
    assert {by for by, _ in parts} == {"class", "size", "occlusion"}
    total = sum(int((~image.crowd).sum()) for image in data.images)
    for by in ("class", "size", "occlusion"):
        assert sum(part.items for part in parts.values() if part.by == by) == total
    by_class = [weighted_precision(match_part(data, table, parts["class", name]), ones)[0] for name in CLASSES]
    assert np.mean(by_class) == pytest.approx(weighted_precision(match_part(data, table, None), ones)[0])
    small = match_part(data, table, parts["size", "small"])
    assert sum(part.objects.sum() for part in small.matches) == parts["size", "small"].items
    hidden = match_part(data, table, parts["occlusion", "hidden"])
    assert sum(part.objects.sum() for part in hidden.matches) == parts["occlusion", "hidden"].items


def test_all_classes_as_one():
    data, found = made_up(np.random.default_rng(3))
    merged = match_part(merge_classes(data, "thing"), pack_detections(found), None, merged=True)
    one_class = [as_one_class(one) for one in found]
    expected = average_precision(match_table(merge_classes(data, "thing"), one_class))
    assert weighted_precision(merged, np.ones((1, 12)))[0] == pytest.approx(expected)


def test_an_experiment_end_to_end(task, tmp_path):
    pool = len(task.real.images)
    results = run_gain(
        task,
        arms=choose_arms(["synthetic", "mix", "pretrain-finetune"], known=DETECT_ARMS),
        counts=parse_counts("2,8", available=pool),
        reference=parse_counts("all", available=pool),
        seeds=range(4),
        out=tmp_path,
        resamples=200,
        workers=2,
    )
    assert [test.name for test in results.tests] == ["test", "elsewhere"]  # in distribution first
    assert results.unit == "image" and results.tests[0].units == 24
    gain = next(g for g in results.gains if (g.test, g.arm, g.count, g.metric) == ("test", "mix", 2, "AP50"))
    assert gain.estimate.value > 0.05  # two images seldom hold both classes
    assert {(s.by, s.value) for s in results.slices} == {("class", "red"), ("class", "blue")}
    assert all(leak.passed for leak in results.leaks) and len(results.leaks) == 6
    picture = next(p for p in results.pictures if p.kind == "best")
    assert picture.arm_score > picture.baseline_score
    assert Path(picture.path).is_file() and len(picture.truth.boxes) == 2
    assert "10 optimiser steps" in results.compute.statement
    assert {row.role for row in results.data} == {"real", "synthetic", "test", "ood"}


def test_every_arm_gets_the_same_steps(task, monkeypatch):
    seen = []

    class Watched:
        def train(self, data, *, steps, seed, init=None, **options):
            seen.append((steps, [(part.name, len(part.images), share) for part, share in data], init, options))
            return self

        def predict(self, pictures):
            empty = np.zeros(0, np.float32)
            return [Detections(np.zeros((0, 4), np.float32), empty, empty.astype(np.int64)) for _ in pictures]

    monkeypatch.setattr("simengine.learn.detector.open_detector", lambda name: Watched())
    arms = {arm.name: arm for arm in choose_arms(list(DETECT_ARMS), known=DETECT_ARMS)}
    steps = {}
    for name, arm in arms.items():
        seen.clear()
        task.run(CellPlan(arm, 4, 0))
        steps[name] = sum(one[0] for one in seen)
        if name == "pretrain-finetune":
            assert [one[1] for one in seen] == [[("synthetic", 30, 1.0)], [("real", 4, 1.0)]]
            assert seen[0][2] is None and seen[1][2] is not None
        if name == "mix":
            assert seen[0][1] == [("real", 4, 0.5), ("synthetic", 30, 0.5)]
    assert steps.pop("real-double") == 20
    assert set(steps.values()) == {10}


def test_augmentation_is_the_same_but_for_plain_real(sets):
    from simengine.learn.augment import AUGMENTATIONS

    kinds = {"strong": AUGMENTATIONS["strong"], "plain": AUGMENTATIONS["light"]}
    task = make_detect_task(**sets, model="blobs", augmentations=kinds)
    arms = choose_arms(list(DETECT_ARMS), known=DETECT_ARMS)
    used = {arm.name: task.inputs(CellPlan(arm, 4, 0))["options"]["augmentation"]["light"] for arm in arms}
    assert used.pop("real") == 0.1 and set(used.values()) == {0.3}
    assert "same strong augmentation" in task.statement


def test_inputs_tell_what_matters(task, sets):
    arms = {arm.name: arm for arm in choose_arms(["synthetic", "mix"], known=DETECT_ARMS)}
    other = make_detect_task(
        **{**sets, "synthetic": sets["synthetic"].subset(range(20))}, model="blobs", steps=10, plugins=(str(PLUGIN),)
    )
    base = CellPlan(arms["real-augmented"], 4, 0)
    assert task.inputs(base) == other.inputs(base)  # other synthetic data leaves real-only runs as they are
    mix = CellPlan(arms["mix"], 4, 0)
    assert task.inputs(mix) != other.inputs(mix)
    assert task.inputs(mix) != task.inputs(CellPlan(arms["mix"], 4, 1))
    assert task.inputs(mix) != task.inputs(CellPlan(arms["mix"], 5, 0))
    longer = make_detect_task(**sets, model="blobs", steps=11, plugins=(str(PLUGIN),))
    assert task.inputs(mix) != longer.inputs(mix)


def test_leaks_in_detection_sets_are_found(sets):
    test = sets["tests"][1][0]
    copied = DetectionSet("real", sets["real"].classes, (*sets["real"].images, test.images[3]))
    task = make_detect_task(copied, synthetic=sets["synthetic"], tests=[(test, "id")], model="blobs")
    found = {leak.name: leak for leak in task.leaks()}
    assert not found["group-overlap"].passed
    assert any("test003 is nearly the same picture as" in line for line in found["near-duplicates"].found)
    with pytest.raises(SimengineError, match="nothing was trained"):
        settle_leaks(task.leaks(), allow=["group-overlap"])


def test_other_names_of_classes_are_found(sets):
    capital = DetectionSet("synthetic", ("Red", "blue"), sets["synthetic"].images)
    task = make_detect_task(sets["real"], synthetic=capital, tests=sets["tests"], model="blobs")
    found = {leak.name: leak for leak in task.leaks()}
    assert any("has the class 'Red'" in line and "letters' case" in line for line in found["label-names"].found)


def test_another_order_of_classes_is_found_and_labels_go_by_name(sets):
    swapped = tuple(
        labelled_image(i.id, i.path, (i.width, i.height), i.boxes, 1 - i.labels, group=i.group)
        for i in sets["synthetic"].images
    )
    data = DetectionSet("synthetic", ("blue", "red"), swapped)
    task = make_detect_task(sets["real"], synthetic=data, tests=sets["tests"], model="blobs")
    assert not {leak.name: leak for leak in task.leaks()}["class-order"].passed
    np.testing.assert_array_equal(task.synthetic.images[0].labels, sets["synthetic"].images[0].labels)


def test_boxes_outside_and_empty_classes_are_found(sets):
    image = sets["real"].images[0]
    bad = labelled_image("bad", image.path, (64, 48), [[50.0, 10.0, 90.0, 20.0]], [0])
    task = make_detect_task(DetectionSet("real", sets["real"].classes, (bad,)), tests=sets["tests"], model="blobs")
    found = {leak.name: leak for leak in task.leaks()}
    assert "real: bad: the box [50, 10, 90, 20] reaches outside the picture" in found["boxes"].found[0]
    assert found["empty-classes"].found == ["real has no label of class 'blue'."]


def test_what_is_missing_is_said(sets):
    with pytest.raises(SimengineError, match="no test set"):
        make_detect_task(sets["real"], tests=[])
    with pytest.raises(SimengineError, match="two data sets are called 'real'"):
        make_detect_task(sets["real"], synthetic=sets["real"], tests=sets["tests"])
    task = make_detect_task(sets["real"], tests=sets["tests"], model="blobs")
    mix = choose_arms(["mix"], known=DETECT_ARMS)[-1]
    with pytest.raises(SimengineError, match="mix needs synthetic data: give --synthetic DIR"):
        task.inputs(CellPlan(mix, 4, 0))


def test_parts_with_few_labels_are_left_out():
    data, _ = made_up(np.random.default_rng(2), count=2)
    assert all(part.items >= 10 for part in detection_parts(data))
    assert Part("class", "a", 3) not in detection_parts(data)
