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
from numpy.typing import NDArray

from simengine.physics.body import Body
from simengine.scene.schema.scene import World

__all__ = ["Resolution", "choose_resolution"]

_UNITS = 4.0  # length of the thinnest moving thing in Bullet's units
_CALM = 0.1  # [s/m]: keeps the push out of 0.04 units in a step below 0.08 m/s
_SAG = 0.01  # largest way that gravity adds in a step, in thicknesses
_WAY = 0.35  # largest way in a step, in thicknesses of what moves and of what it may hit
_BULK = 0.15  # a solid is pushed back out of a thinner wall, not through it, until it is half through; with reserve
_TURN = 0.2  # of what a machine moves, in a step [rad]; Bullet itself turns nothing by more than pi / 4
_HALVINGS = 6  # of the step, while things are fast
_LOOK = 1 / 60  # time between two looks at the speeds [s]


@dataclass(frozen=True, eq=False)
class Resolution:
    """How finely physics runs.

    Attributes:
        scale: Bullet's units per metre, a power of two.
        time_step: Step while things are slow [s].
        reach: Largest way in a step of each moving body [m], shape (M,).
        gravity: Downward acceleration [m/s^2].
    """

    scale: float
    time_step: float
    reach: NDArray[np.float64]
    gravity: float

    def looks(self, span: float) -> int:
        """Into how many equal parts a span of time [s] is cut, to look at the speeds before each."""
        return max(math.ceil(span / _LOOK - 1e-9), 1)

    def steps(self, span: float, speeds: NDArray[np.float64], spin: float = 0.0, rim: float = 0.0) -> int:
        """How many equal steps a span of time [s] takes: as many as at rest, doubled until nothing goes too far in one.

        Args:
            span: The time [s].
            speeds: Speeds of the moving bodies now [m/s], shape (M,).
            spin: Largest angular speed of what machines move [rad/s].
            rim: Largest speed of its surface [m/s].
        """
        count = max(math.ceil(span / self.time_step - 1e-9), 1)
        ways = (np.maximum(speeds, rim) + self.gravity * span) * span / self.reach
        wanted = max(float(ways.max(initial=0.0)) / count, spin * span / (_TURN * count), 1.0)
        return count * 2 ** min(math.ceil(math.log2(wanted)), _HALVINGS)


def choose_resolution(bodies: Sequence[Body], world: World) -> Resolution:
    """Chooses units and steps by the thinnest things.

    Args:
        bodies: All bodies.
        world: Gravity and the largest step.
    """
    moving = [body for body in bodies if body.dynamic]
    thickness = [math.inf if body.articulated else body.extents[0] for body in moving]
    still = [body for body in bodies if not body.dynamic and (body.collision or body.articulated)]
    thinnest, wall = min(thickness, default=math.inf), min(map(_thinnest_piece, still), default=math.inf)
    step = world.time_step
    while world.gravity * step**2 > _SAG * thinnest:
        step /= 2
    units = max(_UNITS / thinnest, _CALM / step)
    pieces = [
        _BULK * own if body.articulated else _BULK * _thinnest_piece(body)
        for body, own in zip(moving, thickness, strict=True)
    ]
    reach = np.array([_WAY * min(own, max(wall, piece)) for own, piece in zip(thickness, pieces, strict=True)])
    return Resolution(2.0 ** round(math.log2(units)), step, reach, world.gravity)


def _thinnest_piece(body: Body) -> float:
    """Least extent of its convex pieces along its own axes [m]."""
    return min(float(np.ptp(piece, axis=0).min()) for piece in body.pieces)
