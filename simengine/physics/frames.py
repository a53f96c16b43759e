"""Rotations as quaternions xyzw, over arrays of any leading shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.sampling.streams import uniforms

__all__ = ["IDENTITY", "about_z", "inverse", "matrix", "multiply", "quaternion", "random_rotation", "rotate"]

Doubles = NDArray[np.float64]

IDENTITY = (0.0, 0.0, 0.0, 1.0)
"""The rotation that turns nothing."""


def multiply(first: ArrayLike, second: ArrayLike) -> Doubles:
    """The rotation ``first`` after ``second``, shapes (..., 4) -> (..., 4)."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    vector = a[..., 3:] * b[..., :3] + b[..., 3:] * a[..., :3] + np.cross(a[..., :3], b[..., :3])
    scalar = a[..., 3] * b[..., 3] - np.sum(a[..., :3] * b[..., :3], axis=-1)
    return np.concatenate([vector, scalar[..., None]], axis=-1)


def inverse(rotation: ArrayLike) -> Doubles:
    """The opposite turn of unit quaternions, shape (..., 4)."""
    return np.asarray(rotation, float) * (-1.0, -1.0, -1.0, 1.0)


def matrix(rotation: ArrayLike) -> Doubles:
    """Rotation matrices, shape (..., 3, 3); quaternions of any length are read as their direction."""
    q = np.asarray(rotation, float)
    x, y, z, w = np.moveaxis(q / np.linalg.norm(q, axis=-1, keepdims=True), -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def rotate(rotation: ArrayLike, vectors: ArrayLike) -> Doubles:
    """Turns vectors (..., 3) by rotations (..., 4)."""
    q, v = np.asarray(rotation, float), np.asarray(vectors, float)
    t = 2 * np.cross(q[..., :3], v)
    return v + q[..., 3:] * t + np.cross(q[..., :3], t)


def quaternion(rotation: ArrayLike) -> Doubles:
    """The quaternion of one rotation matrix (3, 3), by its largest component (Shepperd 1978)."""
    m = np.asarray(rotation, float)
    trace = np.trace(m)
    choice = int(np.argmax([m[0, 0], m[1, 1], m[2, 2], trace]))
    q = np.empty(4)
    if choice == 3:
        q[:] = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 1 + trace
    else:
        i, j, k = choice, (choice + 1) % 3, (choice + 2) % 3
        q[i], q[j], q[k], q[3] = 1 - trace + 2 * m[i, i], m[j, i] + m[i, j], m[k, i] + m[i, k], m[k, j] - m[j, k]
    return q / np.linalg.norm(q)


def about_z(angle: float) -> Doubles:
    """The turn by `angle` [rad] about z, shape (4,)."""
    return np.array([0.0, 0.0, np.sin(angle / 2), np.cos(angle / 2)])


def random_rotation(rng: np.random.Generator) -> Doubles:
    """A rotation drawn uniformly over all rotations (Shoemake, Graphics Gems III, 1992), shape (4,)."""
    u, v, w = uniforms(rng, 3)
    a, b = np.sqrt(1 - u), np.sqrt(u)
    return np.array(
        [a * np.sin(2 * np.pi * v), a * np.cos(2 * np.pi * v), b * np.sin(2 * np.pi * w), b * np.cos(2 * np.pi * w)]
    )
