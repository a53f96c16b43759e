"""What the accelerometers of a scene write: each machine recorded on its own clock, once or over a whole life."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from simengine.errors import Rejected, SimengineError
from simengine.machines.degradation import aged_machine
from simengine.machines.machine import Machine
from simengine.machines.mounted import BearingFault
from simengine.machines.record import record
from simengine.machines.recording import Recording
from simengine.scene.machinery import run_path
from simengine.scene.scene import Scene, SceneMachine, SceneSensor

__all__ = ["Heard", "listen"]


@dataclass(frozen=True)
class Heard:
    """One recording of a machine.

    Attributes:
        machine: The machine.
        sensors: The accelerometers that share the recording's clock, by name.
        recording: What they wrote, with its labels.
        number: Number of the recording in the machine's life, from 0.
        time: When it begins in that life, s; None where the machine has no run to failure.
        rul: What is left of the life then, s.
    """

    machine: SceneMachine
    sensors: Mapping[str, SceneSensor]
    recording: Recording
    number: int = 0
    time: float | None = None
    rul: float | None = None


def listen(scene: Scene) -> Iterator[Heard]:
    """Records every machine of a scene with every accelerometer that listens to it.

    Time 0 of a recording is time 0 of the scene: the shaft has the angle then that pictures show. Sensors of unlike
    rates, clocks or oversampling are recorded apart and hear the same strikes.

    Args:
        scene: One draw of a scene.

    Yields:
        Recordings, machine by machine; those of a run to failure in order of time.

    Raises:
        Rejected: A life can't be drawn, or a recording can't be made of what was drawn.
    """
    for machine in scene.machines:
        groups: dict[tuple[float, float, int], dict[str, SceneSensor]] = {}
        for sensor in scene.sensors:
            if sensor.machine == machine.name:
                chain = sensor.chain
                key = chain.rate, chain.clock_ppm, chain.oversampling
                groups.setdefault(key, {})[sensor.name] = sensor
        if groups:
            try:
                lives = _one(machine) if machine.spec.run is None else _life(scene, machine)
                for moment in lives:
                    yield from _recorded(scene, machine, list(groups.values()), moment)
            except SimengineError as error:
                raise Rejected("signals", f"machines.{machine.name}: {error}") from error


@dataclass(frozen=True)
class _Moment:
    """The state of a machine when it is recorded."""

    machine: Machine
    number: int = 0
    time: float | None = None
    rul: float | None = None


def _one(machine: SceneMachine) -> Iterator[_Moment]:
    yield _Moment(machine.machine)


def _life(scene: Scene, machine: SceneMachine) -> Iterator[_Moment]:
    """Moments evenly spaced over a life, which has one structure all along."""
    run, whole = machine.spec.run, machine.machine
    assert run is not None
    grown = next((k for k, fault in enumerate(whole.faults) if isinstance(fault, BearingFault)), None)
    path = f"{run_path(machine.name)}.life"
    law, end = run.made, run.horizon
    if grown is None:  # a healthy machine lives on; its recordings keep the pace of one that fails without noise
        end = end or law.onset + run.growth * float(np.log(run.threshold / run.initial)) ** (1 / run.power)
        for number in range(run.recordings):
            yield _Moment(whole, number, end * number / run.recordings)
        return
    life, lives = law.life(scene.stream(f"{path}[0]")), 1
    end = end or life.end
    for number in range(run.recordings):
        time = end * number / run.recordings
        while time >= life.end:
            if life.failed:
                return
            life = law.life(scene.stream(f"{path}[{lives}]"), start=life.end)
            lives += 1
        yield _Moment(aged_machine(whole, grown, life, time), number, time, life.rul(time))


def _recorded(
    scene: Scene, machine: SceneMachine, groups: list[dict[str, SceneSensor]], moment: _Moment
) -> Iterator[Heard]:
    """One moment by each group of sensors; all share the shaft and, through the first, the level of the faults."""
    start, shared = run_path(machine.name), moment.machine
    prefix, clock, gain = start, machine.clock, None
    if moment.time is not None:
        prefix = f"{start}[{moment.number}]"
        residues = {
            name: shared.path.residues_of(name, scene.stream(f"{start}.path.{name}")).tolist()
            for group in groups
            for sensor in group
            for name in (sensor, f"{sensor}.cross")
        }
        shared = replace(shared, path=replace(shared.path, residues=residues))
        clock = shared.speed.clock(scene.model.recording.duration, scene.stream(f"{prefix}.speed"))
    for group in groups:
        made = record(
            shared,
            {name: sensor.chain for name, sensor in group.items()},
            duration=scene.model.recording.duration,
            seed=scene.seed,
            index=scene.index,
            attempt=scene.attempt,
            prefix=prefix,
            clock=clock,
            gain=gain,
        )
        gain = made.gain
        yield Heard(machine, group, made, moment.number, moment.time, moment.rul)
