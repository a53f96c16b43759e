"""The labels of recordings: one row per channel, as `simengine.dataset.signals` stores it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from simengine.dataset.record import MachineRecord
from simengine.dataset.signals import COLUMNS, STEM_COLUMNS, spans_of
from simengine.machines.label_row import label_columns, machine_columns
from simengine.machines.recording import STEMS
from simengine.scene.scene import Scene
from simengine.sensors.imu import CHANNELS, Felt
from simengine.sensors.recordings import Heard

__all__ = ["count_recordings", "imu_rows", "signal_rows"]


def signal_rows(scene: Scene, heard: Heard, *, dataset: str, spec_hash: str) -> Iterator[dict[str, Any]]:
    """The rows of one recording, sensor by sensor.

    Args:
        scene: The scene that was recorded.
        heard: The recording.
        dataset: Name of the data set.
        spec_hash: Hash of what determined the data.

    Yields:
        Rows with every column of `simengine.dataset.signals.COLUMNS`, and stems where the scene asks for them.
    """
    machine, made = heard.machine, heard.recording
    key = f"{scene.seed}-{scene.index}-{machine.name}"
    number = f"{key}-{heard.number}"
    for row, (name, sensor) in enumerate(heard.sensors.items()):
        labels = label_columns(
            made,
            name,
            dataset=dataset,
            rul=heard.rul,
            time=heard.time,
            run=key if heard.time is not None else None,
            spec_hash=spec_hash,
        )
        labels |= {
            "signal_id": f"{number}-{name}",
            "recording_id": number,
            "machine": machine.name,
            "condition": machine.condition,
            "weight": machine.weight,
            "sensor_location": sensor.place or name,
            "sensor_at_fault": _at_fault(labels["fault_location"], sensor.place, healthy=not made.machine.faults),
            "sensor_mounting": sensor.spec.mounting,
            "speed_profile": machine.spec.shaft.speed.tag,
            "bearing_id": key,
            "clipped_spans": spans_of(made.clipped[row]),
            "dropped_spans": spans_of(made.dropped[row]),
            "signal": made.signal[row].astype(np.float32),
        }
        if scene.model.recording.stems:
            labels |= {f"stem_{stem}": made.stems[stem][row].astype(np.float32) for stem in STEMS}
        yield labels


def imu_rows(scene: Scene, felt: Felt, *, dataset: str, spec_hash: str) -> Iterator[dict[str, Any]]:
    """The rows of an inertial measurement unit, channel by channel (``NAME.ax`` to ``NAME.gz``).

    Columns that only machines have are null, or empty lists, but for what is known of the machine that it feels.

    Args:
        scene: The scene that was recorded.
        felt: What the unit wrote.
        dataset: Name of the data set.
        spec_hash: Hash of what determined the data.

    Yields:
        Rows as those of `signal_rows`.
    """
    imu = felt.imu
    columns = (*COLUMNS, *(STEM_COLUMNS if scene.model.recording.stems else ()))
    single = ("text", "number", "whole", "truth")
    blank = {column.name: None if column.kind in single else np.empty(0, np.float32) for column in columns}
    machine = next((one for one in scene.machines if one.name == imu.spec.machine), None)
    key = f"{scene.seed}-{scene.index}-{imu.name}"
    known: dict[str, Any] = {
        "index": scene.index,
        "seed": scene.seed,
        "attempt": scene.attempt,
        "spec_hash": spec_hash,
        "dataset": dataset,
        "recording_id": key,
        "sensor_location": imu.body,
        "fs": imu.spec.rate,
        "n_samples": felt.signals.shape[1],
        "sensitivity": 1.0,
        "dropped": 0.0,
        "bearing_id": f"{scene.seed}-{scene.index}-{imu.spec.machine or imu.body}",
    }
    if machine is not None:
        times = np.arange(felt.signals.shape[1]) / imu.spec.rate
        known |= {
            **machine_columns(machine.machine),
            "machine": machine.name,
            "condition": machine.condition,
            "weight": machine.weight,
            "speed_rpm": 60 * float(np.mean(machine.clock.speed(times))),
            "speed_profile": machine.spec.shaft.speed.tag,
        }
    for channel, signal, clipped in zip(CHANNELS, felt.signals, felt.clipped, strict=True):
        force = channel.startswith("a")
        yield {
            **blank,
            **known,
            "signal_id": f"{key}-{channel}",
            "channel": f"{imu.name}.{channel}",
            "quantity": "acceleration" if force else "angular velocity",
            "unit": "m/s^2" if force else "rad/s",
            "axis": channel[1],
            "clipped": float(np.mean(clipped)),
            "clipped_spans": spans_of(clipped),
            "signal": signal.astype(np.float32),
        }


def count_recordings(records: list[MachineRecord], heard: Heard) -> None:
    """Adds a recording to the lines of a sample's record: to the one of the same state if there is one."""
    line = MachineRecord(
        machine=heard.machine.name,
        condition=heard.machine.condition,
        weight=heard.machine.weight,
        fault_type=heard.recording.fault_type,
        channels=list(heard.sensors),
        recordings=1,
    )
    for number, other in enumerate(records):
        if replace(other, recordings=1) == line:
            records[number] = replace(other, recordings=other.recordings + 1)
            return
    records.append(line)


def _at_fault(location: str | None, place: str, *, healthy: bool) -> bool | None:
    return None if healthy or location is None or not place else place == location
