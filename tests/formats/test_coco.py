import contextlib
import gc
import io
import json
import tracemalloc
import warnings

import numpy as np
import pytest
from oracles.fake_chain import FakeChain, fake_spec
from pycocotools.coco import COCO

from simengine.dataset.reader import Dataset
from simengine.engine.generate import generate
from simengine.errors import SimengineError
from simengine.formats.coco import export_coco


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "set"
    generate(fake_spec(), out=root, count=6, shard_size=2, device="cpu", _open_maker=FakeChain())
    return root


@pytest.fixture(scope="module")
def coco(folder):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        return COCO(str(folder / "coco/annotations.json"))


def test_pycocotools_reads_every_label(folder, coco):
    data = Dataset.open(folder)
    views = [(record, view) for record in data for view in record.views]
    assert coco.getImgIds() == list(range(1, len(views) + 1))
    names = {entry["id"]: entry["name"] for entry in coco.loadCats(coco.getCatIds())}
    assert names == {1: "cube", 2: "ball"}
    for image, (record, view) in zip(coco.loadImgs(coco.getImgIds()), views, strict=True):
        assert (image["width"], image["height"]) == (view.width, view.height)
        assert (folder / image["file_name"]).is_file() and image["sample"] == record.index
        ids = data.picture(view, "instances")
        labelled = {o.id: o for o in view.objects if o.labelled}
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
        assert [entry["track_id"] for entry in annotations] == list(labelled)
        for entry in annotations:
            mask = coco.annToMask(entry).astype(bool)
            assert (mask == (ids == entry["track_id"])).all()
            assert entry["area"] == mask.sum() and entry["iscrowd"] == 0
            rows, columns = np.nonzero(mask)
            tight = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
            assert entry["bbox"] == entry["attributes"]["tight_bbox"] == tight
            assert names[entry["category_id"]] == labelled[entry["track_id"]].category


def test_ids_are_unique_and_every_drop_is_counted(folder, coco):
    ids = [entry["id"] for entry in coco.dataset["annotations"]]
    assert ids == list(range(1, len(ids) + 1))
    tally = Dataset.open(folder).summary
    assert len(ids) == tally.objects.total()
    assert coco.dataset["info"]["labels_dropped"] == dict(tally.dropped) != {}


def test_nothing_of_clock_host_or_foreign_licence_stands_in_it(coco):
    assert coco.dataset["licenses"] == []
    assert "date_created" not in coco.dataset["info"] and "year" not in coco.dataset["info"]
    assert not any("date_captured" in image or "license" in image for image in coco.dataset["images"])


def test_export_writes_the_same_bytes_elsewhere(folder, tmp_path):
    path = export_coco(folder, out=tmp_path / "deep/labels.json")
    assert path.read_bytes() == (folder / "coco/annotations.json").read_bytes()
    assert [entry.name for entry in path.parent.iterdir()] == ["labels.json"]


def test_an_unlabelled_data_set_is_still_valid(tmp_path):
    class NothingLabelled(FakeChain):
        def make(self, index, sink, folder):
            record = super().make(index, sink, folder)
            for view in record.views:
                view.objects[:] = view.objects[:1]
            return record

    generate(fake_spec(), out=tmp_path / "a", count=1, device="cpu", _open_maker=NothingLabelled())
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(tmp_path / "a/coco/annotations.json"))
    assert coco.getAnnIds() == [] and len(coco.getImgIds()) == 2 and coco.getCatIds() == [1, 2]


def test_data_sets_without_colour_are_refused(tmp_path):
    class NoColour(FakeChain):
        def make(self, index, sink, folder):
            record = super().make(index, sink, folder)
            for view in record.views:
                sink.remove(view.files.pop("rgb").rpartition("/")[2])
            return record

    generate(fake_spec(outputs=["depth", "instances"]), out=tmp_path / "a", count=1, device="cpu", _open_maker=NoColour())  # fmt: skip
    assert not (tmp_path / "a/coco").exists()
    with pytest.raises(SimengineError, match="COCO needs colour pictures"):
        export_coco(tmp_path / "a")


def test_labels_of_unknown_classes_are_refused(folder, tmp_path):
    manifest = json.loads((folder / "dataset.json").read_bytes())
    manifest["classes"] = manifest["classes"][:1]
    with pytest.raises(SimengineError, match="ball"):
        from simengine.formats.coco import write_coco

        write_coco(Dataset(folder, manifest), tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_data_set(tmp_path):
    peaks = []
    for count in (10, 160):
        root = tmp_path / str(count)
        generate(fake_spec(), out=root, count=count, device="cpu", _open_maker=FakeChain())
        gc.collect()  # when garbage goes away shifts peaks by a third
        tracemalloc.start()
        export_coco(root)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2.5 * peaks[0]  # not 16 times
