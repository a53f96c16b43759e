"""Objects released above the scene."""

from __future__ import annotations

import numpy as np

from simengine.errors import Rejected
from simengine.physics.body import Body, Pose
from simengine.physics.frames import matrix, random_rotation
from simengine.physics.placement.site import Ground, extents
from simengine.physics.placement.volume import Volumes
from simengine.sampling.streams import uniforms
from simengine.scene.schema.placement import Drop

__all__ = ["place_drop"]

_TRIES = 64  # points tried before the box grows
_GROWTHS = 100


def place_drop(body: Body, ground: Ground, rng: np.random.Generator) -> None:
    """Releases a body at the first of a row of random points where it touches nothing.

    Each body draws from a stream of its own, and the box grows upwards for it alone: a body that
    is added or taken away moves only those that come after it and would meet it.

    Args:
        body: The body.
        ground: What is placed already.
        rng: The body's own stream.

    Raises:
        Rejected: There is no room up to a hundred times its own height.
    """
    drop: Drop = body.source.spec.placement.value
    site = ground.site(None)
    rotation = random_rotation(rng) if drop.rotation is None else np.asarray(drop.rotation)
    shape = Volumes.around([body.points @ matrix(rotation).T])
    center, size = np.add(drop.center, body.source.offset), np.array(drop.size)
    for _ in range(_GROWTHS):
        points = center + (uniforms(rng, (_TRIES, 3)) - 0.5) * size
        free = np.flatnonzero(~site.blocked(shape, points))
        if free.size:
            at = tuple(points[free[0]].tolist())
            ground.place(body, Pose(at, tuple(rotation.tolist()), drop.velocity, drop.spin))
            return
        growth = np.array([0.0, 0.0, 2 * shape.ball[0]])
        center, size = center + growth / 2, size + growth
    raise Rejected(
        "placement",
        f"no room to drop {body.name} ({extents(body.points)}) around {drop.center} among {len(ground.poses)} others: "
        f"widen `drop.size` {drop.size}, or lower the counts.",
    )
