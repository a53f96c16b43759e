import math
import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pytest

from simengine.evaluate.report.card import summary_card
from simengine.evaluate.report.charts.axis import count_scale, fixed_text, linear_scale, nice_ticks, number_text
from simengine.evaluate.report.charts.curves import CurvePoint, Series, curves
from simengine.evaluate.report.charts.forest import ForestRow, forest
from simengine.evaluate.report.charts.histogram import category_bars, histogram_overlay
from simengine.evaluate.report.charts.overview import OverviewRow, overview
from simengine.evaluate.report.charts.range_mark import range_mark
from simengine.evaluate.report.document import Document, Fact, Figure
from simengine.evaluate.report.drawing import Area, Disc, Label, Path, fitted, text_width
from simengine.evaluate.report.palette import DARK, LIGHT, SERIES
from simengine.evaluate.report.png import drawing_png
from simengine.evaluate.report.svg import drawing_svg

NASTY = 'die <six> "& co" $x^2$'
WIDTHS = (342.0, 832.0)


def some_curves(width):
    series = [
        Series(
            f"{NASTY} {k}",
            [CurvePoint(x, 0.5 + 0.01 * k + x / 500, 0.4, 0.9) for x in (0, 10, 20, 200)],
            colour,
            strong=k == 1,
        )
        for k, colour in enumerate(SERIES)
    ]
    return curves(series, width=width, x_title="real images", y_title="AP50", title=NASTY, level=(0.45, "alone"))


def some_forest(width):
    rows = [
        ForestRow("10 images"),
        *(ForestRow(f"{NASTY} {k}", 0.1 * k, 0.1 * k - 0.2, 0.1 * k + 0.2, k > 2) for k in range(5)),
    ]
    return forest(rows, width=width, title="gains", x_title="gain")


def some_overview(width):
    rows = [
        OverviewRow("Fidelity"),
        OverviewRow(NASTY, 0.5, 0.4, 0.6, (0.0, 0.1), "0.5", "bad"),
        OverviewRow("alone", 1.0),
    ]
    return overview(rows, width=width, title="all")


def some_card(width):
    facts = tuple(Fact(f"{NASTY} {k}", "more than 1,200", "a note that goes on and on", "good") for k in range(5))
    lead = Figure("lead", some_curves, NASTY)
    return summary_card(
        Document("gain", NASTY, f"{NASTY} " * 9, "good", ("more " * 40,), facts, lead=lead), width=width
    )


DRAWINGS = {
    "overview": some_overview,
    "card": some_card,
    "curves": some_curves,
    "forest": some_forest,
    "histogram": lambda width: histogram_overlay(
        [0, 1, 2, 3], [0.2, 0.5, 0.3], [0.6, 0.4, 0.0], width=width, title=NASTY
    ),
    "bars": lambda width: category_bars([NASTY, "b"], [0.5, 0.5], [1.0, 0.0], width=width, title="classes"),
    "range": lambda width: range_mark(5.0, 4.0, 6.0, (0.0, 0.1), colour="bad", title="KID", width=width),
}


def corners(mark):
    if isinstance(mark, Path | Area):
        return list(mark.points)
    if isinstance(mark, Disc):
        return [(mark.x - mark.radius, mark.y - mark.radius), (mark.x + mark.radius, mark.y + mark.radius)]
    wide = text_width(mark.text, mark.size, bold=mark.bold)
    start = mark.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[mark.anchor] * wide
    return [(start, mark.y), (start + wide, mark.y)]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", DRAWINGS)
def test_everything_lies_within_the_chart(name, width):
    drawing = DRAWINGS[name](width)
    assert drawing.width == width
    for mark in drawing.marks:
        for x, y in corners(mark):
            assert math.isfinite(x) and math.isfinite(y)
            assert -2.0 <= x <= drawing.width + 2.0 and -2.0 <= y <= drawing.height + 2.0, mark


@pytest.mark.parametrize("name", DRAWINGS)
def test_svg_is_whole_and_named(name):
    root = ET.fromstring(drawing_svg(DRAWINGS[name](342.0)))
    assert root.attrib["viewBox"].startswith("0 0 342 ") and root.find("title").text
    assert {child.tag for child in root} <= {"title", "polyline", "polygon", "circle", "text"}
    used = {
        part for child in root for part in child.attrib.get("style", "").replace(";", ":").split(":") if "var(" in part
    }
    assert used <= {f"var(--{colour})" for colour in LIGHT}


