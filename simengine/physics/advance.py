"""Steps through time: finely while things are fast, coarsely while they are slow."""

from __future__ import annotations

from simengine.physics.contacts import ContactLog
from simengine.physics.scale import Resolution
from simengine.physics.world import World

__all__ = ["advance"]


def advance(world: World, resolution: Resolution, begin: float, span: float, log: ContactLog | None = None) -> None:
    """Advances a world by a span of time, in equal steps between two looks at the speeds.

    Thin things in free flight need small steps, which cost little there because nothing touches;
    in a heap, where steps cost most, everything is slow.

    Args:
        world: The world.
        resolution: How finely to step.
        begin: Time now [s].
        span: Time to pass [s]; the last step ends exactly with it.
        log: Is shown the contacts of every step.
    """
    if span <= 0:
        return
    looks = resolution.looks(span)
    part = span / looks
    for look in range(looks):
        driven = world.driven_speeds(begin + part * look, begin + part * (look + 1))
        count = resolution.steps(part, world.speeds(), *driven)
        world.set_time_step(part / count)
        for step in range(1, count + 1):
            now = begin + part * (look + step / count)
            world.step(now)
            if log is not None:
                log.look(now)
