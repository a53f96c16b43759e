"""Names and numbers of a comparison for readers."""

from __future__ import annotations

from simengine.evaluate.quality.results import MetricResult
from simengine.evaluate.report.charts.axis import interval_texts, number_text
from simengine.evaluate.report.document import Tone

__all__ = ["FAMILIES", "ITEM_WORDS", "range_words", "status_tone", "value_texts", "value_words"]

ITEM_WORDS = {"images": ("picture", "pictures"), "signals": ("window", "windows"), "tables": ("row", "rows")}
FAMILIES = (
    ("fidelity", "Fidelity", "Is the synthetic data like the real data?"),
    ("diversity", "Diversity", "Does it cover what the real data covers, and does it repeat itself?"),
    ("utility", "Utility", "Does a model that learned from it work on real data?"),
    ("bias", "Bias", "What does it show more or less often than the real data?"),
    ("privacy", "Privacy", "Does it give away the real items that it was made from?"),
)


def value_texts(metric: MetricResult) -> tuple[str, str]:
    """The value and its interval; empty where there is none, or where it is a point."""
    if metric.low is None or metric.high is None:
        return number_text(metric.value, digits=2), ""
    if metric.low == metric.high == metric.value:
        return number_text(metric.value, digits=2), ""
    return interval_texts(metric.value, metric.low, metric.high)


def value_words(metric: MetricResult) -> str:
    """The value and its interval."""
    return " ".join(value_texts(metric)).rstrip()


def range_words(low: float, high: float) -> str:
    """Two ends in brackets; one number where they read alike."""
    one, other = number_text(low, digits=2), number_text(high, digits=2)
    return one if one == other else f"[{one}, {other}]"


def status_tone(metric: MetricResult) -> Tone:
    """The colour of a verdict."""
    tones: dict[str, Tone] = {"like real": "good", "differs": "bad"}
    return tones.get(metric.status, "")
