"""What physics needs to know of an object: mass, inertia, and where its matter is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Asset, Collision
from simengine.physics.frames import IDENTITY, matrix, quaternion, rotate
from simengine.scene.scene import SceneObject
from simengine.scene.schema.object import Physics

__all__ = ["Body", "Pose"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """Where an object is and how it moves when it is released.

    Attributes:
        position: Origin of its mesh frame in the world [m], shape (3,).
        rotation: World from object, quaternion xyzw, shape (4,).
        velocity: Velocity of its centre of mass [m/s], shape (3,).
        spin: Angular velocity in the world [rad/s], shape (3,).
    """

    position: tuple[float, ...]
    rotation: tuple[float, ...] = IDENTITY
    velocity: tuple[float, ...] = (0.0, 0.0, 0.0)
    spin: tuple[float, ...] = (0.0, 0.0, 0.0)

    def apply(self, points: NDArray) -> Doubles:
        """Points of the object (n, 3) in the world."""
        return points @ matrix(self.rotation).T + np.asarray(self.position)

    def undo(self, points: NDArray) -> Doubles:
        """Points of the world (n, 3) in the object's frame."""
        return (points - np.asarray(self.position)) @ matrix(self.rotation)


@dataclass(frozen=True, eq=False)
class Body:
    """One copy of an object, as physics sees it.

    Attributes:
        source: The object of the scene.
        asset: Its shape, built.
        collision: Its convex pieces in the object's frame; empty for a URDF and where `collision` is `none`.
        link_frames: Position (3,) and rotation (4,) of each link in the object's frame.
    """

    source: SceneObject
    asset: Asset
    collision: tuple[Collision, ...]
    link_frames: tuple[tuple[Doubles, Doubles], ...] = ((np.zeros(3), np.array(IDENTITY)),)

    @property
    def name(self) -> str:
        """``die[3]``."""
        return self.source.name

    @property
    def physics(self) -> Physics:
        """How it moves and touches."""
        return self.source.spec.physics

    @property
    def dynamic(self) -> bool:
        """Whether forces move it."""
        drive = self.source.spec.drive
        return not self.physics.static and (drive is None or drive.joint is not None)

    @property
    def articulated(self) -> bool:
        """Whether PyBullet reads it from a URDF file."""
        return bool(self.asset.urdf)

    @property
    def mass(self) -> float:
        """Mass [kg]; 0 where it never moves."""
        if not self.dynamic:
            return 0.0
        return self.physics.mass if self.physics.mass is not None else self.physics.density * self.asset.volume

    @cached_property
    def principal(self) -> tuple[Doubles, Doubles]:
        """Axes of inertia: rotation object from principal frame (4,), and moments at the body's mass [kg m^2] (3,)."""
        tensor = np.asarray(self.asset.inertia, float)
        trace = np.trace(tensor)
        if not self.dynamic or not trace > 0:
            return np.array(IDENTITY), np.zeros(3)
        tensor = tensor * (self.mass / self.asset.volume)
        off_diagonal = np.abs(tensor - np.diag(np.diag(tensor))).max()
        if off_diagonal < 1e-6 * np.trace(tensor):  # symmetric bodies: eigenvectors would be rounding noise
            return np.array(IDENTITY), np.diag(tensor).copy()
        moments, axes = np.linalg.eigh(tensor)
        if np.linalg.det(axes) < 0:
            axes[:, 0] *= -1
        return quaternion(axes), moments

    @cached_property
    def center_of_mass(self) -> Doubles:
        """In the object's frame [m], shape (3,)."""
        return np.asarray(self.asset.center_of_mass, float)

    @cached_property
    def points(self) -> Doubles:
        """Vertices of all links in the object's frame [m], shape (n, 3)."""
        return np.concatenate(self._links)

    @cached_property
    def pieces(self) -> tuple[Doubles, ...]:
        """Corner points that enclose each convex piece, in the object's frame [m]; the links if there are none."""
        return tuple(corners for piece in self.collision for corners in _corners(piece)) or self._links

    @cached_property
    def _links(self) -> tuple[Doubles, ...]:
        """Vertices of each link in the object's frame [m], shapes (n, 3)."""
        return tuple(
            rotate(rotation, link.mesh.vertices.astype(float)) + position
            for link, (position, rotation) in zip(self.asset.links, self.link_frames, strict=True)
        )

    @cached_property
    def extents(self) -> tuple[float, float, float]:
        """Extents along its axes of inertia [m], smallest first: thickness, width, length."""
        local = (self.points - self.center_of_mass) @ matrix(self.principal[0])
        thickness, width, length = sorted(np.ptp(local, axis=0).tolist())
        return thickness, width, length

    @cached_property
    def radius(self) -> float:
        """Greatest distance of its surface from its origin [m]."""
        return float(np.linalg.norm(self.points, axis=1).max())

    @cached_property
    def gyration(self) -> float:
        """Largest mean square distance of the surface from an axis through the centre of mass [m^2]."""
        arms = self.points - self.center_of_mass
        spread = arms.T @ arms / len(arms)
        return float(np.trace(spread) - np.linalg.eigvalsh(spread)[0])


def _corners(piece: Collision) -> list[Doubles]:
    if piece.kind == "hulls":
        return [np.asarray(hull, float) for hull in piece.hulls]
    if piece.kind == "box":
        half = np.asarray(piece.size, float) / 2
    elif piece.kind == "sphere":
        half = np.full(3, piece.size[0])
    else:
        radius, height = piece.size
        half = np.array([radius, radius, height / 2 + (radius if piece.kind == "capsule" else 0.0)])
    signs = np.array(np.meshgrid((-1, 1), (-1, 1), (-1, 1))).reshape(3, -1).T
    return [signs * half + np.asarray(piece.offset)]
