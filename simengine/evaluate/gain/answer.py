"""The experiment in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.evaluate.gain.results import Answer, Cell, Equivalent, Gain

__all__ = ["choose_gain", "make_answer"]


def choose_gain(gains: Sequence[Gain], *, metric: str, arms: Sequence[str]) -> Gain | None:
    """The comparison that the answer is about, chosen by a rule that does not look for the nicest number.

    The fewest real items at which anything was compared; there, on the first test set, the arm with the highest
    metric. Its p-value is corrected for all comparisons, so choosing the best arm is paid for.

    Args:
        gains: All gains, tests in distribution first.
        metric: The headline metric.
        arms: Names of the arms with synthetic and real data.
    """
    candidates = [gain for gain in gains if gain.metric == metric and gain.arm in arms]
    if not candidates:
        return None
    test, count = candidates[0].test, min(gain.count for gain in candidates)
    here = [gain for gain in candidates if (gain.test, gain.count) == (test, count)]
    return max(here, key=lambda gain: gain.estimate.value)


def make_answer(
    gain: Gain, *, cells: Sequence[Cell], equivalents: Sequence[Equivalent], synthetic: int, item: str, each: str = ""
) -> Answer:
    """Puts a gain into words.

    Args:
        gain: What the answer is about.
        cells: All cells.
        equivalents: All real-equivalents.
        synthetic: Number of synthetic items.
        item: Word for an item.
        each: What the counts are by, e.g. ``a class``; empty for none.
    """
    value, baseline = (
        next(
            cell.estimate
            for cell in cells
            if (cell.test, cell.arm, cell.count, cell.metric) == (gain.test, name, gain.count, gain.metric)
        )
        for name in (gain.arm, gain.against)
    )
    worth = next((e for e in equivalents if (e.test, e.arm, e.count) == (gain.test, gain.arm, gain.count)), None)
    verdict = "not shown" if not gain.shown else "gain" if gain.estimate.value > 0 else "loss"
    real = f"{gain.count:,} real {item}{'s' * (gain.count != 1)}{' ' * bool(each)}{each}"
    change = f"{gain.metric} from {_short(baseline.value)} to {_short(value.value)}"
    estimate = gain.estimate
    numbers = (
        f"{_signed(estimate.value)}, 95% [{_signed(estimate.low)}, {_signed(estimate.high)}], "
        f"corrected p {_p_value(gain.p_corrected)}"
    )
    synthetic_items = f"{synthetic:,} synthetic one{'s' * (synthetic != 1)}"
    if verdict == "not shown":
        sentence = (
            f"With {real}, adding {synthetic_items} takes {change} ({numbers}): no difference is shown; a gain of "
            f"{_short(gain.detectable)} would have been."
        )
    else:
        verb = "raises" if verdict == "gain" else "lowers"
        sentence = f"With {real}, adding {synthetic_items} {verb} {change} ({numbers})"
        if worth is not None and verdict == "gain":
            sentence += f"; worth {worth.text} real {item}s{' ' * bool(each)}{each}"
        sentence += "."
    return Answer(sentence, verdict, gain.test, gain.arm, gain.count, synthetic, baseline, value, gain, worth)


def _short(number: float) -> str:
    return f"{number:.2f}".replace("0.", ".", 1) if abs(number) < 1.0 else f"{number:.2f}"


def _signed(number: float | None) -> str:
    return "?" if number is None else ("+" if number >= 0 else "-") + _short(abs(number))


def _p_value(number: float) -> str:
    return "< .001" if number < 0.001 else f"= {number:.3f}".replace("0.", ".", 1)
