"""Refining a whole data set: sizes, names, labels and certificates; kill, resume and workers are the data set's own."""

import json

import cv2
import numpy as np
import pytest

from simengine.cli.main import main
from simengine.dataset.reader import Dataset
from simengine.errors import SimengineError
from simengine.refine.audit.run import audit_pictures
from simengine.refine.composite import Composite
from simengine.refine.frame import frames
from simengine.refine.photos import Photos
from simengine.refine.run import refine_dataset, summarize
from simengine.refine.statistics import fit_statistics


class Mover:
    """A bad refiner: it moves the whole picture."""

    name = "mover"

    def __init__(self, pixels):
        self.pixels = pixels

    def refine(self, frame, rng):
        return np.roll(frame.rgb, self.pixels, axis=1)

    def to_dict(self):
        return {"method": self.name, "pixels": self.pixels}


class Cropper(Mover):
    def refine(self, frame, rng):
        return frame.rgb[:-1]


def test_statistics_brings_colour_sharpness_and_noise_nearer_and_keeps_labels(renders, photos, tmp_path):
    source = Dataset.open(renders())
    out = tmp_path / "out"
    summary = refine_dataset(source.root, out=out, refiner=fit_statistics(Photos(photos)))
    refined = Dataset.open(out)
    assert summary.pictures == summary.accepted == 6 and summary.objects["dropped"] == 0 and summary.keep_rate > 0.8
    looks = [cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB) for p in sorted(photos.iterdir())]
    target = np.mean([p.mean(axis=(0, 1)) for p in looks], axis=0)

    def distance(data):
        return np.linalg.norm(np.mean([f.rgb.mean(axis=(0, 1)) for f in frames(data)], axis=0) - target)

    assert distance(refined) < 0.5 * distance(source)
    for before, after in zip(source, refined, strict=True):
        for a, b in zip(before.views, after.views, strict=True):
            assert [o.box for o in a.objects] == [o.box for o in b.objects] and set(b.files) == set(a.files)
            np.testing.assert_array_equal(source.picture(a, "instances"), refined.picture(b, "instances"))
            assert b.certificate["method"] == "statistics" and len(b.certificate["objects"]) == 4
    assert refined.manifest["plan"]["refined"]["source"] == source.hash
    assert json.loads((out / "coco/annotations.json").read_text())["annotations"]
    again = refine_dataset(source.root, out=tmp_path / "again", refiner=fit_statistics(Photos(photos)), workers=2)
    assert Dataset.open(tmp_path / "again").hash == refined.hash and again == summary


def test_composite_leaves_every_object_in_place(renders, photos, tmp_path):
    rng = np.random.default_rng(0)
    for path in photos.iterdir():  # empty: nothing on them but grain
        grain = cv2.GaussianBlur(rng.uniform(0, 255, (120, 120, 3)).astype(np.float32), (0, 0), 2)
        cv2.imwrite(str(path), grain)
    summary = refine_dataset(renders(), out=tmp_path / "out", refiner=Composite(Photos(photos)))
    assert summary.accepted == 6 and summary.objects["dropped"] == 0 and summary.ncc > 0.8
    source, refined = Dataset.open(renders(name="same")), Dataset.open(tmp_path / "out")
    views = (view for sample in refined for view in sample.views)
    for a, b, view in zip(frames(source), frames(refined), views, strict=True):
        kept = [o["id"] for o in view.certificate["objects"] if o["verdict"] == "kept"]
        core = cv2.erode(np.isin(a.ids, kept).astype(np.uint8), np.ones((9, 9))) > 0
        assert np.abs(a.rgb[core].astype(int) - b.rgb[core]).max() <= 2
        assert np.abs(a.rgb[a.ids == 0].astype(int) - b.rgb[a.ids == 0]).mean() > 5


def test_what_a_bad_refiner_moved_is_put_back(renders, tmp_path):
    summary = refine_dataset(renders(), out=tmp_path / "out", refiner=Mover(3))
    assert summary.objects == {"kept": 0, "restored": 24, "dropped": 0} and summary.shift == pytest.approx(3, abs=0.3)
    report = audit_pictures(tmp_path / "out", renders=renders(name="same"))
    assert report.accepted == 6


def test_masks_do_where_no_ids_were_written(renders, tmp_path):
    with_ids, without = renders(name="a"), renders(name="b", outputs=("rgb",))
    for a, b in zip(frames(Dataset.open(with_ids)), frames(Dataset.open(without)), strict=True):
        np.testing.assert_array_equal(a.ids, b.ids)


