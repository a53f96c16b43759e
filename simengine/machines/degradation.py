"""How damage grows until the machine fails, and how long it has left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.machine import Machine
from simengine.machines.mounted import BearingFault
from simengine.machines.record import record
from simengine.machines.recording import Recording
from simengine.machines.wear_faults import DistributedFault
from simengine.sampling.streams import stream
from simengine.signals.checks import require, require_in, require_positive

__all__ = ["Degradation", "Life", "Snapshot", "aged_machine", "run_to_failure"]


@dataclass(frozen=True)
class Degradation:
    """Law of growth of a fault: size = initial exp((rate (t - onset))^power), in random steps upwards.

    Attributes:
        onset: Time at which the fault begins, s.
        initial: Size then, m.
        rate: Rate of growth, 1/s.
        power: Exponent; above 1 it speeds up more than exponentially.
        noise: Standard deviation of a step relative to its mean; 0: smooth.
        threshold: Size at which the machine has failed, m.
        spread: Size from which the damage is no spall any more but a roughened arc, m; ``None``: never.
        maintenance: Size at which the part is replaced and life begins anew, m; ``None``: run to failure.
        steps: Random steps between onset and failure of the smooth law.
    """

    onset: float
    initial: float = 0.1e-3
    rate: float = 1e-5
    power: float = 1.0
    noise: float = 0.5
    threshold: float = 3e-3
    spread: float | None = None
    maintenance: float | None = None
    steps: int = 400

    def __post_init__(self) -> None:
        require(self.onset >= 0, self, "onset", self.onset, "give a time from 0 s.")
        require_positive(self, initial=self.initial, rate=self.rate, power=self.power, threshold=self.threshold)
        require_in(self, 0.0, 5.0, noise=self.noise)
        why = f"it begins at {self.initial:g} m; give a larger size."
        require(self.threshold > self.initial, self, "threshold", self.threshold, why)
        if self.maintenance is not None:
            inside = self.initial < self.maintenance < self.threshold
            require(inside, self, "maintenance", self.maintenance, "give a size between initial and threshold.")

    def life(self, rng: np.random.Generator, *, start: float = 0.0) -> Life:
        """Draws one life that begins at ``start`` (s); it ends with failure or maintenance."""
        goal = self.threshold if self.maintenance is None else self.maintenance
        # to twice the logarithm of the growth, so that slow draws reach the end too
        reach = (2 * np.log(self.threshold / self.initial) + 1) ** (1 / self.power) / self.rate
        ages = np.linspace(0.0, reach, 2 * self.steps + 1)
        sizes = self.initial * np.exp((self.rate * ages) ** self.power)
        if self.noise > 0:  # gamma-distributed steps keep damage growing
            shape = 1 / self.noise**2
            steps = np.diff(sizes) * np.maximum(rng.gamma(shape, 1 / shape, 2 * self.steps), 1e-9)
            sizes = sizes[0] + np.concatenate([[0.0], np.cumsum(steps)])
        last = int(np.searchsorted(sizes, goal))
        if last == len(sizes):
            raise SimengineError(f"Degradation.noise is {self.noise:g}: this life never ended; give less noise.")
        end = float(np.interp(goal, sizes, ages))
        times = np.append(ages[:last], end) + start + self.onset
        return Life(start, times, np.append(sizes[:last], goal), self, failed=self.maintenance is None)


@dataclass(frozen=True)
class Life:
    """One life of a part.

    Attributes:
        start: When it was put in, s.
        times: From onset to the end, s, increasing.
        sizes: Size of the damage then, m, increasing.
        law: The law it follows.
        failed: Whether it ended with failure; else it was maintained.
    """

    start: float
    times: np.ndarray
    sizes: np.ndarray
    law: Degradation
    failed: bool

    @property
    def end(self) -> float:
        """Time of failure or maintenance, s."""
        return float(self.times[-1])

    def size(self, time: float) -> float:
        """Size of the damage, m; 0 before the onset."""
        return 0.0 if time < self.times[0] else float(np.interp(time, self.times, self.sizes))

    def rul(self, time: float) -> float:
        """Remaining useful life, s, until the size reaches the threshold or the part is replaced."""
        return self.end - time

    def stage(self, time: float) -> str:
        """``healthy``, ``localized``, ``distributed`` or ``failed``."""
        size = self.size(time)
        if size == 0:
            return "healthy"
        if time >= self.end and self.failed:
            return "failed"
        return "distributed" if self.law.spread is not None and size >= self.law.spread else "localized"


@dataclass(frozen=True)
class Snapshot:
    """A recording within a life.

    Attributes:
        time: When, s from the beginning of the history.
        size: Size of the damage, m.
        stage: See ``Life.stage``.
        rul: Remaining useful life, s.
        life: Which part, counted from 0; it grows with each maintenance.
        recording: The recording.
    """

    time: float
    size: float
    stage: str
    rul: float
    life: int
    recording: Recording


def run_to_failure(
    machine: Machine,
    degradation: Degradation,
    sensors: Mapping[str, Accelerometer],
    *,
    every: float,
    duration: float,
    seed: int = 0,
    horizon: float = np.inf,
) -> Iterator[Snapshot]:
    """Records a machine again and again while its first fault grows.

    Args:
        machine: The machine; its first fault is the one that grows, and its size is what the law says. Leave
            ``machine.snr`` out, for it would undo the growth.
        degradation: The law.
        sensors: As for ``record``.
        every: Time between recordings, s.
        duration: Length of one, s.
        seed: Seed of the history.
        horizon: Latest time, s; needed where maintenance keeps the machine from failing.

    Yields:
        Snapshots in time order, up to failure or the horizon.

    Raises:
        SimengineError: The first fault is no fault of a bearing, or an SNR is given.
    """
    if not machine.faults or not isinstance(machine.faults[0], BearingFault):
        raise SimengineError("run_to_failure grows Machine.faults[0], which must be the fault of a bearing: name one.")
    if machine.snr is not None:
        raise SimengineError(f"Machine.snr is {machine.snr:g} dB, which undoes the growth of damage: leave it out.")
    require(every > duration, degradation, "every", every, f"recordings are {duration:g} s long; leave more between.")
    if degradation.maintenance is not None and not np.isfinite(horizon):
        raise SimengineError("A maintained machine never fails: give run_to_failure a finite horizon.")
    number, life = 0, degradation.life(stream(seed, 0, "degradation"))
    index = 0
    while (time := index * every) < horizon:
        while time >= life.end:
            if life.failed:
                return
            number += 1
            life = degradation.life(stream(seed, number, "degradation"), start=life.end)
        size, stage = life.size(time), life.stage(time)
        aged = aged_machine(machine, 0, life, time)
        # what the structure is does not change from one recording to the next; only the index of time does
        one = record(aged, sensors, duration=duration, seed=seed, index=index)
        yield Snapshot(time, size, stage, life.rul(time), number, one)
        index += 1


def aged_machine(machine: Machine, number: int, life: Life, time: float) -> Machine:
    """The machine at a time of a life: one of its faults, that of a bearing, has grown as far as the life says.

    Args:
        machine: The machine.
        number: Which of ``machine.faults`` grows.
        life: The life.
        time: When, s.
    """
    faults = tuple(machine.faults)
    fault = faults[number]
    if not isinstance(fault, BearingFault):
        raise SimengineError(f"Machine.faults[{number}] is {fault!r}: only the fault of a bearing grows.")
    grown = _aged(fault, life.size(time), life.stage(time))
    return replace(machine, faults=(*faults[:number], *grown, *faults[number + 1 :]))


def _aged(fault: BearingFault, size: float, stage: str) -> tuple[BearingFault, ...]:
    if stage == "healthy":
        return ()
    if stage == "distributed" and fault.fault_type in ("outer", "inner"):
        race: Literal["outer", "inner"] = "outer" if fault.fault_type == "outer" else "inner"
        place = getattr(fault, "position", 0.0)
        return (DistributedFault(fault.bearing, size, fault.scatter, fault.phase, race=race, position=place),)
    return (replace(fault, size=size),)
