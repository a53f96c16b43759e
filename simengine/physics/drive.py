"""Bodies that a machine moves: poses and velocities in closed form from the angle of its shaft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.physics.body import Pose
from simengine.physics.frames import multiply, rotate
from simengine.scene.schema import drive as schema

__all__ = ["Clock", "Drive", "about"]

Doubles = NDArray[np.float64]


class Clock(Protocol):
    """What a drive asks of a shaft; `simengine.signals.clock.ShaftClock` answers."""

    def turns(self, times: Doubles) -> Doubles:
        """Angle in turns since time 0 at times (n,) [s]."""

    def speed(self, times: Doubles) -> Doubles:
        """Turns per second at times (n,) [s]."""


@dataclass(frozen=True, eq=False)
class Drive:
    """The motion of one body.

    At shaft angle a (turns) its origin is at ``p + R Z(ratio a) e + s sin(2 pi order a + phase)`` and its
    rotation is ``R Z(ratio a) T``: p and R are where it was placed, Z a turn about the axis, e the runout,
    T the tilt, s the shake. No step of physics enters, so nothing adds up.

    Attributes:
        clock: Angle of the machine's shaft over time.
        spec: Ratio, axis and faults, all concrete.
        home: Where it was placed.
    """

    clock: Clock
    spec: schema.Drive
    home: Pose

    def states(self, times: ArrayLike) -> Doubles:
        """Origin [m], rotation xyzw, velocity [m/s] and angular velocity [rad/s] in the world, shape (n, 13).

        Args:
            times: Seconds since release, shape (n,).
        """
        spec, times = self.spec, np.atleast_1d(np.asarray(times, float))
        turns, speeds = self.clock.turns(times), self.clock.speed(times)
        axis = np.asarray(spec.axis) / np.linalg.norm(spec.axis)
        heavy = rotate(about(axis, spec.heavy_side), _across(axis))
        turned = multiply(self.home.rotation, about(axis, 2 * np.pi * np.mod(spec.ratio * turns, 1.0)))
        arms = rotate(turned, spec.runout * heavy)
        angular = rotate(self.home.rotation, axis) * (2 * np.pi * spec.ratio * speeds)[:, None]
        swing = 2 * np.pi * np.mod(spec.order * turns, 1.0) + spec.phase
        shake = np.asarray(spec.shake)
        positions = np.asarray(self.home.position) + arms + shake * np.sin(swing)[:, None]
        rate = 2 * np.pi * spec.order * speeds * np.cos(swing)
        velocities = np.cross(angular, arms) + shake * rate[:, None]
        rotations = multiply(turned, about(np.cross(axis, heavy), spec.tilt))
        return np.concatenate([positions, rotations, velocities, angular], axis=1)

    def joint(self, time: float) -> tuple[float, float]:
        """Angle that a driven joint has turned by [rad] and its rate [rad/s] at a time [s]."""
        turns, speed = self.clock.turns(np.array([time])), self.clock.speed(np.array([time]))
        return 2 * np.pi * self.spec.ratio * float(turns[0]), 2 * np.pi * self.spec.ratio * float(speed[0])

    def fastest(self, begin: float, end: float) -> float:
        """Largest angular speed between two times, as far as its ends tell [rad/s]."""
        speeds = self.clock.speed(np.array([begin, (begin + end) / 2, end]))
        return float(2 * np.pi * abs(self.spec.ratio) * np.max(speeds))


def about(axis: Doubles, angles: ArrayLike) -> Doubles:
    """Turns about a unit vector (3,) by angles (...) [rad], quaternions (..., 4)."""
    half = np.asarray(angles, float)[..., None] / 2
    return np.concatenate([axis * np.sin(half), np.cos(half)], axis=-1)


def _across(axis: Doubles) -> Doubles:
    """The direction fixed in the object: the coordinate axis after the one nearest to `axis`, made square to it."""
    nearest = int(np.argmax(np.abs(axis)))
    side = np.eye(3)[(nearest + 1) % 3]
    side = side - axis * (axis @ side)
    return side / np.linalg.norm(side)
