"""From folders and recordings to tasks: splits, names, padding, windows that are looked at once."""

import numpy as np
import pytest
from oracles.blob_detector import write_squares

from simengine.errors import SimengineError
from simengine.evaluate.gain.opening import look_at, open_classify_task, open_detect_task
from simengine.formats.signal import SignalRecord, SignalSet
from simengine.learn.order_views import ViewSettings

RATE = 6000.0


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("squares")
    write_squares(root / "real", "train", 3, seed=1)
    write_squares(root / "real", "test", 2, seed=2)
    write_squares(root / "made", "train", 4, seed=3)
    write_squares(root / "odd", "first", 2, seed=4)
    return root


def test_splits_are_taken_as_usual(folders):
    task = open_detect_task((str(folders / "real"), None), synthetic=(str(folders / "made"), None), pad=1.5)
    assert [len(data) for data in (task.real, task.synthetic, task.held_out[0][0])] == [3, 4, 2]
    assert task.paths[task.real.name].endswith("real@train") and task.paths[task.held_out[0][0].name].endswith(
        "real@test"
    )
    plain = open_detect_task((str(folders / "real"), None), synthetic=(str(folders / "made"), "train"))
    edges = [np.diff(t.synthetic.images[0].boxes[0].reshape(2, 2), axis=0)[0] for t in (task, plain)]
    assert edges[0] == pytest.approx(1.5 * edges[1], rel=0.35) and (edges[0] > edges[1]).any()
    np.testing.assert_array_equal(task.real.images[0].boxes, plain.real.images[0].boxes)


def test_the_same_folder_may_play_two_parts_under_two_names(folders):
    task = open_detect_task(
        (str(folders / "real"), "train"), ood=[(str(folders / "real"), "test")], test=(str(folders / "made"), "train")
    )
    twice = open_detect_task((str(folders / "real"), None), ood=[(str(folders / "real"), "test")])
    assert len({test.name for test in twice.tests}) == 2
    assert [test.kind for test in task.tests] == ["id", "ood"]


def test_a_missing_split_is_said(folders):
    with pytest.raises(SimengineError, match="made has no split test: give the test as --test DIR"):
        open_detect_task((str(folders / "made"), None))
    with pytest.raises(SimengineError, match=r"comes in the splits first: name one, e.g. .*odd@first"):
        open_detect_task((str(folders / "odd"), None), test=(str(folders / "real"), "test"))


def record(name, fault, seconds, **row):
    rng = np.random.default_rng(list(name.encode()))
    columns = {
        "signal_id": name, "recording_id": name, "fault_type": fault, "speed_rpm": 1800.0, "n": 9, "d_mm": 7.94,
        "D_mm": 39.04, "phi_deg": 0.0, **row,
    }  # fmt: skip
    return SignalRecord(rng.normal(size=int(seconds * RATE)).astype(np.float32), RATE, columns)


@pytest.fixture(scope="module")
def rig():
    faulty = [
        record(f"{fault}{size}", fault, 3.0, bearing_id=f"{fault}{size}", fault_severity=f"{size} in")
        for fault in ("inner", "outer")
        for size in (7, 14)
    ]
    return SignalSet("rig", [*faulty, record("n0", "normal", 2.0), record("n1", "normal", 2.0)])


def test_healthy_records_may_be_cut_closer(rig):
    task = open_classify_task(rig, hop_normal=0.5)
    views = task.real.views
    windows = {name: int((views.labels == name).sum()) for name in np.unique(views.labels)}
    assert windows == {"inner": 6, "normal": 6, "outer": 6}  # 3 s every 1 s, 2 s every half second
    assert len(task.shots.ways) == 4
    assert task.tests[0].units == ("inner14", "inner7", "n0", "n1", "outer14", "outer7")
    assert open_classify_task(rig).inputs is not None
    with pytest.raises(SimengineError, match="is no multiple"):
        open_classify_task(rig, hop=1.0, hop_normal=0.3)


def test_windows_are_looked_at_once(rig, tmp_path, monkeypatch):
    settings = ViewSettings(RATE)
    first = look_at(rig, "real", settings, cache=tmp_path)
    monkeypatch.setattr("simengine.evaluate.gain.opening.order_views", None)
    again = look_at(rig, "real", settings, cache=tmp_path)
    np.testing.assert_array_equal(first.views.table, again.views.table)
    assert first.views.labels.tolist() == again.views.labels.tolist()
    kept = next(tmp_path.glob("views-*.npz"))
    kept.write_bytes(kept.read_bytes()[:100])
    with pytest.raises(TypeError):  # looked at anew, with what was taken away
        look_at(rig, "real", settings, cache=tmp_path)


def test_a_test_of_its_own_takes_the_place_of_the_split(rig):
    other = SignalSet("other", [record("x", "inner", 2.0, bearing_id="x"), record("y", "normal", 2.0), record("z", "outer", 2.0, bearing_id="z")])  # fmt: skip
    task = open_classify_task(rig, test=other)
    assert task.shots is None and task.tests[0].name == "other" and task.tests[0].kind == "id"
    assert {leak.name for leak in task.leaks() if not leak.passed} == set()
    with pytest.raises(SimengineError, match="can't be split by load"):
        open_classify_task(rig, split_by="load")
