"""The motion of single bodies at every step of physics, for sensors that they carry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.physics.world import World

__all__ = ["Still", "Track", "Tracker"]

Doubles = NDArray[np.float64]


class Still:
    """A body that never moves.

    Args:
        state: Its state, shape (13,).
    """

    def __init__(self, state: Doubles) -> None:
        self._state = np.asarray(state, float)

    def states(self, times: ArrayLike) -> Doubles:
        """The same at all times."""
        return np.tile(self._state, (np.size(times), 1))


class Track:
    """A body as the steps left it.

    Velocities are linear between the steps, as Bullet's own integration takes them: what an ideal accelerometer
    integrates to is then the change of velocity that physics made, whatever the steps were.

    Args:
        times: Ends of the steps [s], shape (n,), rising.
        states: States then, shape (n, 13).
    """

    def __init__(self, times: ArrayLike, states: ArrayLike) -> None:
        self.times = np.asarray(times, float)
        self._states = np.array(states, float)
        turns = self._states[:, 3:7]
        turns /= np.linalg.norm(turns, axis=1, keepdims=True)
        flips = np.cumprod(np.where((turns[1:] * turns[:-1]).sum(axis=1) < 0, -1.0, 1.0))
        turns[1:] *= flips[:, None]  # q and -q are one rotation: neighbours on the same side

    def states(self, times: ArrayLike) -> Doubles:
        """States at any times, shape (n, 13): linear between steps, constant before and after."""
        times = np.atleast_1d(np.asarray(times, float))
        found = np.column_stack([np.interp(times, self.times, column) for column in self._states.T])
        found[:, 3:7] /= np.linalg.norm(found[:, 3:7], axis=1, keepdims=True)
        return found


class Tracker:
    """Notes the states of some bodies after every step.

    Args:
        world: The world.
        rows: Body and link of each track.
    """

    def __init__(self, world: World, rows: Sequence[tuple[int, int]]) -> None:
        self._world = world
        self._rows = tuple(rows)
        self._times: list[float] = []
        self._states: list[list[Doubles]] = [[] for _ in rows]
        self.look(0.0)

    def look(self, time: float) -> None:
        """Notes the present states as those of `time` [s]."""
        self._times.append(time)
        for (number, link), states in zip(self._rows, self._states, strict=True):
            states.append(self._world.state(number, link))

    def tracks(self) -> list[Track]:
        """One track a row."""
        return [Track(self._times, states) for states in self._states]