def test_an_audit_of_somebody_elses_pictures(renders, tmp_path):
    source = renders()
    folder = tmp_path / "theirs"
    folder.mkdir()
    for sample in Dataset.open(source):
        view = sample.views[0]
        picture = cv2.imread(str(source / view.files["rgb"]))
        name = view.files["rgb"].split("/")[-1].removesuffix(".png")
        if sample.index == 5:
            continue
        moved = np.roll(picture, 4, axis=0) if sample.index == 2 else picture
        cv2.imwrite(str(folder / f"{name}.jpg"), moved, [cv2.IMWRITE_JPEG_QUALITY, 95])
    certificates = {}
    report = audit_pictures(folder, renders=source, certificate=certificates.__setitem__)
    assert report.accepted == 4 and report.pictures == len(certificates) == 5
    assert report.missing == ("000005.top.0.rgb.png",) and report.failed == {"disc": 4} and report.objects["disc"] == 20
    bad = certificates["000002.top.0.rgb.png"]
    assert not bad.accepted and all(o.scores.shift == pytest.approx(4, abs=0.4) for o in bad.objects)
    assert [crop.verdict.verdict for crop in report.worst[:5]] == ["dropped"] * 4 + ["kept"]
    assert report.scores.shape == (20, 3) and report.quantile(1, 0.5) < 0.3
    assert (
        main(["audit", str(folder), "--renders", str(source), "--planted", "8", "--out", str(tmp_path / "report")]) == 1
    )
    content = json.loads((tmp_path / "report/audit.json").read_text())
    assert content["accepted"] == 4 and content["calibration"]["harm"]["moved 2 px"]["accepted"] <= 0.01
    assert (tmp_path / "report/worst.png").stat().st_size > 1000
    lines = [json.loads(line) for line in (tmp_path / "report/certificates.jsonl").read_text().splitlines()]
    assert len(lines) == 5 and sum(line["accepted"] for line in lines) == 4
    page = (tmp_path / "report/report.html").read_text()
    assert "4 of 20 labelled objects moved" in page and page.count("data:image/jpeg") == 40


def test_refine_from_the_command_line(renders, photos, tmp_path, capsys):
    command = [
        "refine",
        str(renders()),
        "--real",
        str(photos),
        "--planted",
        "0",
        "--quiet",
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(command) == 0 and "6 of 6 pictures accepted" in capsys.readouterr().out
    assert main(command) == 0  # finished: nothing is made again
    assert main([*command, "--seed", "1"]) == 1 and "seed" in capsys.readouterr().err


def test_composite_and_regions_from_the_command_line(renders, photos, tmp_path, capsys):
    source, out = renders(), tmp_path / "out"
    command = ["refine", str(source), "--real", str(photos), "--planted", "0", "--quiet", "--method", "composite"]
    assert main([*command, "--background", "0.5", "--objects", "0", "--out", str(out)]) == 0
    plan = Dataset.open(out).plan["refined"]["refiner"]
    assert plan["regions"]["background"] == 0.5 and plan["emptied"] and plan["side"] == pytest.approx(27 / 96, abs=0.02)
    assert main([*command, "--background", "2", "--out", str(tmp_path / "no")]) == 1
    assert "background is 2" in capsys.readouterr().err


def test_errors(renders, tmp_path):
    source = renders()
    with pytest.raises(SimengineError, match="labels fit only a picture of the same size"):
        refine_dataset(source, out=tmp_path / "a", refiner=Cropper(0))
    with pytest.raises(SimengineError, match="rejected is 'maybe'"):
        refine_dataset(source, out=tmp_path / "b", refiner=Mover(0), rejected="maybe")
    with pytest.raises(SimengineError, match="budget"):
        refine_dataset(source, out=tmp_path / "b", refiner=Mover(0), budget=2)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SimengineError, match="named as one of"):
        audit_pictures(tmp_path / "empty", renders=source)
    assert summarize([]).keep_rate == 1.0


def test_a_rejected_picture_keeps_its_render_or_is_left_out(renders, tmp_path, monkeypatch):
    import simengine.refine.audit.picture as module

    monkeypatch.setattr(module, "restore", lambda before, after, mask: after)  # nothing can be put back
    source = renders()
    summary = refine_dataset(source, out=tmp_path / "raw", refiner=Mover(5))
    assert summary.accepted == 0
    for a, b in zip(frames(Dataset.open(source)), frames(Dataset.open(tmp_path / "raw")), strict=True):
        np.testing.assert_array_equal(a.rgb, b.rgb)
    summary = refine_dataset(source, out=tmp_path / "drop", refiner=Mover(5), rejected="drop")
    assert summary.pictures == 6 and summary.accepted == 0
    assert not list(frames(Dataset.open(tmp_path / "drop")))
    lenient = refine_dataset(source, out=tmp_path / "lenient", refiner=Mover(5), budget=1.0)
    assert lenient.accepted == 6 and lenient.objects["dropped"] == 24
    assert all(o.reason == "audit" for s in Dataset.open(tmp_path / "lenient") for v in s.views for o in v.objects)
