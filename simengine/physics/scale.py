"""The units and the step in which Bullet sees a scene.

Bullet's tolerances are lengths: collision margins of 0.001, a slop of 0.00001, overlaps of 0.04
that it resolves one way or the other, thresholds on velocities. At true scale a convex hull of a
16 mm die hovers 1 mm above the table. Physics therefore runs in units in which the thinnest moving
thing is about 4 long: hulls then hover by 0.025 % of it (0.004 mm for the die). Measured with
piles, bounces, dice and washers from 1 to 64 long: at 1 bounces are too high by a quarter, from 16
on piles creep. The factor is a power of two, so that converting lengths costs no rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.physics.body import Body, Pose
from simengine.physics.placement.volume import Volumes
from simengine.scene.schema.scene import World

__all__ = ["Resolution", "choose_resolution"]

_UNITS = 4.0  # length of the thinnest moving thing in Bullet's units
_CALM = 0.1  # [s/m]: keeps the push out of 0.04 units in a step below 0.08 m/s
_THIN = 2.0  # largest way in a step, in thicknesses: thin things may reach into what they hit
_WIDE = 0.35  # and in widths: compact ones only so far
_HALVINGS = 3
_FALL = 0.3  # assumed height of a fall onto nothing in particular [m]
_FORESIGHT = (0.02, 0.15)  # distance at which Bullet starts a contact, in sizes of the smaller thing


@dataclass(frozen=True)
class Resolution:
    """How finely physics runs.

    Attributes:
        scale: Bullet's units per metre, a power of two.
        time_step: Largest step [s].
        foresight: How far ahead contacts are seen, as a share of the smaller thing's size. More of it keeps thin
            things from cutting into each other (8 of 8 bins of washers, nuts and bolts came to rest at 0.15, 7 at
            0.02, none at 0.4, where contacts flicker), less keeps bounces true.
        swept: Radius [m] of the ball that Bullet sweeps for each body that outruns itself all the same, else 0.
    """

    scale: float
    time_step: float
    foresight: float
    swept: tuple[float, ...]


def choose_resolution(bodies: Sequence[Body], poses: Sequence[Pose], world: World) -> Resolution:
    """Chooses units by the thinnest moving body, and halves the step (thrice at most) until none is too fast for it.

    Args:
        bodies: All bodies.
        poses: Where they are released.
        world: Gravity and the largest step.
    """
    moving = [(body, pose) for body, pose in zip(bodies, poses, strict=True) if body.dynamic and not body.articulated]
    if not moving:
        return Resolution(1.0, world.time_step, _FORESIGHT[0], (0.0,) * len(bodies))
    solids = Volumes.around(
        pose.apply(piece) for body, pose in zip(bodies, poses, strict=True) if not body.dynamic for piece in body.pieces
    )
    speed = {body.name: _impact_speed(body, pose, solids, world.gravity) for body, pose in moving}
    step = world.time_step
    for _ in range(_HALVINGS):
        if all(speed[b.name] * step <= min(_THIN * b.extents[0], _WIDE * b.extents[1]) for b, _ in moving):
            break
        step /= 2
    thin = any(speed[body.name] * step > _WIDE * body.extents[0] for body, _ in moving)
    swept = (0.4 * b.extents[0] if speed.get(b.name, 0.0) * step > b.extents[1] else 0.0 for b in bodies)
    thinnest = min(body.extents[0] for body, _ in moving)
    return Resolution(
        2.0 ** round(math.log2(max(_UNITS / thinnest, _CALM / step))), step, _FORESIGHT[thin], tuple(swept)
    )


def _impact_speed(body: Body, pose: Pose, solids: Volumes, gravity: float) -> float:
    """Speed at which a body meets what lies straight below it [m/s]."""
    points = pose.apply(body.points)
    low, high = points.min(axis=0), points.max(axis=0)
    below = np.all((solids.low[:, :2] <= high[:2]) & (solids.high[:, :2] >= low[:2]), axis=1)
    below &= solids.high[:, 2] <= low[2] + 1e-6
    fall = low[2] - solids.high[below, 2].max() if below.any() else _FALL
    return math.sqrt(float(np.square(pose.velocity).sum()) + 2 * gravity * max(float(fall), 0.0))
