from dataclasses import replace

import cv2
import numpy as np
import pytest

from simengine.evaluate.quality.results import (
    Histogram,
    LeftOut,
    MetricResult,
    NearestPair,
    Part,
    Profile,
    QualityResult,
    Reference,
    SetSummary,
)  # fmt: skip
from simengine.evaluate.report.markdown import markdown_text
from simengine.evaluate.report.page import html_page
from simengine.evaluate.report.quality import quality_document, quality_sections


def metric(name, value, *, family="fidelity", status="like real", floor=(0.0, 0.01), parts=(), better="lower"):
    return MetricResult(
        name, name.upper(), family, value, value - 0.01, value + 0.01, 0.95, "half-samples", (100, 60),
        None if floor is None else Reference(*floor, sum(floor) / 2, "halves"), better, status, "How to read it.",
        parts=parts,
    )  # fmt: skip


@pytest.fixture
def result():
    parts = (Part("one", 1.5, 1.2, 1.9), Part("two", 0.9, 0.7, 1.1))
    return QualityResult(
        kind="images",
        real=SetSummary("dice", 100, 250, "a" * 64),
        synthetic=SetSummary("made", 60, 60, "b" * 64, ("3 problems in the labels",)),
        holdout=None,
        features="lite0",
        metrics=(
            metric("kid", 0.4, status="differs"),
            metric("auc", 1.0, status="differs", floor=(0.4, 0.6)),
            metric("coverage", 0.1, family="diversity", status="differs", floor=(0.8, 1.0), better="higher"),
            metric("amplified_classes", 1.5, family="bias", floor=(1.0, 1.0), status="differs", parts=parts, better="one"),
        ),
        left_out=(LeftOut("mia", "Membership inference", "needs --holdout"),),
        histograms=(
            Histogram("size", "Box edge", (0.0, 0.5, 1.0), (), (0.5, 0.5), (0.2, 0.8)),
            Histogram("classes", "Class", (), ("one", "two"), (0.5, 0.5), (0.7, 0.3)),
        ),
        profiles=(Profile("spectrum", "Power", "cycles", "dB", False, (0.1, 0.2), ((1, 0, 2), (1, 0, 2)), ((1, 0, 2), (2, 1, 3))),),
        pairs=(NearestPair("s1", "r1", 0.9, "closest", "made.png", "real.png"),),
        settings={"seed": 0},
        versions={"simengine": "0.1.0"},
        command="simengine quality --real dice --synthetic made --out report",
    )  # fmt: skip


def test_a_difference_is_said_first(result, tmp_path):
    document = quality_document(result, tmp_path)
    assert document.answer == (
        "The synthetic pictures can be told from the real ones: KID is 0.400 [0.390, 0.410], 40 times the most that real data"
        " gives against real data (0.01)."
    )
    assert document.tone == "bad"
    assert "0 of 4 metrics lie where real data lies" in document.more[0]


def test_no_difference_is_not_called_equality(result, tmp_path):
    same = replace(result, metrics=(metric("kid", 0.001),))
    document = quality_document(same, tmp_path)
    assert document.answer.startswith("No difference shown") and document.tone == "good"


def test_too_little_data_is_said(result, tmp_path):
    document = quality_document(replace(result, metrics=()), tmp_path)
    assert "nothing can be told" in document.answer


def test_everything_measured_stands_in_page_and_markdown(result, tmp_path):
    for name in ("made", "real"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((9, 9, 3), np.uint8))
    document = quality_document(result, tmp_path)
    names = [section.name for section in document.sections]
    assert names == ["fidelity", "spread", "pairs", "diversity", "bias", "left-out", "run"]
    for text in (html_page(document), markdown_text(document).replace("\\", "")):
        for one in result.metrics:
            assert one.title in text
        for words in (
            "needs --holdout",
            result.command,
            "aaaaaaaaaaaaaaaa",
            "3 problems in the labels",
            "closest, cosine 0.9",
        ):
            assert words in text
    assert markdown_text(document).count(".png)") == 6


def test_a_gain_report_holds_it_in_short(result):
    (section,) = quality_sections(result)
    assert [block.title for block in section.blocks[2:]] == [
        "Fidelity: 0 of 2 metrics like real data",
        "Diversity: 0 of 1 metrics like real data",
        "Bias: 0 of 1 metrics like real data",
    ]


def test_pictures_that_are_gone_are_left_out(result, tmp_path):
    assert "pairs" not in [section.name for section in quality_document(result, tmp_path).sections]


def test_a_leak_is_said_first(result, tmp_path):
    leaking = replace(
        result, metrics=(metric("kid", 0.001), metric("mia", 1.0, family="privacy", status="differs", floor=(0.5, 0.5)))
    )
    document = quality_document(leaking, tmp_path)
    assert document.answer.startswith("No difference shown") and document.tone == "bad"
    assert document.answer.endswith("It gives away real pictures that it was made from (MIA 1.00 [0.99, 1.01]).")
    assert any("gives away" in getattr(block, "text", "") for block in quality_sections(leaking)[0].blocks)
