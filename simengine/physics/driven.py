"""Driven bodies inside Bullet: moved by their machine, so that what they touch is pushed as it should be.

Bullet's solver ignores the velocity of bodies without mass (see `belt`), so a driven body has an
enormous mass that nothing slows. Before each step it is given the velocity that brings it from where
Bullet has it to where its drive has it when the step ends; gravity, which the step adds, is taken off.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simengine.bullet import pybullet
from simengine.errors import SimengineError
from simengine.physics.articulated import HOLD, Articulated
from simengine.physics.drive import Drive
from simengine.physics.frames import rotate

__all__ = ["Driven", "DrivenJoint"]


@dataclass(eq=False)
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
    _ahead: Iterator[list[float]] = field(default_factory=lambda: iter(()))

    def ignore(self, others: Iterable[int], client: int) -> None:
        """Stops collisions with bodies that yield to nothing."""
        for other in others:
            pybullet.setCollisionFilterPair(self.handle, other, -1, -1, 0, physicsClientId=client)

    def plan(self, times: NDArray[np.float64]) -> None:
        """Finds where it is at the ends of the next steps, all at once."""
        states = self.drive.states(times)
        targets = (states[:, :3] + rotate(states[:, 3:7], self.center)) * self.scale
        self._ahead = iter(np.column_stack([targets, states[:, 3:7]]).tolist())

    def push(self, span: float, client: int) -> None:
        """Prepares the next step of the plan, which takes `span` [s]."""
        target = next(self._ahead)
        at, turn = pybullet.getBasePositionAndOrientation(self.handle, physicsClientId=client)
        velocity = [(there - here) / span for there, here in zip(target[:3], at, strict=True)]
        velocity[2] += self.gravity * self.scale * span
        spin = [part / span for part in _rotation_vector(target[3:], turn)]
        pybullet.resetBaseVelocity(self.handle, velocity, spin, physicsClientId=client)


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


def _rotation_vector(after: Sequence[float], before: Sequence[float]) -> tuple[float, float, float]:
    """Axis times angle from one unit quaternion to another by the shorter way; plain numbers, as it runs every step."""
    ax, ay, az, aw = after
    bx, by, bz, bw = before
    x = aw * -bx + ax * bw + ay * -bz - az * -by
    y = aw * -by + ay * bw + az * -bx - ax * -bz
    z = aw * -bz + az * bw + ax * -by - ay * -bx
    w = aw * bw + ax * bx + ay * by + az * bz
    sine = math.sqrt(x * x + y * y + z * z)
    factor = math.copysign(2.0, w) if sine < 1e-12 else 2 * math.atan2(math.copysign(sine, w), abs(w)) / sine
    return x * factor, y * factor, z * factor
