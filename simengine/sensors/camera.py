"""Cameras of a scene as the renderer takes them: where they stand and how they project."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from simengine.errors import Rejected
from simengine.render.camera import focal_from_fov, look_at, orbit
from simengine.render.model import RenderCamera
from simengine.scene.scene import SceneCamera
from simengine.scene.schema.camera import CameraPose, Intrinsics

__all__ = ["render_camera", "world_from_camera"]

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
    width, height = camera.spec.resolution
    fx, fy, cx, cy = _intrinsics(camera.spec.intrinsics, width, height)
    return RenderCamera(
        width=width,
        height=height,
        fx=fx,
        fy=fy,
        cx=cx,
        cy=cy,
        world_from_camera=world_from_camera(camera.spec.pose, name=camera.name),
        exposure=camera.spec.exposure,
    )


def world_from_camera(pose: CameraPose, *, name: str = "camera") -> NDArray[np.float64]:
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
    if pose.tag == "orbit":
        return orbit(
            part.target, distance=part.distance, azimuth=part.azimuth, elevation=part.elevation, roll=part.roll
        )
    if pose.tag == "look_at":
        if np.linalg.norm(np.subtract(part.target, part.eye)) < _NEAREST:
            raise Rejected("render", f"cameras.{name}.pose.look_at: eye and target coincide at {part.eye}; move one")
        return look_at(part.eye, part.target, roll=part.roll)
    transform = np.eye(4)
    transform[:3, :3] = Rotation.from_quat(part.rotation).as_matrix()
    transform[:3, 3] = part.position
    return transform


def _intrinsics(optics: Intrinsics, width: int, height: int) -> tuple[float, float, float, float]:
    if optics.fov is not None:
        focal = focal_from_fov(optics.fov, width)
        return focal, focal, 0.5 * width, 0.5 * height
    pinhole = optics.pinhole
    assert pinhole is not None
    cx = 0.5 * width if pinhole.cx is None else pinhole.cx
    cy = 0.5 * height if pinhole.cy is None else pinhole.cy
    return pinhole.fx, pinhole.fy, cx, cy
