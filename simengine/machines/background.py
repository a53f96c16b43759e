"""What a machine sounds like apart from its faults; the healthy machine has it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.machines.impacts import ImpactKind, Impacts, join_impacts, no_impacts, passings, random_times, train
from simengine.machines.noise import normals
from simengine.machines.path import TransferPath, ring, shake, shaken_power
from simengine.machines.phasor import harmonic_sum, phasor
from simengine.machines.run import Run
from simengine.signals.checks import require, require_in, require_positive
from simengine.signals.clock import ShaftClock

__all__ = ["Background", "Neighbour"]


@dataclass(frozen=True)
class Neighbour:
    """A second machine that is heard through the floor.

    Attributes:
        speed: Its speed, Hz.
        harmonics: Acceleration of its orders 1, 2, ..., m/s^2.
        strike_order: Strikes per turn of its shaft; 0 for none.
        strike: Amplitude of a strike, m/s^2.
    """

    speed: float
    harmonics: Sequence[float] = ()
    strike_order: float = 0.0
    strike: float = 0.0

    def __post_init__(self) -> None:
        require_positive(self, speed=self.speed)
        require(self.strike_order >= 0, self, "strike_order", self.strike_order, "give a number from 0.")


@dataclass(frozen=True)
class Background:
    """Noise of flow and rolling, nuisance strikes and a neighbour.

    Attributes:
        level: Standard deviation of the noise, m/s^2.
        white: White part of the noise relative to the part that rings in the structure.
        path: Structure in which the noise and the nuisance strikes ring; ``None``: that of the faults.
        modulation: Depth of the amplitude modulation of the noise at orders 1, 2, ... of the shaft.
        strikes: Random strikes per second.
        strike: Median amplitude of one, m/s^2; log-normal with a spread of 0.7.
        coherence: Part of the noise that all sensors share.
        neighbour: A second machine.
    """

    level: float = 0.3
    white: float = 0.3
    path: TransferPath | None = None
    modulation: Sequence[float] = ()
    strikes: float = 0.0
    strike: float = 0.3
    coherence: float = 0.5
    neighbour: Neighbour | None = None

    def __post_init__(self) -> None:
        require_in(self, 0.0, np.inf, level=self.level, white=self.white, strikes=self.strikes, strike=self.strike)
        require_in(self, 0.0, 1.0, coherence=self.coherence)
        for index, depth in enumerate(self.modulation):
            require_in(self, 0.0, 1.0, **{f"modulation[{index}]": depth})

    def acceleration(self, run: Run, path: TransferPath, residues: np.ndarray, nuisance: Impacts) -> np.ndarray:
        """The whole background at the sensors.

        Args:
            run: Times and sensors.
            path: Path of the faults.
            residues: Its residues, shape (channels, modes).
            nuisance: The strikes, see ``nuisance``.

        Returns:
            Shape (channels, n), m/s^2.
        """
        if self.path is not None:
            path = self.path
            residues = np.stack(
                [path.residues_of(name, run.stream(f"background.path.{name}")) for name in run.channels]
            )
        total = self._noise(run, path, residues)
        if self.modulation:
            rng = run.stream("background.modulation")
            depths = np.asarray(self.modulation) * phasor(rng.random(len(self.modulation)))
            total *= 1 + harmonic_sum(run.phasor(1), depths[None])
        if len(nuisance):
            total += ring(nuisance, path, residues, start=run.times[0], rate=run.rate, count=len(run.times))
        if self.neighbour is not None and len(self.neighbour.harmonics):
            phases = run.phases("background.neighbour.phase", len(self.neighbour.harmonics))
            tones = run.tone(self.neighbour.speed)
            total += harmonic_sum(tones, np.asarray(self.neighbour.harmonics) * phases)
        return total

    def nuisance(self, run: Run) -> Impacts:
        """Random strikes and those of the neighbour."""
        trains = [no_impacts()]
        if self.strikes > 0:
            rng = run.stream("background.strikes")
            times = random_times(self.strikes, run.span, rng)
            sizes = self.strike * np.exp(0.7 * rng.standard_normal(len(times))) * rng.choice([-1.0, 1.0], len(times))
            trains.append(train(times, sizes, ImpactKind.NUISANCE))
        other = self.neighbour
        if other is not None and other.strike_order > 0 and other.strike > 0:
            rng = run.stream("background.neighbour.strikes")
            clock = ShaftClock([0.0], [other.speed])
            turns = passings(clock, other.strike_order, run.span, phase=float(rng.random()), jitter=0.01, rng=rng)
            sizes = other.strike * np.exp(0.2 * rng.standard_normal(len(turns)))
            trains.append(train(clock.times_of(turns), sizes, ImpactKind.NEIGHBOUR))
        return join_impacts(trains)

    def _noise(self, run: Run, path: TransferPath, residues: np.ndarray) -> np.ndarray:
        """Gaussian noise that rings in the structure and reaches the sensor directly too, of variance ``level``^2."""
        count = len(run.times)
        if self.level == 0:
            return np.zeros((len(run.channels), count))
        common = normals(run.stream("background.noise"), count)
        rows = []
        for name, own in zip(run.channels, residues, strict=True):
            force = common
            if len(run.channels) > 1:
                apart = normals(run.stream(f"background.noise.{name}"), count)
                force = np.sqrt(self.coherence) * common + np.sqrt(1 - self.coherence) * apart
            # the impulse response is 0 at once and the direct part is nothing after, so their powers add
            ringing = shake(force, path, own, rate=run.rate)
            ringing *= self.level / np.sqrt(shaken_power(path, own, run.rate) * (1 + self.white**2))
            if self.white > 0:
                ringing += (self.level * self.white / np.sqrt(1 + self.white**2)) * force
            rows.append(ringing)
        return np.stack(rows)
