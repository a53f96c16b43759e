"""Conveyor belts: static bodies whose surface moves.

Bullet's solver ignores the velocity of bodies without mass, and PyBullet can't set the target
velocity of a contact. A belt is therefore a body of enormous mass that is held against gravity,
given its velocity again before every step, and set back to its place before it has glided far.
Setting it back breaks its contacts, so it is done rarely: measured with cartons and cans at 0.3
and 1.5 m/s, every 32 steps shakes them least (0.01 rad/s, 0.1 mm), every step 20 times more;
16 keeps half of the way and nearly all of the calm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simengine.bullet import pybullet

__all__ = ["BELT_MASS", "Belt"]

BELT_MASS = 1e9
"""Mass that no carried thing can slow [kg]."""

_GLIDE = 16  # steps between two returns


@dataclass
class Belt:
    """One moving surface; all values in Bullet's units.

    Attributes:
        handle: PyBullet's number of the body.
        position: Its place.
        rotation: Its rotation, quaternion xyzw.
        velocity: Velocity of its surface.
        gravity: Downward acceleration of the world.
        count: Steps so far.
    """

    handle: int
    position: list[float]
    rotation: list[float]
    velocity: list[float]
    gravity: float
    count: int = 0

    def ignore(self, others: Iterable[int], client: int) -> None:
        """Stops collisions with bodies that never move."""
        for other in others:
            pybullet.setCollisionFilterPair(self.handle, other, -1, -1, 0, physicsClientId=client)

    def drive(self, client: int) -> None:
        """Prepares the next step."""
        if self.count % _GLIDE == 0:
            pybullet.resetBasePositionAndOrientation(self.handle, self.position, self.rotation, physicsClientId=client)
        self.count += 1
        pybullet.resetBaseVelocity(self.handle, self.velocity, [0.0, 0.0, 0.0], physicsClientId=client)
        lift = [0.0, 0.0, BELT_MASS * self.gravity]
        pybullet.applyExternalForce(self.handle, -1, lift, [0.0, 0.0, 0.0], pybullet.LINK_FRAME, physicsClientId=client)
