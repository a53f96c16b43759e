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
from simengine.errors import SimengineError
from simengine.physics.articulated import HOLD, Articulated
from simengine.physics.drive import Drive
from simengine.physics.frames import inverse, multiply, rotate

__all__ = ["Driven", "DrivenJoint"]


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


@dataclass(frozen=True)
class DrivenJoint:
    """A joint of an articulated model that a machine turns.

    Attributes:
        model: The model.
        name: Name of the joint.
        drive: Its motion.
        home: Position that the scene gives it [rad].
        radius: Greatest distance of the model's surface from its origin [m].
    """

    model: Articulated
    name: str
    drive: Drive
    home: float
    radius: float

    @classmethod
    def of(cls, model: Articulated, drive: Drive, *, owner: str, home: float, radius: float) -> DrivenJoint:
        """Finds the joint.

        Raises:
            SimengineError: The model has no such joint, or it slides.
        """
        name, where = drive.spec.joint, f"objects.{owner}.drive.joint"
        turning = model.turning()
        if name is None:
            raise SimengineError(f"{where}: name the joint of this URDF model that turns: {', '.join(turning)}.")
        if name not in model.joints:
            raise SimengineError(f"{where}: the model has no joint '{name}'; those that turn: {', '.join(turning)}.")
        if name not in turning:
            raise SimengineError(f"{where}: '{name}' slides; name one that turns: {', '.join(turning)}.")
        return cls(model, name, drive, home, radius)

    def push(self, until: float, span: float) -> None:
        """Prepares the step that ends at time `until` [s] and takes `span` [s]."""
        rate = self.hold(until - span)
        pybullet.setJointMotorControl2(
            self.model.handle,
            self.model.joints[self.name],
            pybullet.VELOCITY_CONTROL,
            targetVelocity=rate,
            force=HOLD,
            physicsClientId=self.model.client,
        )

    def hold(self, time: float) -> float:
        """Sets the joint to where it is at a time [s]; its rate then [rad/s]."""
        angle, rate = self.drive.joint(time)
        joint = self.model.joints[self.name]
        pybullet.resetJointState(
            self.model.handle, joint, self.home + angle, targetVelocity=rate, physicsClientId=self.model.client
        )
        return rate


def _rotation_vector(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axis times angle of the shorter way, shape (3,)."""
    vector, scalar = rotation[:3], rotation[3]
    sine = float(np.linalg.norm(vector))
    if sine < 1e-12:
        return 2 * vector * np.sign(scalar)
    return vector / sine * 2 * np.arctan2(sine * np.sign(scalar or 1.0), abs(scalar))
