import json

import cv2
import numpy as np
import pytest
from oracles.fake_chain import FakeChain, fake_spec
from pycocotools.coco import COCO

from simengine.dataset.reader import Dataset
from simengine.engine.generate import generate
from simengine.errors import SimengineError
from simengine.formats.detection import (
    DetectionSet,
    detection_splits,
    label_problems,
    labelled_image,
    map_classes,
    merge_classes,
    open_detection_set,
    pad_boxes,
)


def paint(path, width=64, height=48, value=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((height, width, 3), value, np.uint8)
    picture[0, 0] = (10, 20, 30)  # OpenCV's order: blue first
    cv2.imwrite(str(path), picture)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "set"
    generate(fake_spec(), out=root, count=4, shard_size=2, device="cpu", _open_maker=FakeChain())
    return root


def sample_set(**changes):
    boxes = [[10, 10, 20, 30], [0, 0, 4, 4], [50, 40, 64, 48]]
    image = labelled_image("a", None, (64, 48), boxes, [0, 1, 2], visibility=[1, 0.5, 0.2], crowd=[0, 0, 1])
    return DetectionSet("set", ("cat", "dog", "cow"), (image,), **changes)


def test_own_data_sets_follow_their_label_policy(folder):
    data = open_detection_set(folder)
    records = [(record, view) for record in Dataset.open(folder) for view in record.views]
    assert data.classes == ("cube", "ball") and len(data) == len(records) == 8
    for image, (record, view) in zip(data.images, records, strict=True):
        things = [thing for thing in view.objects if thing.category and thing.box_exported]
        assert image.group == f"sample {record.index}" and image.path.is_file()
        assert image.labels.tolist() == [data.classes.index(thing.category) for thing in things]
        assert image.crowd.tolist() == [not thing.labelled for thing in things]
        x, y, w, h = np.array([thing.box_exported for thing in things]).T
        np.testing.assert_array_equal(image.boxes, np.stack([x, y, x + w, y + h], 1))
    assert any(image.crowd.any() for image in data.images)
    assert label_problems(data) == [] and detection_splits(folder) == ()
    np.testing.assert_array_equal(data.read(3), Dataset.open(folder).picture(records[3][1], "rgb"))
    with pytest.raises(SimengineError, match="no splits"):
        open_detection_set(folder, split="train")


def test_coco_gives_what_pycocotools_reads(folder, capsys):
    file = folder / "coco/annotations.json"
    data = open_detection_set(file)
    oracle = COCO(str(file))
    assert data.classes == tuple(entry["name"] for entry in oracle.loadCats(sorted(oracle.getCatIds())))
    for image, number in zip(data.images, oracle.getImgIds(), strict=True):
        annotations = oracle.loadAnns(oracle.getAnnIds(imgIds=number))
        boxes = np.array([entry["bbox"] for entry in annotations]).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        np.testing.assert_allclose(image.boxes, boxes)
        assert image.path.is_file() and image.group.startswith("sample ")
        np.testing.assert_allclose(image.visibility, [entry["visible_fraction"] for entry in annotations])


def test_coco_with_gaps_crowds_and_wrong_entries(tmp_path):
    paint(tmp_path / "images/a.png")
    tree = {
        "categories": [{"id": 9, "name": "late"}, {"id": 2, "name": "early"}],
        "images": [{"id": 7, "file_name": "a.png", "width": 64, "height": 48}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 9, "bbox": [1, 2, 3, 4]},
            {"id": 2, "image_id": 7, "category_id": 2, "bbox": [0, 0, 9, 9], "iscrowd": 1},
            {"id": 3, "image_id": 7, "category_id": 5, "bbox": [0, 0, 9, 9]},
            {"id": 4, "image_id": 7, "category_id": 2},
            {"id": 5, "image_id": 8, "category_id": 2, "bbox": [0, 0, 9, 9]},
        ],
    }
    (tmp_path / "labels.json").write_text(json.dumps(tree))
    data = open_detection_set(tmp_path)
    assert data.classes == ("early", "late")
    image = data.images[0]
    assert image.boxes.tolist() == [[1, 2, 4, 6], [0, 0, 9, 9]] and image.labels.tolist() == [1, 0]
    assert image.crowd.tolist() == [False, True] and np.isnan(image.visibility).all()
    problems = "\n".join(label_problems(data))
    for words in ("annotation 3 has the unknown category 5", "annotation 4 has no bbox", "the image 8"):
        assert words in problems
    (tmp_path / "labels.json").write_text('{"images": []}')
    with pytest.raises(SimengineError, match="no COCO file"):
        open_detection_set(tmp_path)


