"""Scales and ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = [
    "Scale",
    "count_scale",
    "fixed_text",
    "interval_texts",
    "linear_scale",
    "log_scale",
    "nice_ticks",
    "number_text",
]


@dataclass(frozen=True)
class Scale:
    """From values to places.

    Attributes:
        place: px of a value.
        ticks: Values that are labelled.
    """

    place: Callable[[float], float]
    ticks: tuple[float, ...]

    @property
    def decimals(self) -> int:
        """Decimals that tell its ticks apart."""
        return max((len(f"{tick:.6f}".rstrip("0").partition(".")[2]) for tick in self.ticks), default=0)


def linear_scale(low: float, high: float, start: float, end: float, *, ticks: int = 5) -> Scale:
    """A linear scale between two places, and round values in it."""
    if not high > low:
        low, high = low - 0.5, high + 0.5
    factor = (end - start) / (high - low)
    return Scale(lambda value: start + (value - low) * factor, nice_ticks(low, high, ticks))


def count_scale(counts: Sequence[float], start: float, end: float) -> Scale:
    """A scale for counts from 0: equal ratios look alike, and 0 has a place at the left."""
    positive = [count for count in counts if count > 0]
    offset = min(positive, default=1.0) / 2.0
    low, high = math.log(min(counts) + offset), math.log(max(counts) + offset)
    factor = (end - start) / (high - low) if high > low else 0.0
    shift = start if high > low else (start + end) / 2.0
    return Scale(lambda value: shift + (math.log(value + offset) - low) * factor, tuple(counts))


def log_scale(low: float, high: float, start: float, end: float) -> Scale:
    """A logarithmic scale between two places, labelled at 1, 2 and 5 times powers of ten."""
    factor = (end - start) / math.log(high / low)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    return Scale(lambda value: start + math.log(value / low) * factor, tuple(t for t in ticks if low <= t <= high))


def nice_ticks(low: float, high: float, count: int) -> tuple[float, ...]:
    """Round numbers (1, 2, 2.5 or 5 times a power of ten apart) within a range."""
    rough = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return tuple(round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1))


def fixed_text(value: float, decimals: int = 2, *, signed: bool = False) -> str:
    """A number with as many decimals as its neighbours.

    Example:
        >>> fixed_text(0.1), fixed_text(0.1, signed=True), fixed_text(-0.004), fixed_text(1200.0, 0)
        ('0.10', '+0.10', '0.00', '1,200')
    """
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0.0:
        return text.lstrip("-")
    return f"+{text}" if signed and value > 0 else text.replace("-", "−")


def number_text(value: float, *, digits: int = 3, signed: bool = False) -> str:
    """A number for readers: about ``digits`` significant digits, a true minus, no power of ten where it can be spared.

    Example:
        >>> number_text(0.04567), number_text(-12.345), number_text(1234.5), number_text(0.0), number_text(0.11, signed=True)
        ('0.0457', '−12.3', '1,234', '0', '+0.11')
    """
    if not math.isfinite(value):
        return "–"
    if value == 0.0 or abs(value) < 1e-12:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -4:
        text = f"{value:.1e}"
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:,.{max(0, digits - 1 - size)}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    text = text.replace("-", "−")
    return f"+{text}" if signed and value > 0 else text


def interval_texts(value: float, low: float, high: float) -> tuple[str, str]:
    """A value and its interval with as many decimals as the interval can bear, at most three digits.

    Example:
        >>> interval_texts(-2.5e-6, -0.00686, 0.0123), interval_texts(47.31, 33.2, 80.1), interval_texts(1.0, 0.995, 1.0)
        (('0.000', '[−0.007, 0.012]'), ('47', '[33, 80]'), ('1.00', '[0.99, 1.00]'))
    """
    largest = max(abs(value), abs(low), abs(high))
    if not high > low or largest == 0.0:
        return number_text(value), f"[{number_text(low, digits=2)}, {number_text(high, digits=2)}]"
    useful = 1 - math.floor(math.log10(high - low))
    decimals = max(0, min(useful, 2 - math.floor(math.log10(largest)), 9))
    one, start, end = (fixed_text(number, decimals) for number in (value, low, high))
    return one, f"[{start}, {end}]"
