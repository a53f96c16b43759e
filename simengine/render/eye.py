"""A camera as the kernels read it."""

from __future__ import annotations

from typing import Any

import numpy as np

from simengine.render.device import load_warp
from simengine.render.model import RenderCamera

__all__ = ["camera_data"]


def camera_data(camera: RenderCamera) -> Any:
    """The camera as a `simengine.render.kernels.geometry.CameraData`."""
    wp = load_warp()
    from simengine.render.kernels.geometry import CameraData

    data = CameraData()
    data.width, data.height = camera.width, camera.height
    data.scale = wp.vec2(1.0 / camera.fx, 1.0 / camera.fy)
    data.center = wp.vec2(camera.cx, camera.cy)
    data.rotation = wp.mat33(*np.asarray(camera.world_from_camera, float)[:3, :3].ravel())
    return data
