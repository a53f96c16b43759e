"""The head of a report as one picture, to be passed on: answer, numbers and the main chart."""

from __future__ import annotations

from simengine.evaluate.report.document import Document, Fact
from simengine.evaluate.report.drawing import Area, Drawing, Label, Mark, fitted, shifted, text_width, wrapped

__all__ = ["summary_card"]

_EDGE, _GAP, _MOST = 28.0, 12.0, 5


def summary_card(document: Document, *, width: float = 820.0) -> Drawing:
    """Draws the answer, the facts and the leading chart of a report.

    Args:
        document: The report.
        width: px.
    """
    inner = width - 2.0 * _EDGE
    marks: list[Mark] = [Label(_EDGE, 40.0, document.title.upper(), "muted", 12.0, bold=True)]
    top = 52.0
    for line in wrapped(document.answer, 22.0, inner, bold=True):
        top += 29.0
        marks.append(Label(_EDGE, top, line, "ink", 22.0, bold=True))
    top += 10.0
    for text in document.more[:2]:
        for line in wrapped(text, 14.0, inner):
            top += 20.0
            marks.append(Label(_EDGE, top, line, "muted", 14.0))
    facts = document.facts[:_MOST]
    if facts:
        top += 20.0
        wide = (inner - _GAP * (len(facts) - 1)) / len(facts)
        tall = max(_fact_height(fact, wide) for fact in facts)
        for place, fact in enumerate(facts):
            marks += shifted(_fact(fact, wide, tall), _EDGE + place * (wide + _GAP), top)
        top += tall
    if document.lead is not None:
        top += 36.0
        marks.append(Label(_EDGE, top, document.lead.title, "ink", 15.0, bold=True))
        chart = document.lead.draw(inner)
        marks += shifted(chart.marks, _EDGE, top + 10.0)
        top += 10.0 + chart.height
    return Drawing(width, top + _EDGE, tuple(marks), document.answer)


def _fact_lines(fact: Fact, wide: float) -> tuple[list[str], list[str]]:
    return wrapped(fact.title, 12.5, wide - 24.0)[:2], wrapped(fact.note, 11.5, wide - 24.0)[:4]


def _fact_height(fact: Fact, wide: float) -> float:
    title, note = _fact_lines(fact, wide)
    return 64.0 + 16.0 * (len(title) - 1) + 15.0 * len(note)


def _fact(fact: Fact, wide: float, tall: float) -> list[Mark]:
    title, note = _fact_lines(fact, wide)
    marks: list[Mark] = [Area.box(0.0, 0.0, wide, tall, "card")]
    for k, line in enumerate(title):
        marks.append(Label(12.0, 22.0 + 16.0 * k, line, "muted", 12.5))
    at = 48.0 + 16.0 * (len(title) - 1)
    size = next((size for size in (20.0, 18.0, 16.0) if text_width(fact.value, size, bold=True) <= wide - 20.0), 14.0)
    marks.append(Label(12.0, at, fitted(fact.value, size, wide - 20.0, bold=True), fact.tone or "ink", size, bold=True))
    for k, line in enumerate(note):
        marks.append(Label(12.0, at + 18.0 + 15.0 * k, line, "muted", 11.5))
    return marks
