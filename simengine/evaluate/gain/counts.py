"""How much real data: fractions or numbers, and which items a seed draws, nested."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.gain.results import Count
from simengine.evaluate.metrics.units import shuffled
from simengine.sampling.streams import stream

__all__ = ["nested_order", "parse_counts"]


def parse_counts(text: str, *, available: int | None, item: str = "image") -> list[Count]:
    """Reads ``0,5,10,25,50,100%`` (shares of all real training items) or ``10,20,all`` (numbers).

    Args:
        text: Comma-separated; with a ``%`` at the end, or at any of them, all are percentages.
        available: Real training items; None where there is no pool (few-shot draws), so no shares either.
        item: Word for an item.

    Returns:
        Ascending, each once.

    Raises:
        SimengineError: A number can't be read, is out of range, or stands for no item.

    Example:
        >>> [count.label for count in parse_counts("5,100%", available=200)]
        ['10 images (5%)', '200 images (100%)']
        >>> [count.items for count in parse_counts("20,10,all", available=200)]
        [10, 20, 200]
    """
    percent = "%" in text
    found: set[int] = set()
    for part in (piece.strip() for piece in text.split(",")):
        number = _number(part, percent, available, item)
        if available is not None and number > available:
            raise SimengineError(
                f"{part} asks for {number:,} real {item}s, and there are {available:,}: give fewer, or `all`."
            )
        found.add(number)
    return [_count(number, available, item) for number in sorted(found)]


def nested_order(names: Sequence[str], *, seed: int) -> list[int]:
    """The order in which a seed takes real items: the first n are its subset of n, so subsets are nested.

    It goes by the names, so that adding items elsewhere in a set moves no draw more than it must.

    Args:
        names: Of the items, each once.
        seed: Of the run.

    Returns:
        Every index once.
    """
    alphabetic = sorted(range(len(names)), key=lambda index: names[index])
    order = shuffled(stream(seed, 0, "gain.subset"), len(names))
    return [alphabetic[int(place)] for place in order]


def _number(part: str, percent: bool, available: int | None, item: str) -> int:
    if part == "all":
        if available is None:
            raise SimengineError(f"`all` needs a pool of real {item}s, and here they are drawn by class: give numbers.")
        return available
    try:
        value = float(part.removesuffix("%")) if percent else int(part)
    except ValueError:
        raise SimengineError(
            f"can't read the amount {part!r}: give numbers (10,20,all) or percentages (0,5,10,100%)."
        ) from None
    if value < 0 or not np.isfinite(value):
        raise SimengineError(f"the amount {part} is out of range: give numbers from 0, or percentages from 0 to 100.")
    if not percent:
        return int(value)
    if available is None:
        raise SimengineError(
            f"percentages need a pool of real {item}s, and here they are drawn by class: give numbers."
        )
    if value > 100:
        raise SimengineError(f"the amount {part} is more than everything: give percentages from 0 to 100.")
    number = round(value / 100.0 * available)
    if value > 0 and number == 0:
        raise SimengineError(f"{part} of {available} real {item}s is none: give a larger percentage, or a number.")
    return number


def _count(number: int, available: int | None, item: str) -> Count:
    words = f"{number:,} {item}{'s' * (number != 1)}"
    if available is None:
        return Count(number, None, f"{words} a class")
    share = number / available
    return Count(number, share, f"{words} ({100 * share:.3g}%)" if number else words)
