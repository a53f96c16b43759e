"""Faults of gears: what each does to the amplitude and phase of the mesh, and how it strikes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simengine.machines.gears import GearFault, GearPair, _Wheel, refuse, tooth_window
from simengine.machines.phasor import phasor

__all__ = ["BrokenTooth", "CrackedTooth", "EccentricGear", "HuntingTooth", "MissingTooth", "WornGear"]


class _PairFault(GearFault):
    """A fault that modulates the mesh of a pair; a planetary set has no one mesh to modulate."""

    def check(self, gear: object) -> None:
        super().check(gear)
        if not isinstance(gear, GearPair):
            refuse(self, "planetary sets take BrokenTooth and WornGear; use one of these.")


@dataclass(frozen=True)
class CrackedTooth(_PairFault):
    """A crack at the root: the tooth gives way, so amplitude and phase dip once a turn while it carries."""

    def strike(self) -> float:
        """It gives way without a blow."""
        return 0.0

    def modulation(self, turns: np.ndarray, teeth: int) -> tuple[np.ndarray, np.ndarray]:
        """A dip over about one and a half teeth."""
        window = tooth_window(turns, teeth, 1.5)
        return -0.6 * self.severity * window, -0.15 * self.severity * window


@dataclass(frozen=True)
class BrokenTooth(GearFault):
    """Part of a tooth is gone: the next one strikes, and the mesh loses amplitude there."""

    def strike(self) -> float:
        """One blow a turn."""
        return self.severity

    def modulation(self, turns: np.ndarray, teeth: int) -> tuple[np.ndarray, np.ndarray]:
        """Amplitude falls with what is gone."""
        window = tooth_window(turns, teeth)
        return -0.8 * self.severity * window, -0.1 * self.severity * window


@dataclass(frozen=True)
class MissingTooth(_PairFault):
    """A whole tooth is gone, whatever the severity says: no mesh over one tooth, then the hardest blow."""

    def strike(self) -> float:
        """One blow a turn, half as hard again as that of a broken tooth."""
        return 1.5

    def modulation(self, turns: np.ndarray, teeth: int) -> tuple[np.ndarray, np.ndarray]:
        """No amplitude over one tooth."""
        window = tooth_window(turns, teeth)
        return -window, -0.25 * window


@dataclass(frozen=True)
class WornGear(GearFault):
    """Flanks worn all around: the higher harmonics of the mesh grow, the second and third most."""

    def strike(self) -> float:
        """It grinds, it does not strike."""
        return 0.0

    def harmonic_gain(self, harmonic: int) -> float:
        """Up to fivefold at the second and third harmonic."""
        return 1 + self.severity * {1: 0.5, 2: 4.0, 3: 4.0}.get(harmonic, 2.0)


@dataclass(frozen=True)
class EccentricGear(_PairFault):
    """A wheel off its centre: strong modulation once a turn, sidebands close to the mesh lines."""

    def strike(self) -> float:
        """It does not strike."""
        return 0.0

    def modulation(self, turns: np.ndarray, teeth: int) -> tuple[np.ndarray, np.ndarray]:
        """One cosine a turn, and the phase a quarter turn behind it."""
        tone = phasor(turns)
        return 0.9 * self.severity * tone.real, 0.1 * self.severity * tone.imag


@dataclass(frozen=True)
class HuntingTooth(_PairFault):
    """A damaged tooth on both wheels: a blow when the two meet, every lcm(z1, z2) meshings."""

    def strike(self) -> float:
        """The blow of two damaged teeth."""
        return self.severity

    def strike_turns(self, wheel: _Wheel) -> float:
        """Gcd / teeth of the mate, so that it is the hunting-tooth order on either wheel."""
        return math.gcd(wheel.teeth, wheel.mate) / wheel.mate
