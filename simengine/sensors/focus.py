"""What a camera focuses on at the time of a picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simengine.assets.build import build
from simengine.errors import Rejected
from simengine.physics.trajectory import Trajectory
from simengine.render.model import RenderCamera
from simengine.scene.scene import Scene, SceneCamera

__all__ = ["focused"]

Doubles = NDArray[np.float64]


def focused(
    camera: RenderCamera, view: SceneCamera, scene: Scene, trajectory: Trajectory, transforms: Doubles
) -> RenderCamera:
    """The camera with the distance that is sharp at one time.

    Args:
        camera: The camera, see `simengine.sensors.camera.render_camera`.
        view: What the scene says of it.
        scene: The scene as drawn.
        trajectory: Tells which bodies there are.
        transforms: World from body at that time, shape (B, 4, 4).

    Raises:
        Rejected: If this draw has no such object, or it lies behind the camera.
    """
    if camera.aperture <= 0:
        return camera
    focus = view.spec.focus
    if focus is not None and focus.distance is not None:
        return replace(camera, focus=focus.distance)
    if focus is not None and focus.on is not None:
        point = _middle(focus.on, view, scene, trajectory, transforms)
    else:
        target = getattr(view.spec.pose.value, "target", None)
        if target is None:
            raise Rejected("render", f"cameras.{view.name}: a fixed pose looks at nothing: give `focus` a distance")
        point = np.asarray(target, float)
    away = (point - camera.world_from_camera[:3, 3]) @ camera.world_from_camera[:3, :3]
    fisheye = camera.distortion is not None and camera.distortion.model == "kannala_brandt"
    distance = float(np.linalg.norm(away) if fisheye else away[2])
    if not distance > 1e-6:
        raise Rejected("render", f"cameras.{view.name}.focus: what it should focus on lies behind it")
    return replace(camera, focus=distance)


def _middle(name: str, view: SceneCamera, scene: Scene, trajectory: Trajectory, transforms: Doubles) -> Doubles:
    """The middle of the box around an object's first part, in the world."""
    wanted = name if name.endswith("]") else f"{name}[0]"
    thing = next((each for each in scene.objects if each.name == wanted), None)
    if thing is None:
        raise Rejected("render", f"cameras.{view.name}.focus.on: this draw has no {wanted}; it may have 0 copies")
    body = int(np.nonzero(trajectory.object_ids == thing.id)[0][0])
    mesh = build(thing.spec.shape, base=scene.base).links[int(trajectory.link_index[body])].mesh
    middle = (mesh.vertices.min(axis=0).astype(float) + mesh.vertices.max(axis=0)) / 2
    return transforms[body, :3, :3] @ middle + transforms[body, :3, 3]
