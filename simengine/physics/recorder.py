"""Gathers the states of all bodies at the times of the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simengine.physics.body import Body, Pose
from simengine.physics.drive import Drive
from simengine.physics.frames import multiply, rotate
from simengine.physics.trajectory import Trajectory
from simengine.physics.world import World

__all__ = ["Recorder"]


class Recorder:
    """Reads a world at chosen times; one row a link.

    Args:
        world: The world.
        bodies: All bodies of the scene.
        poses: Where they were released, which is where the static ones stay.
        drives: How machines move bodies, by their number.
    """

    def __init__(
        self, world: World, bodies: Sequence[Body], poses: Sequence[Pose], drives: Mapping[int, Drive]
    ) -> None:
        self._world = world
        self._rows = [(number, link) for number, body in enumerate(bodies) for link in range(len(body.asset.links))]
        self._bodies = bodies
        firsts = [row for row, (_, link) in enumerate(self._rows) if link == 0]
        self._moving = [firsts[number] for number in world.moving]
        self._drives = {firsts[number]: drive for number, drive in drives.items() if not bodies[number].articulated}
        self._still = np.zeros((len(self._rows), 13))
        for row, (number, link) in enumerate(self._rows):
            pose, (position, rotation) = poses[number], bodies[number].link_frames[link]
            at = rotate(pose.rotation, position) + np.asarray(pose.position)
            self._still[row, :7] = (*at, *multiply(pose.rotation, rotation))
        self._times: list[float] = []
        self._states: list[np.ndarray] = []
        self._joints: dict[str, list[float]] = {}

    @property
    def rows(self) -> dict[str, tuple[int, int]]:
        """Number of the body and of its link by the name of each row."""
        return dict(zip(self.names, self._rows, strict=True))

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each row: ``die[3]``, ``arm[0]/link_2``."""
        return tuple(
            body.name + (f"/{body.asset.links[link].name}" if body.articulated else "")
            for body, link in ((self._bodies[number], link) for number, link in self._rows)
        )

    def standing(self, name: str) -> np.ndarray:
        """State of a body that never moves, shape (13,)."""
        return self._still[self.names.index(name)]

    def record(self, time: float) -> None:
        """Records the present state as that of `time` [s]."""
        state = self._still.copy()
        state[self._moving] = np.concatenate(self._world.poses(), axis=1)
        for row, drive in self._drives.items():
            state[row] = drive.states(time)[0]
        self._world.hold_joints(time)
        for number, model in self._world.articulated.items():
            rows = [row for row, (owner, _) in enumerate(self._rows) if owner == number]
            state[rows] = model.link_states()
            for joint, position in model.joint_positions().items():
                self._joints.setdefault(f"{self._bodies[number].name}/{joint}", []).append(position)
        self._times.append(time)
        self._states.append(state)

    def trajectory(self, **rest: Any) -> Trajectory:
        """All that was recorded, with the given further fields."""
        states = np.stack(self._states)
        norms = np.linalg.norm(states[..., 3:7], axis=-1, keepdims=True)
        return Trajectory(
            times=np.array(self._times),
            bodies=self.names,
            object_ids=np.array([self._bodies[number].source.id for number, _ in self._rows], np.int32),
            link_index=np.array([link for _, link in self._rows], np.int32),
            positions=states[..., :3],
            rotations=states[..., 3:7] / norms,
            velocities=states[..., 7:],
            joints={name: np.array(positions) for name, positions in self._joints.items()},
            **rest,
        )
