"""A document as one self-contained HTML page: no scripts, no requests, readable on a phone, light and dark."""

from __future__ import annotations

import base64

from simengine.evaluate.report.document import (
    Block,
    Cell,
    Code,
    Document,
    Fact,
    Figure,
    Fold,
    Gallery,
    Key,
    Paragraph,
    Picture,
    Section,
    Table,
)
from simengine.evaluate.report.markup import Markup, tag
from simengine.evaluate.report.style import NARROW, STYLE, WIDE
from simengine.evaluate.report.svg import drawing_svg

__all__ = ["html_page"]

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # the page can't ask for anything


def html_page(document: Document) -> str:
    """The page of a document."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{document.title}: {document.answer}"[:160]),
        tag("style", Markup(STYLE)),
    )
    links = [tag("a", section.link or section.title, href=f"#{section.name}") for section in document.sections]
    body = tag(
        "body",
        tag(
            "main",
            tag(
                "header",
                tag("p", document.title, class_="kicker"),
                tag("h1", document.answer, class_=document.tone or None),
                *(tag("p", text, class_="lead") for text in document.more),
                tag("dl", *map(_fact, document.facts), class_="facts") if document.facts else None,
                tag("nav", *links),
            ),
            *map(_section, document.sections),
        ),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _fact(fact: Fact) -> Markup:
    return tag(
        "div",
        tag("dt", fact.title),
        tag(
            "dd",
            tag("div", fact.value, class_=f"value {fact.tone}".strip()),
            tag("div", fact.note, class_="note") if fact.note else None,
        ),
        class_="fact",
    )


def _section(section: Section) -> Markup:
    return tag("section", tag("h2", section.title), *_blocks(section.blocks), id=section.name)


def _blocks(blocks: tuple[Block, ...]) -> list[Markup]:
    """The blocks one after another; small figures in a row share a grid."""
    shown: list[Markup] = []
    small: list[Markup] = []
    for block in blocks:
        if isinstance(block, Figure) and block.small:
            small.append(_figure(block))
            continue
        if small:
            shown.append(tag("div", *small, class_="charts"))
            small = []
        shown.append(_block(block))
    if small:
        shown.append(tag("div", *small, class_="charts"))
    return shown


def _block(block: Block) -> Markup:
    if isinstance(block, Paragraph):
        return tag("p", block.text, class_=block.tone or None)
    if isinstance(block, Key):
        names = (tag("span", tag("i", style=f"background:var(--{colour})"), text) for colour, text in block.entries)
        return tag("p", *names, class_="key")
    if isinstance(block, Code):
        return tag("pre", *_lines(block.text))
    if isinstance(block, Fold):
        return tag("details", tag("summary", block.title), *_blocks(block.blocks))
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Figure):
        return _figure(block)
    return _gallery(block)


def _lines(text: str) -> list[Markup | str]:
    """Text line by line: line breaks are the one control character that code may keep."""
    parts: list[Markup | str] = []
    for line in text.splitlines():
        parts += [line, Markup("\n")]
    return parts[:-1]


def _figure(figure: Figure) -> Markup:
    if figure.small:
        return drawing_svg(figure.draw(260.0))
    return tag(
        "figure",
        tag("h3", figure.title) if figure.title else None,
        drawing_svg(figure.draw(WIDE), class_="wide"),
        drawing_svg(figure.draw(NARROW), class_="narrow"),
        tag("figcaption", figure.caption) if figure.caption else None,
    )


def _table(table: Table) -> Markup:
    def cell(position: int, content: Cell) -> Markup:
        classes = ["name"] if position == 0 else []
        classes += ["num"] if position in table.numeric else []
        classes += [content.tone] if content.tone and not content.chip else []
        classes += ["verdict"] if content.chip else ["mark"] if content.drawing else []
        text: Markup | str = content.text
        if content.drawing is not None:
            text = drawing_svg(content.drawing)
        elif content.chip:
            text = tag("span", content.text, class_=f"chip {content.tone}".strip())
        note = tag("span", content.note, class_="note") if content.note else None
        inner: tuple[object, ...] = (text, note)
        if position and note is not None:
            inner = (tag("span", text, note),)
        elif position and content.text:
            inner = (tag("span", text),)
        return tag("td", *inner, class_=" ".join(classes) or None, data_title=table.head[position])

    head = [
        tag("th", title, scope="col", class_="num" if k in table.numeric else None)
        for k, title in enumerate(table.head)
    ]
    rows = [
        tag(
            "tr",
            *(cell(k, content) for k, content in enumerate(row)),
            class_="judged" if any(content.chip for content in row) else None,
        )
        for row in table.rows
    ]
    return tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows))


def _gallery(gallery: Gallery) -> Markup:
    groups = [
        tag(
            "div",
            tag("p", caption, class_="groupname") if caption else None,
            tag("div", *map(_picture, group), class_="group"),
        )
        for group, caption in zip(gallery.groups, gallery.captions, strict=True)
    ]
    return tag(
        "figure",
        tag("h3", gallery.title) if gallery.title else None,
        tag("figcaption", gallery.caption) if gallery.caption else None,
        tag("div", *groups, class_="gallery large" if gallery.large else "gallery"),
    )


def _picture(picture: Picture) -> Markup:
    data = base64.b64encode(picture.jpeg).decode()
    return tag(
        "figure",
        tag(
            "img",
            src=f"data:image/jpeg;base64,{data}",
            alt=picture.words,
            width=picture.width,
            height=picture.height,
            loading="lazy",
        ),
        tag("figcaption", picture.caption) if picture.caption else None,
    )
