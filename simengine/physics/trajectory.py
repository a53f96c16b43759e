"""What physics hands on: poses, velocities and contacts on one clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Contact", "Motion", "Trajectory"]

Doubles = NDArray[np.float64]


class Motion(Protocol):
    """Where a body is and how it moves at any time."""

    def states(self, times: ArrayLike) -> Doubles:
        """Origin [m], rotation xyzw, velocity [m/s] and angular velocity [rad/s] in the world, shape (n, 13)."""


@dataclass(frozen=True)
class Contact:
    """The beginning of a touch between two bodies.

    Attributes:
        time: Seconds since release.
        bodies: Names of the two.
        position: In the world [m].
        normal: Unit vector on the second body towards the first.
        impulse: Normal impulse over the step [N s].
    """

    time: float
    bodies: tuple[str, str]
    position: tuple[float, float, float]
    normal: tuple[float, float, float]
    impulse: float


@dataclass(frozen=True, eq=False)
class Trajectory:
    """States at the times when pictures are taken.

    Attributes:
        times: Seconds since release, shape (T,).
        bodies: Body names: ``die[3]`` for a rigid object, ``arm[0]/link_2`` for a link of a URDF.
        object_ids: Instance id of the object each body belongs to, shape (B,).
        link_index: Number of the body's link in its asset, shape (B,).
        positions: Origin of each body's mesh frame in the world [m], shape (T, B, 3).
        rotations: World from body, quaternions xyzw, shape (T, B, 4).
        velocities: Linear velocity of the mesh origin [m/s] and angular velocity [rad/s] in the world, shape (T, B, 6).
        joints: Joint positions by ``object/joint``, shape (T,) each.
        contacts: Touches that began up to the last time (capped, see `contacts_dropped`).
        contacts_dropped: Touches not recorded because of the cap.
        settled_time: Simulated seconds until everything rested; NaN where the timeline did not ask for rest.
        max_penetration: Deepest overlap at the first picture [m].
        motions: Motion between the pictures, by body: at every step of physics for those that sensors ride on, in closed
            form for those that machines move.
    """

    times: Doubles
    bodies: tuple[str, ...]
    object_ids: NDArray[np.int32]
    link_index: NDArray[np.int32]
    positions: Doubles
    rotations: Doubles
    velocities: Doubles
    joints: dict[str, Doubles] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    contacts_dropped: int = 0
    settled_time: float = float("nan")
    max_penetration: float = 0.0
    motions: dict[str, Motion] = field(default_factory=dict)
