"""Cameras of a scene as the renderer takes them: where they stand and how they project."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from simengine.errors import Rejected, SimengineError
from simengine.render.camera import focal_from_fov, look_at, orbit
from simengine.render.checks import check_lens
from simengine.render.crop import crop_camera
from simengine.render.model import Distortion, RenderCamera
from simengine.scene.scene import SceneCamera
from simengine.scene.schema.camera import CameraPose, Intrinsics
from simengine.scene.schema.optics import Aperture, LensDistortion

__all__ = ["lens_distortion", "pupil", "render_camera", "world_from_camera"]

_NEAREST = 1e-9
"""Eye and target closer than this [m] name no direction."""


def render_camera(camera: SceneCamera) -> RenderCamera:
    """The camera of one view.

    Args:
        camera: A view of the scene, all values concrete.

    Returns:
        Its intrinsics [px], pose, lens and crop. What it focuses on is decided by `simengine.sensors.focus`, because
        that may move.

    Raises:
        Rejected: If the eye and the target of `look_at` coincide, the lens can't see the field of view, or the crop
            reaches out of the picture (another draw may be fine).
    """
    spec = camera.spec
    width, height = spec.resolution
    distortion = lens_distortion(spec.distortion)
    try:
        fx, fy, cx, cy = _intrinsics(spec.intrinsics, width, height, distortion)
        whole = RenderCamera(
            width=width,
            height=height,
            fx=fx,
            fy=fy,
            cx=cx,
            cy=cy,
            world_from_camera=world_from_camera(spec.pose, name=camera.name),
            exposure=spec.exposure,
            distortion=distortion,
            aperture=pupil(spec.aperture),
        )
        check_lens(whole)
        if spec.crop is None:
            return whole
        window = spec.crop
        return crop_camera(whole, left=window.left, top=window.top, width=window.width, height=window.height)
    except Rejected:
        raise
    except SimengineError as error:
        raise Rejected("render", f"cameras.{camera.name}: {error}") from error


def lens_distortion(spec: LensDistortion | None) -> Distortion | None:
    """A lens as the renderer takes it."""
    if spec is None:
        return None
    if spec.kannala_brandt is not None:
        fisheye = spec.kannala_brandt
        k = (fisheye.k1, fisheye.k2, fisheye.k3, fisheye.k4)
        return Distortion("kannala_brandt", k, widest=fisheye.image_circle / 2)
    lens = spec.brown_conrady
    assert lens is not None
    return Distortion("brown_conrady", (lens.k1, lens.k2, lens.p1, lens.p2, lens.k3, lens.k4, lens.k5, lens.k6))


def pupil(spec: Aperture | None) -> float:
    """Diameter of a pupil [m], 0 for a pinhole."""
    if spec is None:
        return 0.0
    return spec.diameter if spec.lens is None else spec.lens.focal_length / spec.lens.f_number  # type: ignore[return-value]


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


def _intrinsics(
    optics: Intrinsics, width: int, height: int, distortion: Distortion | None
) -> tuple[float, float, float, float]:
    if optics.fov is not None:
        focal = focal_from_fov(optics.fov, width, distortion=distortion)
        return focal, focal, 0.5 * width, 0.5 * height
    pinhole = optics.pinhole
    assert pinhole is not None
    cx = 0.5 * width if pinhole.cx is None else pinhole.cx
    cy = 0.5 * height if pinhole.cy is None else pinhole.cy
    return pinhole.fx, pinhole.fy, cx, cy
