"""What `simengine gain` found, as a document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simengine.evaluate.gain.results import Gain, GainResults, read_results
from simengine.evaluate.quality.results import QualityResult
from simengine.evaluate.report.charts.axis import fixed_text, number_text
from simengine.evaluate.report.document import Document, Fact, Figure, Tone
from simengine.evaluate.report.gain_charts import curve_sections, gain_sections, ratio_sections, slice_sections
from simengine.evaluate.report.gain_record import (
    fair_section,
    leak_section,
    picture_sections,
    run_section,
    worth_sections,
)
from simengine.evaluate.report.gain_words import arm_title, count_words, interval_words, p_words
from simengine.evaluate.report.quality import quality_sections
from simengine.evaluate.report.write import write_report

__all__ = ["gain_document", "write_gain_report"]

_TONES: dict[str, Tone] = {"gain": "good", "loss": "bad", "not shown": "muted"}


def gain_document(results: GainResults, folder: Path, *, quality: QualityResult | None = None) -> Document:
    """Writes the report of a gain experiment.

    Args:
        results: What was found.
        folder: That of ``gain.json``, from which pictures are named.
        quality: What `simengine quality` found for the same synthetic data.
    """
    answer = results.answer
    sections = [
        *curve_sections(results),
        *gain_sections(results),
        *ratio_sections(results),
        *worth_sections(results),
        *slice_sections(results),
        *picture_sections(results, folder),
        *(quality_sections(quality) if quality else ()),
        fair_section(results),
        leak_section(results),
        run_section(results),
    ]
    return Document(
        kind="gain",
        title="Gain of synthetic data on real data",
        answer=answer.sentence if answer else "Nothing can be told: the experiment holds no comparison.",
        tone=_TONES[answer.verdict] if answer else "muted",
        more=tuple(results.notes),
        facts=tuple(_facts(results)),
        sections=tuple(sections),
        lead=next((block for section in sections for block in section.blocks if isinstance(block, Figure)), None),
    )


def write_gain_report(
    folder: str | Path, *, out: str | Path | None = None, quality: QualityResult | None = None
) -> Path:
    """Reads ``gain.json`` and writes ``report.html``, ``report.md`` and ``figures/``.

    Args:
        folder: Where ``gain.json`` lies.
        out: Where the report goes; beside ``gain.json`` if None.
        quality: What `simengine quality` found for the same synthetic data.

    Returns:
        Path of the page.

    Raises:
        SimengineError: There are no results, a picture can't be read, or the disk refuses.
    """
    home = Path(folder)
    return write_report(gain_document(read_results(home), home, quality=quality), out or home)


def _facts(results: GainResults) -> Iterator[Fact]:
    answer = results.answer
    if answer is None:
        return
    gain, tone = answer.gain, _TONES[answer.verdict]
    yield Fact(
        f"Gain in {gain.metric}",
        fixed_text(gain.estimate.value, signed=True),
        f"95 % {interval_words(gain.estimate, signed=True)}, corrected p {p_words(gain.p_corrected)}",
        tone,
    )
    yield Fact(
        f"{gain.metric} at {count_words(results, answer.count)}",
        f"{fixed_text(answer.baseline.value)}\u202f→\u202f{fixed_text(answer.value.value)}",
        f"{arm_title(results, gain.against)} → {arm_title(results, gain.arm)}",
    )
    if answer.equivalent is not None:
        worth = answer.equivalent
        ends = (
            f"95 % [{number_text(worth.low, digits=2)}, "
            + (f"{number_text(worth.high, digits=2)}]" if worth.high else "beyond all]")
            if worth.low
            else ""
        )
        yield Fact(f"Worth real {results.item}s", worth.text, ends)
    for test in results.tests:
        other = next((g for g in results.gains if _same(g, gain) and g.test == test.name), None)
        if test.kind == "ood" and other is not None:
            yield Fact(
                "The same out of distribution",
                fixed_text(other.estimate.value, signed=True),
                f"95 % {interval_words(other.estimate, signed=True)}, corrected p {p_words(other.p_corrected)}",
                ("good" if other.estimate.value > 0 else "bad") if other.shown else "muted",
            )
    yield Fact(
        "Smallest gain it could show",
        fixed_text(gain.detectable, signed=True),
        "in four of five repetitions",
    )


def _same(one: Gain, other: Gain) -> bool:
    return (one.arm, one.count, one.metric) == (other.arm, other.count, other.metric)
