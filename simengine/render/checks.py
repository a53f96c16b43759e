"""Whether a scene, a camera and settings can be drawn."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from simengine.errors import SimengineError
from simengine.render.distortion import limit, undistort
from simengine.render.model import Distortion, RenderCamera, RenderScene, RenderSettings, Shutter
from simengine.render.oidn import load_oidn

__all__ = ["check_lens", "check_render"]


def check_render(
    scene: RenderScene, camera: RenderCamera, settings: RenderSettings, shutter: Shutter | None = None
) -> None:
    """Refuses what can't be drawn.

    Raises:
        SimengineError: If the scene's parts don't fit together, the camera or the settings make no picture, or they
            need what isn't installed.
    """
    if camera.width < 1 or camera.height < 1 or not (camera.fx > 0 and camera.fy > 0):
        raise SimengineError(
            f"camera: {camera.width} x {camera.height} pixels with focal lengths {camera.fx:g}, {camera.fy:g} "
            "can't form a picture. All four must be above 0."
        )
    if camera.aperture < 0 or not camera.focus > 0:
        raise SimengineError(
            f"camera: an aperture of {camera.aperture:g} m in focus at {camera.focus:g} m isn't possible. "
            "Give an aperture of at least 0 and a focus above 0."
        )
    check_lens(camera)
    if shutter is not None:
        _check_shutter(scene, shutter)
    if settings.samples < 1 or settings.bounces < 0:
        raise SimengineError(
            f"render settings: samples {settings.samples}, bounces {settings.bounces}. "
            "Give at least 1 sample and 0 bounces."
        )
    if settings.oidn and settings.color:
        load_oidn()
    for number, instance in enumerate(scene.instances):
        where = f"instance {number} (id {instance.id})"
        if instance.id < 1:
            raise SimengineError(f"{where}: ids start at 1; 0 means that nothing is there.")
        if not np.isfinite(instance.transform).all():
            raise SimengineError(f"{where}: its transform holds a number that isn't finite.")
        slots = int(instance.mesh.slots.max(initial=0)) + 1
        if len(instance.materials) < slots:
            raise SimengineError(
                f"{where}: its mesh uses {slots} material slots but {len(instance.materials)} materials are given."
            )
        for material in instance.materials:
            if not 0 <= material < len(scene.materials):
                raise SimengineError(f"{where}: material {material} isn't among the scene's {len(scene.materials)}.")
    for number, surface in enumerate(scene.materials):
        if surface.texture >= len(scene.textures):
            raise SimengineError(
                f"material {number}: texture {surface.texture} isn't among the scene's {len(scene.textures)}."
            )
        for map_ in (surface.surface_map, surface.normal_map):
            if map_ >= len(scene.maps):
                raise SimengineError(f"material {number}: map {map_} isn't among the scene's {len(scene.maps)}.")


def check_lens(camera: RenderCamera) -> None:
    """Refuses a lens whose picture folds back within the frame; the image circle of a fisheye may end there.

    Raises:
        SimengineError: If it does.
    """
    lens = camera.distortion
    if lens is None or lens.model == "kannala_brandt":
        return
    if not _reaches(lens, camera.width, camera.height, (camera.fx, camera.fy, camera.cx, camera.cy)):
        raise SimengineError(
            f"camera: the distortion {', '.join(f'{c:g}' for c in lens.coefficients)} (k1, k2, p1, p2, k3, ...) draws "
            f"nothing at the rim of the picture: it folds back at {math.degrees(limit(lens)):.3g} deg to the axis. "
            "Take a longer focal length, weaker coefficients, or a `kannala_brandt` lens."
        )


@lru_cache(maxsize=64)
def _reaches(lens: Distortion, width: int, height: int, intrinsics: tuple[float, float, float, float]) -> bool:
    """Whether the lens draws something all along the rim of the picture."""
    fx, fy, cx, cy = intrinsics
    x, y = np.linspace(0, width, 33), np.linspace(0, height, 33)
    rim = np.concatenate([[(u, v) for u in x for v in (0, height)], [(u, v) for v in y for u in (0, width)]])
    return not np.isnan(undistort(lens, (rim - (cx, cy)) / (fx, fy))).any()


def _check_shutter(scene: RenderScene, shutter: Shutter) -> None:
    states, things = len(shutter.world_from_camera), len(scene.instances)
    if shutter.transforms.shape != (states, things, 4, 4) or shutter.world_from_camera.shape != (states, 4, 4):
        raise SimengineError(
            f"shutter: transforms of shape {shutter.transforms.shape} and poses of shape "
            f"{shutter.world_from_camera.shape} don't fit {things} instances. Give (S, N, 4, 4) and (S, 4, 4)."
        )
    if shutter.exposure < 0 or shutter.readout < 0:
        raise SimengineError(
            f"shutter: exposure {shutter.exposure:g} s and readout {shutter.readout:g} s must not be below 0."
        )
