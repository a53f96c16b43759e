"""A bearing in its housing: geometry, load and slip together give the trains of its faults."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simengine.machines.impacts import Impacts
from simengine.machines.load_zone import LoadZone
from simengine.signals.bearing import Bearing, BearingOrders
from simengine.signals.checks import require_in, require_positive
from simengine.signals.clock import ShaftClock

__all__ = ["BearingFault", "MountedBearing", "impact_strength"]

STRENGTH = 100.0  # m/s^2 in a unit mode per m/s of lost speed; an SNR given to the machine overrides it


@dataclass(frozen=True)
class MountedBearing:
    """A bearing on a shaft.

    Attributes:
        bearing: Its geometry.
        shaft: Turns of its shaft per turn of the machine's reference shaft.
        zone: Its load zone.
        load: Load relative to nominal; impacts grow in proportion.
        jitter: Standard deviation of the spacing of passings, as a fraction (0.2-2 % usual).
        slip: Mean lag of the cage behind pure rolling, as a fraction.
        unevenness: Standard deviation of the logarithm of the elements' strength: no two elements are equal, so
            impacts on a race repeat with the cage and its sidebands stand around BPFO and BPFI.
    """

    bearing: Bearing
    shaft: float = 1.0
    zone: LoadZone = field(default_factory=LoadZone)
    load: float = 1.0
    jitter: float = 0.01
    slip: float = 0.0
    unevenness: float = 0.0

    def __post_init__(self) -> None:
        require_positive(self, shaft=self.shaft, load=self.load)
        require_in(self, 0.0, 0.1, jitter=self.jitter)
        require_in(self, -0.05, 0.2, slip=self.slip)
        require_in(self, 0.0, 2.0, unevenness=self.unevenness)

    @cached_property
    def orders(self) -> BearingOrders:
        """Orders with the slip of the cage, per turn of the bearing's own shaft."""
        pure, n = self.bearing.orders, self.bearing.elements
        cage = pure.ftf * (1 - self.slip)
        outer, inner = self.ring_orders
        return BearingOrders(
            ftf=cage, bsf=pure.bsf * (1 - self.slip), bpfo=n * abs(outer - cage), bpfi=n * abs(inner - cage)
        )

    def element_strengths(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Strength of the elements that pass one after the other, shape (count,), median 1."""
        if self.unevenness == 0:
            return np.ones(count)
        each = np.exp(self.unevenness * rng.standard_normal(self.bearing.elements))
        return each[np.arange(count) % len(each)]

    @property
    def ring_orders(self) -> tuple[float, float]:
        """Turns of the outer and of the inner ring per turn of the shaft: (0, 1) or (1, 0)."""
        return (0.0, 1.0) if self.bearing.rotating == "inner" else (1.0, 0.0)


@dataclass(frozen=True)
class BearingFault(ABC):
    """A fault of one bearing of the machine.

    Attributes:
        bearing: Name of the bearing among the machine's; empty where it has only one.
        size: Width of the damage along the path of rolling, m.
        scatter: Standard deviation of the logarithm of the impacts' amplitudes.
        phase: Fraction of a spacing by which the first impact is late; ``None``: random.
    """

    bearing: str = ""
    size: float = 0.5e-3
    scatter: float = 0.1
    phase: float | None = None

    def __post_init__(self) -> None:
        require_positive(self, size=self.size)
        require_in(self, 0.0, 1.5, scatter=self.scatter)
        if self.phase is not None:
            require_in(self, 0.0, 1.0, phase=self.phase)

    @property
    @abstractmethod
    def fault_type(self) -> str:
        """Name in the vocabulary of the labels: ``outer``, ``inner``, ``rolling_element``, ``cage``."""

    @abstractmethod
    def impacts(
        self, mounted: MountedBearing, clock: ShaftClock, span: tuple[float, float], rng: np.random.Generator
    ) -> Impacts:
        """Strikes of the fault while ``clock`` (of the bearing's own shaft) runs over ``span`` (s)."""

    def start(self, rng: np.random.Generator) -> float:
        """The phase, drawn where none is given."""
        return float(rng.random()) if self.phase is None else self.phase

    def scattered(self, strengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """``strengths`` times log-normal factors of median 1."""
        return strengths * np.exp(self.scatter * rng.standard_normal(len(strengths)))


def impact_strength(mounted: MountedBearing, size: float, surface: float, speeds: np.ndarray) -> np.ndarray:
    """Amplitude of the impact at the edge of a spall.

    An element of diameter d that crosses a spall of width w turns its velocity v by about w/d at the
    far edge, so the lost speed is v w/d (Sawalhi and Randall, Mech. Syst. Signal Process. 25, 2011).

    Args:
        mounted: The bearing.
        size: Width w, m.
        surface: Speed of rolling at 1 turn a second, m.
        speeds: Speed of the shaft at each impact, Hz.

    Returns:
        Amplitudes, m/s^2, of the shape of ``speeds``.
    """
    return STRENGTH * mounted.load * (size / mounted.bearing.element_diameter) * surface * speeds
