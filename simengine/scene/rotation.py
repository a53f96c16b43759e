"""Rotations as scenes write them: Euler angles and quaternions xyzw."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic_core import PydanticCustomError

from simengine.scene.units import parse_quantity

__all__ = ["normalize", "quaternion_from_euler"]

Quaternion = tuple[float, float, float, float]


def quaternion_from_euler(angles: Sequence[float | str]) -> Quaternion:
    """The rotation by roll about x, then pitch about y, then yaw about z of the parent's fixed axes.

    This is the convention of URDF and PyBullet: R = Rz(yaw) Ry(pitch) Rx(roll).

    Args:
        angles: [roll, pitch, yaw] in radians; texts with a unit (``30 deg``) are converted.

    Returns:
        Unit quaternion (x, y, z, w).

    Raises:
        ValueError: Not three angles.
    """
    numbers = [parse_quantity(angle, unit="rad") for angle in angles]
    if len(numbers) != 3 or not all(isinstance(number, int | float) for number in numbers):
        raise ValueError(f"{list(angles)!r} are not three angles: write [roll, pitch, yaw].")
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(0.5 * a), math.cos(0.5 * a)) for a in numbers)
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )


def normalize(quaternion: Sequence[float]) -> Quaternion:
    """The quaternion with length 1.

    Args:
        quaternion: (x, y, z, w), not all zero.

    Raises:
        PydanticCustomError: All components are zero.
    """
    length = math.hypot(*quaternion)
    if length < 1e-9:
        raise PydanticCustomError("rotation", "a quaternion of length 0 is no rotation; [0, 0, 0, 1] is none at all.")
    if abs(length - 1.0) < 1e-12:
        return tuple(float(part) for part in quaternion)  # type: ignore[return-value]
    return tuple(part / length for part in quaternion)  # type: ignore[return-value]
