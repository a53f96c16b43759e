import numpy as np
import pytest
import yaml
from oracles.fake_chain import FakeChain, fake_spec

from simengine.cli.main import main
from simengine.engine.generate import generate
from simengine.errors import SimengineError
from simengine.formats.detection import label_problems, open_detection_set
from simengine.formats.yolo import export_yolo


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "set"
    generate(fake_spec(), out=root, count=4, shard_size=2, device="cpu", _open_maker=FakeChain())
    return root


def test_what_is_exported_reads_back(folder, tmp_path):
    file = export_yolo(folder, out=tmp_path / "deep/yolo")
    assert yaml.safe_load(file.read_text())["names"] == {0: "cube", 1: "ball"}
    assert (file.parent / "classes.txt").read_text() == "cube\nball\n"
    before, after = open_detection_set(folder), open_detection_set(file.parent, split="train")
    assert after.classes == before.classes and len(after) == len(before) and label_problems(after) == []
    for index, (one, two) in enumerate(zip(before.images, after.images, strict=True)):
        np.testing.assert_allclose(two.boxes, one.boxes[~one.crowd], atol=1e-4)
        np.testing.assert_array_equal(two.labels, one.labels[~one.crowd])
        np.testing.assert_array_equal(after.read(index), before.read(index))


def test_it_is_replaced_as_a_whole_and_never_covers_other_files(folder, tmp_path):
    first = {path.name: path.read_bytes() for path in export_yolo(folder).parent.rglob("*.txt")}
    (folder / "yolo/labels/train/old.txt").write_text("")
    second = {path.name: path.read_bytes() for path in export_yolo(folder).parent.rglob("*.txt")}
    assert first == second and not (folder / ".yolo.tmp").exists()
    (tmp_path / "mine").write_text("")
    with pytest.raises(SimengineError, match="holds other files"):
        export_yolo(folder, out=tmp_path)
    assert (tmp_path / "mine").exists()


def test_data_sets_without_colour_are_refused(tmp_path):
    class NoColour(FakeChain):
        def make(self, index, sink, folder):
            record = super().make(index, sink, folder)
            for view in record.views:
                sink.remove(view.files.pop("rgb").rpartition("/")[2])
            return record

    generate(fake_spec(outputs=["depth", "instances"]), out=tmp_path / "a", count=1, device="cpu", _open_maker=NoColour())  # fmt: skip
    with pytest.raises(SimengineError, match="YOLO needs colour pictures"):
        export_yolo(tmp_path / "a")


def test_the_command_says_where_it_wrote(folder, tmp_path, capsys):
    assert main(["export", str(folder), "--format", "yolo", "--out", str(tmp_path / "y")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "y/data.yaml")
    assert len(open_detection_set(tmp_path / "y")) == len(open_detection_set(folder))
