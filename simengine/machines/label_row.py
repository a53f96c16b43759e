"""The labels of a recording as one flat row per channel, in the column names of ``bearing-datasets``."""

from __future__ import annotations

from typing import Any

import numpy as np

from simengine.machines.impacts import ImpactKind, Impacts
from simengine.machines.mounted import BearingFault, MountedBearing
from simengine.machines.recording import Recording

__all__ = ["label_row"]


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
    """Everything known of one channel, JSON types only; lengths in mm and speeds in rpm as those columns have them.

    Args:
        recording: The recording.
        channel: Name of the channel.
        dataset: Name of the data set.
        rul: Remaining useful life, s.
        time: Time of the recording in its run, s.
        run: Name of the run to failure it belongs to.
        spec_hash: Hash of what determined the data.

    Returns:
        The row. Columns that don't apply are ``None``.
    """
    row = list(recording.sensors).index(channel)
    sensor, machine = recording.sensors[channel], recording.machine
    bearing_fault = next((fault for fault in machine.faults if isinstance(fault, BearingFault)), None)
    mounted = _mounted(recording, bearing_fault)
    orders = mounted.orders if mounted else None
    bearing = mounted.bearing if mounted else None
    speeds = recording.speeds
    key = f"{recording.seed}-{recording.index}-{recording.attempt}"
    return {
        "dataset": dataset,
        "signal_id": f"{key}-{channel}",
        "recording_id": key,
        "native_label": recording.fault_type,
        "channel": channel,
        "sensor_location": channel,
        "fs": recording.rate,
        "n_samples": recording.signal.shape[1],
        "fault_type": recording.fault_type,
        "fault_location": bearing_fault.bearing or next(iter(machine.bearings)) if bearing_fault else None,
        "quantity": "acceleration",
        "unit": "m/s^2",
        "sensitivity": sensor.sensitivity,
        "axis": sensor.axis,
        "speed_rpm": 60 * float(np.mean(speeds)),
        "speed_profile": type(machine.speed).__name__,
        "load": mounted.load if mounted else None,
        "load_unit": "relative" if mounted else None,
        "fault_origin": "simulated" if machine.faults else None,
        "fault_size_mm": 1e3 * bearing_fault.size if bearing_fault else None,
        "bearing_id": key,
        "bearing_model": bearing.model if bearing else None,
        "bpfo": orders.bpfo if orders else None,
        "bpfi": orders.bpfi if orders else None,
        "bsf": orders.bsf if orders else None,
        "ftf": orders.ftf if orders else None,
        "run_id": run,
        "time_s": time,
        "rul_s": rul,
        "seed": recording.seed,
        "index": recording.index,
        "attempt": recording.attempt,
        "spec_hash": spec_hash,
        "n": bearing.elements if bearing else None,
        "d_mm": 1e3 * bearing.element_diameter if bearing else None,
        "D_mm": 1e3 * bearing.pitch_diameter if bearing else None,
        "phi_deg": float(np.degrees(bearing.contact_angle)) if bearing else None,
        "snr_db": _finite(recording.snr[row]),
        "modes": [
            {"frequency_hz": float(f), "damping": float(z), "residue": float(r)}
            for f, z, r in zip(machine.path.frequencies, machine.path.dampings, recording.residues[row], strict=True)
        ],
        **_impact_columns("impact", recording.impacts),
        **_impact_columns("nuisance", recording.nuisance),
        "speed_trace_hz": [float(speeds[0]), *map(float, speeds[:: max(1, len(speeds) // 100)]), float(speeds[-1])],
        "tacho_s": [float(one) for one in recording.tacho],
        "clipped": float(np.mean(recording.clipped[row])),
        "dropped": float(np.mean(recording.dropped[row])),
    }


def _mounted(recording: Recording, fault: BearingFault | None) -> MountedBearing | None:
    if fault is not None:
        return recording.machine.bearing_of(fault)
    return next(iter(recording.machine.bearings.values()), None)


def _impact_columns(prefix: str, impacts: Impacts) -> dict[str, Any]:
    return {
        f"{prefix}_times_s": impacts.times.tolist(),
        f"{prefix}_amplitudes": impacts.amplitudes.tolist(),
        f"{prefix}_kinds": [ImpactKind(kind).name.lower() for kind in impacts.kinds],
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
