"""Points in space, uniform by volume, area or length of a simple body."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.sampling.distribution import Distribution, Size, register
from simengine.sampling.params import Number, Vector, param
from simengine.sampling.scalar import Array, item, observations
from simengine.sampling.streams import uniforms

__all__ = [
    "ON_SURFACE",
    "ORIGIN",
    "SLACK",
    "InBox",
    "InCone",
    "InDisk",
    "PointDistribution",
    "check_inner",
    "unit_vector",
]

ORIGIN = (0.0, 0.0, 0.0)
ON_SURFACE = 1e-6  # how far off a surface a point may lie, relative to the size of the body
SLACK = 1e-9  # the same for the boundary of a body, where a point made within may be rounded to outside


class PointDistribution(Distribution):
    """Points of shape (3,), made from three uniforms each."""

    @property
    def event_shape(self) -> tuple[int, ...]:
        """``(3,)``."""
        return (3,)

    def sample(self, rng: np.random.Generator, size: Size = None) -> Array:
        """Draws a point, shape (3,), or points, shape (*size, 3)."""
        shape = () if size is None else (size,) if isinstance(size, int) else tuple(size)
        return self._place(uniforms(rng, (*shape, 3)))

    def log_prob(self, x: Any) -> Any:
        """Natural logarithm of the density (1/m^3, on a surface 1/m^2) at points of shape (..., 3)."""
        x = np.asarray(x, dtype=float)
        if x.shape[-1:] != self.event_shape:
            raise self.error(f"points of shape {x.shape} were given. The last axis must hold x, y and z.")
        return item(np.where(self._contains(x), -math.log(self.measure), -np.inf))

    @property
    def measure(self) -> float:
        """Volume of the body [m^3], or area of the surface [m^2]."""
        raise NotImplementedError

    def _place(self, u: Array) -> Array:
        """Points from uniforms, both of shape (..., 3)."""
        raise NotImplementedError

    def _contains(self, x: Array) -> Array:
        """Whether points of shape (..., 3) belong to the body."""
        raise NotImplementedError


@register
@dataclass(frozen=True, eq=False, repr=False)
class InBox(PointDistribution):
    """Points in a box along the axes: ``{in_box: {center: [0, 0, 1], size: [2, 2, 0.5]}}``.

    An edge may be 0: the points then fill a rectangle, a line or nothing but the centre, and the
    density is per m^2, per m or 1.
    """

    tag = "in_box"
    summary = "A point uniform in a box along the axes."

    size: Sequence[float] = param(Vector(3, Number(low=0)), "Edges along x, y and z.")
    center: Sequence[float] = param(Vector(3), "Centre.", default=ORIGIN)

    def support(self) -> tuple[Array, Array]:
        """Two opposite corners, each of shape (3,)."""
        half = np.asarray(self.size) / 2
        return np.asarray(self.center) - half, np.asarray(self.center) + half

    @property
    def measure(self) -> float:
        """Product of the edges that are not 0."""
        return math.prod(edge for edge in self.size if edge > 0)

    def _place(self, u: Array) -> Array:
        return np.asarray(self.center) + (u - 0.5) * np.asarray(self.size)

    def _contains(self, x: Array) -> Array:
        size = np.asarray(self.size)
        tolerance = np.where(size > 0, SLACK * size, ON_SURFACE * max(*self.size, SLACK))
        return np.all(np.abs(x - self.center) <= size / 2 + tolerance, axis=-1)

    @classmethod
    def fit(cls, data: Any) -> InBox:
        """The smallest box that holds the data (maximum likelihood)."""
        points = observations(cls.tag, data, event_shape=(3,))
        low, high = points.min(axis=0), points.max(axis=0)
        return cls((high - low).tolist(), ((low + high) / 2).tolist())


@register
@dataclass(frozen=True, eq=False, repr=False)
class InDisk(PointDistribution):
    """Points in a level disk or ring: ``{in_disk: {center: [0, 0], radius: 0.3, z: 0.5}}``.

    The density is per m^2.
    """

    tag = "in_disk"
    summary = "A point uniform in a level disk, or between two radii."

    radius: float = param(Number(above=0), "Outer radius.")
    center: Sequence[float] = param(Vector(2), "Centre [x, y].", default=(0.0, 0.0))
    z: float = param(Number(), "Height of the disk.", default=0.0)
    inner: float = param(Number(low=0), "Inner radius, below the outer one.", default=0.0)

    def _check(self) -> None:
        check_inner(self, self.inner, self.radius, "radius")

    def support(self) -> tuple[Array, Array]:
        """Corners of the bounding box, each of shape (3,)."""
        center, reach = np.array([*self.center, self.z]), np.array([self.radius, self.radius, 0.0])
        return center - reach, center + reach

    @property
    def measure(self) -> float:
        """Area."""
        return math.pi * (self.radius**2 - self.inner**2)

    def _place(self, u: Array) -> Array:
        radius = np.sqrt(self.inner**2 + u[..., 1] * (self.radius**2 - self.inner**2))
        angle = 2 * math.pi * u[..., 0]
        x = self.center[0] + radius * np.cos(angle)
        return np.stack([x, self.center[1] + radius * np.sin(angle), np.full_like(x, self.z)], axis=-1)

    def _contains(self, x: Array) -> Array:
        distance = np.linalg.norm(x[..., :2] - self.center, axis=-1)
        flat = np.abs(x[..., 2] - self.z) <= ON_SURFACE * self.radius
        slack = SLACK * self.radius
        return flat & (distance >= self.inner - slack) & (distance <= self.radius + slack)

    @classmethod
    def fit(cls, data: Any) -> InDisk:
        """A level disk about the mean of the data that holds them all, at their mean height."""
        points = observations(cls.tag, data, event_shape=(3,))
        center = points.mean(axis=0)
        radius = float(np.linalg.norm(points[:, :2] - center[:2], axis=1).max())
        return cls(radius, center[:2].tolist(), float(center[2]))


@register
@dataclass(frozen=True, eq=False, repr=False)
class InCone(PointDistribution):
    """Points in a straight cone: ``{in_cone: {apex: [0, 0, 0], axis: [0, 0, 1], half_angle: 20 deg, length: 1}}``.

    The cone opens from the apex along the axis and ends in a flat disk; `inner` cuts its tip off.
    """

    tag = "in_cone"
    summary = "A point uniform in a straight cone that opens from its apex along an axis."

    length: float = param(Number(above=0), "Distance along the axis from the apex to the flat end.")
    half_angle: float = param(
        Number(1e-6, math.pi / 2 - 1e-3), "Angle between the axis and the side, below 90 deg.", unit="rad"
    )
    apex: Sequence[float] = param(Vector(3), "The tip.", default=ORIGIN)
    axis: Sequence[float] = param(
        Vector(3), "Direction in which it opens, of any length.", default=(0.0, 0.0, 1.0), unit=""
    )
    inner: float = param(Number(low=0), "Distance along the axis at which it begins.", default=0.0)

    def _check(self) -> None:
        check_inner(self, self.inner, self.length, "length")
        if not any(self.axis):
            raise self.error("the axis is [0, 0, 0]. Give a direction, e.g. [0, 0, 1].")

    def support(self) -> tuple[Array, Array]:
        """Corners of the bounding box, each of shape (3,)."""
        axis, slope = unit_vector(self.axis), math.tan(self.half_angle)
        side = slope * np.sqrt(np.maximum(1 - axis**2, 0))  # reach of a disk of radius 1 along x, y, z
        ends = np.stack([h * (axis + sign * side) for h in (self.inner, self.length) for sign in (-1, 1)])
        return np.asarray(self.apex) + ends.min(axis=0), np.asarray(self.apex) + ends.max(axis=0)

    @property
    def measure(self) -> float:
        """Volume."""
        return math.pi / 3 * math.tan(self.half_angle) ** 2 * (self.length**3 - self.inner**3)

    def _place(self, u: Array) -> Array:
        axis = unit_vector(self.axis)
        first = unit_vector(np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))]))
        height = np.cbrt(self.inner**3 + u[..., 2] * (self.length**3 - self.inner**3))
        radius = height * math.tan(self.half_angle) * np.sqrt(u[..., 1])
        angle = 2 * math.pi * u[..., 0]
        side = np.cos(angle)[..., None] * first + np.sin(angle)[..., None] * np.cross(axis, first)
        return np.asarray(self.apex) + height[..., None] * axis + radius[..., None] * side

    def _contains(self, x: Array) -> Array:
        offset = x - self.apex
        height = offset @ unit_vector(self.axis)
        radius = np.sqrt(np.maximum((offset**2).sum(axis=-1) - height**2, 0))
        slack = SLACK * self.length
        within = radius <= height * math.tan(self.half_angle) + slack
        return within & (height >= self.inner - slack) & (height <= self.length + slack)


def unit_vector(vector: Any) -> Array:
    """The vector at length 1, shape (3,)."""
    vector = np.asarray(vector, dtype=float)
    vector = vector / np.abs(vector).max()  # the square of a tiny length is 0
    return vector / np.linalg.norm(vector)


def check_inner(owner: Distribution, inner: float, outer: float, name: str) -> None:
    """Raises the owner's error unless the inner measure lies below the outer one, which has the name."""
    if not inner < outer * (1 - SLACK):
        raise owner.error(f"inner {inner:g} is not below {name} {outer:g}. Make it smaller.")
