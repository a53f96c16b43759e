"""The clock of a shaft: the angle at any time and the time of any angle, both in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simengine.errors import SimengineError

__all__ = ["ShaftClock"]


class ShaftClock:
    """Speed that is linear in time between nodes, so that the angle is a parabola in each piece.

    The angle is inverted by the root of that parabola, not by iteration or a table: an event at a
    known angle is placed in time to rounding, whatever the speed does. Outside its nodes the
    clock keeps its first and last speed. Two nodes at one time are a step of speed.

    Attributes:
        times: Nodes, shape (n,), s, not decreasing.
        speeds: Speed at the nodes, shape (n,), turns per second, not negative.
    """

    def __init__(self, times: Sequence[float] | np.ndarray, speeds: Sequence[float] | np.ndarray) -> None:
        self.times = np.atleast_1d(np.asarray(times, dtype=float))
        self.speeds = np.atleast_1d(np.asarray(speeds, dtype=float))
        self._check()
        spans = np.diff(self.times)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            slopes = np.where(spans > 1e-12, np.diff(self.speeds) / spans, 0.0)  # closer nodes are a step
        turns = np.concatenate([[0.0], np.cumsum((self.speeds[:-1] + self.speeds[1:]) / 2 * spans)])
        # one piece before the first node and one after the last, both at constant speed
        self._start = np.concatenate([self.times[:1], self.times])
        self._speed = np.concatenate([self.speeds[:1], self.speeds])
        self._slope = np.concatenate([[0.0], slopes, [0.0]])
        self._turns = np.concatenate([turns[:1], turns])
        self._steady = bool((self.speeds == self.speeds[0]).all())
        self._turns -= float(self.turns(0.0))  # time 0 is angle 0

    def _check(self) -> None:
        times, speeds = self.times, self.speeds
        if times.ndim != 1 or times.shape != speeds.shape or not len(times):
            raise SimengineError(
                f"A speed profile has times of shape {times.shape} and speeds of shape {speeds.shape}: "
                "give two lists of the same length, at least one node."
            )
        for name, values in (("times", times), ("speeds", speeds)):
            bad = np.flatnonzero(~np.isfinite(values))
            if len(bad):
                raise SimengineError(f"{name}[{bad[0]}] of a speed profile is {values[bad[0]]}: give finite numbers.")
        back = np.flatnonzero(np.diff(times) < 0)
        if len(back):
            raise SimengineError(
                f"times[{back[0] + 1}] of a speed profile is {times[back[0] + 1]:g} s, before "
                f"{times[back[0]]:g} s: sort the nodes by time."
            )
        negative = np.flatnonzero(speeds < 0)
        if len(negative):
            raise SimengineError(
                f"speeds[{negative[0]}] of a speed profile is {speeds[negative[0]]:g} Hz: a speed is not negative; "
                "give its magnitude (the direction of turning does not change the orders)."
            )

    @property
    def steady_speed(self) -> float | None:
        """The speed in Hz if it never changes, else ``None``."""
        return self._speed[0] if self._steady else None

    def speed(self, times: np.ndarray | float) -> np.ndarray:
        """Speed in turns per second at ``times`` (s), of their shape."""
        return np.interp(times, self.times, self.speeds)

    def turns(self, times: np.ndarray | float) -> np.ndarray:
        """Angle in turns since time 0 at ``times`` (s), of their shape."""
        times = np.asarray(times, dtype=float)
        if self._steady:
            return self._turns[0] + self._speed[0] * (times - self._start[0])
        piece = np.searchsorted(self._start[1:], times, side="right")
        past = times - self._start.take(piece)
        angle = self._slope.take(piece)
        angle *= past / 2  # in place: this runs once a sample
        angle += self._speed.take(piece)
        angle *= past
        angle += self._turns.take(piece)
        return angle

    def times_of(self, turns: np.ndarray | float) -> np.ndarray:
        """Times (s) at which the shaft passes ``turns``, the exact inverse of ``turns``.

        Where the shaft stands still at that angle, the time at which it leaves; -inf or inf where
        it never gets there.
        """
        turns = np.asarray(turns, dtype=float)
        piece = np.searchsorted(self._turns[1:], turns, side="right")
        ahead = turns - self._turns[piece]
        speed, slope = self._speed[piece], self._slope[piece]
        root = np.sqrt(np.maximum(speed * speed + 2 * slope * ahead, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            past = np.where(ahead == 0, 0.0, 2 * ahead / (speed + root))  # the form without cancellation
        return self._start[piece] + past

    def geared(self, ratio: float) -> ShaftClock:
        """The clock of a shaft that turns ``ratio`` times as fast."""
        return ShaftClock(self.times, self.speeds * ratio)
