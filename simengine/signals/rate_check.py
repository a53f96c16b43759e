"""Does the stated sampling rate fit the stated speed? The shaft's own lines tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from simengine.signals.checked import checked_signal

__all__ = ["RateCheck", "check_rate"]

_PARTS = (8, 4)
_PRESENT = 0.75  # nepers by which lines must stand above what lies between them to count as there


@dataclass(frozen=True)
class RateCheck:
    """Evidence for and against a sampling rate.

    Attributes:
        stated: The rate that was stated, Hz.
        likely: The rate at which the shaft's lines stand where they belong, Hz; the stated one without evidence.
        between: Height above the floor of lines at odd multiples of 1/8 and of 1/4 of the shaft's speed, nepers.
    """

    stated: float
    likely: float
    between: dict[int, float]

    @property
    def warning(self) -> str:
        """What to tell the user; empty where the stated rate is fine."""
        if self.likely == self.stated:
            return ""
        return (
            f"The lines of the shaft contradict the sampling rate of {self.stated:g} Hz: they stand where they belong at "
            f"{self.likely:g} Hz. Check the documentation of the source, and state the true rate or the true speed."
        )


def check_rate(signal: np.ndarray, rate: float, speed: float, *, harmonics: int = 12) -> RateCheck:
    """Tests whether a rate was stated too low, by the harmonics of the shaft.

    If the true rate is four or eight times the stated one, the shaft seems to turn that much too slowly, and lines stand
    between its supposed harmonics, at odd quarters or eighths. (Halves prove nothing: looseness makes them.) The healthy
    records of the CWRU data were sampled at 48 kHz and are found as 12 kHz in many copies.

    Args:
        signal: One channel, shape (n,).
        rate: Stated samples per second.
        speed: Stated speed, Hz.
        harmonics: Harmonics of the shaft that are looked at.

    Returns:
        The evidence.
    """
    signal = checked_signal(signal, rate, least=1024)
    size = 2 * len(signal)
    spectrum = np.abs(fft.rfft((signal - signal.mean()) * np.hanning(len(signal)), size))
    turn = speed * size / rate  # bins per order

    def height(orders: np.ndarray) -> float:
        """Median over lines of the logarithm of a peak over the spectrum about it, at the best speed near the stated."""
        best = 0.0
        for speed_factor in np.linspace(0.985, 1.015, 31):
            values = []
            for place in orders * (turn * speed_factor):
                near, wide = max(3, int(0.0006 * place)), max(12, int(0.06 * turn))
                low, high = int(place - near), int(place + near) + 2
                if low - wide < 0 or high + wide > len(spectrum):
                    continue
                floor = np.median(np.concatenate([spectrum[low - wide : low], spectrum[high : high + wide]]))
                values.append(np.log(spectrum[low:high].max() / max(float(floor), 1e-300)))
            best = max(best, float(np.median(values)) if len(values) > 3 else 0.0)
        return best

    odd = np.arange(1, 4 * harmonics, 2)
    between = {
        parts: height(odd / parts) - height((odd + 0.37) / parts) if turn / parts > 40 else 0.0 for parts in _PARTS
    }
    factor = next((parts for parts in _PARTS if between[parts] > _PRESENT), 1)
    return RateCheck(rate, rate * factor, between)
