"""Faults of a bearing that are not one spall: cage, Brinell dents, roughened races."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from simengine.machines.impacts import ImpactKind, Impacts, join_impacts, passings, random_times, train
from simengine.machines.mounted import BearingFault, MountedBearing, impact_strength
from simengine.signals.checks import require, require_in, require_natural
from simengine.signals.clock import ShaftClock

__all__ = ["BrinellFault", "CageFault", "DistributedFault"]


@dataclass(frozen=True)
class CageFault(BearingFault):
    """A broken or worn cage: one strike per turn of the cage, and rubs at random.

    Attributes:
        looseness: Standard deviation of the spacing of strikes, added to the bearing's own jitter.
        rubs: Random rubs per turn of the cage.
    """

    looseness: float = 0.03
    rubs: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_in(self, 0.0, 0.2, looseness=self.looseness)
        require_in(self, 0.0, 100.0, rubs=self.rubs)

    @property
    def fault_type(self) -> str:
        """Always ``cage``."""
        return "cage"

    def impacts(
        self, mounted: MountedBearing, clock: ShaftClock, span: tuple[float, float], rng: np.random.Generator
    ) -> Impacts:
        """Strikes at FTF."""
        order, jitter = mounted.orders.ftf, float(np.hypot(mounted.jitter, self.looseness))
        strikes = clock.times_of(passings(clock, order, span, phase=self.start(rng), jitter=jitter, rng=rng))
        mean = self.rubs * order * float(np.mean(clock.speed(np.linspace(*span, 64))))
        rubs = random_times(mean, span, rng)
        times = np.concatenate([strikes, rubs])
        surface = np.pi * mounted.bearing.pitch_diameter * order
        strengths = impact_strength(mounted, self.size, surface, clock.speed(times))
        strengths[len(strikes) :] *= 0.3 * rng.random(len(rubs))
        return join_impacts([train(times, self.scattered(strengths, rng), ImpactKind.CAGE)])


@dataclass(frozen=True)
class BrinellFault(BearingFault):
    """Dents of the elements in both races, as a blow at standstill leaves them.

    They lie one pitch of the elements apart, so all dents of a race are met at once: strikes at BPFO and at
    BPFI, each the sum over the dents in the load zone.

    Attributes:
        inner_ratio: Strength of the inner dents relative to the outer ones.
        dents: Dents in each race, side by side; ``None``: one for each element. Few dents in the inner race carry
            the sidebands of the shaft, a full circle of them does not.
        position: Angle of the first dent on its ring, turns.
        secondary: Whether they are what a damaged element has struck: then the fault that the labels name is the
            element, not the races.
    """

    inner_ratio: float = 1.0
    dents: int | None = None
    position: float = 0.0
    secondary: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_in(self, 0.0, 10.0, inner_ratio=self.inner_ratio)
        if self.dents is not None:
            require_natural(self, dents=self.dents)

    @property
    def fault_type(self) -> str:
        """``inner+outer``: it shows the orders of both; ``rolling_element`` where that is what made the dents."""
        return "rolling_element" if self.secondary else "inner+outer"

    def impacts(
        self, mounted: MountedBearing, clock: ShaftClock, span: tuple[float, float], rng: np.random.Generator
    ) -> Impacts:
        """Strikes at BPFO and at BPFI."""
        trains = []
        rings = zip(
            mounted.ring_orders,
            (mounted.bearing.outer_diameter, mounted.bearing.inner_diameter),
            (1.0, self.inner_ratio),
            (ImpactKind.BRINELL_OUTER, ImpactKind.BRINELL_INNER),
            strict=True,
        )
        count = mounted.bearing.elements
        angles = self.position + np.arange(min(self.dents or count, count))[:, None] / count
        for ring, diameter, ratio, kind in rings:
            rolling = abs(ring - mounted.orders.ftf)
            order = mounted.bearing.elements * rolling
            turns = passings(clock, order, span, phase=self.start(rng), jitter=mounted.jitter, rng=rng)
            times = clock.times_of(turns)
            load = mounted.zone.load(angles + ring * turns, np.broadcast_to(turns, (len(angles), len(turns)))).sum(
                axis=0
            )
            strengths = (
                ratio * load * impact_strength(mounted, self.size, np.pi * diameter * rolling, clock.speed(times))
            )
            trains.append(train(times, self.scattered(strengths, rng), kind))
        return join_impacts(trains)


@dataclass(frozen=True)
class DistributedFault(BearingFault):
    """A roughened arc of a race: many small strikes of random sign while an element crosses it.

    No line at the fault order in the raw spectrum, only in the envelope: the noise is cyclostationary.

    Attributes:
        race: Which race is rough.
        position: Middle of the rough arc on its ring, turns.
        arc: Length of the rough arc as a fraction of the spacing of the elements; 1: always one on it.
        density: Strikes per crossing.
    """

    race: Literal["outer", "inner"] = "outer"
    position: float = 0.0
    arc: float = 0.3
    density: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.race in ("outer", "inner"), self, "race", self.race, "say 'outer' or 'inner'.")
        require_in(self, 0.01, 1.0, arc=self.arc)
        require_in(self, 1.0, 1000.0, density=self.density)

    @property
    def fault_type(self) -> str:
        """The race."""
        return self.race

    def impacts(
        self, mounted: MountedBearing, clock: ShaftClock, span: tuple[float, float], rng: np.random.Generator
    ) -> Impacts:
        """Strikes spread over the crossings, as strong as the load then is."""
        outer = self.race == "outer"
        ring = mounted.ring_orders[0 if outer else 1]
        diameter = mounted.bearing.outer_diameter if outer else mounted.bearing.inner_diameter
        rolling = abs(ring - mounted.orders.ftf)
        order = mounted.bearing.elements * rolling
        turns = passings(clock, order, span, phase=self.start(rng), jitter=mounted.jitter, rng=rng)
        strikes = rng.poisson(self.density, len(turns))
        each = np.repeat(mounted.element_strengths(len(turns), rng), strikes)
        turns = np.repeat(turns, strikes)
        turns += (rng.random(len(turns)) - 0.5) * self.arc / order
        times = clock.times_of(turns)
        keep = (times >= span[0]) & (times < span[1])
        turns, times, each = turns[keep], times[keep], each[keep]
        strengths = impact_strength(mounted, self.size, np.pi * diameter * rolling, clock.speed(times))
        strengths *= mounted.zone.load(self.position + ring * turns, turns) * each * rng.standard_normal(len(turns))
        return join_impacts(
            [train(times, self.scattered(strengths / np.sqrt(self.density), rng), ImpactKind.ROUGHNESS)]
        )
