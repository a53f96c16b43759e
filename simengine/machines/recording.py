"""A recording with everything that is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simengine.machines.accelerometer import Accelerometer
from simengine.machines.impacts import Impacts
from simengine.machines.machine import Machine
from simengine.signals.clock import ShaftClock

__all__ = ["STEMS", "Recording"]

STEMS = ("fault", "background", "shaft", "electrical")


@dataclass(frozen=True)
class Recording:
    """One recording of a machine by a set of sensors on one clock.

    Attributes:
        machine: The machine.
        sensors: The channels, in order.
        rate: Nominal samples per second.
        signal: What the sensors wrote, shape (channels, n), m/s^2.
        stems: True acceleration at each sensor along its axis at the true times of the samples, by origin
            (``STEMS``), each (channels, n), m/s^2. They sum to ``acceleration``.
        gain: Factor on the faults that brought them to the SNR.
        impacts: Strikes of the faults within the recording, amplitudes as scaled to the SNR.
        nuisance: Strikes of the background within it.
        residues: Residues of the path's modes, shape (channels, modes).
        snr: Faults over background, dB per channel; -inf for a healthy machine.
        clock: Clock of the reference shaft, true time.
        tacho: True times of the tachometer's pulses, s.
        clipped: Samples at the limit of sensor or converter, (channels, n), bool.
        dropped: Samples that were lost, (channels, n), bool.
        seed: Seed of the data set.
        index: Index of the recording.
        attempt: How often it was drawn before.
    """

    machine: Machine
    sensors: Mapping[str, Accelerometer]
    rate: float
    signal: np.ndarray
    stems: Mapping[str, np.ndarray]
    gain: float
    impacts: Impacts
    nuisance: Impacts
    residues: np.ndarray
    snr: np.ndarray
    clock: ShaftClock
    tacho: np.ndarray
    clipped: np.ndarray
    dropped: np.ndarray
    seed: int
    index: int
    attempt: int

    @property
    def acceleration(self) -> np.ndarray:
        """True acceleration before the sensor, the sum of the stems, shape (channels, n), m/s^2."""
        return sum((self.stems[name] for name in STEMS[1:]), start=self.stems[STEMS[0]])

    @property
    def times(self) -> np.ndarray:
        """True times of the samples, shape (n,), s; their spacing is 1/rate but for the error of the clock."""
        return np.arange(self.signal.shape[1]) / next(iter(self.sensors.values())).true_rate

    @property
    def duration(self) -> float:
        """Length in true time, s."""
        return self.signal.shape[1] / next(iter(self.sensors.values())).true_rate

    @property
    def mean_speed(self) -> float:
        """Mean speed of the reference shaft, Hz."""
        return float(self.clock.turns(self.duration)) / self.duration

    @property
    def speeds(self) -> np.ndarray:
        """Speed of the reference shaft at the samples, shape (n,), Hz."""
        return self.clock.speed(self.times)

    @property
    def fault_type(self) -> str:
        """Names of the faults joined by ``+`` in alphabetical order, or ``normal``."""
        return self.machine.fault_type
