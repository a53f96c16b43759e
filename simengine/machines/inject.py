"""Simulated faults in real recordings of healthy machines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.impacts import Impacts
from simengine.machines.machine import Machine, Rotor
from simengine.machines.record import record
from simengine.signals.checked import checked_signal
from simengine.signals.clock import ShaftClock

__all__ = ["Injected", "inject"]


@dataclass(frozen=True)
class Injected:
    """A real recording with a simulated fault.

    Attributes:
        signal: Real plus fault, shape (n,), in the unit of the real recording.
        fault: The fault alone, shape (n,).
        impacts: Its strikes, amplitudes in that unit.
        clock: Clock of the shaft that the fault followed.
    """

    signal: np.ndarray
    fault: np.ndarray
    impacts: Impacts
    clock: ShaftClock


def inject(
    healthy: np.ndarray,
    rate: float,
    machine: Machine,
    *,
    snr: float,
    sensor: Accelerometer | None = None,
    seed: int = 0,
    index: int = 0,
) -> Injected:
    """Adds the faults of a machine to a recording of a real healthy one.

    Only the faults are taken, through the machine's path and the sensor's filters: background, shaft and electrical
    lines are the real ones.

    Args:
        healthy: One channel of a healthy machine, shape (n,).
        rate: Its samples per second.
        machine: The faulty machine; its speed must be that of the recording (``TableSpeed`` takes a measured one).
        snr: Level of the fault over the real recording, dB.
        sensor: The sensor, for its filters; by default one that only keeps aliases out. No noise is added.
        seed: Seed of the fault's draws.
        index: Index of the recording.

    Returns:
        The mixture.

    Raises:
        SimengineError: The recording is silent or has values that are no numbers, or the machine has no fault.
    """
    healthy = checked_signal(healthy, rate)
    level = float(np.std(healthy))
    if level == 0:
        raise SimengineError(
            "The healthy recording is constant: an SNR has no meaning; give one that measured something."
        )
    if not machine.faults:
        raise SimengineError("The machine has no fault to inject: give Machine.faults.")
    bare = replace(machine, background=Background(level=0.0), rotor=Rotor(), electrical=None, snr=None)
    chain = Accelerometer(rate) if sensor is None else replace(
        sensor, rate=rate, range=None, bits=None, noise_density=0.0, bias=0.0, drift=0.0, dropouts=0.0
    )  # fmt: skip
    healthy_mesh = replace(bare, faults=())
    one = record(bare, {"sensor": chain}, duration=len(healthy) / rate, seed=seed, index=index)
    fault = one.signal[0]
    if machine.gears:  # the sound mesh is in the real recording already
        fault = (
            fault
            - record(healthy_mesh, {"sensor": chain}, duration=len(healthy) / rate, seed=seed, index=index).signal[0]
        )
    strength = float(np.std(fault))
    if strength == 0:
        raise SimengineError(
            f"The fault is silent in these {len(healthy) / rate:g} s: give a longer recording or another index."
        )
    gain = 10 ** (snr / 20) * level / strength
    return Injected(healthy + gain * fault, gain * fault, one.impacts.scaled(gain), one.clock)
