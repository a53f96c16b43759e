"""A value with its interval over the band that real data gives: one row of a table."""

from __future__ import annotations

import math

from simengine.evaluate.report.drawing import Area, Disc, Drawing, Mark, Path

__all__ = ["range_mark"]


def range_mark(
    value: float,
    low: float | None,
    high: float | None,
    floor: tuple[float, float] | None,
    *,
    colour: str,
    title: str,
    width: float = 150.0,
    height: float = 22.0,
) -> Drawing:
    """A grey band from the floor's low to its high, a whisker for the interval and a dot for the value.

    Where the value lies beyond ten widths of the band from it, the scale is logarithmic in the distance from the band's
    middle, so that the band stays visible.

    Args:
        value: The number.
        low: Lower end of its interval.
        high: Upper end.
        floor: What real data gives, low and high.
        colour: Of dot and whisker.
        title: The same in words.
        width: px.
        height: px.
    """
    band = floor or (value, value)
    ends = [value, *(end for end in (low, high) if end is not None), *band]
    middle = (band[0] + band[1]) / 2.0
    spread = max((band[1] - band[0]) / 2.0, 0.02 * (max(ends) - min(ends)), 1e-6 * max(map(abs, ends)), 1e-12)

    def bent(number: float) -> float:
        return math.asinh((number - middle) / spread)

    bottom, top = min(map(bent, ends)), max(map(bent, ends))
    if top - bottom < 1e-3:  # all alike but for rounding
        bottom, top = bottom - 1.0, top + 1.0
    margin = 7.0

    def place(number: float) -> float:
        return margin + (bent(number) - bottom) / (top - bottom) * (width - 2.0 * margin)

    centre = height / 2.0
    marks: list[Mark] = [Path(((2.0, centre), (width - 2.0, centre)), "grid")]
    if floor is not None:
        start, end = place(band[0]), place(band[1])
        if end - start < 3.0:
            start, end = (start + end) / 2.0 - 1.5, (start + end) / 2.0 + 1.5
        marks.append(Area.box(start, 2.0, end - start, height - 4.0, "band"))
    if low is not None and high is not None:
        marks.append(Path(((place(low), centre), (place(high), centre)), colour, 2.4))
    marks.append(Disc(place(value), centre, 4.6, colour))
    return Drawing(width, height, tuple(marks), title)
