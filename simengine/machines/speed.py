"""What a machine's speed does over time, as data; each profile opens a shaft clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from simengine.signals.checks import require, require_in, require_positive
from simengine.signals.clock import ShaftClock

__all__ = [
    "ConstantSpeed",
    "RampSpeed",
    "RandomWalkSpeed",
    "SineSpeed",
    "SpeedProfile",
    "StepSpeed",
    "TableSpeed",
    "WanderSpeed",
]

_SINE_NODES = 64  # to a swing: the speed is then exact to 0.12 % of its depth


class SpeedProfile(ABC):
    """Speed of a shaft over time."""

    @abstractmethod
    def clock(self, duration: float, rng: np.random.Generator) -> ShaftClock:
        """Opens the clock for times from 0 to ``duration`` (s); ``rng`` serves the random profiles."""


@dataclass(frozen=True)
class ConstantSpeed(SpeedProfile):
    """One speed, in Hz (turns per second)."""

    speed: float

    def __post_init__(self) -> None:
        require_positive(self, speed=self.speed)

    def clock(self, duration: float, rng: np.random.Generator) -> ShaftClock:
        """Constant from the first moment on."""
        return ShaftClock([0.0], [self.speed])


@dataclass(frozen=True)
class RampSpeed(SpeedProfile):
    """From one speed to another, linear in time; constant before and after.

    Attributes:
        start: Speed before the ramp, Hz; 0 is a start from rest.
        end: Speed after it, Hz.
        begin: When it begins, s.
        length: How long it takes, s; ``None``: to the end of the recording.
    """

    start: float
    end: float
    begin: float = 0.0
    length: float | None = None

    def __post_init__(self) -> None:
        require(self.start >= 0, self, "start", self.start, "a speed is not negative; give its magnitude in Hz.")
        require(self.end >= 0, self, "end", self.end, "a speed is not negative; give its magnitude in Hz.")
        require(self.begin >= 0, self, "begin", self.begin, "give a time from 0 s.")
        if self.length is not None:
            require_positive(self, length=self.length)

    def clock(self, duration: float, rng: np.random.Generator) -> ShaftClock:
        """Linear between the two speeds."""
        length = duration - self.begin if self.length is None else self.length
        require(length > 0, self, "begin", self.begin, f"the recording ends at {duration:g} s; begin before that.")
        return ShaftClock([self.begin, self.begin + length], [self.start, self.end])


@dataclass(frozen=True)
class StepSpeed(SpeedProfile):
    """Constant speeds that change at once.

    Attributes:
        speeds: The speeds, Hz, one more than ``times``.
        times: When each but the first begins, s, increasing.
    """

    speeds: Sequence[float]
    times: Sequence[float]

    def __post_init__(self) -> None:
        why = f"{len(self.speeds)} speeds need {len(self.speeds) - 1} times of change."
        require(len(self.times) == len(self.speeds) - 1, self, "times", self.times, why)

    def clock(self, duration: float, rng: np.random.Generator) -> ShaftClock:
        """Steps exactly at the given times."""
        return ShaftClock(np.concatenate([[0.0], np.repeat(self.times, 2)]), np.repeat(self.speeds, 2)[:-1])


@dataclass(frozen=True)
class SineSpeed(SpeedProfile):
    """A speed that swings: mean (1 + depth sin(2 pi frequency t + phase)), as the polygon through 64 points a swing.

    Attributes:
        mean: Mean speed, Hz.
        depth: Largest deviation over the mean, below 1.
        frequency: Swings per second.
        phase: Phase at time 0, rad.
    """

    mean: float
    depth: float = 0.1
    frequency: float = 1.0
    phase: float = 0.0

    def __post_init__(self) -> None:
        require_positive(self, mean=self.mean, frequency=self.frequency)
        require_in(self, 0.0, 0.99, depth=self.depth)

    def clock(self, duration: float, rng: np.random.Generator) -> ShaftClock:
        """Linear between the points; it swings on for a swing after the end."""
        count = int(np.ceil((duration * self.frequency + 1) * _SINE_NODES)) + 1
        cycles = np.arange(count) / _SINE_NODES
        return ShaftClock(
            cycles / self.frequency, self.mean * (1 + self.depth * np.sin(2 * np.pi * cycles + self.phase))
        )


@dataclass(frozen=True)
class RandomWalkSpeed(SpeedProfile):
    """A speed that walks at random between two bounds, at which it turns back.

    Attributes:
        start: Speed at time 0, Hz.
        step: Standard deviation after a second without bounds, Hz.
        low: Slowest speed, Hz.
        high: Fastest speed, Hz.
        every: Time between two steps, s; linear between them.
    """

    start: float
    step: float = 1.0
    low: float = 10.0
    high: float = 60.0
    every: float = 0.05

    def __post_init__(self) -> None:
        require_positive(self, every=self.every, high=self.high)
        require(self.step >= 0, self, "step", self.step, "give a number from 0.")
        require(0 <= self.low < self.high, self, "low", self.low, f"give a speed from 0 and below {self.high:g} Hz.")
        inside = self.low <= self.start <= self.high
        require(inside, self, "start", self.start, f"give a speed from {self.low:g} to {self.high:g} Hz.")

    def clock(self, duration: float, rng: np.random.Generator) -> ShaftClock:
        """Independent normal steps, folded back at the bounds."""
        count = int(np.ceil(duration / self.every)) + 1
        steps = self.step * np.sqrt(self.every) * rng.standard_normal(count)
        free = self.start - self.low + np.concatenate([[0.0], np.cumsum(steps)])
        reach = self.high - self.low
        folded = self.low + reach - np.abs(np.mod(free, 2 * reach) - reach)
        return ShaftClock(np.arange(count + 1) * self.every, folded)


@dataclass(frozen=True)
class TableSpeed(SpeedProfile):
    """Measured or planned speed: ``speeds`` (Hz) at ``times`` (s), linear between them."""

    times: Sequence[float]
    speeds: Sequence[float]

    def __post_init__(self) -> None:
        ShaftClock(np.asarray(self.times), np.asarray(self.speeds))  # says what is wrong with them

    def clock(self, duration: float, rng: np.random.Generator) -> ShaftClock:
        """Linear between the rows of the table."""
        return ShaftClock(np.asarray(self.times), np.asarray(self.speeds))


@dataclass(frozen=True)
class WanderSpeed(SpeedProfile):
    """Another profile that wanders at random: an Ornstein-Uhlenbeck process as a factor.

    Attributes:
        base: The profile that it wanders about.
        spread: Standard deviation of the factor, e.g. 0.003.
        correlation: Time after which the factor has forgotten itself (1/e), s.
    """

    base: SpeedProfile
    spread: float = 0.003
    correlation: float = 0.5

    def __post_init__(self) -> None:
        require_in(self, 0.0, 0.2, spread=self.spread)
        require_positive(self, correlation=self.correlation)

    def clock(self, duration: float, rng: np.random.Generator) -> ShaftClock:
        """The clock of ``base`` with its nodes multiplied by the process, ten to a correlation time."""
        base = self.base.clock(duration, rng)
        step = self.correlation / 10
        grid = np.arange(0.0, duration + step, step)
        keep = np.exp(-0.1)
        walk = rng.standard_normal(len(grid)) * self.spread
        walk[1:] *= np.sqrt(1 - keep**2)
        walk = lfilter([1.0], [1.0, -keep], walk)
        if base.steady_speed is not None:
            return ShaftClock(grid, base.steady_speed * np.maximum(1 + walk, 0.0))
        extra = grid[~np.isin(grid, base.times)]
        times = np.concatenate([base.times, extra])
        speeds = np.concatenate([base.speeds, base.speed(extra)])
        order = np.argsort(times, kind="stable")  # stable: the two sides of a step stay in order
        times, speeds = times[order], speeds[order]
        return ShaftClock(times, speeds * np.maximum(1 + np.interp(times, grid, walk), 0.0))
