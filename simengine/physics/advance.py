"""Steps through time: finely while things are fast, coarsely while they are slow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from simengine.physics.scale import Resolution
from simengine.physics.world import World

__all__ = ["Onlooker", "advance"]


class Onlooker(Protocol):
    """Is shown the world after every step."""

    def look(self, time: float) -> None:
        """Sees the world at the end of the step that ended at `time` [s]."""


def advance(
    world: World, resolution: Resolution, begin: float, span: float, onlookers: Sequence[Onlooker] = ()
) -> None:
    """Advances a world by a span of time, in equal steps between two looks at the speeds.

    Thin things in free flight need small steps, which cost little there because nothing touches;
    in a heap, where steps cost most, everything is slow.

    Args:
        world: The world.
        resolution: How finely to step.
        begin: Time now [s].
        span: Time to pass [s]; the last step ends exactly with it.
        onlookers: Are shown the world after every step.
    """
    if span <= 0:
        return
    looks = resolution.looks(span)
    part = span / looks
    for look in range(looks):
        driven = world.driven_speeds(begin + part * look, begin + part * (look + 1))
        count = resolution.steps(part, world.speeds(), *driven)
        world.set_time_step(part / count)
        times = [begin + part * (look + step / count) for step in range(1, count + 1)]
        world.plan(np.array(times))
        for now in times:
            world.step(now)
            for onlooker in onlookers:
                onlooker.look(now)
