"""Draws machines and their sensors: from compiled trees to what the simulation runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.machine import Machine
from simengine.machines.path import RandomPath, TransferPath
from simengine.machines.rare import RareEvents
from simengine.machines.record import check_band, highest_lines
from simengine.scene.concrete import validated
from simengine.scene.expression import nearest
from simengine.scene.recipe import Choice, Draw, DrawError, Recipe
from simengine.scene.scene import SceneImu, SceneMachine, SceneSensor
from simengine.scene.schema.base import Part
from simengine.scene.schema.machine import Machine as MachineSpec
from simengine.scene.schema.machine import Path
from simengine.scene.schema.sensor import Accelerometer as AccelerometerSpec
from simengine.scene.schema.sensor import Sensor

__all__ = ["draw_machinery", "run_path"]

_MOST_POINTS = 4e7  # of all channels, at some 150 bytes each: a recording is computed whole


def run_path(machine: str) -> str:
    """What the streams of a machine's simulation begin with."""
    return f"runs.{machine}"


def draw_machinery(
    machines: Mapping[str, Any], sensors: Mapping[str, Any], draw: Draw, *, duration: float
) -> tuple[tuple[SceneMachine, ...], tuple[SceneSensor, ...], tuple[SceneImu, ...]]:
    """Draws every machine and every sensor.

    Args:
        machines: Compiled machines by name.
        sensors: Compiled sensors by name.
        draw: The draw.
        duration: Length of a recording, s.

    Returns:
        The machines, the accelerometers that listen to them, and the inertial measurement units.

    Raises:
        DrawError: One can't be drawn or made, or a machine has lines that its sensor can't write.
    """
    drawn = {name: _sensor(node, draw, f"sensors.{name}") for name, node in sensors.items()}
    pulses = {one.value.shaft: one.value.pulses for one in drawn.values() if one.tag == "tachometer"}
    made = {name: _machine(name, node, draw, duration, pulses.get(name, 1)) for name, node in machines.items()}
    heard = [one.value for one in drawn.values() if one.tag == "accelerometer"]
    points = duration * sum(one.rate * one.oversampling for one in heard)
    if points > _MOST_POINTS:
        raise DrawError(
            "recording.duration",
            f"{duration:g} s of all sensors are {points:.3g} points to compute, about {points * 1.5e-7:.0f} GB of memory: "
            f"record at most {_MOST_POINTS * duration / points:.3g} s, or lower the rates.",
        )
    placed = [_placed(name, one.value, made, draw) for name, one in drawn.items() if one.tag == "accelerometer"]
    imus = tuple(SceneImu(name, one.value) for name, one in drawn.items() if one.tag == "imu")
    for imu in imus:
        if imu.spec.machine is not None and imu.spec.machine not in made:
            remedy = nearest(imu.spec.machine, made)
            raise DrawError(
                f"sensors.{imu.name}.imu.machine", f"there is no machine {imu.spec.machine!r}. {remedy}".strip()
            )
    return tuple(made.values()), tuple(placed), imus


def _looked_up(node: Any, draw: Draw, path: str) -> Any:
    """An entry with the recipes that stand for the whole of it resolved."""
    while isinstance(node, Choice):
        node, _ = node.pick(draw, path)
    return draw.resolve(node, path) if isinstance(node, Recipe) else node


def _sensor(node: Any, draw: Draw, path: str) -> Sensor:
    node = _looked_up(node, draw, path)
    return node if isinstance(node, Sensor) else validated(Sensor, draw.resolve(node, path), path)


def _machine(name: str, node: Any, draw: Draw, duration: float, pulses: int) -> SceneMachine:
    path = f"machines.{name}"
    node = _looked_up(node, draw, path)
    own = draw.within({})
    fields: dict[str, Any] = (
        {key: getattr(node, key) for key in node.model_fields_set} if isinstance(node, Part) else dict(node)
    )
    values: dict[str, Any] = {}
    if fields.get("variables"):
        values["variables"] = {}
        for key, recipe in fields["variables"].items():
            values["variables"][key] = own.scope[key] = own.resolve(recipe, f"{path}.variables.{key}")
    condition, weight, faults = _condition(fields, own, path)
    for key, part in fields.items():
        if key not in ("variables", "conditions", "condition"):
            values[key] = own.resolve(part, f"{path}.{key}")
    values["faults"] = [*values.get("faults", []), *faults]
    spec = validated(MachineSpec, values, path)
    machine = _made(spec, draw, path, pulses)
    clock = machine.speed.clock(duration, draw.stream(f"{run_path(name)}.speed"))
    return SceneMachine(name, spec, condition, weight, machine, clock)


