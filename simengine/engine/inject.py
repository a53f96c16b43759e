"""Simulated faults in a user's real recordings of healthy machines: a labelled set whose background is all real."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simengine.errors import Rejected, SimengineError
from simengine.formats.signal import LazyRecords, SignalRecord, SignalSet
from simengine.formats.signal_columns import split_row
from simengine.formats.signal_export import write_signals
from simengine.formats.signal_windows import windows

if TYPE_CHECKING:
    from simengine.machines.machine import Machine
    from simengine.scene.scene import Scene, SceneMachine
    from simengine.scene.spec import SceneSpec

__all__ = ["inject_faults", "injected_set"]

_SAME = 1e-3  # by which orders of one bearing may differ, as a fraction


def injected_set(
    healthy: SignalSet,
    spec: SceneSpec,
    *,
    count: int,
    seed: int = 0,
    machine: str | None = None,
    snr: tuple[float, float] | None = None,
    seconds: float | None = None,
) -> SignalSet:
    """Adds the faults of a scene's machine to healthy recordings; each record is made when it is asked for.

    Sample after sample a machine is drawn from the scene, and its faults, at the speed of the recording, are added to
    one of the recordings in turn. Of the machine only faults, structure and the filters of its sensor count; background,
    shaft and electrical lines are the real ones. Samples in a condition without faults stay as they are and are labelled
    ``normal``. Records of one source have one ``bearing_id``, so that no split parts them.

    Args:
        healthy: The recordings.
        spec: A scene with the machine.
        count: Number of samples.
        seed: The seed of all draws.
        machine: Name of the machine; needed where the scene has several.
        snr: Lowest and highest level of the fault over the recording, dB, drawn evenly; by default the machine's.
        seconds: Length of stretches that the recordings are cut into first; by default they are taken whole.

    Returns:
        The set; ``stem_fault`` of a record is what was added, ``stem_background`` the real recording.

    Raises:
        SimengineError: The scene has no such machine or no level is known; a recording is not healthy, tells no speed,
            or has another bearing than the machine.
    """
    if count < 1:
        raise SimengineError(f"count is {count}: give a number of samples from 1.")
    name = _machine_name(spec, machine)
    for record in healthy:
        _check(record)
    sources = list(windows(healthy, seconds)) if seconds is not None else healthy.records

    def read(index: int) -> SignalRecord:
        return _injected(sources, spec, seed, index, name, snr)

    return SignalSet(f"{healthy.name}_{spec.name}", LazyRecords(count, read), healthy.warnings)


def inject_faults(data: SignalSet, out: Path, *, form: str = "parquet") -> Counter[str]:
    """Writes an injected set, one record in memory at a time.

    Args:
        data: What `injected_set` gave.
        out: Where to; see `simengine.formats.signal_export.export_signals`.
        form: One of `SIGNAL_FORMATS`.

    Returns:
        Records by fault type.
    """
    counts: Counter[str] = Counter()

    def read(number: int) -> SignalRecord:
        record = data.records[number]
        counts[record.fault_type] += 1
        return record

    write_signals(replace(data, records=LazyRecords(len(data), read)), out, form=form)
    return counts


def _machine_name(spec: SceneSpec, wanted: str | None) -> str:
    names = list(spec.model.machines)
    if wanted in names:
        return str(wanted)
    if wanted is None and len(names) == 1:
        return names[0]
    have = f"it has {', '.join(names)}" if names else "it has no `machines`"
    remedy = "name one of them with --name" if names else "name a scene with one, e.g. bearing_bench"
    raise SimengineError(f"The scene {spec.name} has no machine {wanted!r} to take faults from; {have}: {remedy}.")


def _check(record: SignalRecord) -> None:
    _ = record.speed_rpm
    if record.fault_type not in ("normal", "unknown"):
        raise SimengineError(
            f"{record.id} is labelled {record.fault_type!r}: faults are added to healthy recordings only; leave it out."
        )


def _injected(
    sources: Sequence[SignalRecord], spec: SceneSpec, seed: int, index: int, name: str, snr: tuple[float, float] | None
) -> SignalRecord:
    from simengine.machines.inject import inject
    from simengine.machines.label_row import impact_columns

    source = sources[index % len(sources)]
    scene = _drawn(spec, seed, index)
    drawn = next(one for one in scene.machines if one.name == name)
    machine = _at_speed(drawn.machine, source)
    _same_bearing(machine, source)
    chain = next((one.chain for one in scene.sensors if one.machine == name), None)
    row = _row(source, spec, scene, drawn, machine)
    if not machine.faults:
        return SignalRecord(source.signal, source.rate, row, dict(source.arrays))
    level = machine.snr
    if snr is not None:
        level = float(scene.stream("inject.snr").uniform(*snr))
    if level is None:
        raise SimengineError(
            f"machines.{name} of the scene {spec.name} has no `snr`, and the strength of its faults means nothing against a "
            "real recording: give --snr LOW HIGH, in dB."
        )
    mixed = inject(
        source.signal, source.rate, replace(machine, snr=None), snr=level, sensor=chain, seed=seed, index=index
    )
    _, lists = split_row(impact_columns("impact", mixed.impacts))
    arrays = dict(source.arrays) | lists
    arrays |= {"stem_fault": mixed.fault.astype(np.float32), "stem_background": source.signal}
    return SignalRecord(mixed.signal.astype(np.float32), source.rate, row | {"snr_db": level}, arrays)


def _drawn(spec: SceneSpec, seed: int, index: int) -> Scene:
    reason = ""
    for attempt in range(spec.model.attempts):
        try:
            return spec.sample(seed, index, attempt=attempt)
        except Rejected as rejection:
            reason = str(rejection)
    raise SimengineError(
        f"sample {index}: none of {spec.model.attempts} draws of the scene {spec.name} is valid: {reason}"
    )


def _at_speed(machine: Machine, source: SignalRecord) -> Machine:
    """The machine at the speed of the recording, seen from its first sample."""
    from simengine.machines.speed import ConstantSpeed, TableSpeed

    clock = source.clock
    steady = clock.steady_speed
    speed = ConstantSpeed(float(steady)) if steady is not None else TableSpeed(tuple(clock.times), tuple(clock.speeds))
    return replace(machine, speed=speed)


def _same_bearing(machine: Machine, source: SignalRecord) -> None:
    """Refuses to put the lines of one bearing into the recording of another."""
    known = source.bearing
    pure = [mounted.bearing.orders for mounted in machine.bearings.values()]
    if known is None or not pure:
        return
    if not any(abs(one.bpfo - known.orders.bpfo) <= _SAME * one.bpfo for one in pure):
        raise SimengineError(
            f"{source.id} was recorded with a bearing {known.model or 'of its own'} (BPFO {known.orders.bpfo:.4f}), but the "
            f"machine of the scene has {', '.join(f'BPFO {one.bpfo:.4f}' for one in pure)}: give the scene's machine that "
            "bearing, or the recording its true one."
        )


def _row(source: SignalRecord, spec: SceneSpec, scene: Scene, drawn: SceneMachine, machine: Machine) -> dict[str, Any]:
    from simengine.machines.label_row import machine_columns

    key = f"{scene.seed}-{scene.index}"
    channel = source.row.get("channel") or "signal"
    row = {
        **source.row,
        **{name: value for name, value in machine_columns(machine).items() if name not in ("load", "load_unit")},
        "dataset": spec.name,
        "signal_id": f"{key}/{channel}",
        "recording_id": key,
        "condition": drawn.condition,
        "weight": drawn.weight,
        "machine": drawn.name,
        "fs": source.rate,
        "n_samples": len(source.signal),
        "bearing_id": source.group,
        "injected_into": source.id,
        "seed": scene.seed,
        "index": scene.index,
        "attempt": scene.attempt,
        "spec_hash": spec.hash,
    }
    return split_row(row)[0]
