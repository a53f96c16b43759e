"""Drawings as SVG whose colours are those of the page, light or dark."""

from __future__ import annotations

from simengine.evaluate.report.drawing import Area, Disc, Drawing, Label, Mark, Path
from simengine.evaluate.report.markup import Markup, tag

__all__ = ["drawing_svg"]


def drawing_svg(drawing: Drawing, *, class_: str = "chart") -> Markup:
    """The SVG element of a drawing, as wide as its place but never wider than drawn."""
    return tag(
        "svg",
        tag("title", drawing.title),
        *(_element(mark) for mark in drawing.marks),
        class_=class_,
        role="img",
        viewbox=f"0 0 {_number(drawing.width)} {_number(drawing.height)}",
        width=_number(drawing.width),
        height=_number(drawing.height),
    )


def _element(mark: Mark) -> Markup:
    if isinstance(mark, Path):
        return tag(
            "polyline",
            points=_points(mark.points),
            fill="none",
            style=f"stroke:var(--{mark.colour})",
            stroke_width=_number(mark.width),
            stroke_linejoin="round",
            stroke_linecap="butt" if mark.dash else "round",
            stroke_dasharray=" ".join(map(_number, mark.dash)) or None,
        )
    if isinstance(mark, Area):
        return tag(
            "polygon",
            points=_points(mark.points),
            style=f"fill:var(--{mark.colour})",
            fill_opacity=None if mark.opacity == 1.0 else _number(mark.opacity),
        )
    if isinstance(mark, Disc):
        fill = "page" if mark.hollow else mark.colour
        return tag(
            "circle",
            cx=_number(mark.x),
            cy=_number(mark.y),
            r=_number(mark.radius),
            style=f"fill:var(--{fill});stroke:var(--{mark.colour})",
            stroke_width="1.5" if mark.hollow else "0",
        )
    assert isinstance(mark, Label)
    return tag(
        "text",
        mark.text,
        x=_number(mark.x),
        y=_number(mark.y),
        style=f"fill:var(--{mark.colour})",
        font_size=_number(mark.size),
        text_anchor=None if mark.anchor == "start" else mark.anchor,
        font_weight="600" if mark.bold else None,
        class_="halo" if mark.halo else None,
    )


def _points(points: object) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)  # type: ignore[attr-defined]


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
