"""Lines that the motor's field puts into the vibration and the mains into the cable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.machines.lines import Line
from simengine.signals.checks import require_in, require_natural, require_positive

__all__ = ["ElectricalSupply"]


@dataclass(frozen=True)
class ElectricalSupply:
    """An induction motor on the mains.

    Attributes:
        mains: Frequency of the mains, Hz.
        hum: Acceleration-equivalent of the pick-up at the mains and its harmonics, m/s^2, first to last.
        pull: Acceleration at twice the mains from the magnetic pull, m/s^2.
        bars: Number of rotor bars; 0 for none.
        bar_level: Acceleration of the bar-passing line, m/s^2; its sidebands at twice the mains have half of it.
    """

    mains: float = 50.0
    hum: Sequence[float] = ()
    pull: float = 0.0
    bars: int = 0
    bar_level: float = 0.0

    def __post_init__(self) -> None:
        require_positive(self, mains=self.mains)
        require_in(self, 0.0, np.inf, pull=self.pull, bar_level=self.bar_level)
        require_natural(self, 0, bars=self.bars)

    def lines(self, rng: np.random.Generator) -> list[Line]:
        """All lines, with random phases, the same on all axes but for the pull."""

        def line(order: float, hertz: float, amplitude: float) -> Line:
            value = amplitude * np.exp(2j * np.pi * rng.random())
            return Line(order=order, hertz=hertz, x=value, y=value, z=value)

        lines = [line(0, (k + 1) * self.mains, a) for k, a in enumerate(self.hum) if a > 0]
        if self.pull > 0:
            lines.append(line(0, 2 * self.mains, self.pull))
        if self.bars and self.bar_level > 0:
            lines.append(line(self.bars, 0, self.bar_level))
            lines += [line(self.bars, sign * 2 * self.mains, self.bar_level / 2) for sign in (-1, 1)]
        return lines