@pytest.mark.parametrize("name", DRAWINGS)
def test_png_shows_the_same_size(name):
    drawing = DRAWINGS[name](342.0)
    picture = cv2.imdecode(np.frombuffer(drawing_png(drawing), np.uint8), cv2.IMREAD_COLOR)
    assert abs(picture.shape[1] - 684) <= 1 and abs(picture.shape[0] - 2 * drawing.height) <= 1
    assert picture.std() > 5


def test_names_of_lines_do_not_overlap():
    labels = [mark for mark in some_curves(832.0).marks if isinstance(mark, Label) and mark.text.startswith("die")]
    heights = sorted(mark.y for mark in labels)
    assert len(heights) == 6 and min(np.diff(heights)) >= 15.0


def test_points_stand_where_their_numbers_say():
    line = Series("a", [CurvePoint(0, 0.0), CurvePoint(50, 0.5), CurvePoint(100, 1.0)], "blue")
    drawing = curves([line], width=600.0, x_title="x", y_title="y", title="t", axis="linear")
    dots = [mark for mark in drawing.marks if isinstance(mark, Disc)]
    assert dots[1].x == pytest.approx((dots[0].x + dots[2].x) / 2) and dots[1].y == pytest.approx(
        (dots[0].y + dots[2].y) / 2
    )
    assert dots[0].x < dots[2].x and dots[0].y > dots[2].y


def test_the_floor_stays_visible_however_far_the_value():
    for value in (0.005, 0.5, 500.0):
        band = next(
            mark
            for mark in range_mark(value, None, None, (-0.003, 0.003), colour="bad", title="t").marks
            if isinstance(mark, Area)
        )
        assert band.points[1][0] - band.points[0][0] >= 2.99


def test_ticks_are_round_and_inside():
    for low, high in ((0.0, 1.0), (-0.3, 0.2), (1e-5, 4e-5), (3.0, 7000.0)):
        ticks = nice_ticks(low, high, 5)
        assert 2 <= len(ticks) <= 11 and low <= min(ticks) and max(ticks) <= high
        assert np.allclose(np.diff(ticks), np.diff(ticks)[0])
    scale = linear_scale(2.0, 2.0, 0.0, 100.0)
    assert scale.place(2.0) == pytest.approx(50.0)


def test_counts_keep_equal_ratios_apart_equally():
    scale = count_scale([0, 10, 20, 40, 80], 0.0, 100.0)
    places = [scale.place(count) for count in (0, 10, 20, 40, 80)]
    assert places[0] == 0.0 and places[-1] == pytest.approx(100.0) and (np.diff(places) > 10.0).all()
    assert count_scale([50], 0.0, 100.0).place(50) == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.0, "1"), (0.04567, "0.0457"), (-12.345, "−12.3"), (1234567.0, "1,234,567"), (3.2e-6, "3.2e−6"),
     (float("nan"), "–"), (0.9996, "1")],
)  # fmt: skip
def test_numbers_for_readers(value, text):
    assert number_text(value) == text


def test_numbers_with_fixed_decimals():
    assert [fixed_text(v, signed=True) for v in (0.1, -0.1, 0.0, -0.001)] == ["+0.10", "−0.10", "0.00", "0.00"]


def test_long_names_are_cut():
    assert fitted("short", 12.0, 100.0) == "short"
    cut = fitted("a very long name of a class", 12.0, 100.0)
    assert cut.endswith("…") and text_width(cut, 12.0) <= 100.0


def luminance(colour):
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(scheme):
    page = luminance(scheme["page"])
    for name in ("ink", "muted", "good", "bad", *SERIES):
        one, other = sorted([page, luminance(scheme[name])])
        assert (other + 0.05) / (one + 0.05) >= (4.5 if name != "amber" else 3.0), name


def test_rounding_is_not_blown_up():
    marks = range_mark(1.0, 1.0 - 1e-15, 1.0 + 1e-15, (1.0 - 3e-15, 1.0), colour="good", title="t", width=100.0).marks
    assert next(mark for mark in marks if isinstance(mark, Disc)).x == pytest.approx(50.0, abs=1.0)


def test_examples_run():
    import doctest

    from simengine.evaluate.report.charts import axis

    found = doctest.testmod(axis)
    assert found.attempted >= 3 and not found.failed
