"""The charts of a quality report."""

from __future__ import annotations

from functools import partial

from simengine.evaluate.quality.results import Histogram, MetricResult, Profile, QualityResult
from simengine.evaluate.report.charts.axis import number_text
from simengine.evaluate.report.charts.curves import CurvePoint, Series, curves
from simengine.evaluate.report.charts.forest import ForestRow, forest
from simengine.evaluate.report.charts.histogram import category_bars, histogram_overlay
from simengine.evaluate.report.charts.overview import OverviewRow, overview
from simengine.evaluate.report.document import Block, Figure, Key, Paragraph, Section
from simengine.evaluate.report.quality_words import FAMILIES, status_tone, value_texts

__all__ = ["overview_figure", "parts_figure", "spread_section"]

_KEY = Key((("blue", "real"), ("orange", "synthetic")))


def parts_figure(metric: MetricResult) -> Figure:
    """A metric by class, column or slice."""
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


def spread_section(result: QualityResult) -> Section | None:
    """How both sets are spread, one over the other."""
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


def overview_figure(result: QualityResult) -> Figure:
    """All metrics at a glance."""
    rows: list[OverviewRow] = []
    for family, title, _ in FAMILIES:
        metrics = [metric for metric in result.metrics if metric.family == family]
        rows += [OverviewRow(title)] * bool(metrics)
        rows += [
            OverviewRow(
                metric.title,
                metric.value,
                metric.low,
                metric.high,
                (metric.floor.low, metric.floor.high) if metric.floor else None,
                value_texts(metric)[0],
                status_tone(metric) or "muted",
            )
            for metric in metrics
        ]
    title = "All metrics; grey: real data against real data"
    return Figure("quality-overview", lambda width: overview(rows, width=width, title=title), title)


def _file_name(name: str) -> str:
    """A name that is safe as a file's, whatever a column is called."""
    from hashlib import sha256

    kept = "".join(character for character in name if character.isascii() and character.isalnum())[:24]
    return kept if kept == name else f"{kept}{sha256(name.encode()).hexdigest()[:8]}"
