"""One run of a machine as all its sources see it: one grid of times, one shaft, one set of sensors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simengine.machines.phasor import phasor
from simengine.sampling.streams import stream
from simengine.signals.clock import ShaftClock

__all__ = ["Run"]

_TONE = 128  # samples of a block of a tone

# glibc gives freed arrays of this size back to the kernel and faults them in again page by page, which made
# every step of a recording up to seven times as slow; once a large block was freed it keeps them.
_BLOCK = np.empty(1 << 21)
del _BLOCK


@dataclass(frozen=True)
class Run:
    """What a source needs to speak.

    Attributes:
        clock: Clock of the reference shaft.
        times: Where acceleration is wanted, shape (n,), s, evenly spaced.
        rate: Its samples per second.
        span: Time within which impacts are made, s; begins before ``times``.
        channels: Names of the sensors.
        axes: Axis of each: ``x`` and ``y`` across the shaft, ``z`` along it.
        seed: Seed of the data set.
        index: Index of the recording in it.
        attempt: How often it was drawn before.
        prefix: Path of the machine among the streams.
    """

    clock: ShaftClock
    times: np.ndarray
    rate: float
    span: tuple[float, float]
    channels: tuple[str, ...]
    axes: tuple[str, ...]
    seed: int = 0
    index: int = 0
    attempt: int = 0
    prefix: str = "machine"

    def stream(self, path: str) -> np.random.Generator:
        """The random stream of one part of the machine."""
        return stream(self.seed, self.index, f"{self.prefix}.{path}", attempt=self.attempt)

    def phases(self, path: str, count: int) -> np.ndarray:
        """Random unit phasors, shape (channels, count); those of a channel don't depend on the others."""
        return np.stack([phasor(self.stream(f"{path}.{name}").random(count)) for name in self.channels])

    @cached_property
    def turns(self) -> np.ndarray:
        """Angle of the reference shaft at ``times``, turns."""
        return self.clock.turns(self.times)

    @cached_property
    def speeds(self) -> np.ndarray:
        """Speed of the reference shaft at ``times``, Hz."""
        return self.clock.speed(self.times)

    def tone(self, hertz: float) -> np.ndarray:
        """Phasor of a fixed frequency at ``times``: blocks of it are one block turned."""
        count = len(self.times)
        starts = self.times[0] + np.arange(-(-count // _TONE)) * (_TONE / self.rate)
        whole = phasor(hertz * starts)[:, None] * phasor(np.arange(_TONE) * (hertz / self.rate))
        return whole.reshape(-1)[:count]

    def phasor(self, order: float) -> np.ndarray:
        """Phasor of ``order`` times the angle of the reference shaft; that of order 1 is kept."""
        return self._unit if order == 1 else phasor(order * self.turns)

    @cached_property
    def _unit(self) -> np.ndarray:
        return phasor(self.turns)
