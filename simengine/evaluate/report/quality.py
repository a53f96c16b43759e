"""What `simengine quality` found, as a document."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from simengine.evaluate.quality.results import Histogram, MetricResult, Profile, QualityResult
from simengine.evaluate.report.charts.axis import interval_texts, number_text
from simengine.evaluate.report.charts.curves import CurvePoint, Series, curves
from simengine.evaluate.report.charts.forest import ForestRow, forest
from simengine.evaluate.report.charts.histogram import category_bars, histogram_overlay
from simengine.evaluate.report.charts.overview import OverviewRow, overview
from simengine.evaluate.report.charts.range_mark import range_mark
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
    Section,
    Table,
    Tone,
)
from simengine.evaluate.report.pictures import shown_picture

__all__ = ["quality_document", "quality_sections"]

_WORDS = {"images": ("picture", "pictures"), "signals": ("window", "windows"), "tables": ("row", "rows")}
_FAMILIES = (
    ("fidelity", "Fidelity", "Is the synthetic data like the real data?"),
    ("diversity", "Diversity", "Does it cover what the real data covers, and does it repeat itself?"),
    ("utility", "Utility", "Does a model that learned from it work on real data?"),
    ("bias", "Bias", "What does it show more or less often than the real data?"),
    ("privacy", "Privacy", "Does it give away the real items that it was made from?"),
)
_HOW = "Values with 95 % intervals; the grey band is what real data gives against real data."
_KEY = Key((("blue", "real"), ("orange", "synthetic")))


def quality_document(result: QualityResult, folder: Path) -> Document:
    """Writes the report of a comparison.

    Args:
        result: What was found.
        folder: That of ``quality.json``, from which pictures are named; those that are gone are left out.
    """
    answer, tone = _answer(result)
    if leak := _leak(result):
        answer, tone = f"{answer} {leak}", "bad"
    sections = [section for family in _FAMILIES if (section := _family(result, *family))]
    place = next((k + 1 for k, section in enumerate(sections) if section.name == "fidelity"), 0)
    sections[place:place] = [section for section in (_spread(result), _pairs(result, folder)) if section]
    return Document(
        kind="quality",
        title=f"Quality of synthetic {_WORDS[result.kind][1]}",
        answer=answer,
        tone=tone,
        more=tuple(_more(result)),
        facts=tuple(_facts(result)),
        sections=(*sections, *_rest(result)),
        lead=_overview(result),
    )


def quality_sections(result: QualityResult) -> list[Section]:
    """The quality of the synthetic data as one section of another report."""
    answer, tone = _answer(result)
    blocks: list[Block] = [Paragraph(answer, tone)]
    if leak := _leak(result):
        blocks.append(Paragraph(leak, "bad"))
    blocks.append(Paragraph(_HOW, "muted"))
    for name, title, _ in _FAMILIES:
        metrics = [metric for metric in result.metrics if metric.family == name]
        if metrics:
            blocks.append(Fold(f"{title}: {_tally(metrics)}", (_table(metrics),)))
    return [Section("Quality of the synthetic data", tuple(blocks), "quality")]


def _tally(metrics: list[MetricResult]) -> str:
    judged = [metric for metric in metrics if metric.status != "unjudged"]
    return f"{sum(metric.status == 'like real' for metric in judged)} of {len(judged)} metrics like real data"


def _answer(result: QualityResult) -> tuple[str, Tone]:
    many = _WORDS[result.kind][1]
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
            f" to each other (KID {_with_interval(kid)}; real against real up to {number_text(kid.floor.high, digits=2)}).",
            "good",
        )
    most = number_text(kid.floor.high, digits=2)
    times = kid.value / max(kid.floor.high, 1e-12)
    far = f"{times:,.0f} times the most" if 1.5 < times < 1e5 else "more than"
    return (
        f"The synthetic {many} can be told from the real ones: KID is {_with_interval(kid)}, {far} that real data gives"
        f" against real data ({most}).",
        "bad",
    )


def _leak(result: QualityResult) -> str:
    """A sentence that no reader may miss, where there is a leak."""
    for name in ("mia", "leak", "dcr", "copies"):
        metric = result.metric(name)
        if metric is not None and metric.status == "differs":
            return f"It gives away real {_WORDS[result.kind][1]} that it was made from ({metric.title} {_with_interval(metric)})."
    return ""


def _more(result: QualityResult) -> Iterator[str]:
    many = _WORDS[result.kind][1]
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
            note = f"real data: {_range(metric.floor.low, metric.floor.high)}"
        yield Fact(metric.title.split(":")[0], _texts(metric)[0], note, _tone(metric))


def _family(result: QualityResult, family: str, title: str, question: str) -> Section | None:
    metrics = [metric for metric in result.metrics if metric.family == family]
    if not metrics:
        return None
    blocks: list[Block] = [Paragraph(f"{question} {_HOW}", "muted"), _table(metrics)]
    for metric in metrics:
        if metric.parts and metric.better in ("one", "lower"):
            blocks.append(_parts(metric))
    return Section(title, tuple(blocks), family)


def _overview(result: QualityResult) -> Figure:
    rows: list[OverviewRow] = []
    for family, title, _ in _FAMILIES:
        metrics = [metric for metric in result.metrics if metric.family == family]
        rows += [OverviewRow(title)] * bool(metrics)
        rows += [
            OverviewRow(
                metric.title,
                metric.value,
                metric.low,
                metric.high,
                (metric.floor.low, metric.floor.high) if metric.floor else None,
                _texts(metric)[0],
                _tone(metric) or "muted",
            )
            for metric in metrics
        ]
    title = "All metrics; grey: real data against real data"
    return Figure("quality-overview", lambda width: overview(rows, width=width, title=title), title)


def _table(metrics: list[MetricResult]) -> Table:
    rows = []
    for metric in metrics:
        floor = metric.floor
        words = f"{_with_interval(metric)}" + (f"; real data {_range(floor.low, floor.high)}" if floor else "")
        colour = {"like real": "good", "differs": "bad", "unjudged": "muted"}[metric.status]
        drawing = range_mark(
            metric.value,
            metric.low,
            metric.high,
            (floor.low, floor.high) if floor else None,
            colour=colour,
            title=f"{metric.title}: {words}",
        )
        value, interval = _texts(metric)
        rows.append(
            (
                Cell(metric.title, note=metric.meaning),
                Cell(value, note=interval),
                Cell(_range(floor.low, floor.high) if floor else "–"),
                Cell(words, drawing=drawing),
                _verdict(metric),
            )
        )
    return Table(("Metric", "Value", "Real data", "", "Verdict"), tuple(rows), frozenset({1, 2}))


def _parts(metric: MetricResult) -> Figure:
    ordered = sorted(metric.parts, key=lambda part: part.value, reverse=True)[:30]
    zero = 1.0 if metric.better == "one" else 0.0
    rows = [
        ForestRow(part.name, part.value, part.low, part.high, shown=part.low is not None and not _holds(part, zero))
        for part in ordered
    ]
    words = "times the share in the real set" if zero else "error above the mean"
    return Figure(
        f"quality-{metric.name}",
        partial(_part_forest, rows, words, zero, metric.title),
        metric.title,
        f"{metric.setting}. Filled: the interval does not hold {number_text(zero)}.",
    )


def _part_forest(rows: list[ForestRow], words: str, zero: float, title: str, width: float):
    return forest(rows, width=width, title=title, x_title=words, zero=zero, good_up=False)


def _holds(part, number: float) -> bool:
    return part.low <= number <= part.high


def _spread(result: QualityResult) -> Section | None:
    blocks: list[Block] = [_histogram(histogram) for histogram in result.histograms if histogram.edges]
    bars = [_bars(histogram) for histogram in result.histograms if histogram.categories]
    profiles = [_profile(profile) for profile in result.profiles]
    if not (blocks or bars or profiles):
        return None
    title = {"images": "Labels and spectra side by side", "signals": "Spectra side by side"}.get(
        result.kind, "Columns side by side"
    )
    units = (Paragraph("In deviations from the real mean.", "muted"),) if result.kind == "tables" else ()
    return Section(title, (_KEY, *units, *blocks, *bars, *profiles), "spread", "Side by side")


def _histogram(histogram: Histogram) -> Figure:
    return Figure(
        f"quality-{_file_name(histogram.name)}",
        lambda width: histogram_overlay(
            histogram.edges, histogram.real, histogram.synthetic, width=width, title=histogram.title
        ),
        histogram.title,
        small=True,
    )


def _bars(histogram: Histogram) -> Figure:
    return Figure(
        f"quality-{_file_name(histogram.name)}-shares",
        lambda width: category_bars(
            histogram.categories, histogram.real, histogram.synthetic, width=width, title=histogram.title
        ),
        histogram.title,
        small=True,
    )


def _profile(profile: Profile) -> Figure:
    series = [
        Series(name, [CurvePoint(x, *line) for x, line in zip(profile.x, lines, strict=True)], colour, strong=True)
        for name, lines, colour in (("real", profile.real, "blue"), ("synthetic", profile.synthetic, "orange"))
    ]
    return Figure(
        f"quality-{_file_name(profile.name)}",
        lambda width: curves(
            series,
            width=width,
            x_title=profile.x_title,
            y_title=profile.y_title,
            title=profile.title,
            axis="log" if profile.logarithmic else "linear",
            dots=False,
        ),
        profile.title,
        "Mean of each set; the bands hold the middle 80 % of its items.",
    )


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
        Table(("Set", "Name", f"{_WORDS[result.kind][1].capitalize()} looked at", "Content hash"), rows),
        *notes,
        Paragraph(f"Features: {result.features}."),
        Fold("How intervals and floors are made", how),
        Fold("Settings and versions", (Code(f"{settings}\n{versions}"),)),
    )
    yield Section("What was run", run, "run")


def _verdict(metric: MetricResult) -> Cell:
    return Cell("–") if metric.status == "unjudged" else Cell(metric.status, tone=_tone(metric), chip=True)


def _texts(metric: MetricResult) -> tuple[str, str]:
    """The value and its interval; empty where there is none, or where it is a point."""
    if metric.low is None or metric.high is None:
        return number_text(metric.value, digits=2), ""
    if metric.low == metric.high == metric.value:
        return number_text(metric.value, digits=2), ""
    return interval_texts(metric.value, metric.low, metric.high)


def _with_interval(metric: MetricResult) -> str:
    return " ".join(_texts(metric)).rstrip()


def _range(low: float, high: float) -> str:
    one, other = number_text(low, digits=2), number_text(high, digits=2)
    return one if one == other else f"[{one}, {other}]"


def _tone(metric: MetricResult) -> Tone:
    tones: dict[str, Tone] = {"like real": "good", "differs": "bad"}
    return tones.get(metric.status, "")


def _file_name(name: str) -> str:
    """A name that is safe as a file's, whatever a column is called."""
    from hashlib import sha256

    kept = "".join(character for character in name if character.isascii() and character.isalnum())[:24]
    return kept if kept == name else f"{kept}{sha256(name.encode()).hexdigest()[:8]}"
