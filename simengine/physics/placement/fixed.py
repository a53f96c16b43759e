"""Objects at a position, as given."""

from __future__ import annotations

import numpy as np

from simengine.physics.body import Body, Pose
from simengine.physics.placement.site import Ground
from simengine.scene.schema.placement import Fixed

__all__ = ["place_fixed"]


def place_fixed(body: Body, ground: Ground) -> None:
    """Puts a body where its placement says, plus the offset of its copy."""
    fixed: Fixed = body.source.spec.placement.value
    position = np.add(fixed.position, body.source.offset)
    ground.place(body, Pose(tuple(position.tolist()), fixed.rotation))
