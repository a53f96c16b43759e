"""How two sets are spread over a quantity or over categories."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.evaluate.report.charts.axis import linear_scale, number_text
from simengine.evaluate.report.drawing import Area, Drawing, Label, Mark, Path, fitted, text_width

__all__ = ["category_bars", "histogram_overlay"]

_HEIGHT = 132.0


def histogram_overlay(
    edges: Sequence[float], real: Sequence[float], synthetic: Sequence[float], *, width: float, title: str
) -> Drawing:
    """Both histograms over each other: real filled in blue, synthetic as an orange outline over a faint fill.

    Args:
        edges: Edges of the bins, one more than shares.
        real: Share of the real values in each bin.
        synthetic: Share of the synthetic values.
        width: px.
        title: Above it.
    """
    base, top = _HEIGHT - 22.0, 26.0
    x = linear_scale(edges[0], edges[-1], 6.0, width - 6.0, ticks=4)
    y = linear_scale(0.0, max(*real, *synthetic, 1e-9), base, top)
    marks: list[Mark] = [Label(6.0, 14.0, fitted(title, 12.5, width - 12.0, bold=True), "ink", 12.5, bold=True)]
    marks.append(Path(((6.0, base), (width - 6.0, base)), "line", 1.2))
    for tick in x.ticks:
        text = number_text(tick)
        at = min(max(x.place(tick), 6.0 + text_width(text, 11.5) / 2.0), width - 6.0 - text_width(text, 11.5) / 2.0)
        marks.append(Path(((x.place(tick), base), (x.place(tick), base + 4.0)), "muted"))
        marks.append(Label(at, base + 17.0, text, "muted", 11.5, "middle"))
    for shares, colour, opacity in ((real, "blue", 0.45), (synthetic, "orange", 0.16)):
        outline = [(x.place(edges[0]), base)]
        for k, share in enumerate(shares):
            outline += [(x.place(edges[k]), y.place(share)), (x.place(edges[k + 1]), y.place(share))]
        outline.append((x.place(edges[-1]), base))
        marks.append(Area(tuple(outline), colour, opacity))
        if colour == "orange":
            marks.append(Path(tuple(outline), colour, 1.8))
    return Drawing(width, _HEIGHT, tuple(marks), f"{title}: real and synthetic")


def category_bars(
    names: Sequence[str], real: Sequence[float], synthetic: Sequence[float], *, width: float, title: str
) -> Drawing:
    """A pair of bars for each category, with the shares beside them."""
    step = 34.0
    left = min(max((text_width(name, 12.0) for name in names), default=0.0) + 14.0, width * 0.36)
    high = max(*real, *synthetic, 1e-9)
    room = width - left - 56.0
    marks: list[Mark] = [Label(6.0, 14.0, fitted(title, 12.5, width - 12.0, bold=True), "ink", 12.5, bold=True)]
    for k, name in enumerate(names):
        top = 26.0 + step * k
        marks.append(Label(left - 8.0, top + 18.0, fitted(name, 12.0, left - 14.0), "ink", 12.0, "end"))
        for share, colour, offset in ((real[k], "blue", 2.0), (synthetic[k], "orange", 15.0)):
            marks.append(Area.box(left, top + offset, max(1.0, room * share / high), 11.0, colour))
            marks.append(Label(left + room * share / high + 6.0, top + offset + 9.5, f"{share:.1%}", "muted", 11.0))
    return Drawing(width, 30.0 + step * len(names), tuple(marks), f"{title}: real and synthetic")
