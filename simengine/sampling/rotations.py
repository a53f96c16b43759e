"""Rotations, as quaternions xyzw with w of 0 or more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.sampling.distribution import Distribution, DistributionError, Size, register
from simengine.sampling.params import Choice, Kind, Vector, param
from simengine.sampling.points import unit_vector
from simengine.sampling.scalar import Array, item, observations
from simengine.sampling.streams import uniforms

__all__ = ["AboutAxis", "AnyRotation"]

_ON = 1e-6
_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


class _Axis(Kind):
    """``x``, ``y``, ``z`` or a direction."""

    def read(self, value: Any) -> str | tuple:
        """Returns the letter, or three floats that are not all 0."""
        if isinstance(value, str):
            return Choice(tuple(_AXES)).read(value)
        vector = Vector(3).read(value)
        if not any(vector):
            raise ValueError("is no direction")
        return vector

    def schema(self) -> dict[str, Any]:
        """A letter or an array of three numbers."""
        return {"anyOf": [{"enum": list(_AXES)}, Vector(3).schema()]}


@register
@dataclass(frozen=True, eq=False, repr=False)
class AnyRotation(Distribution):
    """Every orientation equally likely: ``{any_rotation: {}}``.

    After Shoemake, "Uniform random rotations", Graphics Gems III (1992).
    """

    tag = "any_rotation"
    summary = "A rotation uniform over all orientations, as quaternion xyzw."

    @property
    def event_shape(self) -> tuple[int, ...]:
        """``(4,)``."""
        return (4,)

    def sample(self, rng: np.random.Generator, size: Size = None) -> Array:
        """Draws a unit quaternion xyzw, shape (4,), or several, shape (*size, 4)."""
        shape = () if size is None else (size,) if isinstance(size, int) else tuple(size)
        u = uniforms(rng, (*shape, 3))
        inner, outer = np.sqrt(1 - u[..., 0]), np.sqrt(u[..., 0])
        first, second = 2 * math.pi * u[..., 1], 2 * math.pi * u[..., 2]
        parts = [inner * np.sin(first), inner * np.cos(first), outer * np.sin(second), outer * np.cos(second)]
        return _canonical(np.stack(parts, axis=-1))

    def log_prob(self, x: Any) -> Any:
        """0 for every unit quaternion: the density by the normalised Haar measure of SO(3)."""
        return item(np.where(_is_unit(self, x), 0.0, -np.inf))

    def support(self) -> tuple[Array, Array]:
        """Bounds of each component, shape (4,)."""
        return np.array([-1.0, -1.0, -1.0, 0.0]), np.ones(4)

    @classmethod
    def fit(cls, data: Any) -> AnyRotation:
        """There is nothing to estimate; only the shape (n, 4) of the data is checked."""
        observations(cls.tag, data, event_shape=(4,), minimum=1)
        return cls()


@register
@dataclass(frozen=True, eq=False, repr=False)
class AboutAxis(Distribution):
    """Turns about one axis: ``{about_axis: {axis: z, angle: [-30 deg, 30 deg]}}``, or ``{about_axis: z}`` for any turn."""

    tag = "about_axis"
    summary = "A turn about one axis by a uniform angle, as quaternion xyzw."
    whole = "axis"

    axis: str | Sequence[float] = param(_Axis(), "x, y, z or a direction [x, y, z].", unit="")
    angle: Sequence[float] = param(
        Vector(2, ordered=True), "Smallest and largest angle, right-handed.", default=(-math.pi, math.pi), unit="rad"
    )

    def _check(self) -> None:
        first, last = self.angle
        if not last - first > _ON:
            raise self.error(f"angle goes from {first:g} to {last:g}. Make the last one larger.")
        if last - first > 2 * math.pi + 1e-9:
            raise self.error(f"angle {list(self.angle)} is more than a full turn. Give at most 2 pi (360 deg).")

    @property
    def event_shape(self) -> tuple[int, ...]:
        """``(4,)``."""
        return (4,)

    @property
    def direction(self) -> Array:
        """The axis at length 1, shape (3,)."""
        return unit_vector(_AXES[self.axis] if isinstance(self.axis, str) else self.axis)

    def sample(self, rng: np.random.Generator, size: Size = None) -> Array:
        """Draws a unit quaternion xyzw, shape (4,), or several, shape (*size, 4)."""
        half = np.asarray(self.angle[0] + uniforms(rng, size) * (self.angle[1] - self.angle[0])) / 2
        return _canonical(np.concatenate([np.sin(half)[..., None] * self.direction, np.cos(half)[..., None]], axis=-1))

    def log_prob(self, x: Any) -> Any:
        """Natural logarithm of the density by the angle [1/rad]; ``-inf`` for turns about other axes."""
        unit = _is_unit(self, x)
        x = np.asarray(x, dtype=float)
        along = x[..., :3] @ self.direction
        aside = np.linalg.norm(x[..., :3] - along[..., None] * self.direction, axis=-1)
        first, last = self.angle
        turned = np.mod(2 * np.arctan2(along, x[..., 3]) - first + _ON, 2 * math.pi) - _ON
        inside = unit & (aside <= _ON) & (turned <= last - first + _ON)
        return item(np.where(inside, -math.log(last - first), -np.inf))

    def support(self) -> tuple[Array, Array]:
        """Bounds of each component for a whole turn, shape (4,)."""
        reach = np.abs(self.direction)
        return np.append(-reach, 0.0), np.append(reach, 1.0)

    @classmethod
    def fit(cls, data: Any) -> AboutAxis:
        """The axis along which most of the turning is, and the shortest range of angles that holds all turns."""
        turns = observations(cls.tag, data, event_shape=(4,))
        turns = turns / np.linalg.norm(turns, axis=1, keepdims=True)
        axis = np.linalg.svd(turns[:, :3], full_matrices=False)[2][0]
        axis = axis * np.sign(axis[np.argmax(np.abs(axis))])
        angles = np.sort(np.mod(2 * np.arctan2(turns[:, :3] @ axis, turns[:, 3]), 2 * math.pi))
        gaps = np.diff(angles, append=angles[0] + 2 * math.pi)
        start = (int(np.argmax(gaps)) + 1) % len(angles)  # the range begins behind the widest gap
        width = 2 * math.pi - gaps.max()
        if not width > 0:
            raise DistributionError("about_axis: every rotation to fit is the same. Write the plain rotation instead.")
        first = float(angles[start])
        first = first - 2 * math.pi if first + width / 2 > math.pi else first
        return cls(axis.tolist(), [first, first + float(width)])


def _canonical(quaternions: Array) -> Array:
    """Of the two quaternions of each rotation the one with w of 0 or more."""
    return np.where(quaternions[..., 3:] < 0, -quaternions, quaternions) + 0.0  # no -0.0


def _is_unit(owner: Distribution, x: Any) -> Array:
    x = np.asarray(x, dtype=float)
    if x.shape[-1:] != (4,):
        raise owner.error(f"rotations of shape {x.shape} were given. The last axis must hold a quaternion xyzw.")
    return np.abs(np.linalg.norm(x, axis=-1) - 1) <= _ON
