"""Random machines from a nameplate: bearing and range of speeds known, all else as unknown as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from simengine.errors import SimengineError
from simengine.machines.background import Background, Neighbour
from simengine.machines.electrical import ElectricalSupply
from simengine.machines.element_fault import ElementFault
from simengine.machines.load_zone import LoadZone
from simengine.machines.machine import Fault, Machine, Rotor
from simengine.machines.mounted import MountedBearing
from simengine.machines.path import TransferPath
from simengine.machines.race_faults import InnerRaceFault, OuterRaceFault
from simengine.machines.speed import ConstantSpeed, WanderSpeed
from simengine.machines.wear_faults import BrinellFault, CageFault, DistributedFault
from simengine.signals.bearing import Bearing

__all__ = ["CONDITIONS", "nameplate_machine"]

CONDITIONS = ("normal", "outer", "inner", "rolling_element", "cage")


def nameplate_machine(
    bearing: Bearing,
    condition: str,
    rng: np.random.Generator,
    *,
    rate: float,
    speeds: tuple[float, float] = (10.0, 60.0),
    snr: tuple[float, float] = (-8.0, 18.0),
) -> Machine:
    """Draws a machine with one bearing in one condition.

    Structure, load, slip, noise, nuisance strikes and a neighbour come from the same ranges whatever the condition, so
    that nothing but the fault tells the classes apart. The fault lies on both sides of the background.

    Args:
        bearing: The bearing on the nameplate.
        condition: One of ``CONDITIONS``.
        rng: Stream of the draw.
        rate: Rate of the sensor that will listen, Hz: modes lie below 0.45 of it.
        speeds: Lowest and highest speed, Hz.
        snr: Lowest and highest level of the fault over the background, dB.

    Returns:
        The machine; its bearing is called ``bearing``.

    Raises:
        SimengineError: The condition is unknown.
    """
    if condition not in CONDITIONS:
        raise SimengineError(f"The condition {condition!r} is unknown: name one of {', '.join(CONDITIONS)}.")
    zone = LoadZone(rng.uniform(0.15, 0.9), rng.random(), rng.uniform(0, 1))
    mounted = MountedBearing(
        bearing,
        zone=zone,
        jitter=rng.uniform(0.002, 0.02),
        slip=rng.uniform(0, 0.01),
        unevenness=rng.uniform(0, 0.3) if rng.random() < 0.7 else 0.0,
    )
    level = 10 ** rng.uniform(-1.5, 0.5)
    speed = rng.uniform(*speeds)
    path, own = _path(rng, rate), _path(rng, rate)
    background = Background(
        level=level,
        white=rng.uniform(0.05, 1),
        path=own if rng.random() < 0.3 else None,
        modulation=(rng.uniform(0, 0.6), rng.uniform(0, 0.3)),
        strikes=rng.uniform(5, 60) if rng.random() < 0.125 else 0.0,
        strike=level * 10 ** rng.uniform(-0.3, 0.8),
        neighbour=_neighbour(rng, level) if rng.random() < 0.2 else None,
    )
    hum = level * 10 ** rng.uniform(-2, -0.3)
    healthy = Machine(
        WanderSpeed(ConstantSpeed(speed), 10 ** rng.uniform(-3.3, -2.3), rng.uniform(0.2, 2.0)),
        bearings={"bearing": mounted},
        rotor=Rotor(tuple(level * 10 ** rng.uniform(-2, 0.2, 8)), reference=speed),
        electrical=ElectricalSupply(
            float(rng.choice([50.0, 60.0])), hum=(hum, 0.5 * hum * rng.random()), pull=hum * rng.random()
        ),
        path=path,
        background=background,
        snr=rng.uniform(*snr),
    )
    return replace(healthy, faults=_faults(condition, mounted, rng))  # drawn last: the rest is the same for all


def _path(rng: np.random.Generator, rate: float) -> TransferPath:
    count = int(rng.integers(3, 9))
    frequencies = np.exp(rng.uniform(np.log(400.0), np.log(0.45 * rate), count))
    dampings = np.exp(rng.uniform(np.log(0.01), np.log(0.08), count))
    return TransferPath(tuple(np.sort(frequencies)), tuple(dampings))


def _neighbour(rng: np.random.Generator, level: float) -> Neighbour:
    harmonics = tuple(level * 10 ** rng.uniform(-2, 0, 4))
    return Neighbour(rng.uniform(5, 60), harmonics, rng.uniform(0.3, 12.0), level * 10 ** rng.uniform(-0.5, 0.5))


def _faults(condition: str, mounted: MountedBearing, rng: np.random.Generator) -> tuple[Fault, ...]:
    size, scatter = np.exp(rng.uniform(np.log(0.1e-3), np.log(2.5e-3))), rng.uniform(0.05, 0.5)
    entry = rng.uniform(0, 1)
    if condition in ("outer", "inner"):
        # a fault of the standing ring is found where it is loaded; that of the turning one comes by in any case
        place = (
            mounted.zone.direction + rng.normal(0, 0.12) * mounted.zone.extent if condition == "outer" else rng.random()
        )
        if rng.random() < 0.25:
            race: Literal["outer", "inner"] = "outer" if condition == "outer" else "inner"
            arc, density = rng.uniform(0.1, 0.6), rng.uniform(3, 20)
            return (DistributedFault(size=size, race=race, position=place, arc=arc, density=density),)
        spall = OuterRaceFault if condition == "outer" else InnerRaceFault
        return (spall(size=size, scatter=scatter, entry=entry, position=place),)
    if condition == "rolling_element":
        ball = ElementFault(
            size=size,
            scatter=scatter,
            position=rng.random(),
            inner_ratio=rng.uniform(0.5, 1),
            missed=rng.uniform(0, 0.85),
            active=rng.uniform(0.2, 1.0),
            episode=rng.uniform(1, 10),
            wander=rng.uniform(0, 0.15),
        )
        if rng.random() < 0.8:  # balls that struck hard have dented the races too
            dents = BrinellFault(
                size=size * rng.uniform(0.01, 0.15),
                scatter=scatter,
                inner_ratio=float(np.exp(rng.uniform(-0.7, 0.7))),
                dents=None if rng.random() < 0.3 else int(rng.integers(1, mounted.bearing.elements)),
                position=rng.random(),
                secondary=True,
            )
            return (ball, dents)
        return (ball,)
    if condition == "cage":
        return (CageFault(size=size, scatter=scatter, looseness=rng.uniform(0.01, 0.05), rubs=rng.uniform(0, 10)),)
    return ()
