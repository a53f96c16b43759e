"""Faults of rotors as sets of lines at orders of the shaft, one law of phase and direction each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from simengine.machines.lines import Line
from simengine.signals.checks import require, require_in, require_natural, require_positive

__all__ = [
    "AngularMisalignment",
    "BeltFault",
    "BentShaft",
    "BrokenBars",
    "CrackedShaft",
    "Looseness",
    "ParallelMisalignment",
    "RotorFault",
    "Rub",
    "Unbalance",
]


@dataclass(frozen=True)
class RotorFault(ABC):
    """A fault whose signature is a set of lines.

    Attributes:
        level: Acceleration of its main line at the rotor's reference speed, m/s^2.
        angle: Angle of the fault on the shaft, turns; it sets the phase of all lines.
    """

    level: float = 1.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        require_positive(self, level=self.level)

    @property
    @abstractmethod
    def fault_type(self) -> str:
        """Name in the vocabulary of the labels."""

    @property
    def power(self) -> float:
        """Exponent with which its lines grow with speed."""
        return 2.0

    @abstractmethod
    def lines(self) -> list[Line]:
        """Its lines at the reference speed."""

    def _whirl(self, order: float, amplitude: float, *, axial: float = 0.0, flat: float = 0.0) -> Line:
        """A line whose force turns with the shaft: y lags x by a quarter turn; ``flat`` 1 makes it a line along x."""
        lead = self.level * amplitude * np.exp(-2j * np.pi * self.angle * order)
        return Line(order=order, x=lead, y=-1j * (1 - flat) * lead, z=axial / max(amplitude, 1e-12) * lead)


@dataclass(frozen=True)
class Unbalance(RotorFault):
    """A heavy spot: 1x, the same all around, in quadrature between x and y, growing as speed squared."""

    @property
    def fault_type(self) -> str:
        """Always ``unbalance``."""
        return "unbalance"

    def lines(self) -> list[Line]:
        """One line at 1x."""
        return [self._whirl(1.0, 1.0, axial=0.05)]


@dataclass(frozen=True)
class ParallelMisalignment(RotorFault):
    """Shafts side by side: 2x across the shaft, above 1x, and some 3x and 4x."""

    @property
    def fault_type(self) -> str:
        """Always ``misalignment``."""
        return "misalignment"

    @property
    def power(self) -> float:
        """The force is that of the bent coupling and hardly grows."""
        return 0.5

    def lines(self) -> list[Line]:
        """Lines at 1x to 4x; the largest is 2x."""
        return [self._whirl(k, a, axial=0.3 * a, flat=0.5) for k, a in ((1, 0.5), (2, 1.0), (3, 0.35), (4, 0.12))]


@dataclass(frozen=True)
class AngularMisalignment(RotorFault):
    """Shafts at an angle: 1x and 2x along the shaft, more than across it."""

    @property
    def fault_type(self) -> str:
        """Always ``misalignment``."""
        return "misalignment"

    @property
    def power(self) -> float:
        """The force is that of the bent coupling and hardly grows."""
        return 0.5

    def lines(self) -> list[Line]:
        """Lines at 1x to 3x; the largest is axial."""
        return [self._whirl(k, 0.4 * a, axial=a) for k, a in ((1, 1.0), (2, 0.6), (3, 0.2))]


@dataclass(frozen=True)
class Looseness(RotorFault):
    """A loose foot or fit: many harmonics, most along one direction, and halves of the order.

    Attributes:
        harmonics: Number of whole orders.
        decay: Ratio of each order to the one before it.
        halves: Size of the orders 1/2, 3/2, ... relative to the whole ones; 0 for none.
    """

    harmonics: int = 10
    decay: float = 0.75
    halves: float = 0.4

    def __post_init__(self) -> None:
        super().__post_init__()
        require_natural(self, harmonics=self.harmonics)
        require_in(self, 0.0, 1.0, decay=self.decay, halves=self.halves)

    @property
    def fault_type(self) -> str:
        """Always ``looseness``."""
        return "looseness"

    @property
    def power(self) -> float:
        """The blows follow the unbalance."""
        return 1.0

    def lines(self) -> list[Line]:
        """Lines at every half order."""
        sizes = [(float(k), self.decay ** (k - 1)) for k in range(1, self.harmonics + 1)]
        sizes += [(k - 0.5, self.halves * a) for k, a in sizes if self.halves > 0]
        return [self._whirl(k, a, axial=0.2 * a, flat=0.7) for k, a in sizes]


@dataclass(frozen=True)
class Rub(RotorFault):
    """The rotor bounces on its casing every ``period`` turns: a truncated wave.

    The lines are the Fourier series of a sine that is cut off for the fraction ``contact`` of its period:
    sub-harmonics 1/period and their multiples.

    Attributes:
        period: Turns per bounce, 1 to 4.
        contact: Fraction of the bounce in contact.
        harmonics: Lines kept.
    """

    period: int = 2
    contact: float = 0.3
    harmonics: int = 12

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.period in (1, 2, 3, 4), self, "period", self.period, "give 1, 2, 3 or 4 turns.")
        require_in(self, 0.05, 0.9, contact=self.contact)
        require_natural(self, harmonics=self.harmonics)

    @property
    def fault_type(self) -> str:
        """``other``: the vocabulary has no rub."""
        return "other"

    def lines(self) -> list[Line]:
        """Lines at multiples of 1/period."""
        angle = 2 * np.pi * (np.arange(4096) / 4096 - 0.5)
        wave = np.maximum(np.cos(np.pi * self.contact) - np.cos(angle), 0.0) - np.maximum(np.cos(angle), 0.0)
        series = np.abs(np.fft.rfft(wave))[1 : self.harmonics + 1]
        series /= series.max()
        return [self._whirl((k + 1) / self.period, a, flat=0.8) for k, a in enumerate(series) if a > 1e-3]


@dataclass(frozen=True)
class BentShaft(RotorFault):
    """A bow: 1x across and, with the two bearings in opposite phase, strongly along the shaft."""

    @property
    def fault_type(self) -> str:
        """Always ``shaft``."""
        return "shaft"

    def lines(self) -> list[Line]:
        """Lines at 1x and 2x."""
        return [self._whirl(1.0, 1.0, axial=1.2), self._whirl(2.0, 0.25, axial=0.3)]


@dataclass(frozen=True)
class CrackedShaft(RotorFault):
    """A transverse crack that breathes under weight: stiffness varies at 1x and 2x.

    With a resonance of the rotor its 2x line peaks as the shaft passes half the critical speed, the
    classical sign (Gasch, J. Sound Vib. 160, 1993).

    Attributes:
        depth: Depth of the crack relative to the radius, 0-1; it moves weight from 1x to 2x and 3x.
    """

    depth: float = 0.4

    def __post_init__(self) -> None:
        super().__post_init__()
        require_in(self, 0.01, 1.0, depth=self.depth)

    @property
    def fault_type(self) -> str:
        """Always ``shaft``."""
        return "shaft"

    @property
    def power(self) -> float:
        """Displacement is set by the weight, acceleration is w^2 times it."""
        return 2.0

    def lines(self) -> list[Line]:
        """Lines at 1x, 2x and 3x."""
        return [self._whirl(1, 0.6), self._whirl(2, self.depth), self._whirl(3, 0.3 * self.depth)]


@dataclass(frozen=True)
class BeltFault(RotorFault):
    """A worn belt: lines at multiples of the belt's own rate, pi D / L per turn of the pulley.

    Attributes:
        pulley: Pitch diameter of the pulley on the reference shaft, m.
        length: Length of the belt, m.
        harmonics: Lines.
    """

    pulley: float = 0.1
    length: float = 1.2
    harmonics: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, pulley=self.pulley, length=self.length)
        long = self.length > np.pi * self.pulley
        require(long, self, "length", self.length, f"a belt is longer than the pulley's {np.pi * self.pulley:.3g} m.")
        require_natural(self, harmonics=self.harmonics)

    @property
    def fault_type(self) -> str:
        """``other``: the vocabulary has no belt."""
        return "other"

    @property
    def order(self) -> float:
        """Turns of the belt per turn of the reference shaft."""
        return np.pi * self.pulley / self.length

    def lines(self) -> list[Line]:
        """Lines at multiples of the belt's order; the second is usually the largest."""
        sizes = {1: 0.6, 2: 1.0}
        return [self._whirl(k * self.order, sizes.get(k, 0.8 / k), flat=0.6) for k in range(1, self.harmonics + 1)]


@dataclass(frozen=True)
class BrokenBars(RotorFault):
    """Broken bars in the cage of an induction motor: 1x with sidebands at the pole-passing frequency.

    That frequency is poles times the slip, 2 mains - poles x speed, so the lines move with the load.

    Attributes:
        mains: Frequency of the mains, Hz.
        poles: Number of poles.
    """

    mains: float = 50.0
    poles: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, mains=self.mains)
        require(self.poles % 2 == 0 and self.poles > 0, self, "poles", self.poles, "give an even number from 2.")

    @property
    def fault_type(self) -> str:
        """Always ``electrical``."""
        return "electrical"

    @property
    def power(self) -> float:
        """The force is magnetic."""
        return 0.0

    def lines(self) -> list[Line]:
        """1x and a pair of sidebands."""
        one = self._whirl(1.0, 1.0, axial=0.1)
        sides = [replace(one, order=1 - sign * self.poles, hertz=sign * 2 * self.mains) for sign in (-1, 1)]
        return [one, *(replace(side, x=0.5 * side.x, y=0.5 * side.y, z=0.5 * side.z) for side in sides)]