def test_coco_splits_by_file_and_by_folder(tmp_path):
    tree = {"categories": [{"id": 1, "name": "x"}], "annotations": []}
    for split in ("train", "val"):
        paint(tmp_path / split / "a.png")
        (tmp_path / split / "_annotations.coco.json").write_text(
            json.dumps({**tree, "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}]})
        )
    assert detection_splits(tmp_path) == ("train", "val")
    assert len(open_detection_set(tmp_path)) == 2 and label_problems(open_detection_set(tmp_path)) == []
    assert open_detection_set(tmp_path, split="val").images[0].path == tmp_path / "val/a.png"
    with pytest.raises(SimengineError, match="no split 'test'; it has train, val"):
        open_detection_set(tmp_path, split="test")


def yolo(root, *, labels="1 0.5 0.5 0.25 0.5\n", split="train/"):
    paint(root / f"images/{split}a.png")
    paint(root / f"images/{split}empty.png")
    text = root / f"labels/{split}a.txt"
    text.parent.mkdir(parents=True, exist_ok=True)
    text.write_text(labels)
    (root / "classes.txt").write_text("cat\ndog\n")
    return root


def test_yolo_boxes_polygons_and_pictures_without_labels(tmp_path):
    data = open_detection_set(
        yolo(tmp_path, labels="1 0.5 0.5 0.25 0.5\n\n0 0.25 0.5 0.5 0.25 0.75 1\n"), split="train"
    )
    assert data.classes == ("cat", "dog") and [image.id for image in data.images] == ["train/a", "train/empty"]
    assert data.images[0].boxes.tolist() == [[24, 12, 40, 36], [16, 12, 48, 48]]
    assert data.images[0].labels.tolist() == [1, 0] and len(data.images[1].labels) == 0
    assert data.read(0)[0, 0].tolist() == [30, 20, 10]
    assert label_problems(data) == []


def test_wrong_yolo_lines_are_named_and_left_out(tmp_path):
    lines = "2 .5 .5 .1 .1\n0 .5 .5 .1\n0 a b c d\n0.5 .5 .5 .1 .1\n0 nan .5 .1 .1\n0 .5 .5 .1 .1\n0 .5 .5 .1 .1\n0 .9 .5 .4 .1\n0 .5 .5 0 .1\n"
    data = open_detection_set(yolo(tmp_path, labels=lines))
    assert len(data.images[0].labels) == 4
    problems = label_problems(data)
    places = [f"labels/train/a.txt:{number}:" for number in range(1, 6)]
    assert [problem.split(" ")[0] for problem in problems[:5]] == places
    words = ("class 2", "4 numbers", "are not numbers", "class 0.5", "not finite", "outside the picture", "no area")
    assert all(any(word in problem for problem in problems) for word in words)
    assert "train/a: 1 box stands there twice." in problems and len(problems) == 8


@pytest.mark.parametrize("names", ["[cat, dog]", "{0: cat, 1: dog}"])
def test_data_yaml_names_folders_lists_and_classes(tmp_path, names):
    yolo(tmp_path / "d")
    (tmp_path / "d/some.txt").write_text("./images/train/a.png\n")
    (tmp_path / "d/data.yaml").write_text(f"path: ../moved\ntrain: images/train\nval: some.txt\nnames: {names}\n")
    assert detection_splits(tmp_path / "d") == ("train", "val")
    assert open_detection_set(tmp_path / "d").classes == ("cat", "dog")
    assert [len(open_detection_set(tmp_path / "d", split=name)) for name in ("train", "val")] == [2, 1]
    assert len(open_detection_set(tmp_path / "d")) == 2
    (tmp_path / "d/data.yaml").write_text("names: [cat\ntrain: x")
    with pytest.raises(SimengineError, match=r"data.yaml:2:\d+: is no YAML"):
        open_detection_set(tmp_path / "d")


def test_voc_counts_pixels_from_one(tmp_path):
    paint(tmp_path / "JPEGImages/a.jpg")
    (tmp_path / "Annotations").mkdir()
    thing = "<object><name>{}</name><difficult>{}</difficult><bndbox><xmin>{}</xmin><ymin>2</ymin><xmax>10</xmax><ymax>20</ymax></bndbox></object>"
    things = thing.format("dog", 0, 1) + thing.format("cat", 1, 5) + thing.format("cat", 0, "")
    (tmp_path / "Annotations/a.xml").write_text(
        f"<annotation><size><width>64</width><height>48</height></size>{things}</annotation>"
    )
    (tmp_path / "ImageSets/Main").mkdir(parents=True)
    (tmp_path / "ImageSets/Main/train.txt").write_text("a\nlost\n")
    (tmp_path / "ImageSets/Main/cat_train.txt").write_text("a 1\n")
    data = open_detection_set(tmp_path, split="train")
    assert data.classes == ("cat", "dog") and detection_splits(tmp_path) == ("train",)
    assert data.images[0].boxes.tolist() == [[0, 1, 10, 20], [4, 1, 10, 20]]
    assert data.images[0].labels.tolist() == [1, 0] and data.images[0].crowd.tolist() == [False, True]
    assert "lost has no annotation" in label_problems(data)[0] and "object 3 (cat)" in label_problems(data)[1]
    (tmp_path / "Annotations/b.xml").write_text("<annotation>\n<oops>")
    with pytest.raises(SimengineError, match=r"b.xml:2:\d+: is no XML"):
        open_detection_set(tmp_path)


def test_a_picture_of_another_size_or_none_is_refused(tmp_path):
    path = paint(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"nothing")
    images = tuple(
        labelled_image(name, tmp_path / f"{name}.png", (64, height), [], []) for name, height in (("a", 47), ("b", 48))
    )
    data = DetectionSet("set", (), images)
    with pytest.raises(SimengineError, match="64 x 48 pixels, but its labels were made for 64 x 47"):
        data.read(0)
    with pytest.raises(SimengineError, match="no picture"):
        data.read(1)
    path.unlink()
    assert "there is no picture" in label_problems(data)[0]


def test_nothing_known_is_explained(tmp_path):
    with pytest.raises(SimengineError, match="It reads its own data sets"):
        open_detection_set(tmp_path)
    with pytest.raises(SimengineError, match="there is no"):
        open_detection_set(tmp_path / "no")


def test_the_digest_knows_labels_and_pixels_but_not_folders(tmp_path):
    one, two = (open_detection_set(yolo(tmp_path / name)) for name in ("one", "two"))
    assert one.digest() == two.digest()
    assert pad_boxes(one, 1.1).digest() != one.digest() != merge_classes(one, "pet").digest()
    paint(tmp_path / "two/images/train/a.png", value=1)
    assert two.digest() != one.digest()
    assert one.subset([1]).digest() != one.digest() == one.subset(np.arange(2)).digest()


def test_padding_is_about_the_centre_and_inside_the_picture():
    padded = pad_boxes(sample_set(), 1.5).images[0].boxes
    assert padded.tolist() == [[7.5, 5, 22.5, 35], [0, 0, 5, 5], [46.5, 38, 64, 48]]


def test_classes_are_matched_by_name():
    data = map_classes(sample_set(), ("cow", "dog", "cat", "emu"))
    assert data.images[0].labels.tolist() == [2, 1, 0] and data.classes[3] == "emu"
    with pytest.raises(SimengineError, match="boxes of 'cow', which is not among"):
        map_classes(sample_set(), ("cat", "dog"))
    fewer = map_classes(sample_set(), ("pet",), rename={"cat": "pet", "dog": "pet", "cow": None}).images[0]
    assert fewer.labels.tolist() == [0, 0] and fewer.crowd.tolist() == [False, False] and len(fewer.boxes) == 2
    assert merge_classes(sample_set(), "animal").images[0].labels.tolist() == [0, 0, 0]


def test_real_dice_and_blood(real_data):
    dice = {split: open_detection_set(real_data / "dice", split=split) for split in ("train", "test")}
    assert [(len(part), sum(len(image.labels) for image in part.images)) for part in dice.values()] == [
        (200, 1487),
        (50, 308),
    ]
    assert dice["train"].classes == ("one", "two", "three", "four", "five", "six")
    assert all(label_problems(part) == [] for part in dice.values())
    blood = open_detection_set(real_data / "blood")
    counts = np.bincount(np.concatenate([image.labels for image in blood.images]))
    assert dict(zip(blood.classes, counts.tolist(), strict=True)) == {"RBC": 4153, "WBC": 372, "Platelets": 361}
    assert len(open_detection_set(real_data / "blood", split="test")) == 72
