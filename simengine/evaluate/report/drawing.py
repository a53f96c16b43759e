"""Charts as a few plain marks, so that one drawing becomes SVG in a page and PNG in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["Area", "Disc", "Drawing", "Label", "Mark", "Path", "fitted", "shifted", "text_width", "wrapped"]

Point = tuple[float, float]


@dataclass(frozen=True)
class Path:
    """A line through points.

    Attributes:
        points: x to the right and y down, px.
        colour: A name of the palette.
        width: px.
        dash: Lengths of strokes and gaps, e.g. ``(4, 3)``; empty for a solid line.
    """

    points: Sequence[Point]
    colour: str
    width: float = 1.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: Sequence[Point]
    colour: str
    opacity: float = 1.0

    @classmethod
    def box(cls, x: float, y: float, width: float, height: float, colour: str, *, opacity: float = 1.0) -> Area:
        """A rectangle."""
        return cls(((x, y), (x + width, y), (x + width, y + height), (x, y + height)), colour, opacity)


@dataclass(frozen=True)
class Disc:
    """A dot; hollow ones are filled with the page's colour."""

    x: float
    y: float
    radius: float
    colour: str
    hollow: bool = False


@dataclass(frozen=True)
class Label:
    """A line of text on its baseline.

    Attributes:
        x: Where it is anchored, px.
        y: Its baseline, px.
        text: One line.
        colour: A name of the palette.
        size: Height of the type, px.
        anchor: Which end of it stands at x.
        bold: Whether it is set in bold.
        halo: Whether it is set off against what lies below.
    """

    x: float
    y: float
    text: str
    colour: str = "muted"
    size: float = 12.0
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False
    halo: bool = False


Mark = Path | Area | Disc | Label


@dataclass(frozen=True)
class Drawing:
    """A chart.

    Attributes:
        width: px.
        height: px.
        marks: From back to front.
        title: What it shows, for readers who can't see it.
    """

    width: float
    height: float
    marks: tuple[Mark, ...]
    title: str


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a line of text is, px, on the safe side: exact widths depend on the reader's fonts."""
    narrow = sum(character in "iljtfr.,:;'|![]() " for character in text)
    return size * (0.62 * (len(text) - narrow) + 0.36 * narrow) * (1.12 if bold else 1.0)


def fitted(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Text cut with an ellipsis so that it fits a width."""
    if text_width(text, size, bold=bold) <= width:
        return text
    while text and text_width(text + "…", size, bold=bold) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def shifted(marks: Sequence[Mark], right: float, down: float) -> list[Mark]:
    """Marks moved by px, so that drawings can be put together."""
    moved: list[Mark] = []
    for mark in marks:
        if isinstance(mark, Path | Area):
            moved.append(replace(mark, points=tuple((x + right, y + down) for x, y in mark.points)))
        else:
            moved.append(replace(mark, x=mark.x + right, y=mark.y + down))
    return moved


def wrapped(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Text broken between words into lines of at most a width."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(fitted(word, size, width, bold=bold))
    return lines