def _condition(fields: Mapping[str, Any], own: Draw, path: str) -> tuple[str | None, float, list[Any]]:
    """The condition of a machine, its weight and its faults as drawn."""
    conditions = {
        name: _looked_up(node, own, f"{path}.conditions.{name}")
        for name, node in (fields.get("conditions") or {}).items()
    }

    def value(name: str, key: str, default: Any) -> Any:
        one = conditions[name]
        if isinstance(one, Part):
            return getattr(one, key)
        return own.resolve(one.get(key, default), f"{path}.conditions.{name}.{key}")

    wanted = own.resolve(fields.get("condition"), f"{path}.condition")
    if wanted is not None and wanted not in conditions:
        remedy = nearest(str(wanted), conditions) if conditions else "Name it under `conditions`."
        raise DrawError(f"{path}.condition", f"there is no condition {wanted!r}. {remedy}")
    if not conditions:
        return None, 1.0, []
    if wanted is not None:
        return wanted, 1.0, value(wanted, "faults", [])
    shares = {name: float(value(name, "share", 1.0)) for name in conditions}
    shares = {
        name: share for name, share in shares.items() if share > 0
    }  # weights stand for a world without the others
    rates = {name: value(name, "rate", None) for name in shares}
    unknown = [name for name, rate in rates.items() if rate is None]
    if unknown and len(unknown) < len(rates):
        raise DrawError(f"{path}.conditions.{unknown[0]}", "has no `rate`, but others have one: give all or none.")
    if not shares:
        raise DrawError(
            f"{path}.conditions", "no condition has a share, so none can be drawn: give one a share above 0."
        )
    try:
        events = RareEvents(_normal(shares if unknown else rates), _normal(shares))
    except SimengineError as error:
        raise DrawError(f"{path}.conditions", str(error)) from None
    name, weight = events.draw(own.stream(f"{path}.condition"))
    own.draws[f"{path}.condition"] = name
    return name, weight, value(name, "faults", [])


def _normal(table: Mapping[str, float]) -> dict[str, float]:
    total = sum(table.values())
    return {name: value / total if total > 0 else 0.0 for name, value in table.items()}


def _made(spec: MachineSpec, draw: Draw, path: str, pulses: int) -> Machine:
    """The machine as it is simulated."""
    background = spec.background
    if spec.run is not None and spec.snr is not None:
        raise DrawError(f"{path}.snr", f"{spec.snr:g} dB would undo the growth of the fault in `run`: leave one out.")
    try:
        return Machine(
            spec.shaft.made,
            bearings={
                name: replace(one.made, load=one.made.load * spec.shaft.load) for name, one in spec.bearings.items()
            },
            gears={name: one.value.made for name, one in spec.gears.items()},
            faults=tuple(one.value.made for one in spec.faults),
            rotor=spec.rotor.made,
            electrical=spec.electrical.made if spec.electrical else None,
            path=_structure(spec.path, draw, f"{path}.path"),
            background=background.made_with(
                _structure(background.path, draw, f"{path}.background.path") if background.path else None
            ),
            fidelity=spec.fidelity,
            contact=spec.contact.made,
            snr=spec.snr,
            tacho_pulses=pulses,
        )
    except SimengineError as error:
        raise DrawError(path, str(error)) from None


def _structure(path: Path, draw: Draw, where: str) -> TransferPath:
    made = path.made
    return made.draw(draw.stream(f"{where}.modes")) if isinstance(made, RandomPath) else made


def _placed(name: str, spec: AccelerometerSpec, machines: Mapping[str, SceneMachine], draw: Draw) -> SceneSensor:
    """An accelerometer at its machine, if it can write what is to be heard there."""
    path = f"sensors.{name}.accelerometer"
    on, _, place = spec.on.partition("/")
    if on not in machines:
        raise DrawError(f"{path}.on", f"there is no machine {on!r}. {nearest(on, machines)}".strip())
    chain: Accelerometer = spec.made
    if spec.usual_resonances is not None:
        low, high = np.log(spec.usual_resonances)
        resonance = float(np.exp(low + (high - low) * draw.stream(f"{path}.mounting.resonance").random()))
        draw.draws[f"{path}.mounting.resonance"] = resonance
        chain = replace(chain, resonance=resonance)
    there = machines[on]
    top = float(there.clock.speeds.max())
    for part, frequency in highest_lines(there.machine, top):
        if 2 * frequency > spec.rate:
            raise DrawError(
                f"{path}.rate",
                f"{spec.rate:g} Hz is below twice the highest line of machines.{on}.{part}, {frequency:.6g} Hz at "
                f"{top:.4g} turns per second: raise the rate above {2 * frequency:.6g} Hz, lower the speed, or give fewer "
                "harmonics.",
            )
    try:
        check_band(there.machine, there.clock, chain)
    except SimengineError as error:
        raise DrawError(f"{path}.rate", f"machines.{on}: {error}") from None
    return SceneSensor(name, on, place, spec, chain)
