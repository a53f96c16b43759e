"""Cameras of a scene as the renderer takes them: where they stand and how they project."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from simengine.errors import Rejected
from simengine.render.model import RenderCamera
from simengine.scene.scene import SceneCamera
from simengine.scene.schema.camera import Camera, CameraPose, Intrinsics

__all__ = ["camera_matrix", "project_points", "render_camera", "world_from_camera"]

Doubles = NDArray[np.float64]

_NEAREST = 1e-9
"""Eye and target closer than this [m] name no direction."""


def render_camera(camera: SceneCamera) -> RenderCamera:
    """The camera of one view.

    Args:
        camera: A view of the scene, all values concrete.

    Returns:
        Its intrinsics [px] and pose.

    Raises:
        Rejected: If the eye and the target of `look_at` coincide (another draw may be fine).
    """
    spec: Camera = camera.spec
    width, height = spec.resolution
    fx, fy, cx, cy = _intrinsics(spec.intrinsics, width, height)
    return RenderCamera(
        width=width,
        height=height,
        fx=fx,
        fy=fy,
        cx=cx,
        cy=cy,
        world_from_camera=world_from_camera(spec.pose, name=camera.name),
        exposure=spec.exposure,
    )


def camera_matrix(camera: RenderCamera) -> Doubles:
    """The matrix K [px], shape (3, 3); the centre of the first pixel is at (0.5, 0.5)."""
    return np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])


def project_points(camera: RenderCamera, points: ArrayLike) -> Doubles:
    """Where points in the camera's frame fall in the picture.

    Args:
        camera: The camera.
        points: Points [m], shape (N, 3), frame as OpenCV.

    Returns:
        Pixel positions, shape (N, 2), NaN for points that are not in front of the camera.
    """
    x, y, z = np.asarray(points, dtype=np.float64).reshape(-1, 3).T
    z = np.where(z > _NEAREST, z, np.nan)
    return np.stack([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy], axis=1)


def world_from_camera(pose: CameraPose, *, name: str = "camera") -> Doubles:
    """The rigid transform of a camera pose, shape (4, 4).

    The world's z axis points up in the picture; looking straight down or up, `look_at` lets the world's y axis
    point up, and `orbit` keeps the picture that its azimuth leads to. A positive roll turns the camera clockwise
    as seen from behind it.

    Args:
        pose: The pose, all values concrete.
        name: Name of the view, for errors.

    Raises:
        Rejected: If the eye and the target of `look_at` coincide.
    """
    part = pose.value
    transform = np.eye(4)
    if pose.tag == "fixed":
        transform[:3, :3] = Rotation.from_quat(part.rotation).as_matrix()
        transform[:3, 3] = part.position
        return transform
    if pose.tag == "orbit":
        outward, up = _sphere(part.azimuth, part.elevation)
        transform[:3, 3] = np.asarray(part.target) + part.distance * outward
        forward = -outward
    else:
        forward = np.asarray(part.target, dtype=np.float64) - part.eye
        length = float(np.linalg.norm(forward))
        if length < _NEAREST:
            raise Rejected(
                "render", f"cameras.{name}.pose.look_at: eye and target coincide at {tuple(part.eye)}; move one of them"
            )
        forward /= length
        transform[:3, 3] = part.eye
        vertical = math.hypot(forward[0], forward[1]) < 1e-9
        up = np.array([0.0, 1.0, 0.0]) if vertical else np.array([0.0, 0.0, 1.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(forward, right), forward], axis=1)
    cosine, sine = math.cos(part.roll), math.sin(part.roll)
    transform[:3, :3] = axes @ np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    return transform


def _sphere(azimuth: float, elevation: float) -> tuple[Doubles, Doubles]:
    """Unit vectors outward and towards rising elevation; the second stays sound at the poles."""
    ca, sa, ce, se = math.cos(azimuth), math.sin(azimuth), math.cos(elevation), math.sin(elevation)
    return np.array([ce * ca, ce * sa, se]), np.array([-se * ca, -se * sa, ce])


def _intrinsics(optics: Intrinsics, width: int, height: int) -> tuple[float, float, float, float]:
    if optics.fov is not None:
        focal = 0.5 * width / math.tan(0.5 * optics.fov)
        return focal, focal, 0.5 * width, 0.5 * height
    pinhole = optics.pinhole
    assert pinhole is not None
    cx = 0.5 * width if pinhole.cx is None else pinhole.cx
    cy = 0.5 * height if pinhole.cy is None else pinhole.cy
    return pinhole.fx, pinhole.fy, cx, cy
