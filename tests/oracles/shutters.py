"""Scenes in motion, for the tests of pictures that take time."""

import numpy as np
from scipy.spatial.transform import Rotation

from simengine.render.model import Shutter

__all__ = ["moving"]


def moving(scene, camera, states, *, exposure, readout=0.0, direction="down", shake=True, span=1.0):
    """Things that fly and turn apart, seen by a camera that shakes; their middle is the scene itself."""
    rng = np.random.default_rng(5)
    moments = ((np.arange(states) + 0.5) / states - 0.5) * span
    transforms = np.stack([[i.transform for i in scene.instances]] * states)
    for k in range(1, len(scene.instances)):
        velocity, spin = rng.uniform(-0.06, 0.06, 3), rng.uniform(-1.2, 1.2, 3)
        transforms[:, k, :3, 3] += moments[:, None] * velocity
        transforms[:, k, :3, :3] = Rotation.from_rotvec(moments[:, None] * spin).as_matrix() @ transforms[:, k, :3, :3]
    poses = np.stack([camera.world_from_camera] * states)
    if shake:
        poses[:, :3, 3] += moments[:, None] * (0.03, -0.01, 0.02)
        poses[:, :3, :3] = poses[:, :3, :3] @ Rotation.from_rotvec(moments[:, None] * (0.05, 0.08, -0.1)).as_matrix()
    return Shutter(exposure, readout, direction, transforms, poses)
