"""How near signals of health are to real ones: numbers of windows, and their distance."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.evaluate.features.signals import window_features

__all__ = ["SECONDS", "Scale", "window_rows"]

SECONDS = 0.5
"""Length of a window, s."""

_BANDS, _STATISTICS = slice(0, 24), slice(64, None)  # of `window_features`: what does not need the shaft's speed


def window_rows(signals: Iterable[NDArray[np.floating]], rate: float) -> NDArray[np.float64]:
    """Levels of 24 bands and four statistics of every window of half a second, whatever its level.

    Args:
        signals: Shape (n,) each.
        rate: Samples per second.

    Returns:
        Shape (windows, 28).

    Raises:
        SimengineError: No signal is as long as a window.
    """
    size, rows = round(SECONDS * rate), []
    for signal in signals:
        for start in range(0, len(signal) - size + 1, size):
            found = window_features(signal[start : start + size], rate, None)
            rows.append(np.concatenate([found[_BANDS], found[_STATISTICS]]))
    if not rows:
        raise SimengineError(
            f"no recording lasts {SECONDS:g} s, the window that real and simulated ones are compared by."
        )
    return np.array(rows)


class Scale:
    """Counts every number in standard deviations over all windows, real and simulated ones.

    Args:
        real: What `window_rows` gave for real signals.
        simulated: The same of the simulation.
    """

    def __init__(self, real: NDArray[np.float64], simulated: NDArray[np.float64]) -> None:
        rows = np.concatenate([real, simulated])
        self._middle, self._width = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rows in that scale."""
        return (rows - self._middle) / self._width
