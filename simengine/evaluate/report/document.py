"""What a report says, without how it is set: parts that become HTML, Markdown and pictures alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from simengine.evaluate.report.drawing import Drawing

__all__ = [
    "Block", "Cell", "Code", "Document", "Fact", "Figure", "Fold", "Gallery", "Key", "Paragraph", "Picture", "Section", "Table",
    "Tone",
]  # fmt: skip

Tone = Literal["", "good", "bad", "muted"]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text; ``tone`` sets it apart."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: What stands in it.
        note: Smaller, below.
        tone: Colour of the text.
        chip: Whether the text stands in a rounded box.
        drawing: A small chart in place of the text (which then says the same in words).
    """

    text: str
    note: str = ""
    tone: Tone = ""
    chip: bool = False
    drawing: Drawing | None = None


@dataclass(frozen=True)
class Table:
    """A table; on a phone every row becomes a card.

    Attributes:
        head: Titles of the columns.
        rows: The first cell names the row.
        numeric: Columns that are set flush right.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Figure:
    """A chart with a caption.

    Attributes:
        name: Name of its PNG.
        draw: Draws it at a width in px, so that it can be set for phones and desktops.
        title: Above it.
        caption: Below it: how to read it.
        small: Whether it is one of several that stand side by side (its drawing then has its title in it).
    """

    name: str
    draw: Callable[[float], Drawing]
    title: str
    caption: str = ""
    small: bool = False


@dataclass(frozen=True)
class Picture:
    """A photograph or render.

    Attributes:
        jpeg: The file.
        width: px.
        height: px.
        words: What it shows.
        caption: Below it.
    """

    jpeg: bytes
    width: int
    height: int
    words: str
    caption: str = ""


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side, in groups that stay together.

    Attributes:
        name: Name of its PNG.
        groups: Pictures of each group; all groups are equally large.
        captions: One for each group.
        title: Above it.
        caption: Below it.
        large: Whether every group has a row of its own.
    """

    name: str
    groups: tuple[tuple[Picture, ...], ...]
    captions: tuple[str, ...]
    title: str
    caption: str = ""
    large: bool = False


@dataclass(frozen=True)
class Code:
    """Commands or versions, set as they are."""

    text: str


@dataclass(frozen=True)
class Key:
    """What colours stand for: names in the palette with their meaning."""

    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Fold:
    """Details that are closed at first."""

    title: str
    blocks: tuple[Block, ...]


Block = Key | Paragraph | Table | Figure | Gallery | Code | Fold


@dataclass(frozen=True)
class Section:
    """A part with a heading.

    Attributes:
        title: The heading.
        blocks: What stands below it.
        name: Its anchor in the page.
        link: Its short title in the list of contents.
    """

    title: str
    blocks: tuple[Block, ...]
    name: str
    link: str = ""


@dataclass(frozen=True)
class Fact:
    """A number that stands large at the top.

    Attributes:
        title: What it is.
        value: The number.
        note: What it is compared with.
        tone: Its colour.
    """

    title: str
    value: str
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Document:
    """A report.

    Attributes:
        kind: ``gain`` or ``quality``: the name of its files.
        title: Of the window and above the answer.
        answer: The answer in one sentence.
        tone: Of the answer.
        more: A few sentences below it.
        facts: Numbers at the top.
        sections: The rest.
        lead: The chart that stands below the answer in the summary picture.
    """

    kind: str
    title: str
    answer: str
    tone: Tone
    more: tuple[str, ...]
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...] = field(default=())
    lead: Figure | None = None
