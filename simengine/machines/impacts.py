"""Trains of impacts: when a structure was struck, how hard and by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from simengine.signals.clock import ShaftClock

__all__ = ["ImpactKind", "Impacts", "join_impacts", "no_impacts", "passings", "random_times", "train"]


class ImpactKind(IntEnum):
    """What struck; the labels carry these names in lower case."""

    OUTER_ENTRY = 0
    OUTER_EXIT = 1
    INNER_ENTRY = 2
    INNER_EXIT = 3
    ELEMENT_ON_OUTER = 4
    ELEMENT_ON_INNER = 5
    CAGE = 6
    BRINELL_OUTER = 7
    BRINELL_INNER = 8
    ROUGHNESS = 9
    TOOTH = 10
    LOOSE_PART = 11
    RUB = 12
    NUISANCE = 13
    NEIGHBOUR = 14


@dataclass(frozen=True)
class Impacts:
    """Impacts in time order.

    Attributes:
        times: When, shape (k,), s from the start of the recording; not rounded to any grid.
        amplitudes: Acceleration that each starts in a mode of unit residue, shape (k,), m/s^2, signed.
        kinds: ``ImpactKind`` of each, shape (k,), uint8.
        steps: True where the force is a step and not an impulse, shape (k,): the entry into a spall.
    """

    times: np.ndarray
    amplitudes: np.ndarray
    kinds: np.ndarray
    steps: np.ndarray

    def __len__(self) -> int:
        return len(self.times)

    def within(self, start: float, end: float) -> Impacts:
        """The impacts with start <= time < end."""
        keep = (self.times >= start) & (self.times < end)
        return Impacts(self.times[keep], self.amplitudes[keep], self.kinds[keep], self.steps[keep])

    def scaled(self, gain: float) -> Impacts:
        """The same impacts, ``gain`` times as hard."""
        return replace(self, amplitudes=self.amplitudes * gain)


def train(times: np.ndarray, amplitudes: np.ndarray, kind: ImpactKind | np.ndarray, *, step: bool = False) -> Impacts:
    """A train whose impacts are all alike in kind, or of the given kinds."""
    return Impacts(times, amplitudes, np.full(len(times), kind, dtype=np.uint8), np.full(len(times), step, dtype=bool))


def no_impacts() -> Impacts:
    """The empty train."""
    return train(np.empty(0), np.empty(0), ImpactKind.NUISANCE)


def join_impacts(trains: Sequence[Impacts]) -> Impacts:
    """Merges trains into one in time order."""
    filled = [one for one in trains if len(one)]
    if not filled:
        return no_impacts()
    times = np.concatenate([one.times for one in filled])
    order = np.argsort(times, kind="stable")
    return Impacts(
        times[order],
        np.concatenate([one.amplitudes for one in filled])[order],
        np.concatenate([one.kinds for one in filled])[order],
        np.concatenate([one.steps for one in filled])[order],
    )


def passings(
    clock: ShaftClock,
    order: float,
    span: tuple[float, float],
    *,
    phase: float,
    jitter: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Shaft angles at which something passes ``order`` times a turn, with slip.

    Slip is a random walk: each spacing deviates on its own and the deviations add up, so that the
    train is pseudo-cyclostationary and its lines widen with their order (Antoni and Randall,
    J. Vib. Acoust. 125, 2003). Without jitter the passings are exactly periodic in angle.

    Args:
        clock: Clock of the shaft.
        order: Passings per turn.
        span: Time from and to which passings are wanted, s.
        phase: Fraction of a spacing by which the first passing is late.
        jitter: Standard deviation of a spacing as a fraction of it.
        rng: Stream of the slip.

    Returns:
        Angles in turns, increasing, shape (k,).
    """
    first, last = (float(turns) * order for turns in clock.turns(np.asarray(span)))
    start = np.ceil(first - phase) + phase
    if jitter == 0:
        return np.arange(start, last) / order
    count = max(int((last - start) * (1 + 4 * jitter)) + 8, 0)
    spacings = np.maximum(1 + jitter * rng.standard_normal(count), 0.05)
    events = start + np.concatenate([[0.0], np.cumsum(spacings)])
    return events[events < last] / order


def random_times(rate: float, span: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Times of a Poisson process of ``rate`` events per second within ``span``, sorted, s."""
    start, end = span
    return start + (end - start) * np.sort(rng.random(rng.poisson(rate * (end - start))))
