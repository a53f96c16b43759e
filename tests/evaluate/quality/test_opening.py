import cv2
import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.features.cache import FeatureCache
from simengine.evaluate.features.embedders import Embedder
from simengine.evaluate.quality.opening import (
    detect_kind,
    image_samples,
    open_pictures,
    signal_samples,
    table_samples,
)
from simengine.formats.detection import DetectionSet, labelled_image
from simengine.formats.signal import SignalRecord, SignalSet

COLOURS = Embedder("colours", "mean colour", 32, lambda: lambda batch: batch.mean(axis=(1, 2), dtype=np.float64))


def picture(path, seed=0, size=(50, 60)):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 255, (*size, 3), np.uint8))
    return path


def boxes(folder, name, labels, classes=("a", "b"), n=6):
    images = [
        labelled_image(
            f"{name}{k}", picture(folder / f"{name}{k}.png", k), (60, 50), [[5, 5, 25, 15]] * len(labels), labels
        )
        for k in range(n)
    ]
    return DetectionSet(name, classes, tuple(images))


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (["a/x.png"], "images"),
        (["a/x.mat"], "signals"),
        (["a/x.wav", "a/x.csv"], "signals"),
        (["x.csv"], "tables"),
        (["x.parquet"], "tables"),
    ],
)
def test_the_kind_is_told_by_what_lies_there(tmp_path, files, kind):
    for name in files:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        if file.suffix == ".png":
            picture(file)
        else:
            file.touch()
    assert detect_kind(tmp_path) == kind


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(SimengineError, match=r"holds nothing.*give a folder with pictures"):
        detect_kind(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(SimengineError, match="1 files, none of which"):
        detect_kind(tmp_path)
    with pytest.raises(SimengineError, match="there is no"):
        detect_kind(tmp_path / "absent")


def test_pictures_need_no_labels(tmp_path):
    for k in range(3):
        picture(tmp_path / "deep" / f"{k}.png", k)
    found = open_pictures(tmp_path)
    assert [image.id for image in found.images] == ["deep/0.png", "deep/1.png", "deep/2.png"]
    assert found.classes == () and found.images[0].width == 60


def test_every_view_has_one_row_an_item_or_box(tmp_path):
    real, made = boxes(tmp_path, "real", [0, 1]), boxes(tmp_path, "made", [1, 1, 1], n=8)
    one, other = image_samples([real, made], COLOURS, limit=7, seed=0, cache=FeatureCache(None))
    assert (len(one), len(other), other.total) == (6, 7, 8)
    assert {name: len(view.rows) for name, view in one.views.items()} == {
        "features": 6, "grouped": 6, "columns": 6, "spectra": 6, "hashes": 6, "boxes": 6,
        "classes": 12, "sizes": 12, "positions": 12,
    }  # fmt: skip
    assert one.views["classes"].count == 6  # boxes of a picture are drawn together
    assert other.views["classes"].rows.tolist() == ["b"] * 21
    assert len(set(one.digest)) > 4 and one.digest != other.digest


def test_classes_in_common_are_needed(tmp_path):
    real, made = boxes(tmp_path, "real", [0]), boxes(tmp_path, "made", [0], classes=("x", "y"))
    with pytest.raises(SimengineError, match=r"a, b.*x, y.*--ignore-labels"):
        image_samples([real, made], COLOURS, limit=9, seed=0, cache=FeatureCache(None))


def test_crowds_and_empty_boxes_are_no_objects(tmp_path):
    image = labelled_image(
        "i", picture(tmp_path / "i.png"), (60, 50), [[0, 0, 9, 9], [5, 5, 5, 9], [1, 1, 8, 8]], [0, 0, 0],
        crowd=[True, False, False],
    )  # fmt: skip
    data = DetectionSet("d", ("a",), (image, *boxes(tmp_path, "x", [0], ("a",)).images))
    (one,) = image_samples([data], COLOURS, limit=9, seed=0, cache=FeatureCache(None))
    assert len(one.views["classes"].rows) == 7


def test_recordings_are_seen_at_the_lowest_rate():
    rng = np.random.default_rng(0)

    def records(name, rate, **row):
        return SignalSet(
            name,
            tuple(
                SignalRecord(
                    rng.normal(size=int(2 * rate)).astype(np.float32),
                    rate,
                    {"signal_id": f"{name}{k}", "recording_id": f"{name}{k}", "speed_rpm": 1800.0, **row},
                )
                for k in range(3)
            ),
        )

    real, made = records("real", 12_000.0), records("made", 24_000.0, fault_type="inner")
    samples, settings = signal_samples([real, made], seconds=1.0, limit=10, seed=0, cache=FeatureCache(None))
    assert settings.rate == 12_000.0 and not settings.signature
    assert [len(sample) for sample in samples] == [6, 6]
    assert samples[0].views["features"].count == 3
    assert samples[0].labels is None and samples[1].labels.tolist() == ["inner"] * 6
    known = [records("real", 12_000.0, bearing_model="6205-2RS")]
    (sample,), settings = signal_samples(known, seconds=1.0, limit=10, seed=0, cache=FeatureCache(None))
    assert settings.signature and sample.table.shape[0] == 6


def test_tables_have_their_target_apart(tmp_path):
    for name in ("real", "made"):
        (tmp_path / f"{name}.csv").write_text("a,kind\n" + "".join(f"{k},{'xy'[k % 2]}\n" for k in range(10)))
    paths = [tmp_path / "real.csv", tmp_path / "made.csv"]
    (real, _), columns = table_samples(paths, target="kind", limit=100, seed=0, drop_missing=False)
    assert columns == ("a",) and real.labels.tolist()[:2] == ["x", "y"] and "classes" in real.views
    with pytest.raises(SimengineError, match="no column 'nope' for --target; it has 'a', 'kind'"):
        table_samples(paths, target="nope", limit=100, seed=0, drop_missing=False)
