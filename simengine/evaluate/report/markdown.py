"""A document as Markdown (GitHub's), with its charts as PNG files beside it."""

from __future__ import annotations

import re

from simengine.evaluate.report.document import (
    Block,
    Cell,
    Code,
    Document,
    Figure,
    Fold,
    Gallery,
    Key,
    Paragraph,
    Table,
)
from simengine.evaluate.report.markup import plain

__all__ = ["markdown_text"]


def markdown_text(document: Document) -> str:
    """The Markdown of a document; pictures are ``figures/NAME.png``."""
    lines = [f"# {_safe(document.title)}", "", f"**{_safe(document.answer)}**", ""]
    for text in document.more:
        lines += [_safe(text), ""]
    if document.facts:
        rows = tuple((Cell(f.title), Cell(f.value), Cell(f.note)) for f in document.facts)
        lines += _table(Table(("", "", ""), rows))
    lines += ["![Summary](summary.png)", ""]
    for section in document.sections:
        lines += [f"## {_safe(section.title)}", ""]
        for block in section.blocks:
            lines += _block(block)
    return "\n".join(lines).rstrip() + "\n"


def _block(block: Block) -> list[str]:
    if isinstance(block, Paragraph):
        return [_safe(block.text), ""]
    if isinstance(block, Key):
        return ["; ".join(f"{_safe(colour)}: {_safe(text)}" for colour, text in block.entries), ""]
    if isinstance(block, Code):
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", block.text)), default=0))
        return [fence + "text", *(plain(line) for line in block.text.splitlines()), fence, ""]
    if isinstance(block, Fold):
        lines = [f"### {_safe(block.title)}", ""]
        for inner in block.blocks:
            lines += _block(inner)
        return lines
    if isinstance(block, Table):
        return _table(block)
    lines = [f"### {_safe(block.title)}", ""] if block.title and not (isinstance(block, Figure) and block.small) else []
    lines += [f"![{_safe(block.title)}](figures/{block.name}.png)", ""]
    if block.caption:
        lines += [_safe(block.caption), ""]
    if isinstance(block, Gallery):
        for group, caption in zip(block.groups, block.captions, strict=True):
            told = "; ".join(picture.caption for picture in group if picture.caption)
            lines.append(f"- {_safe(': '.join(part for part in (caption, told) if part))}")
        lines.append("")
    return lines


def _table(table: Table) -> list[str]:
    kept = [k for k in range(len(table.head)) if not any(row[k].drawing is not None for row in table.rows)]
    rule = ["---:" if k in table.numeric else "---" for k in kept]
    lines = [_row([table.head[k] for k in kept]), f"| {' | '.join(rule)} |"]
    for row in table.rows:
        lines.append(_row([f"{row[k].text} ({row[k].note})" if row[k].note else row[k].text for k in kept]))
    return [*lines, ""]


def _row(texts: list[str]) -> str:
    return f"| {' | '.join(map(_safe, texts))} |"


def _safe(text: object) -> str:
    """Text in which no character means anything to Markdown or HTML."""
    shown = re.sub(r"([\\`*_\[\]<>|#~$!])", r"\\\1", plain(text).replace("&", "&amp;"))
    shown = re.sub(r"(https?|ftp)(:)", r"\1\\\2", shown, flags=re.IGNORECASE)
    return re.sub(r"^(\s*)([-+]|\d+[.)])(?=\s)", r"\1\\\2", shown)
