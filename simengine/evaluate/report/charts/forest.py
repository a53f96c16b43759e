"""Forest plots: differences with their intervals, one a row, around a line of no difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simengine.evaluate.report.charts.axis import fixed_text, linear_scale
from simengine.evaluate.report.drawing import Disc, Drawing, Label, Mark, Path, fitted, text_width

__all__ = ["ForestRow", "forest"]


@dataclass(frozen=True)
class ForestRow:
    """A difference.

    Attributes:
        name: What of; empty for a heading alone.
        value: The number; None for a heading.
        low: Lower end of its interval.
        high: Upper end.
        shown: Whether it stands out: filled, in the colour of its sign.
    """

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    shown: bool = False


def forest(
    rows: Sequence[ForestRow],
    *,
    width: float,
    title: str,
    x_title: str,
    zero: float = 0.0,
    good_up: bool = True,
) -> Drawing:
    """Rows with dots and whiskers; on a narrow page names stand above their whiskers.

    Args:
        rows: From top to bottom; a row without a value is a heading.
        width: px.
        title: For readers who can't see it.
        x_title: Below the axis.
        zero: The value that means no difference.
        good_up: Whether larger is better.
    """
    roomy = width >= 560.0
    names = max((text_width(row.name, 12.5) for row in rows if row.value is not None), default=0.0)
    texts = max((text_width(_interval(row), 12.0) for row in rows if row.value is not None), default=0.0)
    left = min(names + 16.0, width * 0.42) if roomy else 8.0
    right = texts + 20.0 if roomy else 8.0
    step, head = (26.0, 30.0) if roomy else (42.0, 32.0)
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None] + [zero]
    low, high = min(ends), max(ends)
    margin = 0.05 * (high - low) or 0.05
    heights = [head if row.value is None else step for row in rows]
    base = 8.0 + sum(heights)
    scale = linear_scale(low - margin, high + margin, left + 6.0, width - right - 6.0, ticks=5 if roomy else 4)
    marks: list[Mark] = []
    for tick in scale.ticks:
        at = scale.place(tick)
        marks.append(Path(((at, 6.0), (at, base)), "grid"))
        marks.append(
            Label(at, base + 16.0, fixed_text(tick, scale.decimals, signed=zero == 0.0), "muted", 12.0, "middle")
        )
    marks.append(Path(((scale.place(zero), 6.0), (scale.place(zero), base)), "muted", 1.2))
    marks.append(Label((left + width - right) / 2.0, base + 36.0, x_title, "muted", 12.5, "middle", bold=True))
    top = 8.0
    for row, tall in zip(rows, heights, strict=True):
        middle = top + tall / 2.0
        top += tall
        if row.value is None:
            marks.append(
                Label(
                    4.0, middle + 8.0, fitted(row.name, 12.5, width - 8.0, bold=True), "ink", 12.5, bold=True, halo=True
                )
            )
            continue
        colour = "muted"
        if row.shown:
            colour = "good" if (row.value > zero) == good_up else "bad"
        at = middle if roomy else middle + 10.0
        if row.low is not None and row.high is not None:
            marks.append(Path(((scale.place(row.low), at), (scale.place(row.high), at)), colour, 2.2))
        marks.append(Disc(scale.place(row.value), at, 4.6, colour, hollow=not row.shown))
        text = _interval(row)
        if roomy:
            marks.append(Label(left - 8.0, middle + 4.0, fitted(row.name, 12.5, left - 12.0), "ink", 12.5, "end"))
            marks.append(Label(width - right + 10.0, middle + 4.0, text, colour if row.shown else "muted", 12.0))
        else:
            room = width - text_width(text, 12.0) - 22.0
            marks.append(Label(4.0, middle - 5.0, fitted(row.name, 12.5, room), "ink", 12.5, halo=True))
            marks.append(
                Label(width - 4.0, middle - 5.0, text, colour if row.shown else "muted", 12.0, "end", halo=True)
            )
    return Drawing(width, base + 46.0, tuple(marks), title)


def _interval(row: ForestRow) -> str:
    if row.value is None:
        return ""
    if row.low is None or row.high is None:
        return fixed_text(row.value)
    return f"{fixed_text(row.value)} [{fixed_text(row.low)}, {fixed_text(row.high)}]"
