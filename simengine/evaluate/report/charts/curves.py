"""Lines with bands: a score against an amount, by arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simengine.evaluate.report.charts.axis import Scale, count_scale, fixed_text, linear_scale, log_scale, number_text
from simengine.evaluate.report.drawing import Area, Disc, Drawing, Label, Mark, Path, fitted, text_width

__all__ = ["CurvePoint", "Series", "XAxis", "curves"]

XAxis = Literal["counts", "linear", "log"]


@dataclass(frozen=True)
class CurvePoint:
    """A value with its interval; ends that nobody knows are None."""

    x: float
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """A line.

    Attributes:
        title: Its name.
        points: From left to right.
        colour: Name in the palette.
        dashed: For baselines and controls.
        strong: Whether it is the one that matters.
        band: Whether its intervals are shown.
    """

    title: str
    points: Sequence[CurvePoint]
    colour: str
    dashed: bool = False
    strong: bool = False
    band: bool = True


def curves(
    series: Sequence[Series],
    *,
    width: float,
    x_title: str,
    y_title: str,
    title: str,
    x_labels: dict[float, str] | None = None,
    axis: XAxis = "counts",
    dots: bool = True,
    level: tuple[float, str] | None = None,
) -> Drawing:
    """Lines with bands; names stand at the ends of the lines where there is room, else above the chart.

    Args:
        series: The lines; points that stand alone become dots.
        width: px.
        x_title: Below the axis.
        y_title: Above the axis.
        title: For readers who can't see it.
        x_labels: Texts of ticks by value, in place of the numbers.
        axis: How x is spread: ``counts`` (logarithmic with a place for 0), ``linear`` or ``log``.
        dots: Whether points are marked on their lines.
        level: A height with its name, drawn as a line across.
    """
    roomy = width >= 560.0
    widest = max((text_width(one.title, 12.5, bold=one.strong) for one in series), default=0.0)
    right = min(widest + 18.0, width * 0.34) if roomy else 14.0
    legend = 0.0 if roomy else 20.0 * len(series) + 6.0
    left, top, bottom = 44.0, 30.0 + legend, 46.0
    height = top + (300.0 if roomy else 240.0) + bottom
    x_values = sorted({point.x for one in series for point in one.points})
    ends = [
        end for one in series for point in one.points for end in (point.low, point.high, point.value) if end is not None
    ] + ([level[0]] if level else [])
    low, high = min(ends), max(ends)
    margin = 0.06 * (high - low) or 0.05
    low, high = (max(0.0, low - margin) if low >= 0.0 else low - margin), high + margin
    high = min(high, 1.0) if max(ends) <= 1.0 else high
    span = (left + 14.0, width - right - 10.0)
    if axis == "counts":
        x = count_scale(x_values, *span)
    else:
        x = (log_scale if axis == "log" else linear_scale)(min(x_values), max(x_values), *span)
    y = linear_scale(low, high, height - bottom, top, ticks=7 if roomy else 5)
    marks: list[Mark] = [*_grid(x, y, left, width - right, height - bottom, x_title, y_title, top, x_labels, roomy)]
    ordered = sorted(series, key=lambda one: one.strong)
    for one in ordered:
        band = [point for point in one.points if point.low is not None and point.high is not None]
        if one.band and len(band) > 1:
            edge = [(x.place(p.x), y.place(p.high)) for p in band if p.high is not None]
            edge += [(x.place(p.x), y.place(p.low)) for p in reversed(band) if p.low is not None]
            marks.append(Area(tuple(edge), one.colour, 0.2 if one.strong else 0.13))
    for one in ordered:
        points = tuple((x.place(p.x), y.place(p.value)) for p in one.points)
        if len(points) > 1:
            marks.append(Path(points, one.colour, 2.6 if one.strong else 1.8, (6, 4) if one.dashed else ()))
        else:
            for p in one.points:
                if p.low is not None and p.high is not None:
                    marks.append(
                        Path(((x.place(p.x), y.place(p.low)), (x.place(p.x), y.place(p.high))), one.colour, 1.5)
                    )
        shown = points if dots or len(points) == 1 else ()
        marks += [Disc(px, py, 3.6 if one.strong else 3.0, one.colour, hollow=one.dashed) for px, py in shown]
    if level:
        at = y.place(level[0])
        marks.append(Path(((left, at), (width - right, at)), "muted", 1.2, (2, 3)))
        marks.append(Label(width - right - 4.0, at - 5.0, level[1], "muted", 11.5, "end", halo=True))
    marks += _names_beside(series, x, y, width, right, top, height - bottom) if roomy else _names_above(series, width)
    return Drawing(width, height, tuple(marks), title)


def _grid(
    x: Scale,
    y: Scale,
    left: float,
    right: float,
    base: float,
    x_title: str,
    y_title: str,
    top: float,
    x_labels: dict[float, str] | None,
    roomy: bool,
) -> list[Mark]:
    marks: list[Mark] = [Label(4.0, top - 14.0, y_title, "muted", 12.5, bold=True)]
    for tick in y.ticks:
        at = y.place(tick)
        marks.append(Path(((left, at), (right, at)), "grid"))
        marks.append(Label(left - 8.0, at + 4.0, fixed_text(tick, y.decimals), "muted", 12.0, "end"))
    marks.append(Path(((left, base), (right, base)), "line", 1.2))
    free = -1e9
    for tick in x.ticks:
        text = (x_labels or {}).get(tick, number_text(tick))
        at, wide = x.place(tick), text_width(text, 12.0)
        marks.append(Path(((at, base), (at, base + 4.0)), "muted"))
        if at - wide / 2.0 > free:
            marks.append(Label(at, base + 18.0, text, "muted", 12.0, "middle"))
            free = at + wide / 2.0 + 6.0
    marks.append(
        Label((left + right) / 2.0, base + 38.0, x_title, "muted", 12.5 if roomy else 12.0, "middle", bold=True)
    )
    return marks


def _names_beside(
    series: Sequence[Series], x: Scale, y: Scale, width: float, right: float, top: float, base: float
) -> list[Mark]:
    """Names at the ends of the lines, pushed apart where they would overlap."""
    step = 17.0
    last = [(y.place(one.points[-1].value), one) for one in series if one.points]
    last.sort(key=lambda entry: entry[0])
    places: list[float] = []
    for at, _ in last:
        places.append(max(at, places[-1] + step) if places else max(at, top))
    over = places[-1] - base if places else 0.0
    if over > 0.0:
        places[-1] -= over
        for k in range(len(places) - 2, -1, -1):
            places[k] = min(places[k], places[k + 1] - step)
    marks: list[Mark] = []
    for place, (at, one) in zip(places, last, strict=True):
        end = x.place(one.points[-1].x)
        marks.append(Path(((end + 6.0, at), (width - right + 2.0, place)), one.colour, 0.8, (1, 5)))  # no line of data
        marks.append(
            Label(
                width - right + 6.0,
                place + 4.0,
                fitted(one.title, 12.5, right - 8.0, bold=one.strong),
                one.colour,
                12.5,
                bold=one.strong,
            )
        )
    return marks


def _names_above(series: Sequence[Series], width: float) -> list[Mark]:
    marks: list[Mark] = []
    for k, one in enumerate(series):
        at = 14.0 + 20.0 * k
        marks.append(
            Path(
                ((4.0, at - 4.0), (28.0, at - 4.0)),
                one.colour,
                2.6 if one.strong else 1.8,
                (6, 4) if one.dashed else (),
            )
        )
        marks.append(Disc(16.0, at - 4.0, 3.2, one.colour, hollow=one.dashed))
        marks.append(
            Label(
                36.0,
                at,
                fitted(one.title, 12.5, width - 40.0, bold=one.strong),
                "ink" if one.strong else "muted",
                12.5,
                bold=one.strong,
            )
        )
    return marks
