"""Names and numbers of a gain experiment for readers."""

from __future__ import annotations

from simengine.evaluate.gain.results import Estimate, GainResults
from simengine.evaluate.report.charts.axis import fixed_text

__all__ = ["arm_title", "count_words", "headline", "interval_words", "p_words", "test_title"]


def headline(results: GainResults) -> str:
    """Name of the metric that the answer is about."""
    return next((metric.name for metric in results.metrics if metric.headline), results.metrics[0].name)


def arm_title(results: GainResults, name: str) -> str:
    """Title of an arm by its name."""
    return next((arm.title for arm in results.arms if arm.name == name), name)


def count_words(results: GainResults, items: int) -> str:
    """An amount of real data for readers."""
    return next((count.label for count in results.counts if count.items == items), f"{items:,} {results.item}s")


def test_title(kind: str, name: str) -> str:
    """A test set for readers."""
    return f"{'In' if kind == 'id' else 'Out of'} distribution ({name})"


def interval_words(estimate: Estimate, *, signed: bool = False) -> str:
    """An interval in brackets; empty where an end is not known."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{fixed_text(estimate.low, signed=signed)}, {fixed_text(estimate.high, signed=signed)}]"


def p_words(value: float) -> str:
    """A p-value with its sign of relation."""
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
