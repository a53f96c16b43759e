import contextlib
import io
from types import SimpleNamespace

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from simengine.errors import SimengineError
from simengine.evaluate.detection import (
    SIZES,
    average_precision,
    average_recall,
    class_precisions,
    evaluate_detections,
    match_table,
)
from simengine.formats.detection import DetectionSet, labelled_image

CLASSES = ("a", "b", "c", "absent")


def found(boxes, scores, labels):
    return SimpleNamespace(
        boxes=np.asarray(boxes, np.float32).reshape(-1, 4),
        scores=np.asarray(scores, np.float32),
        labels=np.asarray(labels, np.int64),
    )


def random_case(seed, count=12):
    rng = np.random.default_rng(seed)
    images, detections = [], []
    for number in range(count):
        n = int(rng.integers(0, 9))
        start = rng.uniform(0, 400, (n, 2))
        boxes = np.concatenate([start, start + rng.choice([12, 40, 150], (n, 1)) * rng.uniform(0.7, 1.4, (n, 2))], 1)
        labels = rng.integers(0, 3, n)
        visible, crowd = rng.uniform(0, 1, n), rng.random(n) < 0.15
        images.append(labelled_image(str(number), None, (640, 640), boxes, labels, visibility=visible, crowd=crowd))
        copies = np.repeat(np.arange(n), rng.integers(0, 4, n))
        guess = boxes[copies] + rng.normal(0, 4, (len(copies), 4))
        wild = rng.uniform(0, 500, (5, 2))
        guess = np.concatenate([guess, np.concatenate([wild, wild + rng.uniform(5, 200, (5, 2))], 1)])
        guess[:, 2:] = np.maximum(guess[:, 2:], guess[:, :2] + 1)
        named = np.concatenate([np.where(rng.random(len(copies)) < 0.8, labels[copies], 0), rng.integers(0, 4, 5)])
        scores = rng.integers(1, 12, len(guess)) / 12  # many ties
        detections.append(found(guess, scores, named))
    return DetectionSet("case", CLASSES, tuple(images)), detections


def as_coco(data, detections, repeats=None):
    """The case as COCO's two lists of boxes, each picture as often as `repeats` says."""
    repeats = np.ones(len(data.images), int) if repeats is None else repeats
    order = np.repeat(np.arange(len(data.images)), repeats)
    truth, said, images = [], [], []
    for number, index in enumerate(order, start=1):
        image, guess = data.images[index], detections[index]
        images.append({"id": number, "width": 640, "height": 640})
        for box, label, crowd in zip(image.boxes.tolist(), image.labels.tolist(), image.crowd.tolist(), strict=True):
            size = [box[2] - box[0], box[3] - box[1]]
            truth.append(
                {
                    "id": len(truth) + 1, "image_id": number, "category_id": label + 1, "bbox": [*box[:2], *size],
                    "area": size[0] * size[1], "iscrowd": int(crowd),
                }
            )  # fmt: skip
        for box, score, label in zip(guess.boxes.tolist(), guess.scores.tolist(), guess.labels.tolist(), strict=True):
            said.append(
                {"image_id": number, "category_id": label + 1, "score": score, "bbox": [*box[:2], box[2] - box[0], box[3] - box[1]]}
            )  # fmt: skip
    categories = [{"id": number, "name": name} for number, name in enumerate(data.classes, start=1)]
    return {"images": images, "annotations": truth, "categories": categories, "info": {}}, said


