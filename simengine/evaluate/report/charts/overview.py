"""All metrics of a comparison at a glance: each value over the band that real data gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simengine.evaluate.report.charts.range_mark import range_mark
from simengine.evaluate.report.drawing import Drawing, Label, Mark, fitted, shifted

__all__ = ["OverviewRow", "overview"]


@dataclass(frozen=True)
class OverviewRow:
    """A metric, or a heading where there is no value.

    Attributes:
        name: Its title.
        value: The number; None for a heading.
        low: Lower end of its interval.
        high: Upper end.
        floor: What real data gives, low and high.
        text: The value for readers.
        colour: Of dot, whisker and text.
    """

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    floor: tuple[float, float] | None = None
    text: str = ""
    colour: str = "muted"


def overview(rows: Sequence[OverviewRow], *, width: float, title: str) -> Drawing:
    """One line for each metric: name, band with dot and whisker, value.

    Args:
        rows: From top to bottom.
        width: px.
        title: For readers who can't see it.
    """
    step, left, right = 24.0, min(210.0, 0.4 * width), 62.0
    marks: list[Mark] = []
    top = 0.0
    for row in rows:
        if row.value is None:
            marks.append(Label(0.0, top + 24.0, row.name, "ink", 13.0, bold=True))
            top += 32.0
            continue
        mark = range_mark(
            row.value, row.low, row.high, row.floor, colour=row.colour, title=row.name, width=width - left - right
        )
        marks.append(Label(0.0, top + 16.0, fitted(row.name, 12.5, left - 12.0), "ink", 12.5))
        marks += shifted(mark.marks, left, top + 1.0)
        marks.append(Label(width, top + 16.0, row.text, row.colour, 12.5, "end"))
        top += step
    return Drawing(width, top + 6.0, tuple(marks), title)
