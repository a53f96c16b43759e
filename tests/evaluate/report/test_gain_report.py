import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.gain.results import read_results
from simengine.evaluate.report.document import Figure, Fold, Gallery, Table
from simengine.evaluate.report.gain import gain_document, write_gain_report
from simengine.evaluate.report.markdown import markdown_text

EXAMPLE = Path(__file__).parents[1] / "gain" / "example.json"


@pytest.fixture
def folder(tmp_path):
    shutil.copy(EXAMPLE, tmp_path / "gain.json")
    cv2.imwrite(str(tmp_path / "picture.jpg"), np.full((480, 640, 3), 90, np.uint8))
    return tmp_path


def blocks(document, kind):
    def walk(parts):
        for part in parts:
            yield part
            if isinstance(part, Fold):
                yield from walk(part.blocks)

    return [b for section in document.sections for b in walk(section.blocks) if isinstance(b, kind)]


def test_the_answer_stands_first_with_its_numbers(folder):
    results = read_results(folder)
    document = gain_document(results, folder)
    assert document.answer == results.answer.sentence and document.tone == "good"
    values = {fact.title: fact.value for fact in document.facts}
    assert values["Gain in AP50"] == "+0.10" and values["Worth real images"] == "about 42"
    assert values["Smallest gain it could show"] == "+0.06"


def test_nothing_shown_is_said_as_such(folder):
    results = read_results(folder)
    sentence = "With 20 real images no gain is shown; a gain of .04 would have been."
    answer = replace(results.answer, verdict="not shown", sentence=sentence, equivalent=None)
    document = gain_document(replace(results, answer=answer), folder)
    assert document.answer == sentence and document.tone == "muted"
    assert "Nothing can be told" in gain_document(replace(results, answer=None), folder).answer


def test_every_part_of_the_experiment_is_there(folder):
    results = read_results(folder)
    document = gain_document(results, folder)
    assert [section.name for section in document.sections] == [
        "curves", "gains", "refinements", "ratio", "worth", "slices", "pictures", "compute", "leaks", "run",
    ]  # fmt: skip
    text = markdown_text(document).replace("\\", "")
    for arm in results.arms:
        assert arm.title in text and arm.description in text
    for leak in results.leaks:
        assert leak.message in text
    for run in results.runs:
        assert run.id in text
    assert results.compute.statement in text and results.environment["command"] in text
    assert "21 runs, 1.1 CPU hours" in text
    numbers = [table for table in blocks(document, Table) if table.head[0] == "Arm" and len(table.head) > 4]
    assert len(numbers) == len(results.tests) * len(results.metrics)
    cell = next(c for c in results.cells if (c.test, c.arm, c.count, c.metric) == ("test", "mix", 10, "AP50"))
    row = next(row for row in numbers[0].rows if row[0].text == "real + synthetic, 1:1")
    assert f"{cell.estimate.value:g}" in [entry.text for entry in row]


def test_curves_show_the_best_baseline_and_the_arm_of_the_answer(folder):
    document = gain_document(read_results(folder), folder)
    chart = next(figure for figure in blocks(document, Figure) if figure.name.startswith("gain-curves")).draw(832.0)
    named = {mark.text: mark.colour for mark in chart.marks if hasattr(mark, "text")}
    assert named["synthetic, then real"] == "orange" and named["real, strong augmentation"] == "blue"
    assert "synthetic only 0.64" in named


def test_only_corrected_gains_are_filled(folder):
    results = read_results(folder)
    document = gain_document(results, folder)
    chart = next(figure for figure in blocks(document, Figure) if figure.name.startswith("gain-forest")).draw(832.0)
    shown = [gain for gain in results.gains if gain.test == "test" and gain.metric == "AP50" and gain.shown]
    dots = [mark for mark in chart.marks if hasattr(mark, "hollow")]
    assert len([dot for dot in dots if not dot.hollow]) == len(shown) > 0
    assert {dot.colour for dot in dots if dot.hollow} == {"muted"}


def test_pictures_carry_the_boxes_of_both_models(folder):
    (gallery,) = blocks(gain_document(read_results(folder), folder), Gallery)
    assert [len(group) for group in gallery.groups] == [2, 2]
    one, other = (
        cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)
        for picture in gallery.groups[0]
    )
    blue, orange = ((picture[..., 0] - picture[..., 2]) for picture in (one, other))
    assert blue.max() > 90 and orange.min() < -90  # blue boxes on the left, orange on the right


def test_a_picture_that_is_gone_is_left_out(folder):
    (folder / "picture.jpg").unlink()
    assert "pictures" not in [section.name for section in gain_document(read_results(folder), folder).sections]


def test_written_beside_the_numbers(folder):
    page = write_gain_report(folder)
    assert page == folder / "report.html" and (folder / "report.md").is_file()
    assert {file.suffix for file in (folder / "figures").iterdir()} == {".png"}
    with pytest.raises(SimengineError, match=r"gain\.json"):
        write_gain_report(folder / "figures")
