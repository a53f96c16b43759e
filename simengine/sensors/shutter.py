"""What moves while a picture is taken: states of things and camera at equal steps of its time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from simengine.physics.trajectory import Trajectory
from simengine.render.model import RenderCamera, Shutter
from simengine.scene.schema.camera import Camera
from simengine.sensors.appearance import VisiblePart

__all__ = ["Passage", "passage"]

Doubles = NDArray[np.float64]

STEP = 0.25
"""Pixels that nothing moves farther than from one state to the next."""

MOST = 512
"""States of a picture at most; what crosses more than 128 pixels meanwhile moves in larger steps."""

_STILL = 0.02  # pixels of travel that no one sees
_LOOKS = 17  # times at which the travel is measured


@dataclass(frozen=True, eq=False)
class Passage:
    """The states of one picture.

    Attributes:
        shutter: As the renderer takes it.
        bodies: World from body in each state, shape (S, B, 4, 4).
    """

    shutter: Shutter
    bodies: Doubles


def passage(
    spec: Camera,
    camera: RenderCamera,
    parts: Sequence[VisiblePart],
    trajectory: Trajectory,
    *,
    time: float,
    transforms: Doubles,
) -> Passage | None:
    """The states that a picture passes through; None if it is of an instant, or nothing moves that can be seen.

    There are as many as it takes for nothing to move farther than a quarter of a pixel from one to the next (at most
    512), so labels of a rolling shutter are off by an eighth of a pixel at most.

    Args:
        spec: What the scene says of the camera.
        camera: The camera.
        parts: What is drawn.
        trajectory: The motion; `motions` has that of every body that moves.
        time: Of the picture, the middle of the exposure of its middle row [s].
        transforms: World from body then, shape (B, 4, 4).
    """
    if spec.shutter is None:
        return None
    exposure, readout = spec.shutter.exposure_time, spec.shutter.readout_time
    span = exposure + readout
    if span <= 0:
        return None

    def states(moments: Doubles) -> tuple[Doubles, Doubles]:
        return _bodies(trajectory, time + moments, transforms), _poses(spec, camera, moments)

    travel = _travel(*states(np.linspace(-span / 2, span / 2, _LOOKS)), camera, parts)
    if travel < _STILL:
        return None
    count = min(max(math.ceil(travel / STEP), 2), MOST)
    bodies, poses = states(((np.arange(count) + 0.5) / count - 0.5) * span)
    shown = bodies[:, [part.body for part in parts]]
    return Passage(Shutter(exposure, readout, spec.shutter.direction, shown, poses), bodies)


def _bodies(trajectory: Trajectory, times: Doubles, transforms: Doubles) -> Doubles:
    found = np.tile(transforms, (len(times), 1, 1, 1))
    for number, name in enumerate(trajectory.bodies):
        if name in trajectory.motions:
            states = trajectory.motions[name].states(times)
            found[:, number, :3, :3] = Rotation.from_quat(states[:, 3:7]).as_matrix()
            found[:, number, :3, 3] = states[:, :3]
    return found


def _poses(spec: Camera, camera: RenderCamera, moments: Doubles) -> Doubles:
    """World from camera: turned and moved at constant rates in its own frame."""
    poses = np.tile(camera.world_from_camera, (len(moments), 1, 1))
    if spec.shake is not None:
        turns = Rotation.from_rotvec(moments[:, None] * np.asarray(spec.shake.angular_velocity, float)).as_matrix()
        shifts = moments[:, None] * np.asarray(spec.shake.velocity, float)
        poses[:, :3, 3] += shifts @ camera.world_from_camera[:3, :3].T
        poses[:, :3, :3] = camera.world_from_camera[:3, :3] @ turns
    return poses


def _travel(bodies: Doubles, poses: Doubles, camera: RenderCamera, parts: Sequence[VisiblePart]) -> float:
    """Longest way of a corner of a part's box through the picture, pixels near its middle."""
    turns, eyes = poses[:, :3, :3], poses[:, :3, 3]
    # the surroundings move with the camera's turn alone
    longest = _way(turns)
    for part in parts:
        low, high = part.mesh.vertices.min(axis=0), part.mesh.vertices.max(axis=0)
        corners = np.array([[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)], float)
        pose = bodies[:, part.body]
        points = corners @ pose[:, :3, :3].transpose(0, 2, 1) + pose[:, None, :3, 3] - eyes[:, None]
        local = points @ turns
        longest = max(longest, _way(local / np.maximum(np.linalg.norm(local, axis=-1, keepdims=True), 1e-9)))
    return longest * max(camera.fx, camera.fy)


def _way(directions: Doubles) -> float:
    """Longest path of the tips of directions over time, shape (T, n, 3)."""
    return float(np.linalg.norm(np.diff(directions, axis=0), axis=-1).sum(axis=0).max(initial=0.0))
