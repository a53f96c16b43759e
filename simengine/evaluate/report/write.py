"""A document on disk: the page, the Markdown and the figures, each whole or absent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simengine.dataset.disk import disk_errors, write_atomic
from simengine.evaluate.report.card import summary_card
from simengine.evaluate.report.document import Block, Document, Figure, Fold, Gallery
from simengine.evaluate.report.markdown import markdown_text
from simengine.evaluate.report.page import html_page
from simengine.evaluate.report.pictures import gallery_png
from simengine.evaluate.report.png import drawing_png

__all__ = ["write_report"]


def write_report(document: Document, out: str | Path) -> Path:
    """Writes ``report.html``, ``report.md``, ``summary.png`` and ``figures/*.png``.

    Args:
        document: What the report says.
        out: Folder, made if need be.

    Returns:
        Path of the page.

    Raises:
        SimengineError: The disk refuses.
    """
    folder = Path(out)
    with disk_errors("make the folder", folder):
        (folder / "figures").mkdir(parents=True, exist_ok=True)
    for section in document.sections:
        for block in _drawn(section.blocks):
            data = (
                gallery_png(block)
                if isinstance(block, Gallery)
                else drawing_png(block.draw(360.0 if block.small else 720.0))
            )
            write_atomic(folder / "figures" / f"{block.name}.png", data)
    write_atomic(folder / "summary.png", drawing_png(summary_card(document)))
    write_atomic(folder / "report.md", markdown_text(document).encode())
    page = folder / "report.html"
    write_atomic(page, html_page(document).encode())
    return page


def _drawn(blocks: tuple[Block, ...]) -> Iterator[Figure | Gallery]:
    for block in blocks:
        if isinstance(block, Fold):
            yield from _drawn(block.blocks)
        elif isinstance(block, Figure | Gallery):
            yield block
