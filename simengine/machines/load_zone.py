"""The loaded arc of a bearing and where a load is put on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.signals.checks import require_in

__all__ = ["LoadZone"]


@dataclass(frozen=True)
class LoadZone:
    """Stribeck's distribution of a radial load over the elements.

    Attributes:
        extent: Stribeck's epsilon: 0.5 loads half the circle, less with play, more with preload.
        direction: Where the load points, turns from the sensor's zero angle.
        unbalance: Part of the load that turns with the shaft; it modulates even a fault that stands still.
    """

    extent: float = 0.4
    direction: float = 0.0
    unbalance: float = 0.0

    def __post_init__(self) -> None:
        require_in(self, 0.1, 0.9, extent=self.extent)
        require_in(self, 0.0, 1.0, unbalance=self.unbalance)

    def load(self, angles: np.ndarray, shaft: np.ndarray) -> np.ndarray:
        """Load on a contact, 1 at the middle of the zone and 0 outside it.

        q = (1 - (1 - cos psi) / (2 epsilon))^1.5: Harris, "Rolling Bearing Analysis", ch. 7, with the
        exponent of point contact.

        Args:
            angles: Where the contacts stand, turns.
            shaft: Angle of the shaft then, turns; same shape.

        Returns:
            Loads, same shape.
        """
        psi = 2 * np.pi * (angles - self.direction)
        static = np.maximum(1 - (1 - np.cos(psi)) / (2 * self.extent), 0.0) ** 1.5
        if self.unbalance == 0:
            return static
        return static * (1 + self.unbalance * np.cos(2 * np.pi * (shaft - angles)))
