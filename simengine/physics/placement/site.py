"""A level place to stand on, and what already stands there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.errors import Rejected
from simengine.physics.body import Body, Pose
from simengine.physics.frames import IDENTITY, inverse, matrix, multiply, rotate
from simengine.physics.placement.volume import Volumes

__all__ = ["Crowd", "Ground", "Site"]

_LEVEL = 1e-3  # largest tilt of a bearing surface [rad]


@dataclass(eq=False)
class Crowd:
    """Everything that has its place, bounded along axes of its own; all sites turned alike share one.

    Attributes:
        rotation: World from its axes.
        bodies: All bodies of the scene, by name.
        poses: Poses of those that have been placed, by name.
    """

    rotation: tuple[float, ...]
    bodies: dict[str, Body]
    poses: dict[str, Pose]
    _volumes: Volumes = field(default_factory=lambda: Volumes.around(()))
    _seen: int = 0

    def volumes(self) -> Volumes:
        """Bounds of all that has been placed by now."""
        if newcomers := list(self.poses.items())[self._seen :]:
            clouds = (cloud for name, pose in newcomers for cloud in self._turned(self.bodies[name], pose))
            self._volumes = self._volumes.joined(Volumes.around(clouds))
            self._seen = len(self.poses)
        return self._volumes

    def _turned(self, body: Body, pose: Pose) -> list[NDArray]:
        points = pose.apply(np.concatenate(body.pieces)) @ matrix(self.rotation)
        return np.split(points, np.cumsum([len(piece) for piece in body.pieces])[:-1])


@dataclass(frozen=True, eq=False)
class Site:
    """A level rectangle with a frame of its own: origin in its middle, z up.

    Attributes:
        name: Name for messages.
        frame: Pose of the rectangle in the world.
        size: Extents along x and y [m]; None where it has no end.
        crowd: What stands on and around it.
    """

    name: str
    frame: Pose
    size: tuple[float, float] | None
    crowd: Crowd

    def blocked(self, body: Volumes, offsets: ArrayLike, *, gap: float = 0.0) -> NDArray[np.bool_]:
        """Whether a body, moved by each offset (N, 3) in this frame, comes closer than `gap` to what is placed."""
        origin = rotate(inverse(self.frame.rotation), self.frame.position)
        return self.crowd.volumes().blocked(body, np.asarray(offsets, float) + origin, gap=gap)

    def pose(self, position: ArrayLike, rotation: ArrayLike) -> Pose:
        """From the site's frame to the world."""
        at = rotate(self.frame.rotation, position) + np.asarray(self.frame.position)
        return Pose(tuple(at.tolist()), tuple(multiply(self.frame.rotation, rotation).tolist()))


@dataclass(eq=False)
class Ground:
    """Everything that has its place, and the sites that offer one.

    Attributes:
        bodies: All bodies of the scene, by name.
        poses: Poses of those that have been placed, by name.
    """

    bodies: dict[str, Body]
    poses: dict[str, Pose] = field(default_factory=dict)
    _crowds: dict[tuple[float, ...], Crowd] = field(default_factory=dict)

    def place(self, body: Body, pose: Pose) -> None:
        """Gives a body its place; later ones keep clear of it."""
        self.poses[body.name] = pose

    def bearer(self, body: Body, on: str) -> Body | None:
        """The body that bears another: named exactly, or the copy of a group whose turn it is; None if not placed yet.

        Raises:
            Rejected: There is no such body in this draw.
        """
        copies = [self.bodies[on]] if on in self.bodies else [b for b in self.bodies.values() if b.source.group == on]
        if not copies:
            raise Rejected(
                "placement",
                f"{body.name} stands on '{on}', of which this draw has no copy: set its count to 1 or more.",
            )
        bearer = copies[body.source.copy % len(copies)]
        return bearer if bearer.name in self.poses else None

    def site(self, bearer: Body | None, surface: str = "top") -> Site:
        """The named surface of a placed body; the plane z = 0 for None.

        Raises:
            Rejected: The body has no such surface, or it is not level.
        """
        if bearer is None:
            return Site("the plane z = 0", Pose((0.0, 0.0, 0.0)), None, self._crowd(IDENTITY))
        return self._surface(bearer, surface)

    def _crowd(self, rotation: tuple[float, ...]) -> Crowd:
        return self._crowds.setdefault(rotation, Crowd(rotation, self.bodies, self.poses))

    def _surface(self, bearer: Body, surface: str) -> Site:
        pose = self.poses[bearer.name]
        up = rotate(pose.rotation, (0.0, 0.0, 1.0))
        if np.hypot(up[0], up[1]) > _LEVEL or up[2] < 0:
            raise Rejected(
                "placement",
                f"{bearer.name} is tilted, so nothing can be stood on it: turn it about z only, or drop things on it.",
            )
        if surface in bearer.asset.surfaces:
            center, size = bearer.asset.surfaces[surface].center, bearer.asset.surfaces[surface].size
        elif surface == "top":
            low, high = bearer.points.min(axis=0), bearer.points.max(axis=0)
            center, size = (*((low + high)[:2] / 2).tolist(), float(high[2])), tuple((high - low)[:2].tolist())
        else:
            known = ", ".join(bearer.asset.surfaces) or "none"
            raise Rejected("placement", f"{bearer.name} has no surface '{surface}' (it has: {known}).")
        origin = tuple(pose.apply(np.asarray([center], float))[0].tolist())
        name = f"{bearer.name} ({surface})" if surface != "top" else bearer.name
        return Site(name, Pose(origin, pose.rotation), size, self._crowd(pose.rotation))


def extents(points: NDArray) -> str:
    """Extents of a point cloud in millimetres, for messages."""
    return " x ".join(f"{1000 * edge:.0f}" for edge in np.ptp(points, axis=0)) + " mm"
