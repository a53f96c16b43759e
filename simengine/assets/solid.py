"""Volume, centre of mass and inertia of solids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Solid", "mesh_solid"]


@dataclass(frozen=True, eq=False)
class Solid:
    """Mass properties at density 1.

    Attributes:
        volume: Volume [m^3].
        center_of_mass: In the object's frame [m].
        inertia: Second moments about the centre of mass [m^5], shape (3, 3).
    """

    volume: float
    center_of_mass: tuple[float, float, float]
    inertia: NDArray[np.float64]


def mesh_solid(vertices: NDArray[np.floating], faces: NDArray[np.integer]) -> Solid:
    """Mass properties of the solid that closed triangles bound, by signed tetrahedra.

    Source: J. Blow and A. J. Binstock, How to find the inertia tensor (or other mass properties)
    of a 3D solid body represented by a triangle mesh (2004).
    """
    points = np.asarray(vertices, np.float64)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    a, b, c = np.moveaxis((points - middle)[faces], 1, 0)
    determinant = (a * np.cross(b, c)).sum(axis=1)
    volume = determinant.sum() / 6
    if abs(volume) < 1e-300:
        return Solid(0.0, (float(middle[0]), float(middle[1]), float(middle[2])), np.zeros((3, 3)))
    total = a + b + c
    centre = (determinant[:, None] * total).sum(axis=0) / (24 * volume)
    second = sum(np.einsum("f,fi,fj->ij", determinant, p, p) for p in (a, b, c, total)) / 120
    second = second - volume * np.outer(centre, centre)
    inertia = np.trace(second) * np.eye(3) - second
    x, y, z = (float(value) for value in centre + middle)
    return Solid(float(volume), (x, y, z), inertia)
