"""`simengine gain` as a user types it, with a detector of their own that trains in milliseconds."""

import json
from pathlib import Path

import pytest
from oracles.blob_detector import write_squares

from simengine.cli.gain import add_arguments
from simengine.cli.main import main, make_parser
from simengine.cli.typed import typed_command
from simengine.evaluate.gain.results import read_results

PLUGIN = str(Path(__file__).parents[1] / "oracles" / "blob_detector.py")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("squares")
    write_squares(root / "real", "train", 12, seed=1, rare=0.15)
    write_squares(root / "real", "test", 20, seed=2)
    write_squares(root / "made", "train", 20, seed=3, tint=10)
    write_squares(root / "other", "test", 10, seed=4, tint=25)
    return root


def command(folders, out, *more):
    return [
        "gain", "--real", str(folders / "real"), "--synthetic", str(folders / "made"), "--ood", str(folders / "other"),
        "--fractions", "2,6", "--reference", "all", "--arms", "mix,mix-75,synthetic", "--seeds", "3", "--model", "blobs",
        "--plugin", PLUGIN, "--steps", "5", "--resamples", "100", "--one-class", "square", "--out", str(out), *more,
    ]  # fmt: skip


def test_an_experiment_from_folders_to_the_report(folders, tmp_path, capsys):
    assert main(command(folders, tmp_path / "a", "--workers", "2", "--quiet")) == 0
    said = capsys.readouterr().out
    assert said.startswith("With 2 real images, adding 20 synthetic ones ")
    assert "Report: " in said
    results = read_results(tmp_path / "a")
    assert results.answer.sentence in said
    assert [test.kind for test in results.tests] == ["id", "ood"]
    assert [metric.name for metric in results.metrics] == ["AP50", "AP", "AP75", "AP50 square"]
    assert {arm.name for arm in results.arms} == {"real-augmented", "mix", "mix-75", "synthetic"}
    assert results.environment["command"].startswith("simengine gain --real ")
    page = (tmp_path / "a" / "index.html") if (tmp_path / "a" / "index.html").is_file() else None
    assert page is not None or list((tmp_path / "a").glob("*.html"))
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "a" / "runs").iterdir()}
    assert main(command(folders, tmp_path / "a")) == 0
    assert "33 of 33 runs" not in said and "runs" in capsys.readouterr().err
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "a" / "runs").iterdir()} == before


def test_a_leak_is_refused_and_can_be_allowed(folders, tmp_path, capsys):
    import shutil

    leaky = tmp_path / "leaky"
    shutil.copytree(folders / "real", leaky)
    for part, suffix in (("images", "png"), ("labels", "txt")):
        shutil.copy(leaky / part / "test" / f"test004.{suffix}", leaky / part / "train" / f"seen.{suffix}")
    options = command(folders, tmp_path / "a", "--quiet")
    options[2] = str(leaky)
    assert main(options) == 1
    told = capsys.readouterr().err
    assert "near-duplicates: The same picture" in told and "test004" in told and "--allow near-duplicates" in told
    assert not (tmp_path / "a").exists()
    assert main([*options, "--allow", "near-duplicates"]) == 0
    leak = next(leak for leak in read_results(tmp_path / "a").leaks if leak.name == "near-duplicates")
    assert leak.allowed and not leak.passed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--fractions": "300"}, "asks for 300 real images, and there are 12"),
        ({"--arms": "mixed"}, "there is no arm 'mixed'"),
        ({"--model": "yolo99"}, "there is no detector 'yolo99'"),
    ],
)
def test_mistakes_are_explained(folders, tmp_path, capsys, change, words):
    options = command(folders, tmp_path / "a", "--quiet")
    for option, value in change.items():
        options[options.index(option) + 1] = value
    assert main(options) == 1
    assert words in capsys.readouterr().err


def test_the_command_in_the_report_can_be_typed_again(folders, tmp_path):
    typed = command(folders, tmp_path, "--allow", "boxes", "--allow", "class-order", "--workers", "2")
    parsed = make_parser().parse_args(typed)
    again = typed_command("gain", parsed, add_arguments, silent=("workers",)).split()[1:]
    reparsed = vars(make_parser().parse_args(again)) | {"workers": 2}
    assert reparsed == vars(parsed)


def test_results_are_json_that_anything_can_read(folders, tmp_path):
    assert main(command(folders, tmp_path, "--quiet")) == 0
    data = json.loads((tmp_path / "gain.json").read_text())
    assert data["schema"] == "simengine.gain/1" and data["answer"]["gain"]["p_corrected"] <= 1.0
