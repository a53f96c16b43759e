"""A scene as drawn: every value concrete, every draw recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simengine.machines.accelerometer import Accelerometer
from simengine.machines.machine import Machine
from simengine.sampling.streams import stream
from simengine.scene.schema.camera import Camera
from simengine.scene.schema.imu import Imu
from simengine.scene.schema.light import Light
from simengine.scene.schema.machine import Machine as MachineSpec
from simengine.scene.schema.object import Object
from simengine.scene.schema.scene import SceneModel
from simengine.scene.schema.sensor import Accelerometer as AccelerometerSpec
from simengine.signals.clock import ShaftClock

__all__ = ["Scene", "SceneCamera", "SceneImu", "SceneLight", "SceneMachine", "SceneObject", "SceneSensor"]


@dataclass(frozen=True)
class SceneObject:
    """One copy of an object.

    Attributes:
        id: Instance id from 1, in order of the file and the copies; 0 is "nothing".
        name: ``die[3]``.
        group: Name in the scene file, ``die``.
        copy: Number of the copy, 3.
        offset: Offset by `repeat` [m], shape (3,).
        spec: Its values, all concrete.
    """

    id: int
    name: str
    group: str
    copy: int
    offset: tuple[float, float, float]
    spec: Object


@dataclass(frozen=True)
class SceneCamera:
    """One view: a camera of the scene file or one of its `count` copies (``top[0]``)."""

    name: str
    spec: Camera


@dataclass(frozen=True)
class SceneLight:
    """One light: a light of the scene file or one of its `count` copies (``lamp[0]``)."""

    name: str
    spec: Light


@dataclass(frozen=True)
class SceneMachine:
    """One machine.

    Attributes:
        name: Name in the scene file; its random streams begin with ``machines.NAME``.
        spec: Its values, all concrete; `faults` are those of the condition too.
        condition: Name of the condition that was drawn; None where it has none to draw from.
        weight: The condition's rate in the world over its share in the data set; 1 where no rates are given.
        machine: The machine as it is simulated.
        clock: The shaft's angle at any time of the sample; time 0 is its start, in pictures and signals alike.
    """

    name: str
    spec: MachineSpec
    condition: str | None
    weight: float
    machine: Machine
    clock: ShaftClock


@dataclass(frozen=True)
class SceneSensor:
    """One accelerometer: its name, the machine and place it listens to, and its measuring chain."""

    name: str
    machine: str
    place: str
    spec: AccelerometerSpec
    chain: Accelerometer


@dataclass(frozen=True)
class SceneImu:
    """One inertial measurement unit: its name and its values, all concrete."""

    name: str
    spec: Imu

    @property
    def body(self) -> str:
        """Name of the body that carries it, as trajectories write it: ``NAME[0]`` or ``NAME[0]/LINK``."""
        name, slash, link = self.spec.on.partition("/")
        return f"{name if name.endswith(']') else f'{name}[0]'}{slash}{link}"


@dataclass(frozen=True)
class Scene:
    """One draw of a scene: sample `index` under `seed`, at try `attempt`.

    Attributes:
        seed: The data set's seed, any integer from 0.
        index: The sample's number in the data set.
        attempt: 0 for the first try, counted up when a try is rejected.
        model: The scene file's values that are not per copy (world, labels, render, ...), concrete.
        base: Folder that relative file names refer to.
        objects: Every copy of every object.
        lights: Every light.
        cameras: Every view.
        draws: Every value drawn, by path (JSON types).
        machines: Every machine.
        sensors: Every accelerometer.
        imus: Every inertial measurement unit.
    """

    seed: int
    index: int
    attempt: int
    model: SceneModel
    base: str
    objects: tuple[SceneObject, ...]
    lights: tuple[SceneLight, ...]
    cameras: tuple[SceneCamera, ...]
    draws: dict[str, Any] = field(default_factory=dict)
    machines: tuple[SceneMachine, ...] = ()
    sensors: tuple[SceneSensor, ...] = ()
    imus: tuple[SceneImu, ...] = ()

    @property
    def pictured(self) -> bool:
        """Whether there is anything to simulate and to take pictures of, and not signals alone."""
        return bool(self.objects or self.cameras)

    @property
    def clocks(self) -> dict[str, ShaftClock]:
        """The shaft clock of every machine, by name."""
        return {machine.name: machine.clock for machine in self.machines}

    def stream(self, path: str) -> np.random.Generator:
        """The random stream of one path of this sample, for later stages (placement, sensor noise)."""
        return stream(self.seed, self.index, path, attempt=self.attempt)
