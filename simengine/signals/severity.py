"""Vibration severity by ISO 20816-3: velocity of the housing and the zone it falls in."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import fft

from simengine.errors import SimengineError
from simengine.signals.checked import checked_signal

__all__ = ["ZONE_LIMITS", "severity_zone", "velocity_rms"]

# Upper limits of the zones A, B and C, m/s r.m.s. (ISO 20816-3:2022, tables A.1 and A.2)
ZONE_LIMITS: dict[tuple[str, str], tuple[float, float, float]] = {
    ("large", "rigid"): (2.3e-3, 4.5e-3, 7.1e-3),
    ("large", "flexible"): (3.5e-3, 7.1e-3, 11.0e-3),
    ("medium", "rigid"): (1.4e-3, 2.8e-3, 4.5e-3),
    ("medium", "flexible"): (2.3e-3, 4.5e-3, 7.1e-3),
}


def velocity_rms(signal: np.ndarray, rate: float, *, band: tuple[float, float] = (10.0, 1000.0)) -> float:
    """Root mean square of the velocity in a band, from acceleration.

    Args:
        signal: Acceleration, one channel, shape (n,), m/s^2.
        rate: Samples per second.
        band: Edges, Hz; 10-1000 in the standard, from 2 Hz for machines below 600 rpm.

    Returns:
        m/s.

    Raises:
        SimengineError: The band reaches above half the rate.
    """
    signal = checked_signal(signal, rate)
    low, high = band
    if not 0 < low < high <= rate / 2:
        raise SimengineError(
            f"The band {low:g}-{high:g} Hz needs more than {2 * high:g} samples a second, but the rate is {rate:g} Hz: "
            "record faster, or say which narrower band is meant."
        )
    window = np.hanning(len(signal))
    spectrum = fft.rfft((signal - signal.mean()) * window)
    frequencies = fft.rfftfreq(len(signal), 1 / rate)
    keep = (frequencies >= low) & (frequencies <= high)
    power = np.abs(spectrum[keep] / (2 * np.pi * frequencies[keep])) ** 2
    return float(np.sqrt(2 * power.sum() / (len(signal) * np.sum(window**2))))


def severity_zone(
    velocity: float,
    *,
    machine: Literal["large", "medium"] = "medium",
    support: Literal["rigid", "flexible"] = "rigid",
) -> str:
    """The zone ``A`` (new) to ``D`` (dangerous).

    Args:
        velocity: R.m.s. of the housing's velocity, m/s.
        machine: ``large``: above 300 kW; ``medium``: 15 to 300 kW.
        support: Whether the foundation is stiff in the direction of measurement.

    Returns:
        A letter.
    """
    if (machine, support) not in ZONE_LIMITS:
        raise SimengineError(
            f"No zones for a {machine!r} machine on a {support!r} support: say large or medium, rigid or flexible."
        )
    return "ABCD"[int(np.searchsorted(ZONE_LIMITS[machine, support], velocity, side="left"))]
