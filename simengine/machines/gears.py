"""A pair of gears: its mesh, and the tooth faults that modulate it or strike."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.errors import SimengineError
from simengine.machines.impacts import ImpactKind, Impacts, no_impacts, passings, train
from simengine.machines.phasor import harmonic_sum, phasor
from simengine.machines.run import Run
from simengine.signals.checks import require, require_in, require_natural, require_positive
from simengine.signals.clock import ShaftClock

__all__ = ["GearFault", "GearPair", "tooth_window"]


def tooth_window(turns: np.ndarray, teeth: int, width: float = 1.0) -> np.ndarray:
    """A periodic bump of about ``width`` teeth at whole turns of a wheel: exp(kappa (cos - 1)), height 1."""
    return np.exp((teeth / (np.pi * width)) ** 2 * (phasor(turns).real - 1))


@dataclass(frozen=True)
class GearFault(ABC):
    """A fault of one wheel.

    Attributes:
        gear: Name of the gear among the machine's; empty where it has only one.
        wheel: ``driver`` or ``driven`` of a pair; ``sun``, ``planet`` or ``ring`` of a planetary set.
        severity: 0 (nothing) to 1 (the tooth is gone, the flank is worn out).
        angle: Angle of the faulty tooth on its wheel at time 0, turns.
    """

    gear: str = ""
    wheel: str = "driver"
    severity: float = 0.5
    angle: float = 0.0

    def __post_init__(self) -> None:
        require_in(self, 0.0, 1.0, severity=self.severity)

    @property
    def fault_type(self) -> str:
        """Always ``gear``."""
        return "gear"

    @abstractmethod
    def strike(self) -> float:
        """Strength of its impact relative to the first mesh harmonic; 0: it strikes not."""

    def modulation(self, turns: np.ndarray, teeth: int) -> tuple[np.ndarray | float, np.ndarray | float]:
        """What it adds to the relative amplitude of the mesh and to its phase (cycles) at angles of its wheel."""
        return 0.0, 0.0

    def harmonic_gain(self, harmonic: int) -> float:
        """Factor on a mesh harmonic, counted from 1."""
        return 1.0

    def strike_turns(self, wheel: _Wheel) -> float:
        """Strikes per turn of its wheel."""
        return 1.0

    def check(self, gear: object) -> None:
        """Raises if this gear has no such wheel or cannot have this fault."""
        wheels = gear.wheels  # type: ignore[attr-defined]
        require(self.wheel in wheels, self, "wheel", self.wheel, f"name one of {', '.join(wheels)}.")


@dataclass(frozen=True)
class _Wheel:
    teeth: int
    mate: int
    ratio: float  # turns per turn of the reference shaft


@dataclass(frozen=True)
class GearPair:
    """Two wheels in mesh.

    Attributes:
        driver: Teeth of the wheel on the shaft that is named by ``shaft``.
        driven: Teeth of the other.
        shaft: Turns of the driver per turn of the reference shaft.
        mesh: Acceleration of the mesh harmonics 1, 2, ... at the rotor's reference speed, m/s^2.
        eccentricity: Depth of the amplitude modulation by one turn of the driver and of the driven wheel.
        wobble: The same for the phase, cycles of the mesh.
        strike: Acceleration of a full tooth strike in a unit mode at the reference speed, m/s^2.
    """

    driver: int
    driven: int
    shaft: float = 1.0
    mesh: Sequence[float] = (0.5, 0.25, 0.12, 0.06, 0.03)
    eccentricity: tuple[float, float] = (0.05, 0.05)
    wobble: tuple[float, float] = (0.01, 0.01)
    strike: float = 5.0

    def __post_init__(self) -> None:
        require_natural(self, 5, driver=self.driver, driven=self.driven)
        require_positive(self, shaft=self.shaft, strike=self.strike)
        require(len(self.mesh) > 0, self, "mesh", self.mesh, "give the level of at least one harmonic.")

    wheels = ("driver", "driven")

    @property
    def mesh_order(self) -> float:
        """Tooth meshings per turn of the reference shaft."""
        return self.driver * self.shaft

    @property
    def hunting_order(self) -> float:
        """Times per turn of the reference shaft at which the same two teeth meet: gcd / z2 turns of the driver."""
        return self.shaft * math.gcd(self.driver, self.driven) / self.driven

    def wheel(self, name: str) -> _Wheel:
        """Teeth and speed of one wheel."""
        if name == "driver":
            return _Wheel(self.driver, self.driven, self.shaft)
        return _Wheel(self.driven, self.driver, self.shaft * self.driver / self.driven)

    def highest_order(self) -> float:
        """Order of the highest mesh harmonic."""
        return self.mesh_order * len(self.mesh)

    def acceleration(
        self, run: Run, faults: Sequence[GearFault], *, name: str, reference: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mesh vibration at the sensors.

        sum_k A_k (1 + a(t)) cos(2 pi k (z theta + p(t)) + phi_k), with the amplitude a and the phase p each
        the sum of what both shafts add (McFadden, J. Vib. Acoust. 108, 1986).

        Args:
            run: Times, angles and sensors.
            faults: Faults of this pair.
            name: Name of the gear among the streams.
            reference: Speed of the reference shaft at which levels hold, Hz.

        Returns:
            Sound and faulty part, each (channels, n), m/s^2; their sum is the mesh of the faulty pair.
        """
        rng = run.stream(f"gears.{name}")
        level = np.asarray(self.mesh) * run.phases(f"gears.{name}.phase", len(self.mesh))
        amplitude, phase = np.ones(len(run.times)), np.zeros(len(run.times))
        for side, depth, swing in zip(self.wheels, self.eccentricity, self.wobble, strict=True):
            tone = phasor(self.wheel(side).ratio * run.turns + rng.random())
            amplitude += depth * tone.real
            phase += swing * tone.imag
        load = run.speeds / reference if run.clock.steady_speed is None else run.clock.steady_speed / reference
        carrier = self.mesh_order * run.turns
        sound = amplitude * load * harmonic_sum(phasor(carrier + phase), level)
        if not faults:
            return sound, np.zeros_like(sound)
        gains = np.ones(len(self.mesh))
        for fault in faults:
            wheel = self.wheel(fault.wheel)
            more, shift = fault.modulation(wheel.ratio * run.turns + fault.angle, wheel.teeth)
            amplitude, phase = amplitude + more, phase + shift
            gains *= [fault.harmonic_gain(k + 1) for k in range(len(gains))]
        faulty = amplitude * load * harmonic_sum(phasor(carrier + phase), level * gains)
        return sound, faulty - sound

    def impacts(
        self, fault: GearFault, clock: ShaftClock, span: tuple[float, float], reference: float, rng: np.random.Generator
    ) -> Impacts:
        """Strikes of a faulty tooth, when it comes into mesh; ``clock`` is that of the reference shaft."""
        hit = fault.strike()
        if hit == 0:
            return no_impacts()
        wheel = self.wheel(fault.wheel)
        order = wheel.ratio * fault.strike_turns(wheel)
        phase = (-fault.angle * fault.strike_turns(wheel)) % 1.0
        times = clock.times_of(passings(clock, order, span, phase=phase, jitter=0.0, rng=rng))
        strengths = self.strike * hit * clock.speed(times) / reference
        return train(times, strengths * np.exp(0.1 * rng.standard_normal(len(times))), ImpactKind.TOOTH)


def refuse(fault: GearFault, why: str) -> None:
    """Raises because a gear cannot have a fault."""
    raise SimengineError(f"{type(fault).__name__} of the gear {fault.gear!r}: {why}")
