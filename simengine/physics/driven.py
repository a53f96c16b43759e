"""Driven bodies inside Bullet: moved by their machine, so that what they touch is pushed as it should be.

Bullet's solver ignores the velocity of bodies without mass (see `belt`), so a driven body has an
enormous mass that nothing slows. Before each step it is given the velocity that brings it from where
Bullet has it to where its drive has it when the step ends; gravity, which the step adds, is taken off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.bullet import pybullet
from simengine.physics.drive import Drive
from simengine.physics.frames import inverse, multiply, rotate

__all__ = ["Driven"]


@dataclass(frozen=True, eq=False)
class Driven:
    """One driven body.

    Attributes:
        handle: PyBullet's number of the body.
        drive: Its motion.
        center: Its centre of mass in its own frame [m].
        radius: Greatest distance of its surface from its origin [m].
        scale: Bullet's units per metre.
        gravity: Downward acceleration [m/s^2].
    """

    handle: int
    drive: Drive
    center: NDArray[np.float64]
    radius: float
    scale: float
    gravity: float

    def ignore(self, others: Iterable[int], client: int) -> None:
        """Stops collisions with bodies that yield to nothing."""
        for other in others:
            pybullet.setCollisionFilterPair(self.handle, other, -1, -1, 0, physicsClientId=client)

    def push(self, until: float, span: float, client: int) -> None:
        """Prepares the step that ends at time `until` [s] and takes `span` [s]."""
        state = self.drive.states(until)[0]
        target = (state[:3] + rotate(state[3:7], self.center)) * self.scale
        at, turn = pybullet.getBasePositionAndOrientation(self.handle, physicsClientId=client)
        velocity = (target - at) / span
        velocity[2] += self.gravity * self.scale * span
        spin = _rotation_vector(multiply(state[3:7], inverse(turn))) / span
        pybullet.resetBaseVelocity(self.handle, velocity.tolist(), spin.tolist(), physicsClientId=client)


def _rotation_vector(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axis times angle of the shorter way, shape (3,)."""
    vector, scalar = rotation[:3], rotation[3]
    sine = float(np.linalg.norm(vector))
    if sine < 1e-12:
        return 2 * vector * np.sign(scalar)
    return vector / sine * 2 * np.arctan2(sine * np.sign(scalar or 1.0), abs(scalar))
