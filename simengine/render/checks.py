"""Whether a scene, a camera and settings can be drawn."""

from __future__ import annotations

import numpy as np

from simengine.errors import SimengineError
from simengine.render.model import RenderCamera, RenderScene, RenderSettings
from simengine.render.oidn import load_oidn

__all__ = ["check_render"]


def check_render(scene: RenderScene, camera: RenderCamera, settings: RenderSettings) -> None:
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
