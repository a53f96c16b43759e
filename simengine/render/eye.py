"""A camera as the kernels read it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simengine.render.device import load_warp
from simengine.render.distortion import limit
from simengine.render.model import RenderCamera, Shutter

__all__ = ["camera_data", "is_blurred", "is_rolling", "shutter_states"]


def is_rolling(shutter: Shutter | None) -> bool:
    """Whether rows have times of their own."""
    return shutter is not None and shutter.readout > 0 and len(shutter.transforms) > 0


def is_blurred(camera: RenderCamera, shutter: Shutter | None) -> bool:
    """Whether a pixel sees more than its label ray does, however few samples it has."""
    return camera.aperture > 0 or (shutter is not None and shutter.exposure > 0 and len(shutter.transforms) > 0)


def shutter_states(camera: RenderCamera, shutter: Shutter) -> tuple[float, tuple[float, float], float]:
    """How pixels and moments name states: ``floor(base + x step_x + y step_y + moment span)``.

    Args:
        camera: The camera.
        shutter: Its shutter.

    Returns:
        base, (step_x, step_y) by pixels of the whole picture, and span.
    """
    count, whole = len(shutter.transforms), camera.whole
    time = shutter.exposure + shutter.readout
    if time <= 0:
        return count / 2, (0.0, 0.0), 0.0
    span = count * shutter.exposure / time
    line = (count - span) / (whole.height if shutter.direction in ("down", "up") else whole.width)
    base, step = (0.0, line) if shutter.direction in ("down", "right") else (count - span, -line)
    return base, (0.0, step) if shutter.direction in ("down", "up") else (step, 0.0), span


def camera_data(
    camera: RenderCamera, shutter: Shutter | None = None, *, instances: int = 0, device: str = "cpu"
) -> Any:
    """The camera as a `simengine.render.kernels.camera.CameraData`.

    Args:
        camera: The camera.
        shutter: Its shutter, if the picture takes time.
        instances: Number of instances on the device.
        device: Name of the device.
    """
    wp = load_warp()
    from simengine.render.kernels.camera import BROWN_CONRADY, KANNALA_BRANDT, CameraData, Coefficients

    data = CameraData()
    data.width, data.height = camera.width, camera.height
    whole = camera.whole
    data.left, data.top, data.stride = whole.left, whole.top, whole.width
    data.scale = wp.vec2(1.0 / camera.fx, 1.0 / camera.fy)
    data.center = wp.vec2(camera.cx + whole.left, camera.cy + whole.top)
    data.rotation = wp.mat33(*np.asarray(camera.world_from_camera, float)[:3, :3].ravel())
    data.exposure = 2.0**camera.exposure
    lens = camera.distortion
    if lens is not None:
        fisheye = lens.model == "kannala_brandt"
        data.lens = KANNALA_BRANDT if fisheye else BROWN_CONRADY
        data.distortion = Coefficients(*[*lens.coefficients, *[0.0] * 8][:8])
        data.limit = limit(lens) if fisheye else math.tan(limit(lens))
    data.aperture, data.focus = camera.aperture / 2, camera.focus
    if shutter is not None and len(shutter.transforms):
        data.states, data.instances = len(shutter.transforms), instances
        data.base, step, data.span = shutter_states(camera, shutter)
        data.step, data.rolling = wp.vec2(*step), int(is_rolling(shutter))
        poses = np.asarray(shutter.world_from_camera, float)
        origins = (poses[:, :3, 3] - camera.world_from_camera[:3, 3]).astype(np.float32)
        data.origins = wp.array(origins, dtype=wp.vec3, device=device)
        data.rotations = wp.array(poses[:, :3, :3].astype(np.float32), dtype=wp.mat33, device=device)
    return data
