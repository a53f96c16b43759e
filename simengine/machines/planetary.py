"""Planetary gears with a fixed ring: planets that pass the sensor, and faults of each member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simengine.machines.gears import GearFault
from simengine.machines.impacts import ImpactKind, Impacts, no_impacts, passings, train
from simengine.machines.phasor import harmonic_sum, phasor
from simengine.machines.run import Run
from simengine.signals.checks import require, require_natural, require_positive
from simengine.signals.clock import ShaftClock

__all__ = ["PlanetarySet"]

_PASSAGE = 1.5  # sharpness of a planet's passage under the sensor


@dataclass(frozen=True)
class PlanetarySet:
    """Sun, equally spaced planets on a carrier, fixed ring with the sensor on it.

    Attributes:
        sun: Teeth of the sun.
        ring: Teeth of the ring.
        planets: Number of planets.
        input: The member on the shaft that ``shaft`` names.
        shaft: Its turns per turn of the reference shaft.
        mesh: Acceleration of one planet's mesh harmonics as it passes the sensor, at reference speed, m/s^2.
        strike: Acceleration of a full tooth strike in a unit mode at reference speed, m/s^2.
    """

    sun: int
    ring: int
    planets: int = 3
    input: Literal["sun", "carrier"] = "sun"
    shaft: float = 1.0
    mesh: Sequence[float] = (0.5, 0.2, 0.1)
    strike: float = 5.0

    wheels = ("sun", "planet", "ring")

    def __post_init__(self) -> None:
        require_natural(self, 5, sun=self.sun, ring=self.ring)
        require_natural(self, 1, planets=self.planets)
        require_positive(self, shaft=self.shaft, strike=self.strike)
        require(self.input in ("sun", "carrier"), self, "input", self.input, "say 'sun' or 'carrier'.")
        fits = self.ring > self.sun and (self.ring - self.sun) % 2 == 0
        require(fits, self, "ring", self.ring, f"a planet has (ring - sun) / 2 teeth; the sun has {self.sun}.")
        even = (self.sun + self.ring) % self.planets == 0
        why = f"equally spaced planets need sun + ring = {self.sun + self.ring} to be a multiple of their number."
        require(even, self, "planets", self.planets, why)

    @property
    def carrier_order(self) -> float:
        """Turns of the carrier per turn of the reference shaft."""
        return self.shaft * (self.sun / (self.sun + self.ring) if self.input == "sun" else 1.0)

    @property
    def mesh_order(self) -> float:
        """Tooth meshings of a planet per turn of the reference shaft: ring teeth times the carrier."""
        return self.ring * self.carrier_order

    def highest_order(self) -> float:
        """Order of the highest mesh harmonic."""
        return self.mesh_order * len(self.mesh)

    def fault_order(self, wheel: str) -> float:
        """Strikes of one damaged tooth per turn of the reference shaft.

        A sun tooth meets every planet once per turn relative to the carrier, a ring tooth every planet once per
        turn of the carrier, a planet tooth sun and ring once each per turn of the planet relative to the carrier.
        """
        carrier = self.carrier_order
        planet = 2 * self.mesh_order / ((self.ring - self.sun) / 2)
        return {"sun": self.planets * self.mesh_order / self.sun, "ring": self.planets * carrier, "planet": planet}[
            wheel
        ]

    def passage(self, turns: np.ndarray) -> np.ndarray:
        """Loudness of something on the carrier at the sensor, by its angle from there in turns; 1 right under it."""
        return np.exp(_PASSAGE * (np.cos(2 * np.pi * turns) - 1))

    def acceleration(
        self, run: Run, faults: Sequence[GearFault], *, name: str, reference: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mesh at the sensors: each planet as loud as it is near, with the phase of its place on the ring.

        So the mesh line itself can vanish and its sidebands at multiples of the planets stand (McFadden and
        Smith, Proc. IMechE C 199, 1985). Arguments and result as ``GearPair.acceleration``.
        """
        level = np.asarray(self.mesh) * run.phases(f"gears.{name}.phase", len(self.mesh))
        speed = run.clock.steady_speed
        load = (run.speeds if speed is None else speed) / reference
        carrier = self.carrier_order * run.turns
        gains = np.ones(len(self.mesh))
        for fault in faults:
            gains *= [fault.harmonic_gain(k + 1) for k in range(len(gains))]
        sound = np.zeros((len(run.channels), len(run.times)))
        faulty = np.zeros_like(sound)
        for planet in range(self.planets):
            place = carrier - planet / self.planets
            near, mesh = load * self.passage(place), phasor(self.ring * place)
            sound += near * harmonic_sum(mesh, level)
            if faults:
                faulty += near * harmonic_sum(mesh, level * (gains - 1))
        return sound, faulty

    def impacts(
        self, fault: GearFault, clock: ShaftClock, span: tuple[float, float], reference: float, rng: np.random.Generator
    ) -> Impacts:
        """Strikes of a damaged tooth, as loud as the planet in question is near to the sensor."""
        hit = fault.strike()
        if hit == 0:
            return no_impacts()
        order = self.fault_order(fault.wheel)
        turns = passings(clock, order, span, phase=(-fault.angle) % 1.0, jitter=0.0, rng=rng)
        times = clock.times_of(turns)
        carrier = self.carrier_order * turns
        if fault.wheel == "planet":
            near = self.passage(carrier)
        elif fault.wheel == "sun":  # the tooth meets one planet after the other
            near = self.passage(carrier - np.arange(len(turns)) / self.planets)
        else:  # a ring tooth stands still, so all its strikes are as loud
            near = np.full(len(turns), float(self.passage(np.array(fault.angle))))
        strengths = self.strike * hit * near * clock.speed(times) / reference
        return train(times, strengths * np.exp(0.1 * rng.standard_normal(len(times))), ImpactKind.TOOTH)
