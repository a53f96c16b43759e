"""Articulated models that PyBullet reads from URDF files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simengine.assets.mesh import Asset
from simengine.bullet import hushed, pybullet
from simengine.errors import SimengineError
from simengine.physics.frames import IDENTITY, inverse, multiply, rotate
from simengine.scene.schema.object import Physics

__all__ = ["HOLD", "Articulated", "link_frames"]

Doubles = NDArray[np.float64]

HOLD = 1e9
"""Force or torque with which joints keep what they are told; Bullet's units."""

_FAST = 1e9  # PyBullet caps coordinates at 100 units a second, which is little in scaled units


@dataclass(frozen=True)
class Articulated:
    """A loaded model; its joints hold their positions.

    Attributes:
        handle: PyBullet's number of the body.
        links: PyBullet's link number by the asset's order of links; -1 is the base.
        joints: PyBullet's joint number by name, those that move.
        scale: Bullet's units per metre.
        client: PyBullet's client.
    """

    handle: int
    links: tuple[int, ...]
    joints: dict[str, int]
    scale: float
    client: int

    @classmethod
    def load(
        cls, asset: Asset, physics: Physics, *, position: list[float], rotation: list[float], scale: float, client: int
    ) -> Articulated:
        """Loads a model, sets its joints and has motors hold them.

        Args:
            asset: Names the file, its scale and the joint positions.
            physics: Friction and restitution of all links; masses are the file's.
            position: Origin of the base link's frame, in Bullet's units.
            rotation: World from base link.
            scale: Bullet's units per metre.
            client: PyBullet's client.

        Raises:
            SimengineError: PyBullet can't read the file, or the scene names a joint or link that it has not.
        """
        try:
            with hushed():
                handle = pybullet.loadURDF(
                    asset.urdf, position, rotation, useFixedBase=physics.static, globalScaling=asset.scale * scale,
                    physicsClientId=client,
                )  # fmt: skip
        except pybullet.error as error:
            raise SimengineError(f"{asset.urdf}: PyBullet can't load this model ({error}).") from error
        infos = [
            pybullet.getJointInfo(handle, i, physicsClientId=client)
            for i in range(pybullet.getNumJoints(handle, physicsClientId=client))
        ]
        links = {info[12].decode(): info[0] for info in infos}
        links[pybullet.getBodyInfo(handle, physicsClientId=client)[0].decode()] = -1
        joints = {info[1].decode(): info[0] for info in infos if info[2] != pybullet.JOINT_FIXED}
        for kind, wanted, known in (
            ("joint", asset.joints, joints),
            ("link", [link.name for link in asset.links], links),
        ):
            if missing := [name for name in wanted if name not in known]:
                raise SimengineError(f"{asset.urdf} has no {kind} {', '.join(missing)}; it has: {', '.join(known)}.")
        for name, joint in joints.items():
            slides = infos[joint][2] == pybullet.JOINT_PRISMATIC
            target = asset.joints.get(name, 0.0) * (scale if slides else 1.0)
            pybullet.resetJointState(handle, joint, target, physicsClientId=client)
            if infos[joint][2] in (pybullet.JOINT_REVOLUTE, pybullet.JOINT_PRISMATIC):
                pybullet.setJointMotorControl2(
                    handle, joint, pybullet.POSITION_CONTROL, target, force=HOLD, physicsClientId=client
                )
        for link in range(-1, len(infos)):
            pybullet.changeDynamics(
                handle,
                link,
                lateralFriction=physics.friction,
                rollingFriction=physics.rolling_friction * scale,
                spinningFriction=physics.spinning_friction * scale,
                restitution=physics.restitution,
                linearDamping=0,
                angularDamping=0,
                maxJointVelocity=_FAST,
                physicsClientId=client,
            )
        return cls(handle, tuple(links[link.name] for link in asset.links), joints, scale, client)

    def base_frame(self) -> tuple[Doubles, Doubles]:
        """Centre of mass [m] and axes of inertia of the base in the frame of its link."""
        info = pybullet.getDynamicsInfo(self.handle, -1, physicsClientId=self.client)
        return np.asarray(info[3], float) / self.scale, np.asarray(info[4], float)

    def link_states(self) -> Doubles:
        """Position [m], rotation, velocity [m/s] and angular velocity of each link's URDF frame, shape (L, 13)."""
        rows = []
        for link in self.links:
            if link < 0:
                at, turn = pybullet.getBasePositionAndOrientation(self.handle, physicsClientId=self.client)
                linear, angular = pybullet.getBaseVelocity(self.handle, physicsClientId=self.client)
                center, axes = self.base_frame()
                rotation = multiply(turn, inverse(axes))
                origin = np.asarray(at) / self.scale - rotate(rotation, center)
            else:
                state = pybullet.getLinkState(
                    self.handle, link, computeLinkVelocity=1, computeForwardKinematics=1, physicsClientId=self.client
                )
                at, linear, angular = state[0], state[6], state[7]
                origin, rotation = np.asarray(state[4]) / self.scale, np.asarray(state[5])
            arm = origin - np.asarray(at) / self.scale
            velocity = np.asarray(linear) / self.scale + np.cross(angular, arm)
            rows.append(np.concatenate([origin, rotation, velocity, angular]))
        return np.array(rows)

    def turning(self) -> list[str]:
        """Names of the joints that turn."""
        return [
            name
            for name, joint in self.joints.items()
            if pybullet.getJointInfo(self.handle, joint, physicsClientId=self.client)[2] == pybullet.JOINT_REVOLUTE
        ]

    def joint_positions(self) -> dict[str, float]:
        """Positions of the joints that move, by name: radians, or metres of a prismatic joint."""
        positions = {}
        for name, joint in self.joints.items():
            slides = (
                pybullet.getJointInfo(self.handle, joint, physicsClientId=self.client)[2] == pybullet.JOINT_PRISMATIC
            )
            state = pybullet.getJointState(self.handle, joint, physicsClientId=self.client)
            positions[name] = state[0] / (self.scale if slides else 1.0)
        return positions


@lru_cache(maxsize=64)
def link_frames(asset: Asset) -> tuple[tuple[Doubles, Doubles], ...]:
    """Position [m] and rotation of each link of a URDF in the frame of its base link, joints as the scene sets them.

    Raises:
        SimengineError: As for `Articulated.load`.
    """
    client = pybullet.connect(pybullet.DIRECT)
    try:
        model = Articulated.load(
            asset, Physics(static=True), position=[0.0] * 3, rotation=list(IDENTITY), scale=1.0, client=client
        )
        return tuple((state[:3], state[3:7]) for state in model.link_states())
    finally:
        pybullet.disconnect(physicsClientId=client)
