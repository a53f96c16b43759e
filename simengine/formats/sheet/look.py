"""What the panels of a sheet share: the clock, the lines to mark, the band, the stretch that is enlarged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.errors import SimengineError
from simengine.formats.sheet.lines import OF_BEARING, LineFamily
from simengine.formats.signal import SignalRecord
from simengine.signals.clock import ShaftClock
from simengine.signals.envelope import envelope_orders
from simengine.signals.fault_lines import line_ratios

__all__ = ["TURNS", "UNKNOWN_SPEED", "Look", "turns_about"]

UNKNOWN_SPEED = 20.0
"""Speed in Hz that orders are counted in where none is known."""

TURNS = 4
"""Turns of the waveform that are enlarged."""


@dataclass(frozen=True)
class Look:
    """What the panels share.

    Attributes:
        clock: Clock of the shaft; of 20 Hz where the speed is unknown.
        known: Whether the speed is known.
        varying: Whether it changes by more than 2 %.
        highest: Highest order of the envelope spectrum.
        band: The band whose envelope is shown, Hz.
        families: Lines to mark.
        zoom: Stretch of the waveform that is shown large, s.
    """

    clock: ShaftClock
    known: bool
    varying: bool
    highest: float
    band: tuple[float, float]
    families: list[LineFamily]
    zoom: tuple[float, float]

    @classmethod
    def of(cls, record: SignalRecord, families: list[LineFamily]) -> Look:
        """Chooses for a record.

        Raises:
            SimengineError: It has less than 256 samples.
        """
        known = record.row.get("speed_rpm") is not None
        clock = record.clock if known else ShaftClock([0.0], [UNKNOWN_SPEED])
        speeds = clock.speed(np.linspace(0, record.duration, 201))
        mains = [family for family in families if family.main and family.name in OF_BEARING]
        highest = max([3.4 * family.order + family.side for family in mains if family.name != "FTF"] + [13.0])
        band = _periodic_band(record, clock, highest)
        middle = 0.86 * record.duration if speeds[-1] > 1.02 * speeds[0] else 0.5 * record.duration
        zoom = turns_about(record, clock, middle, TURNS)
        return cls(
            clock, known, bool(np.ptp(speeds) > 0.02 * speeds.max()), highest, band, families, zoom
        )  # fmt: skip

    @property
    def of_bearing(self) -> bool:
        """Whether the envelope is what tells: a bearing's fault, or no fault that is known of."""
        return any(family.name in OF_BEARING for family in self.mains) or not self.mains

    @property
    def mains(self) -> list[LineFamily]:
        """Families of the labelled faults."""
        return [family for family in self.families if family.main]


def turns_about(record: SignalRecord, clock: ShaftClock, middle: float, turns: float) -> tuple[float, float]:
    """Begin and end of so many turns about a time, within the record, s."""
    end = record.duration
    angle = float(clock.turns(middle))
    begin, stop = (float(t) for t in clock.times_of(np.array([angle - turns / 2, angle + turns / 2])))
    length = min(stop - begin, end) if np.isfinite(stop - begin) else end
    begin = min(max(begin if np.isfinite(begin) else 0.0, 0.0), end - length)
    return begin, begin + length


def _periodic_band(record: SignalRecord, clock: ShaftClock, highest: float) -> tuple[float, float]:
    """The band in whose envelope lines stand out most of what is around them.

    Bands are those of the kurtogram's tree. A rare strike raises the kurtosis of a band but no line of its envelope, so
    it is the envelope's spectrum that is judged (as in the infogram; Antoni, Mech. Syst. Signal Process. 74, 2016).
    """
    half = record.rate / 2
    widest = 1.3 * highest * float(clock.speeds.max())
    bands = [
        (half * k / parts, half * (k + 1) / parts)
        for parts in (2, 3, 4, 6, 8, 12)
        for k in range(1, parts)
        if half / parts >= widest and half * (k + 1) / parts <= 0.96 * half
    ] or [(0.04 * half, 0.95 * half)]
    if len(bands) == 1:
        return bands[0]
    try:
        kept = record.signal[: int(6 * record.rate)]
        orders, spectra = envelope_orders(kept, record.rate, clock, bands=bands, whiten=False, highest=highest)
    except SimengineError:  # less than three turns
        return (0.04 * half, 0.95 * half)
    _, ratio = line_ratios(orders, spectra, [])
    best = np.sort(ratio[:, orders > 0.3], axis=1)[:, -24:]
    return bands[int(np.argmax(best.mean(axis=1)))]
