"""Cameras: poses, optics, projection. Frame as OpenCV: x right, y down, z forward."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.errors import SimengineError
from simengine.render.distortion import distort, limit, undistort
from simengine.render.model import Distortion, RenderCamera

__all__ = ["focal_from_fov", "intrinsic_matrix", "look_at", "make_camera", "orbit", "pixel_rays", "project_points"]

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


def focal_from_fov(fov: float, width: int, *, distortion: Distortion | None = None) -> float:
    """Focal length [pixels] of a horizontal field of view [rad] across `width` pixels, seen through the lens.

    Raises:
        SimengineError: If the lens can't see that far.
    """
    widest = limit(distortion)
    if not 0 < fov / 2 <= widest or (distortion is None and fov >= math.pi):
        raise SimengineError(
            f"a field of view of {math.degrees(fov):.4g} deg is wider than this lens draws: at most "
            f"{math.degrees(2 * widest):.4g} deg. Take a smaller one or another distortion; "
            "only `kannala_brandt` lenses reach 180 deg and more."
        )
    if distortion is None:
        return width / (2.0 * math.tan(fov / 2.0))
    edge = distort(distortion, np.array([math.sin(fov / 2), 0.0, math.cos(fov / 2)]))
    return width / (2.0 * float(edge[0]))


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
    """Where points of the world fall in the picture, through the camera's lens.

    Args:
        camera: The camera.
        points: World positions [m], shape (..., 3).

    Returns:
        Pixel coordinates (x, y), shape (..., 2), NaN for points that the lens can't draw (not in front of a
        pinhole, beyond the angle that a lens reaches); and depths z [m], shape (...,).
    """
    camera_from_world = np.linalg.inv(np.asarray(camera.world_from_camera, float))
    local = np.asarray(points, float) @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]
    pixels = distort(camera.distortion, local) * (camera.fx, camera.fy) + (camera.cx, camera.cy)
    return pixels, local[..., 2]


def pixel_rays(camera: RenderCamera, pixels: ArrayLike) -> Doubles:
    """What points of the picture see: the inverse of `project_points`.

    Args:
        camera: The camera.
        pixels: Pixel coordinates (x, y), shape (..., 2); the centre of the first pixel is at (0.5, 0.5).

    Returns:
        Directions in the camera's frame, shape (..., 3); times the depth recorded there they are points: they have
        z = 1, or unit length if the lens is a fisheye. NaN where the lens draws nothing.
    """
    plane = (np.asarray(pixels, float) - (camera.cx, camera.cy)) / (camera.fx, camera.fy)
    return undistort(camera.distortion, plane)
