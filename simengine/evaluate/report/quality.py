"""What `simengine quality` found, as a document."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from simengine.evaluate.quality.results import MetricResult, QualityResult
from simengine.evaluate.report.charts.axis import number_text
from simengine.evaluate.report.charts.range_mark import range_mark
from simengine.evaluate.report.document import (
    Block,
    Cell,
    Code,
    Document,
    Fact,
    Fold,
    Gallery,
    Paragraph,
    Section,
    Table,
    Tone,
)
from simengine.evaluate.report.pictures import shown_picture
from simengine.evaluate.report.quality_charts import overview_figure, parts_figure, spread_section
from simengine.evaluate.report.quality_words import (
    FAMILIES,
    ITEM_WORDS,
    range_words,
    status_tone,
    value_texts,
    value_words,
)

__all__ = ["quality_document", "quality_sections"]

_HOW = "Values with 95 % intervals; the grey band is what real data gives against real data."


def quality_document(result: QualityResult, folder: Path) -> Document:
    """Writes the report of a comparison.

    Args:
        result: What was found.
        folder: That of ``quality.json``, from which pictures are named; those that are gone are left out.
    """
    answer, tone = _answer(result)
    if leak := _leak(result):
        answer, tone = f"{answer} {leak}", "bad"
    sections = [section for family in FAMILIES if (section := _family(result, *family))]
    place = next((k + 1 for k, section in enumerate(sections) if section.name == "fidelity"), 0)
    sections[place:place] = [section for section in (spread_section(result), _pairs(result, folder)) if section]
    return Document(
        kind="quality",
        title=f"Quality of synthetic {ITEM_WORDS[result.kind][1]}",
        answer=answer,
        tone=tone,
        more=tuple(_more(result)),
        facts=tuple(_facts(result)),
        sections=(*sections, *_rest(result)),
        lead=overview_figure(result),
    )


def quality_sections(result: QualityResult) -> list[Section]:
    """The quality of the synthetic data as one section of another report."""
    answer, tone = _answer(result)
    blocks: list[Block] = [Paragraph(answer, tone)]
    if leak := _leak(result):
        blocks.append(Paragraph(leak, "bad"))
    blocks.append(Paragraph(_HOW, "muted"))
    for name, title, _ in FAMILIES:
        metrics = [metric for metric in result.metrics if metric.family == name]
        if metrics:
            blocks.append(Fold(f"{title}: {_tally(metrics)}", (_table(metrics),)))
    return [Section("Quality of the synthetic data", tuple(blocks), "quality")]


def _tally(metrics: list[MetricResult]) -> str:
    judged = [metric for metric in metrics if metric.status != "unjudged"]
    return f"{sum(metric.status == 'like real' for metric in judged)} of {len(judged)} metrics like real data"


def _answer(result: QualityResult) -> tuple[str, Tone]:
    many = ITEM_WORDS[result.kind][1]
    kid = result.metric("kid")
    if kid is None or kid.floor is None:
        return (
            f"With {result.real.count} real and {result.synthetic.count} synthetic {many} nothing can be told:"
            " give at least 4 of each, better 50 and more.",
            "muted",
        )
    if kid.status == "like real":
        return (
            f"No difference shown: the synthetic {many} are as close to the real ones as two halves of the real set are"
            f" to each other (KID {value_words(kid)}; real against real up to {number_text(kid.floor.high, digits=2)}).",
            "good",
        )
    most = number_text(kid.floor.high, digits=2)
    times = kid.value / max(kid.floor.high, 1e-12)
    far = f"{times:,.0f} times the most" if 1.5 < times < 1e5 else "more than"
    return (
        f"The synthetic {many} can be told from the real ones: KID is {value_words(kid)}, {far} that real data gives"
        f" against real data ({most}).",
        "bad",
    )


def _leak(result: QualityResult) -> str:
    """A sentence that no reader may miss, where there is a leak."""
    for name in ("mia", "leak", "dcr", "copies"):
        metric = result.metric(name)
        if metric is not None and metric.status == "differs":
            return f"It gives away real {ITEM_WORDS[result.kind][1]} that it was made from ({metric.title} {value_words(metric)})."
    return ""


def _more(result: QualityResult) -> Iterator[str]:
    many = ITEM_WORDS[result.kind][1]
    judged = [metric for metric in result.metrics if metric.status != "unjudged"]
    off = [metric for metric in judged if metric.status == "differs"]
    if judged:
        within = len(judged) - len(off)
        text = f"{within} of {len(judged)} metrics lie where real data lies."
        banded = [metric for metric in off if metric.floor is not None and metric.floor.high > metric.floor.low]
        worst = sorted(banded, key=_beyond, reverse=True)[:3]
        if worst:
            text += f" Farthest off: {', '.join(metric.title for metric in worst)}."
        yield text
    yield (
        f"Compared: {result.real.count:,} real {many} ({result.real.name}) and {result.synthetic.count:,} synthetic ones"
        f" ({result.synthetic.name})."
    )


def _beyond(metric: MetricResult) -> float:
    """How far a value lies outside the band of its floor, in half widths of the band."""
    if metric.floor is None:
        return 0.0
    half = max((metric.floor.high - metric.floor.low) / 2.0, 1e-3 * abs(metric.floor.value), 1e-9)
    return max(metric.value - metric.floor.high, metric.floor.low - metric.value, 0.0) / half


def _facts(result: QualityResult) -> Iterator[Fact]:
    for name in ("kid", "auc", "coverage", "tstr", "class_balance", "mia"):
        metric = result.metric(name)
        if metric is None:
            continue
        note = metric.setting
        if metric.floor is not None:
            note = f"real data: {range_words(metric.floor.low, metric.floor.high)}"
        yield Fact(metric.title.split(":")[0], value_texts(metric)[0], note, status_tone(metric))


def _family(result: QualityResult, family: str, title: str, question: str) -> Section | None:
    metrics = [metric for metric in result.metrics if metric.family == family]
    if not metrics:
        return None
    blocks: list[Block] = [Paragraph(f"{question} {_HOW}", "muted"), _table(metrics)]
    for metric in metrics:
        if metric.parts and metric.better in ("one", "lower"):
            blocks.append(parts_figure(metric))
    return Section(title, tuple(blocks), family)


def _table(metrics: list[MetricResult]) -> Table:
    rows = []
    for metric in metrics:
        floor = metric.floor
        words = f"{value_words(metric)}" + (f"; real data {range_words(floor.low, floor.high)}" if floor else "")
        colour = {"like real": "good", "differs": "bad", "unjudged": "muted"}[metric.status]
        drawing = range_mark(
            metric.value,
            metric.low,
            metric.high,
            (floor.low, floor.high) if floor else None,
            colour=colour,
            title=f"{metric.title}: {words}",
        )
        value, interval = value_texts(metric)
        rows.append(
            (
                Cell(metric.title, note=metric.meaning),
                Cell(value, note=interval),
                Cell(range_words(floor.low, floor.high) if floor else "–"),
                Cell(words, drawing=drawing),
                _verdict(metric),
            )
        )
    return Table(("Metric", "Value", "Real data", "", "Verdict"), tuple(rows), frozenset({1, 2}))


def _pairs(result: QualityResult, folder: Path) -> Section | None:
    groups, captions = [], []
    for pair in result.pairs:
        # normalised, since `..` leads nowhere from a folder that is yet to be made
        made, real = (Path(os.path.normpath(folder / path)) for path in (pair.synthetic_path, pair.real_path))
        if pair.synthetic_path and made.is_file() and real.is_file():
            groups.append(
                (
                    shown_picture(
                        made, words=f"synthetic picture {pair.synthetic}", caption=f"synthetic: {pair.synthetic}"
                    ),
                    shown_picture(real, words=f"real picture {pair.real}", caption=f"real: {pair.real}"),
                )
            )
            captions.append(f"{pair.words}, cosine {number_text(pair.similarity)}")
    if not groups:
        return None
    gallery = Gallery(
        "quality-pairs",
        tuple(groups),
        tuple(captions),
        "",
        "Left synthetic, right the real picture with the most similar features: of the closest, some middle and the"
        " farthest synthetic pictures.",
    )
    return Section("Nearest pairs", (gallery,), "pairs")


def _rest(result: QualityResult) -> Iterator[Section]:
    if result.left_out:
        reasons = tuple((Cell(entry.title), Cell(entry.reason)) for entry in result.left_out)
        yield Section("Left out", (Table(("Metric", "Why"), reasons),), "left-out")
    sets = [("real", result.real), ("synthetic", result.synthetic)]
    sets += [("holdout", result.holdout)] if result.holdout else []
    rows = tuple(
        (Cell(role), Cell(one.name), Cell(f"{one.count:,} of {one.total:,}"), Cell(one.digest[:16]))
        for role, one in sets
    )
    notes = [Paragraph(f"{one.name}: {note}", "bad") for _, one in sets for note in one.notes]
    settings = "\n".join(f"{key}: {value}" for key, value in result.settings.items())
    versions = "\n".join(f"{key} {value}" for key, value in result.versions.items())
    how = (
        Paragraph(
            "The grey band of a metric is its floor: what the metric says of two random halves of the real data, over"
            " many splits (95 % of them). A synthetic set whose interval reaches the band can't be told from real data by"
            " this metric; that does not prove that it is the same, only that this many items do not show a difference."
        ),
        Paragraph(
            "Intervals are of random half-samples. Metrics that depend on the number of items are computed on as many"
            " items as each half of the floor has, so that value and band can be compared."
        ),
        Table(
            ("Metric", "Depends on", "Items", "Interval"),
            tuple(
                (
                    Cell(metric.title),
                    Cell(metric.setting or "–"),
                    Cell(" and ".join(f"{count:,}" for count in metric.counts)),
                    Cell(metric.method or "–"),
                )
                for metric in result.metrics
            ),
        ),
    )
    run: tuple[Block, ...] = (
        *((Code(result.command),) if result.command else ()),
        Table(("Set", "Name", f"{ITEM_WORDS[result.kind][1].capitalize()} looked at", "Content hash"), rows),
        *notes,
        Paragraph(f"Features: {result.features}."),
        Fold("How intervals and floors are made", how),
        Fold("Settings and versions", (Code(f"{settings}\n{versions}"),)),
    )
    yield Section("What was run", run, "run")


def _verdict(metric: MetricResult) -> Cell:
    return Cell("–") if metric.status == "unjudged" else Cell(metric.status, tone=status_tone(metric), chip=True)
