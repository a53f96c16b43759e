"""Records a machine: faults, background, shaft and electrical lines, each its own stem, then the sensors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import fft

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.gears import GearFault
from simengine.machines.impacts import Impacts, join_impacts
from simengine.machines.lines import Line, draw_lines
from simengine.machines.machine import Machine
from simengine.machines.measure import measure
from simengine.machines.mounted import BearingFault
from simengine.machines.path import ring
from simengine.machines.phasor import phasor
from simengine.machines.physical import CONTACT_FAULTS, contact_vibration
from simengine.machines.recording import STEMS, Recording
from simengine.machines.rotor_faults import RotorFault
from simengine.machines.run import Run
from simengine.sampling.streams import stream
from simengine.signals.clock import ShaftClock

__all__ = ["check_band", "highest_lines", "record"]

_SETTLE = 0.1  # s before the recording, in which ringing and filters settle
_LEAD = 0.25  # s before the recording from which impacts are made; fixed, so that no sensor moves them


def record(
    machine: Machine,
    sensors: Mapping[str, Accelerometer],
    *,
    duration: float,
    seed: int = 0,
    index: int = 0,
    attempt: int = 0,
    prefix: str = "machine",
    clock: ShaftClock | None = None,
    gain: float | None = None,
) -> Recording:
    """Records a machine.

    Every random part (slip, strikes, noise, phases) draws from a stream of its own, keyed by (seed, index, attempt)
    and the name of the part: a recording has the same bytes alone or in any batch and order, and a sensor or a fault
    more leaves the draws of the others as they were.

    Args:
        machine: The machine.
        sensors: Channels by name; they share one rate, clock and oversampling.
        duration: Length, s.
        seed: Seed of the data set.
        index: Index of the recording in it.
        attempt: How often it was drawn before.
        prefix: Name of the machine among the streams.
        clock: Clock of the shaft, where others share it; else it is opened from the machine's speed.
        gain: Factor on the faults, where others have found it for ``machine.snr``; else it is found here.

    Returns:
        The recording with its labels.

    Raises:
        SimengineError: The sensors don't share a clock, the duration is no length, a mode or a line of the machine
            lies above half the oversampled rate, or Numba is missing for a machine of physical fidelity.
    """
    lead = _shared_clock(sensors)
    count = round(duration * lead.rate) if np.isfinite(duration) and duration > 0 else 0
    if count < 1:
        raise SimengineError(f"duration is {duration!r} s: give at least one sample, that is {1 / lead.rate:g} s.")
    fine = lead.true_rate * lead.oversampling
    points = fft.next_fast_len(count + round(_SETTLE * lead.rate), real=True) * lead.oversampling
    times = (np.arange(points) - (points - count * lead.oversampling)) / fine
    end = count / lead.true_rate
    crossed = [name for name, sensor in sensors.items() if sensor.cross_axis > 0]
    names = (*sensors, *(f"{name}.cross" for name in crossed))
    axes = (*(s.axis for s in sensors.values()), *(_ACROSS[sensors[name].axis] for name in crossed))
    if clock is None:
        clock = machine.speed.clock(end, stream(seed, index, f"{prefix}.speed", attempt=attempt))
    check_band(machine, clock, lead)
    run = Run(clock, times, fine, (-_LEAD, end), names, axes, seed, index, attempt, prefix)

    residues = np.stack([machine.path.residues_of(name, run.stream(f"path.{name}")) for name in names])
    impacts, nuisance, stems = _strikes(machine, run), machine.background.nuisance(run), {}
    stems["fault"] = ring(impacts, machine.path, residues, start=times[0], rate=fine, count=points)
    stems["background"] = machine.background.acceleration(run, machine.path, residues, nuisance)
    _add_lines(machine, run, stems)
    if machine.fidelity == "physical":
        impacts = _add_contacts(machine, run, residues, stems, impacts)

    kept = slice(points - count * lead.oversampling, None)
    gain = _snr_gain(machine, stems, kept) if gain is None else gain
    stems["fault"] *= gain
    total = sum((stems[name] for name in STEMS[1:]), start=stems["fault"])
    for row, name in enumerate(crossed, start=len(sensors)):
        total[list(sensors).index(name)] += sensors[name].cross_axis * total[row]
    measured = [measure(row, sensor, count, run, name) for row, (name, sensor) in zip(total, sensors.items())]  # noqa: B905
    sampled = {
        name: np.ascontiguousarray(stem[: len(sensors), kept.start :: lead.oversampling])
        for name, stem in stems.items()
    }
    return Recording(
        machine=machine,
        sensors=dict(sensors),
        rate=lead.rate,
        signal=np.stack([one.signal for one in measured]),
        stems=sampled,
        gain=gain,
        impacts=impacts.scaled(gain).within(0.0, end),
        nuisance=nuisance.within(0.0, end),
        residues=residues[: len(sensors)],
        snr=_decibels(sampled["fault"], sampled["background"]),
        clock=clock,
        tacho=_tacho(clock, machine.tacho_pulses, end),
        clipped=np.stack([one.clipped for one in measured]),
        dropped=np.stack([one.dropped for one in measured]),
        seed=seed,
        index=index,
        attempt=attempt,
    )


_ACROSS = {"x": "y", "y": "x", "z": "y"}


def _shared_clock(sensors: Mapping[str, Accelerometer]) -> Accelerometer:
    if not sensors:
        raise SimengineError("A recording needs at least one sensor: give sensors={'acc': Accelerometer(rate=...)}.")
    first, lead = next(iter(sensors.items()))
    for name, sensor in sensors.items():
        for field in ("rate", "clock_ppm", "oversampling"):
            if getattr(sensor, field) != getattr(lead, field):
                raise SimengineError(
                    f"The sensors {first!r} and {name!r} have {field} {getattr(lead, field)!r} and "
                    f"{getattr(sensor, field)!r}, but channels of one recording share a clock: record them apart "
                    f"with the same seed and index (the impacts are then the same)."
                )
    return lead


def highest_lines(machine: Machine, top: float) -> list[tuple[str, float]]:
    """The highest line of each part of a machine.

    Args:
        machine: The machine.
        top: Its highest speed, Hz.

    Returns:
        Name of the part and frequency, Hz.
    """
    wanted = [(f"bearings.{name}", one.orders.bpfi * one.shaft * top) for name, one in machine.bearings.items()]
    wanted += [(f"gears.{name}.mesh", gear.highest_order() * top) for name, gear in machine.gears.items()]
    wanted.append(("rotor.harmonics", len(machine.rotor.harmonics) * top))
    supply, neighbour = machine.electrical, machine.background.neighbour
    if supply is not None:
        wanted.append(("electrical.hum", len(supply.hum) * supply.mains))
        wanted.append(("electrical.bars", supply.bars * top + 2 * supply.mains if supply.bar_level else 0.0))
    if neighbour is not None:
        wanted.append(("background.neighbour.harmonics", len(neighbour.harmonics) * neighbour.speed))
    for k, fault in enumerate(machine.faults):
        if isinstance(fault, RotorFault):
            wanted.append((f"faults[{k}]", max(line.order * top + line.hertz for line in fault.lines())))
    return wanted


def check_band(machine: Machine, clock: ShaftClock, sensor: Accelerometer) -> None:
    """Raises if a line or mode lies above half the oversampled rate, where it would fold unseen by any filter."""
    half, path = sensor.true_rate * sensor.oversampling / 2, machine.background.path
    wanted = [(f"path.frequencies[{k}]", f) for k, f in enumerate(machine.path.frequencies)]
    if path is not None:
        wanted += [(f"background.path.frequencies[{k}]", f) for k, f in enumerate(path.frequencies)]
    for place, frequency in wanted + highest_lines(machine, float(clock.speeds.max())):
        if frequency >= half:
            raise SimengineError(
                f"{place} reaches {frequency:.6g} Hz, but the sensors sample at {sensor.rate:g} Hz with oversampling "
                f"{sensor.oversampling}, so nothing above {half:g} Hz can be computed: raise the rate or the "
                f"oversampling, or lower the highest line."
            )


def _strikes(machine: Machine, run: Run) -> Impacts:
    """Impacts of all faults in one train."""
    trains = []
    for number, fault in enumerate(machine.faults):
        rng = run.stream(f"faults[{number}]")
        if machine.fidelity == "physical" and isinstance(fault, CONTACT_FAULTS):
            continue  # they are heard through the motion of their bearing
        if isinstance(fault, BearingFault):
            mounted = machine.bearing_of(fault)
            clock = run.clock if mounted.shaft == 1 else run.clock.geared(mounted.shaft)
            trains.append(fault.impacts(mounted, clock, run.span, rng))
        elif isinstance(fault, GearFault):
            gear = machine.gear_of(fault)
            trains.append(gear.impacts(fault, run.clock, run.span, machine.rotor.reference, rng))
    return join_impacts(trains)


def _add_lines(machine: Machine, run: Run, stems: dict[str, np.ndarray]) -> None:
    """Adds all that is tonal: healthy lines to their stems, those of faults to the stem of faults."""
    rotor, silence = machine.rotor, np.zeros((len(run.channels), len(run.times)))
    stems["shaft"], stems["electrical"] = silence, silence.copy()
    if len(rotor.harmonics):
        phases = phasor(run.stream("rotor.harmonics").random((len(rotor.harmonics), 3)))
        lines = [
            Line(order=k + 1, x=a * p[0], y=a * p[1], z=a * p[2])
            for k, (a, p) in enumerate(zip(rotor.harmonics, phases, strict=True))
        ]
        stems["shaft"] = draw_lines(lines, run, reference=rotor.reference, power=1.0, resonance=rotor.resonance)
    for fault in machine.faults:
        if isinstance(fault, RotorFault):
            stems["fault"] += draw_lines(
                fault.lines(), run, reference=rotor.reference, power=fault.power, resonance=rotor.resonance
            )
    for name, gear in machine.gears.items():
        faults = [fault for fault in machine.faults if isinstance(fault, GearFault) and machine.gear_of(fault) is gear]
        sound, faulty = gear.acceleration(run, faults, name=name, reference=rotor.reference)
        stems["shaft"] = stems["shaft"] + sound
        stems["fault"] += faulty
    if machine.electrical is not None:
        rng = run.stream("electrical")
        stems["electrical"] = draw_lines(machine.electrical.lines(rng), run)


def _add_contacts(
    machine: Machine, run: Run, residues: np.ndarray, stems: dict[str, np.ndarray], impacts: Impacts
) -> Impacts:
    """Adds what the motion of every bearing does to the stems, and its strikes to the others."""
    trains = [impacts]
    for name, mounted in machine.bearings.items():
        contact = [fault for fault in machine.faults if isinstance(fault, CONTACT_FAULTS)]
        own = [fault for fault in contact if machine.bearing_of(fault) is mounted]
        vibration = contact_vibration(name, mounted, own, machine.contact, run, machine.path, residues)
        stems["shaft"] = stems["shaft"] + vibration.sound
        stems["fault"] += vibration.fault
        trains.append(vibration.impacts)
    return join_impacts(trains)


def _snr_gain(machine: Machine, stems: Mapping[str, np.ndarray], kept: slice) -> float:
    """The factor that brings the faults to the SNR at the first sensor."""
    if machine.snr is None:
        return 1.0
    fault, background = (float(_powers(stems[name][:1, kept])[0]) for name in ("fault", "background"))
    return float(np.sqrt(10 ** (machine.snr / 10) * background / fault)) if fault > 0 else 1.0


def _decibels(fault: np.ndarray, background: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10 * np.log10(_powers(fault) / _powers(background))


def _powers(signals: np.ndarray) -> np.ndarray:
    """Mean squares of the rows. Not by BLAS, whose sums depend on the number of its threads."""
    return np.einsum("ij,ij->i", signals, signals) / signals.shape[1]


def _tacho(clock: ShaftClock, pulses: int, end: float) -> np.ndarray:
    """Times at which the shaft passes the marks of the tachometer."""
    last = float(clock.turns(end)) * pulses
    return clock.times_of(np.arange(0, np.ceil(last)) / pulses)
