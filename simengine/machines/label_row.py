"""The labels of a recording as one flat row per channel, in the column names of ``bearing-datasets``."""

from __future__ import annotations

from typing import Any

import numpy as np

from simengine.machines.gears import GearFault
from simengine.machines.impacts import ImpactKind, Impacts
from simengine.machines.machine import Machine
from simengine.machines.mounted import BearingFault
from simengine.machines.recording import Recording
from simengine.machines.speed import SpeedProfile, WanderSpeed

__all__ = ["impact_columns", "label_columns", "label_row", "machine_columns"]


_KINDS = np.array([kind.name.lower() for kind in ImpactKind])


def label_row(
    recording: Recording,
    channel: str,
    *,
    dataset: str = "simengine",
    rul: float | None = None,
    time: float | None = None,
    run: str | None = None,
    spec_hash: str = "",
) -> dict[str, Any]:
    """Everything known of one channel in JSON types; see ``label_columns``."""
    row = label_columns(recording, channel, dataset=dataset, rul=rul, time=time, run=run, spec_hash=spec_hash)
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in row.items()}


def label_columns(
    recording: Recording,
    channel: str,
    *,
    dataset: str = "simengine",
    rul: float | None = None,
    time: float | None = None,
    run: str | None = None,
    spec_hash: str = "",
) -> dict[str, Any]:
    """Everything known of one channel; lengths in mm and speeds in rpm as those columns have them.

    Args:
        recording: The recording.
        channel: Name of the channel.
        dataset: Name of the data set.
        rul: Remaining useful life, s.
        time: Time of the recording in its run, s.
        run: Name of the run to failure it belongs to.
        spec_hash: Hash of what determined the data.

    Returns:
        The row: single values of JSON types, ``None`` where a column does not apply, and arrays.
    """
    row = list(recording.sensors).index(channel)
    sensor, machine = recording.sensors[channel], recording.machine
    key = f"{recording.seed}-{recording.index}-{recording.attempt}"
    return {
        "dataset": dataset,
        "signal_id": f"{key}-{channel}",
        "recording_id": key,
        "channel": channel,
        "sensor_location": channel,
        "fs": recording.rate,
        "n_samples": recording.signal.shape[1],
        **machine_columns(machine),
        "quantity": "acceleration",
        "unit": "m/s^2",
        "sensitivity": sensor.sensitivity,
        "axis": sensor.axis,
        "speed_rpm": 60 * recording.mean_speed,
        "speed_profile": _profile(machine.speed),
        "bearing_id": key,
        "run_id": run,
        "time_s": time,
        "rul_s": rul,
        "seed": recording.seed,
        "index": recording.index,
        "attempt": recording.attempt,
        "spec_hash": spec_hash,
        "snr_db": _finite(recording.snr[row]),
        "modes": [
            {"frequency_hz": float(f), "damping": float(z), "residue": float(r)}
            for f, z, r in zip(machine.path.frequencies, machine.path.dampings, recording.residues[row], strict=True)
        ],
        **impact_columns("impact", recording.impacts),
        **impact_columns("nuisance", recording.nuisance),
        **_speed_columns(recording),
        "tacho_s": recording.tacho,
        "clipped": float(np.mean(recording.clipped[row])),
        "dropped": float(np.mean(recording.dropped[row])),
    }


def machine_columns(machine: Machine) -> dict[str, Any]:
    """What a machine's faults and its faulty (else first) bearing are, in the columns of ``label_columns``."""
    bearing_fault = next((fault for fault in machine.faults if isinstance(fault, BearingFault)), None)
    gear_fault = next((fault for fault in machine.faults if isinstance(fault, GearFault)), None)
    mounted = machine.bearing_of(bearing_fault) if bearing_fault else next(iter(machine.bearings.values()), None)
    orders = mounted.orders if mounted else None
    bearing = mounted.bearing if mounted else None
    return {
        "native_label": machine.fault_type,
        "fault_type": machine.fault_type,
        "fault_location": _location(machine, bearing_fault, gear_fault),
        "fault_origin": "simulated" if machine.faults else None,
        "fault_size_mm": 1e3 * bearing_fault.size if bearing_fault else None,
        "fault_severity_level": gear_fault.severity if gear_fault else None,
        "load": mounted.load if mounted else None,
        "load_unit": "relative" if mounted else None,
        "bearing_model": bearing.model if bearing else None,
        "bpfo": orders.bpfo if orders else None,
        "bpfi": orders.bpfi if orders else None,
        "bsf": orders.bsf if orders else None,
        "ftf": orders.ftf if orders else None,
        "n": bearing.elements if bearing else None,
        "d_mm": 1e3 * bearing.element_diameter if bearing else None,
        "D_mm": 1e3 * bearing.pitch_diameter if bearing else None,
        "phi_deg": float(np.degrees(bearing.contact_angle)) if bearing else None,
    }


def impact_columns(prefix: str, impacts: Impacts) -> dict[str, Any]:
    """A train of impacts in the columns ``PREFIX_times_s``, ``PREFIX_amplitudes`` and ``PREFIX_kinds``."""
    return {
        f"{prefix}_times_s": impacts.times,
        f"{prefix}_amplitudes": impacts.amplitudes,
        f"{prefix}_kinds": _KINDS[impacts.kinds],
    }


def _location(machine: Machine, bearing: BearingFault | None, gear: GearFault | None) -> str | None:
    if bearing is not None:
        return bearing.bearing or next(iter(machine.bearings))
    return gear.gear or next(iter(machine.gears)) if gear is not None else None


def _profile(speed: SpeedProfile) -> str:
    """``constant``, ``ramp``, ...; a wander about a profile does not count."""
    while isinstance(speed, WanderSpeed):
        speed = speed.base
    return type(speed).__name__.removesuffix("Speed").lower()


def _speed_columns(recording: Recording) -> dict[str, Any]:
    """The clock's nodes within the recording and at its ends: the speed is linear between them, so this is all of it."""
    end = recording.duration
    inner = recording.clock.times
    times = np.concatenate([[0.0], inner[(inner > 0) & (inner < end)], [end]])
    speeds = recording.clock.speeds[(inner > 0) & (inner < end)]
    ends = recording.clock.speed(np.array([0.0, end]))
    return {"speed_trace_s": times, "speed_trace_hz": np.concatenate([ends[:1], speeds, ends[1:]])}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