def oracle(data, detections, kind="pycocotools", repeats=None):
    truth, said = as_coco(data, detections, repeats)
    with contextlib.redirect_stdout(io.StringIO()):
        if kind == "pycocotools":
            coco, evaluator = COCO(), COCOeval
            coco.dataset = truth
            coco.createIndex()
        else:
            faster = pytest.importorskip("faster_coco_eval")
            coco, evaluator = faster.COCO(truth), faster.COCOeval_faster
        run = evaluator(coco, coco.loadRes(said), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run


@pytest.mark.parametrize("kind", ["pycocotools", "faster_coco_eval"])
@pytest.mark.parametrize("seed", range(4))
def test_every_figure_equals_that_of_the_libraries(seed, kind):
    data, detections = random_case(seed)
    stats = oracle(data, detections, kind).stats
    scores = evaluate_detections(data, detections)
    mine = [
        scores["AP"],
        scores["AP50"],
        scores["AP75"],
        *(scores["sizes"][name]["AP"] for name in SIZES),
        scores["AR"],
    ]
    np.testing.assert_allclose(mine, [*stats[:6], stats[8]], atol=1e-9)
    np.testing.assert_allclose([scores["sizes"][name]["AR"] for name in SIZES], stats[9:12], atol=1e-9)


def test_average_precision_by_class_and_threshold_equals_that_of_pycocotools():
    data, detections = random_case(7, count=30)
    precision = oracle(data, detections).eval["precision"][:, :, :, 0, 2]  # threshold, recall, class
    mine = class_precisions(match_table(data, detections))
    np.testing.assert_allclose(mine[:, :3], precision.mean(axis=1)[:, :3], atol=1e-9)
    assert np.isnan(mine[:, 3]).all() and (precision[:, :, 3] == -1).all()


def test_weights_stand_for_pictures_that_occur_again_or_not_at_all():
    data, detections = random_case(3)
    for guess in detections:  # without ties, the order of equal scores can't matter
        guess.scores[:] = np.random.default_rng(len(guess.scores)).permutation(len(guess.scores)) / 50 + np.float32(0.1)
    for number, guess in enumerate(detections):
        guess.scores[:] += np.float32(number * 1e-4)
    repeats = np.array([0, 1, 2, 1, 0, 1, 1, 3, 1, 0, 1, 1])
    table = match_table(data, detections)
    chosen = np.flatnonzero(repeats)
    few = match_table(data.subset(chosen), [detections[index] for index in chosen])
    once = (repeats > 0).astype(float)
    assert average_precision(table, weights=once) == pytest.approx(average_precision(few), abs=1e-12)
    assert average_recall(table, weights=repeats) == pytest.approx(
        oracle(data, detections, repeats=repeats).stats[8], abs=1e-9
    )
    assert average_precision(table, weights=repeats) == pytest.approx(
        oracle(data, detections, repeats=repeats).stats[0], abs=2e-3
    )  # equal scores of a picture and its copy are one step here and two there


def test_a_case_by_hand():
    image = labelled_image("x", None, (100, 100), [[0, 0, 10, 10], [50, 50, 60, 60]], [0, 0])
    data = DetectionSet("hand", ("thing",), (image,))
    guess = found([[0, 0, 10, 10], [80, 80, 90, 90], [50, 50, 60, 67]], [0.9, 0.8, 0.7], [0, 0, 0])
    table = match_table(data, [guess])
    # Hit, false alarm, hit (IoU 10 / 17 = .588): precision 1 up to recall .5, then 2 / 3.
    assert average_precision(table.at(0.5)) == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert average_precision(table.at(0.6)) == pytest.approx(51 / 101)
    assert average_recall(table) == pytest.approx((2 * 1.0 + 8 * 0.5) / 10)
    with pytest.raises(SimengineError, match=r"no threshold 0.2"):
        table.at(0.2)


def test_objects_that_do_not_count_are_neither_hit_nor_missed():
    image = labelled_image("x", None, (100, 100), [[0, 0, 10, 10], [50, 50, 60, 60]], [0, 0], visibility=[1, 0.3])
    data = DetectionSet("hand", ("thing",), (image,))
    guess = found([[0, 0, 10, 10], [50, 50, 60, 60]], [0.5, 0.9], [0, 0])
    slices = evaluate_detections(data, [guess])["visibility"]
    assert slices["free"] == {"objects": 1, "AP": 1.0, "AP50": 1.0, "AP75": 1.0, "AR": 1.0} == slices["hidden"]
    assert slices["partly"]["AP"] is None and slices["partly"]["objects"] == 0


def test_nothing_found_and_nothing_there():
    nothing = found([], [], [])
    image = labelled_image("x", None, (9, 9), [[0, 0, 5, 5]], [0])
    data = DetectionSet("set", ("thing",), (image,))
    assert evaluate_detections(data, [nothing])["AP"] == 0.0
    empty = DetectionSet("set", ("thing",), (labelled_image("x", None, (9, 9), [], []),))
    assert evaluate_detections(empty, [found([[0, 0, 1, 1]], [1], [0])])["AP"] is None
    with pytest.raises(SimengineError, match="1 pictures, but there are detections for 0"):
        match_table(data, [])
