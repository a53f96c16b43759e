"""Lenses that bend straight lines: from directions to the picture plane and back.

The picture plane's coordinates are pixels from the principal point over the focal length, so a pinhole has
``x / z, y / z`` there.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.render.model import Distortion

__all__ = ["distort", "limit", "undistort"]

Doubles = NDArray[np.float64]

_STEEPEST = 1e4  # tangent of the widest angle of a lens that isn't a fisheye
_STEPS = 40


def limit(distortion: Distortion | None) -> float:
    """Angle to the axis [rad] up to which a lens draws: where its picture ends or would begin to fold back."""
    return math.pi / 2 if distortion is None else min(_unfolded(distortion), distortion.widest)


def distort(distortion: Distortion | None, directions: Doubles) -> Doubles:
    """Where directions fall in the picture plane.

    Args:
        distortion: The lens; None for a pinhole.
        directions: In the camera's frame, of any length, shape (..., 3).

    Returns:
        Shape (..., 2); NaN where the lens draws nothing: behind a pinhole, beyond `limit`.
    """
    directions = np.asarray(directions, float)
    x, y, z = np.moveaxis(directions, -1, 0)
    if distortion is None:
        return directions[..., :2] / np.where(z > 0, z, np.nan)[..., None]
    widest, k = limit(distortion), _coefficients(distortion)
    across = np.hypot(x, y)
    angle = np.arctan2(across, z)
    seen = np.where(angle <= widest, 1.0, np.nan)
    if distortion.model == "kannala_brandt":
        factor = np.where(across > 0, _bent_angle(k, angle) / np.maximum(across, 1e-300), 0.0)
        return np.stack([x * factor, y * factor], axis=-1) * seen[..., None]
    depth = np.where((z > 0) & (angle <= widest), z, np.nan)
    return _brown_conrady(k, x / depth, y / depth)[0]


def undistort(distortion: Distortion | None, points: Doubles) -> Doubles:
    """The directions that are drawn at points of the picture plane, by Newton's method.

    Args:
        distortion: The lens; None for a pinhole.
        points: Shape (..., 2).

    Returns:
        In the camera's frame, shape (..., 3): with z = 1, of a fisheye of unit length. NaN where nothing is drawn.
    """
    points = np.asarray(points, float)
    if distortion is None:
        return np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1)
    widest, k = limit(distortion), _coefficients(distortion)
    if distortion.model == "kannala_brandt":
        radius = np.linalg.norm(points, axis=-1)
        angle = np.minimum(radius, widest)
        for _ in range(_STEPS):
            before = angle
            angle = np.clip(angle - (_bent_angle(k, angle) - radius) / np.maximum(_slope(k, angle), 1e-3), 0, widest)
            if not np.abs(angle - before).max(initial=0.0) > 1e-13:
                break
        met = np.abs(_bent_angle(k, angle) - radius) < 1e-9
        side = points * (np.sin(angle) / np.maximum(radius, 1e-300))[..., None]
        return np.where(met[..., None], np.concatenate([side, np.cos(angle)[..., None]], axis=-1), np.nan)
    found = points.copy()
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            at, jacobian = _brown_conrady(k, found[..., 0], found[..., 1])
            error, (a, b, c) = at - points, jacobian
            determinant = a * c - b * b
            determinant = np.where(determinant > 0, determinant, np.nan)
            step = np.stack([c * error[..., 0] - b * error[..., 1], a * error[..., 1] - b * error[..., 0]], axis=-1)
            step /= determinant[..., None]
            found = found - step
            if not np.nanmax(np.abs(step), initial=0.0) > 1e-13:
                break
        met = np.linalg.norm(_brown_conrady(k, found[..., 0], found[..., 1])[0] - points, axis=-1) < 1e-9
        met &= np.arctan(np.linalg.norm(found, axis=-1)) <= widest
    found = np.where(met[..., None], found, np.nan)
    return np.concatenate([found, np.where(met, 1.0, np.nan)[..., None]], axis=-1)


def _coefficients(distortion: Distortion) -> Doubles:
    count = 4 if distortion.model == "kannala_brandt" else 8
    return np.array([*distortion.coefficients, *[0.0] * count][:count], float)


def _brown_conrady(k: Doubles, x: Doubles, y: Doubles) -> tuple[Doubles, tuple[Doubles, Doubles, Doubles]]:
    """The distorted point, shape (..., 2), and dx/dx, dx/dy = dy/dx, dy/dy of it."""
    k1, k2, p1, p2, k3, k4, k5, k6 = k
    s = x * x + y * y
    below = 1 + s * (k4 + s * (k5 + s * k6))
    g = (1 + s * (k1 + s * (k2 + s * k3))) / below
    slope = 2 * (k1 + s * (2 * k2 + 3 * s * k3) - g * (k4 + s * (2 * k5 + 3 * s * k6))) / below
    point = np.stack(
        [x * g + 2 * p1 * x * y + p2 * (s + 2 * x * x), y * g + p1 * (s + 2 * y * y) + 2 * p2 * x * y], axis=-1
    )
    mixed = x * y * slope + 2 * p1 * x + 2 * p2 * y
    return point, (g + x * x * slope + 2 * p1 * y + 6 * p2 * x, mixed, g + y * y * slope + 6 * p1 * y + 2 * p2 * x)


def _bent_angle(k: Doubles, angle: Doubles) -> Doubles:
    s = angle * angle
    return angle * (1 + s * (k[0] + s * (k[1] + s * (k[2] + s * k[3]))))


def _slope(k: Doubles, angle: Doubles) -> Doubles:
    s = angle * angle
    return 1 + s * (3 * k[0] + s * (5 * k[1] + s * (7 * k[2] + 9 * s * k[3])))


@lru_cache(maxsize=64)
def _unfolded(distortion: Distortion) -> float:
    """Angle up to which the radius in the picture grows."""
    k = _coefficients(distortion)
    if distortion.model == "kannala_brandt":
        squares = _first_root(np.array([1.0, 3 * k[0], 5 * k[1], 7 * k[2], 9 * k[3]]))
        return min(math.sqrt(squares), math.pi)
    over = np.polynomial.Polynomial([1.0, k[0], k[1], k[4]])  # in the radius' square s
    below = np.polynomial.Polynomial([1.0, k[5], k[6], k[7]])
    s = np.polynomial.Polynomial([0.0, 1.0])
    grows = over * below + 2 * s * (over.deriv() * below - over * below.deriv())
    squares = min(_first_root(grows.coef), _first_root(below.coef))
    return math.atan(min(math.sqrt(squares), _STEEPEST))


def _first_root(coefficients: ArrayLike) -> float:
    """Smallest positive real root of a polynomial, lowest power first; infinity if there is none."""
    roots = np.polynomial.Polynomial(np.asarray(coefficients, float)).trim().roots()
    real = roots.real[np.abs(roots.imag) < 1e-9 * np.maximum(1, np.abs(roots.real))]
    return float(real[real > 0].min(initial=np.inf))
