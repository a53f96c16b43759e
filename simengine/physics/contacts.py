"""The beginnings of touches: which two bodies, where, when and how hard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simengine.physics.body import Body
from simengine.physics.trajectory import Contact
from simengine.physics.world import World

__all__ = ["ContactLog"]

_CAP = 10_000
_PAUSE = 0.005  # bodies that part for less still touch [s]


class ContactLog:
    """Watches a world step by step.

    Args:
        world: The world.
        bodies: All bodies of the scene.

    Attributes:
        contacts: What began so far, at most 10,000.
        dropped: How many more there were.
    """

    def __init__(self, world: World, bodies: Sequence[Body]) -> None:
        self.contacts: list[Contact] = []
        self.dropped = 0
        self._world = world
        self._bodies = bodies
        self._last: dict[tuple[int, int], float] = {}

    def look(self, time: float) -> None:
        """Reads the contacts of the step that ended at `time` [s]."""
        pairs: dict[tuple[int, int], list[tuple]] = {}
        for point in self._world.contacts():
            if point[9] > 0:
                pairs.setdefault((point[1], point[2]), []).append(point)
        for pair, points in pairs.items():
            if time - self._last.get(pair, -1.0) > _PAUSE + self._world.time_step:
                self._note(pair, points, time)
            self._last[pair] = time

    def _note(self, pair: tuple[int, int], points: list[tuple], time: float) -> None:
        if len(self.contacts) == _CAP:
            self.dropped += 1
            return
        forces = np.array([point[9] for point in points])
        weights = forces / forces.sum()
        position = weights @ np.array([np.add(point[5], point[6]) for point in points]) / (2 * self._world.scale)
        normal = weights @ np.array([point[7] for point in points])
        normal /= np.linalg.norm(normal) or 1.0
        impulse = float(forces.sum()) * self._world.time_step / self._world.scale
        first, second = (self._world.owners[handle] for handle in pair)
        gap = min(point[8] for point in points) / self._world.scale
        names = self._bodies[first].name, self._bodies[second].name
        began = self._began(pair, position, normal, impulse, gap, time)
        self.contacts.append(Contact(began, names, tuple(position.tolist()), tuple(normal.tolist()), impulse))

    def _began(
        self, pair: tuple[int, int], at: np.ndarray, normal: np.ndarray, impulse: float, gap: float, time: float
    ) -> float:
        """When the surfaces met, within a step of when the solver noticed.

        The solver saw a gap (or an overlap) at the start of the step; the speed of approach follows
        from the impulse, J = m (1 + e) v, with m the effective mass at the point of contact.
        """
        share, restitution = 0.0, 1.0
        for handle in pair:
            body = self._bodies[self._world.owners[handle]]
            restitution *= body.physics.restitution
            if body.dynamic and not body.articulated:
                lever = np.cross(at - self._world.center(handle), normal)
                share += 1 / body.mass + float(lever @ lever) / float(body.principal[1].mean())
        start = time - self._world.time_step
        if share == 0 or impulse <= 0:
            return start
        speed = impulse * share / (1 + restitution)
        return float(np.clip(start + gap / speed, max(start - self._world.time_step, 0.0), time))
