"""Points in and on spheres, uniform by volume or area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.sampling.distribution import DistributionError, register
from simengine.sampling.params import Number, Vector, param
from simengine.sampling.points import ON_SURFACE, ORIGIN, SLACK, PointDistribution, check_inner
from simengine.sampling.scalar import Array, observations

__all__ = ["InSphere", "OnSphere"]


@register
@dataclass(frozen=True, eq=False, repr=False)
class InSphere(PointDistribution):
    """Points in a ball or a thick shell: ``{in_sphere: {center: [0, 0, 1], radius: 0.5, inner: 0.2}}``."""

    tag = "in_sphere"
    summary = "A point uniform in a ball, or between two radii."

    radius: float = param(Number(above=0), "Outer radius.")
    center: Sequence[float] = param(Vector(3), "Centre.", default=ORIGIN)
    inner: float = param(Number(low=0), "Inner radius, below the outer one.", default=0.0)

    def _check(self) -> None:
        check_inner(self, self.inner, self.radius, "radius")

    def support(self) -> tuple[Array, Array]:
        """Corners of the bounding box, each of shape (3,)."""
        return np.asarray(self.center) - self.radius, np.asarray(self.center) + self.radius

    @property
    def measure(self) -> float:
        """Volume."""
        return 4 / 3 * math.pi * (self.radius**3 - self.inner**3)

    def _place(self, u: Array) -> Array:
        radius = np.cbrt(self.inner**3 + u[..., 2] * (self.radius**3 - self.inner**3))
        return np.asarray(self.center) + radius[..., None] * _direction(u[..., 0], 2 * u[..., 1] - 1)

    def _contains(self, x: Array) -> Array:
        distance = np.linalg.norm(x - self.center, axis=-1)
        slack = SLACK * self.radius
        return (distance >= self.inner - slack) & (distance <= self.radius + slack)

    @classmethod
    def fit(cls, data: Any) -> InSphere:
        """A ball about the mean of the data that holds them all (a full ball: `inner` stays 0)."""
        points = observations(cls.tag, data, event_shape=(3,))
        center = points.mean(axis=0)
        return cls(float(np.linalg.norm(points - center, axis=1).max()), center.tolist())


@register
@dataclass(frozen=True, eq=False, repr=False)
class OnSphere(PointDistribution):
    """Points on a sphere or a zone of it: ``{on_sphere: {radius: 2, elevation: [20 deg, 80 deg]}}``.

    Uniform by area; the density is per m^2.
    """

    tag = "on_sphere"
    summary = "A point uniform on a sphere, or on the part between two elevations and two azimuths."

    radius: float = param(Number(above=0), "Radius.")
    center: Sequence[float] = param(Vector(3), "Centre.", default=ORIGIN)
    elevation: Sequence[float] = param(
        Vector(2, Number(-math.pi / 2 - 1e-9, math.pi / 2 + 1e-9), ordered=True),
        "Lowest and highest angle above the horizon.",
        default=(-math.pi / 2, math.pi / 2),
        unit="rad",
    )
    azimuth: Sequence[float] = param(
        Vector(2, ordered=True), "First and last angle from x towards y.", default=(-math.pi, math.pi), unit="rad"
    )

    def _check(self) -> None:
        for name, (first, last) in (("elevation", self.elevation), ("azimuth", self.azimuth)):
            if not last - first > ON_SURFACE:
                raise self.error(f"{name} goes from {first:g} to {last:g}. Make the last one larger.")
        if self.azimuth[1] - self.azimuth[0] > 2 * math.pi + 1e-9:
            raise self.error(f"azimuth {list(self.azimuth)} is more than a full turn. Give at most 2 pi (360 deg).")

    def support(self) -> tuple[Array, Array]:
        """Corners of a box about the zone (of the whole turn), each of shape (3,)."""
        low, high = self.elevation
        flat = high >= 0.0 and low <= 0.0
        reach = self.radius * (1.0 if flat else max(math.cos(low), math.cos(high)))
        half = np.array([reach, reach])
        center = np.asarray(self.center)
        bottom = np.append(center[:2] - half, center[2] + self.radius * math.sin(low))
        return bottom, np.append(center[:2] + half, center[2] + self.radius * math.sin(high))

    @property
    def measure(self) -> float:
        """Area."""
        low, high = self.elevation
        return self.radius**2 * (self.azimuth[1] - self.azimuth[0]) * (math.sin(high) - math.sin(low))

    def _place(self, u: Array) -> Array:
        low, high = math.sin(self.elevation[0]), math.sin(self.elevation[1])
        turn = (self.azimuth[0] + u[..., 0] * (self.azimuth[1] - self.azimuth[0])) / (2 * math.pi)
        return np.asarray(self.center) + self.radius * _direction(turn, low + u[..., 1] * (high - low))

    def _contains(self, x: Array) -> Array:
        offset = x - self.center
        distance = np.linalg.norm(offset, axis=-1)
        elevation = np.arcsin(np.clip(offset[..., 2] / np.maximum(distance, 1e-300), -1, 1))
        azimuth = np.arctan2(offset[..., 1], offset[..., 0])
        first, last = self.azimuth
        turned = np.mod(azimuth - first + ON_SURFACE, 2 * math.pi) - ON_SURFACE
        return (
            (np.abs(distance - self.radius) <= ON_SURFACE * self.radius)
            & (elevation >= self.elevation[0] - ON_SURFACE)
            & (elevation <= self.elevation[1] + ON_SURFACE)
            & (turned <= last - first + ON_SURFACE)
        )

    @classmethod
    def fit(cls, data: Any) -> OnSphere:
        """The sphere through the data by least squares, and the elevations that occur on it."""
        points = observations(cls.tag, data, event_shape=(3,), minimum=4)
        matrix = np.column_stack([2 * points, np.ones(len(points))])
        solution, _, rank, _ = np.linalg.lstsq(matrix, (points**2).sum(axis=1), rcond=None)
        if rank < 4:
            raise DistributionError("on_sphere: the points to fit lie in one plane, so no sphere is determined.")
        center = solution[:3]
        radius = math.sqrt(solution[3] + center @ center)
        heights = np.clip((points[:, 2] - center[2]) / radius, -1, 1)
        return cls(radius, center.tolist(), [math.asin(heights.min()), math.asin(heights.max())])


def _direction(turn: Array, height: Array) -> Array:
    """Unit vectors from turns about z and heights z in [-1, 1] (Archimedes: height is uniform by area)."""
    side = np.sqrt(np.maximum(1 - height * height, 0))
    angle = 2 * math.pi * turn
    return np.stack([side * np.cos(angle), side * np.sin(angle), height], axis=-1)
