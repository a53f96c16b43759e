"""Pinhole cameras: poses, optics, projection. Frame as OpenCV: x right, y down, z forward."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.errors import SimengineError
from simengine.render.model import RenderCamera

__all__ = ["focal_from_fov", "intrinsic_matrix", "look_at", "make_camera", "orbit", "project_points"]

Doubles = NDArray[np.float64]


def look_at(eye: ArrayLike, target: ArrayLike, *, roll: float = 0.0) -> Doubles:
    """Pose of a camera at `eye` that sees `target` in the middle, the world's z up in the picture.

    Args:
        eye: Position [m], shape (3,).
        target: Point looked at [m], shape (3,).
        roll: Turn about the viewing direction [rad], clockwise as seen from behind the camera.

    Returns:
        World from camera, shape (4, 4). Looking straight up or down, the picture's top points to +y.

    Raises:
        SimengineError: If eye and target are the same point.
    """
    origin = np.asarray(eye, float)
    forward = np.asarray(target, float) - origin
    length = np.linalg.norm(forward)
    if not length > 0:
        raise SimengineError(f"camera: eye and target are both {origin.tolist()}. Move one of them.")
    forward = forward / length
    right = np.cross(forward, (0.0, 0.0, 1.0))
    if np.linalg.norm(right) < 1e-9:
        right = np.cross(forward, (0.0, 1.0, 0.0))
    right = right / np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = math.cos(roll), math.sin(roll)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2] = c * right + s * down, c * down - s * right, forward
    pose[:3, 3] = origin
    return pose


def orbit(
    target: ArrayLike, *, distance: float, azimuth: float = 0.0, elevation: float = 0.7, roll: float = 0.0
) -> Doubles:
    """Pose of a camera on a sphere around `target`, looking at it.

    Args:
        target: Centre [m], shape (3,).
        distance: Radius [m].
        azimuth: Angle about z from x towards y [rad].
        elevation: Angle above the horizon [rad].
        roll: Turn about the viewing direction [rad].

    Returns:
        World from camera, shape (4, 4).
    """
    c = math.cos(elevation)
    away = np.array([c * math.cos(azimuth), c * math.sin(azimuth), math.sin(elevation)])
    if abs(c) < 1e-6:  # straight above or below: keep the azimuth's meaning
        away = np.array([1e-6 * math.cos(azimuth), 1e-6 * math.sin(azimuth), math.copysign(1.0, elevation)])
    centre = np.asarray(target, float)
    return look_at(centre + distance * away, centre, roll=roll)


def focal_from_fov(fov: float, width: int) -> float:
    """Focal length [pixels] of a horizontal field of view [rad] across `width` pixels."""
    return width / (2.0 * math.tan(fov / 2.0))


def make_camera(
    pose: ArrayLike, *, width: int = 640, height: int = 480, fov: float = 0.87, exposure: float = 0.0
) -> RenderCamera:
    """A camera with square pixels and its principal point in the middle.

    Args:
        pose: World from camera, shape (4, 4).
        width: Pixels.
        height: Pixels.
        fov: Horizontal field of view [rad].
        exposure: Brightening in stops.
    """
    focal = focal_from_fov(fov, width)
    return RenderCamera(
        width=width,
        height=height,
        fx=focal,
        fy=focal,
        cx=width / 2,
        cy=height / 2,
        world_from_camera=np.asarray(pose, float),
        exposure=exposure,
    )


def intrinsic_matrix(camera: RenderCamera) -> Doubles:
    """Intrinsics, shape (3, 3), for coordinates in which the first pixel's centre is at (0.5, 0.5)."""
    return np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])


def project_points(camera: RenderCamera, points: ArrayLike) -> tuple[Doubles, Doubles]:
    """Where points of the world fall in the picture.

    Args:
        camera: The camera.
        points: World positions [m], shape (..., 3).

    Returns:
        Pixel coordinates (x, y), shape (..., 2), NaN for points not in front of the camera; and depths z [m],
        shape (...,).
    """
    camera_from_world = np.linalg.inv(np.asarray(camera.world_from_camera, float))
    local = np.asarray(points, float) @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]
    z = local[..., 2]
    front = np.where(z > 0, z, np.nan)
    x = camera.fx * local[..., 0] / front + camera.cx
    y = camera.fy * local[..., 1] / front + camera.cy
    return np.stack([x, y], axis=-1), z
