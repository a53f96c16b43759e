"""Spalls on the races: each passing element enters, drops and strikes the far edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.machines.impacts import ImpactKind, Impacts, join_impacts, passings, train
from simengine.machines.mounted import BearingFault, MountedBearing, impact_strength
from simengine.signals.checks import require_in
from simengine.signals.clock import ShaftClock

__all__ = ["InnerRaceFault", "OuterRaceFault"]


@dataclass(frozen=True)
class _RaceFault(BearingFault):
    """A spall on one of the races.

    Attributes:
        position: Angle of the spall on its ring, turns from zero angle; the load zone decides what it means.
        entry: Strength of the entry step relative to the exit impulse; 0 for one impact per passing.
    """

    position: float = 0.0
    entry: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        require_in(self, 0.0, 2.0, entry=self.entry)

    def _strikes(
        self,
        mounted: MountedBearing,
        clock: ShaftClock,
        span: tuple[float, float],
        rng: np.random.Generator,
        *,
        ring: float,
        diameter: float,
        kinds: tuple[ImpactKind, ImpactKind],
    ) -> Impacts:
        rolling = abs(ring - mounted.orders.ftf)  # turns of the cage relative to the race
        order = mounted.bearing.elements * rolling
        turns = passings(clock, order, span, phase=self.start(rng), jitter=mounted.jitter, rng=rng)
        times = clock.times_of(turns)
        load = mounted.zone.load(self.position + ring * turns, turns)
        strengths = impact_strength(mounted, self.size, np.pi * diameter * rolling, clock.speed(times)) * load
        strengths *= mounted.element_strengths(len(turns), rng)
        exits = self.scattered(strengths, rng)
        trains = [train(times, exits, kinds[1])]
        if self.entry > 0:
            # the element strikes the far edge when its centre has crossed half the spall
            lead = self.size / 2 / (np.pi * diameter) / rolling
            steps = self.entry * self.scattered(strengths, rng)
            trains.append(train(clock.times_of(turns - lead), steps, kinds[0], step=True))
        return join_impacts(trains)


@dataclass(frozen=True)
class OuterRaceFault(_RaceFault):
    """A spall on the outer race; see ``BearingFault`` for the fields it shares.

    Attributes:
        position: Angle of the spall on its ring, turns.
        entry: Strength of the entry step relative to the exit impulse.
    """

    @property
    def fault_type(self) -> str:
        """Always ``outer``."""
        return "outer"

    def impacts(
        self, mounted: MountedBearing, clock: ShaftClock, span: tuple[float, float], rng: np.random.Generator
    ) -> Impacts:
        """Strikes at BPFO; the load varies only if the ring turns or the load does."""
        kinds = (ImpactKind.OUTER_ENTRY, ImpactKind.OUTER_EXIT)
        diameter, ring = mounted.bearing.outer_diameter, mounted.ring_orders[0]
        return self._strikes(mounted, clock, span, rng, ring=ring, diameter=diameter, kinds=kinds)


@dataclass(frozen=True)
class InnerRaceFault(_RaceFault):
    """A spall on the inner race; see ``BearingFault`` for the fields it shares.

    Attributes:
        position: Angle of the spall on its ring, turns.
        entry: Strength of the entry step relative to the exit impulse.
    """

    @property
    def fault_type(self) -> str:
        """Always ``inner``."""
        return "inner"

    def impacts(
        self, mounted: MountedBearing, clock: ShaftClock, span: tuple[float, float], rng: np.random.Generator
    ) -> Impacts:
        """Strikes at BPFI, once a turn carried through the load zone."""
        kinds = (ImpactKind.INNER_ENTRY, ImpactKind.INNER_EXIT)
        diameter, ring = mounted.bearing.inner_diameter, mounted.ring_orders[1]
        return self._strikes(mounted, clock, span, rng, ring=ring, diameter=diameter, kinds=kinds)
