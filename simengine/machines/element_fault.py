"""A spall on a rolling element, whose axis of spin wanders so that contacts are missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from simengine.machines.impacts import ImpactKind, Impacts, passings, train
from simengine.machines.mounted import BearingFault, MountedBearing, impact_strength
from simengine.signals.checks import require_in, require_positive
from simengine.signals.clock import ShaftClock

__all__ = ["ElementFault"]


@dataclass(frozen=True)
class ElementFault(BearingFault):
    """A spall on one rolling element; it strikes both races in turn, at twice the spin order.

    A ball is free to turn its axis, so the spot leaves the path of contact and comes back: real
    ball faults come in episodes, miss contacts and have no sharp lines.

    Attributes:
        position: Angle of the element in the cage at time 0, turns.
        inner_ratio: Strength on the inner race relative to the outer.
        missed: Probability that a contact is missed.
        active: Fraction of the time in which the spot lies on the path of contact.
        episode: Mean length of such an episode, turns of the cage.
        wander: Standard deviation of the spin rate, as a fraction of it.
        memory: Turns of the element over which the spin rate forgets itself.
    """

    position: float = 0.0
    inner_ratio: float = 0.8
    missed: float = 0.0
    active: float = 1.0
    episode: float = 3.0
    wander: float = 0.0
    memory: float = 20.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_in(self, 0.0, 1.0, inner_ratio=self.inner_ratio, missed=self.missed)
        require_in(self, 0.01, 1.0, active=self.active)
        require_in(self, 0.0, 0.3, wander=self.wander)
        require_positive(self, episode=self.episode, memory=self.memory)

    @property
    def fault_type(self) -> str:
        """Always ``rolling_element``."""
        return "rolling_element"

    def impacts(
        self, mounted: MountedBearing, clock: ShaftClock, span: tuple[float, float], rng: np.random.Generator
    ) -> Impacts:
        """Strikes at 2 BSF, carried through the load zone once a turn of the cage."""
        orders, bearing = mounted.orders, mounted.bearing
        turns = passings(clock, 2 * orders.bsf, span, phase=self.start(rng), jitter=mounted.jitter, rng=rng)
        if self.wander > 0 and len(turns):
            turns = self._wandered(turns, rng)
        outer = np.arange(len(turns)) % 2 == 0
        cage = turns * orders.ftf
        keep = (rng.random(len(turns)) >= self.missed) & self._in_contact(cage, rng)
        times = clock.times_of(turns)
        keep &= (times >= span[0]) & (times < span[1])
        turns, times, outer, cage = turns[keep], times[keep], outer[keep], cage[keep]
        surface = np.pi * bearing.element_diameter * orders.bsf
        strengths = impact_strength(mounted, self.size, surface, clock.speed(times))
        strengths *= mounted.zone.load(self.position + cage, turns) * np.where(outer, 1.0, self.inner_ratio)
        kinds = np.where(outer, ImpactKind.ELEMENT_ON_OUTER, ImpactKind.ELEMENT_ON_INNER)
        return train(times, self.scattered(strengths, rng), kinds)

    def _wandered(self, turns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Stretches the spacings by a process that forgets itself in ``memory`` turns of the element."""
        keep = np.exp(-0.5 / self.memory)
        kicks = self.wander * rng.standard_normal(len(turns))
        kicks[1:] *= np.sqrt(1 - keep**2)
        factor = np.maximum(1 + lfilter([1.0], [1.0, -keep], kicks), 0.3)
        return turns[0] + np.concatenate([[0.0], np.cumsum(np.diff(turns) * factor[1:])])

    def _in_contact(self, cage: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Alternating episodes of exponential length in which the spot is on the path, and off it."""
        if self.active >= 1 or not len(cage):
            return np.ones(len(cage), dtype=bool)
        off = self.episode * (1 - self.active) / self.active
        pairs = int(2 * (cage[-1] - cage[0]) / (self.episode + off)) + 8
        lengths = rng.exponential(1.0, (pairs, 2)) * [self.episode, off]
        begins_on = rng.random() < self.active
        edges = cage[0] + np.cumsum(lengths if begins_on else lengths[:, ::-1])
        return (np.searchsorted(edges, cage, side="right") % 2 == 0) == begins_on
