"""Runs a world until everything lies still, and says so if it does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simengine.physics.advance import Onlooker, advance
from simengine.physics.body import Body
from simengine.physics.frames import inverse, multiply
from simengine.physics.scale import Resolution
from simengine.physics.world import World
from simengine.scene.schema.scene import Settle

__all__ = ["Settled", "settle"]

Doubles = NDArray[np.float64]

_LOOK = 1 / 60  # time between two looks [s]
_QUIET_LOOKS = 4  # a thing at the top of its bounce is slow too, but not for this long
_CLEAN = 2e-5  # overlap that is not worth waiting for [m]; a deeper one is pushed out as long as that helps
_DAMPING = ((1.0, 0.5), (2.0, 0.9), (3.0, 0.999))  # from when on [s], which share of all speeds is lost in a second


@dataclass(frozen=True)
class Settled:
    """How settling ended.

    Attributes:
        outcome: ``settled``, ``timed_out`` or ``escaped``.
        time: Simulated seconds.
        penetration: Deepest overlap at the end [m].
        blame: What did not rest, names and numbers; empty if all did.
    """

    outcome: Literal["settled", "timed_out", "escaped"]
    time: float
    penetration: float = 0.0
    blame: str = ""


def settle(
    world: World,
    bodies: Sequence[Body],
    resolution: Resolution,
    limits: Settle,
    *,
    bounds: float,
    floor: float,
    onlookers: Sequence[Onlooker] = (),
) -> Settled:
    """Steps until every body is slow and no two overlap for some looks in a row.

    Speed is the root mean square over the body's surface, as the mean over the time between two
    looks: Bullet's contacts can flicker, which gives a body at rest the speed of a step now and
    then that leads nowhere. It is an upper bound: the widest radius of gyration counts for every
    axis of rotation. After a second the bodies are damped, ever more: that ends long rolls,
    but holds nothing up (a die on its edge falls 10 times faster than the damping could stop).

    Args:
        world: The world with its bodies.
        bodies: All bodies of the scene.
        resolution: How finely to step.
        limits: When things count as lying still.
        bounds: Distance from the origin beyond which a body has escaped [m].
        floor: Height below which there is nothing to land on [m].
        onlookers: Are shown the world after every step.
    """
    quiet, time, depth = 0, 0.0, math.inf
    stages = list(_DAMPING)
    gyration = np.array([bodies[number].gyration for number in world.moving])
    before = world.poses()
    speeds = np.zeros(len(world.moving))
    for look in range(1, math.ceil(limits.timeout / _LOOK) + 1):
        advance(world, resolution, (look - 1) * _LOOK, _LOOK, onlookers)
        time = look * _LOOK
        if stages and time >= stages[0][0]:
            world.damp(stages.pop(0)[1])
        now = world.poses()
        speeds, before = _mean_speeds(before, now, gyration), now
        quiet = quiet + 1 if np.all(speeds < limits.speed) else 0
        if quiet >= _QUIET_LOOKS:
            deeper, depth = depth, world.penetration()[0]
            if depth <= min(_CLEAN, limits.penetration) or 0.95 * deeper <= depth <= limits.penetration:
                return Settled("settled", time, depth)
        if look % 30 == 0 and (lost := escaped(world, bodies, bounds=bounds, floor=floor)):
            return Settled("escaped", time, blame=lost)
    if lost := escaped(world, bodies, bounds=bounds, floor=floor):
        return Settled("escaped", time, blame=lost)
    return Settled("timed_out", time, world.penetration()[0], _unrest(world, bodies, speeds, limits))


def _mean_speeds(first: tuple[Doubles, ...], second: tuple[Doubles, ...], gyration: Doubles) -> Doubles:
    """Root-mean-square speeds of the bodies' surfaces [m/s] between two looks, shape (M,)."""
    moves = np.linalg.norm(first[0] - second[0], axis=1)
    sines = np.minimum(np.linalg.norm(multiply(first[1], inverse(second[1]))[:, :3], axis=1), 1.0)
    turns = 2 * np.arcsin(sines)
    return np.sqrt(moves**2 + gyration * turns**2) / _LOOK


def escaped(world: World, bodies: Sequence[Body], *, bounds: float, floor: float = -math.inf) -> str:
    """Names the bodies that are out of bounds or below everything, and where they are; empty if none is."""
    positions, _, _ = world.poses()
    lost = (
        (np.linalg.norm(positions, axis=1) > bounds) | (positions[:, 2] < floor) | ~np.isfinite(positions).all(axis=1)
    )
    return ", ".join(
        f"{bodies[number].name} at ({', '.join(f'{part:.2f}' for part in position)}) m"
        for number, position, gone in zip(world.moving, positions, lost, strict=True)
        if gone
    )


def _unrest(world: World, bodies: Sequence[Body], speeds: np.ndarray, limits: Settle) -> str:
    fast = [
        f"{bodies[number].name} at {1000 * speed:.1f} mm/s"
        for number, speed in zip(world.moving, speeds, strict=True)
        if speed >= limits.speed
    ]
    depth, first, second = world.penetration()
    if depth > limits.penetration:
        fast.append(f"{bodies[first].name} and {bodies[second].name} overlap by {1000 * depth:.2f} mm")
    return ", ".join(fast) or "motion that came and went"
