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

    wide = max(12, int(0.06 * turn))
    speeds = turn * np.linspace(0.985, 1.015, 31)[:, None]

    def height(orders: np.ndarray) -> float:
        """Median over lines of the logarithm of a peak over the spectrum about it, at the best speed near the stated."""
        places = orders * speeds
        near = np.maximum(3, (0.0006 * places).astype(int))
        low, high = (places - near).astype(int), (places + near).astype(int) + 2
        inside = (low >= wide) & (high + wide <= len(spectrum))
        low, high = np.where(inside, low, wide)[..., None], np.where(inside, high, wide)[..., None]
        beside = np.concatenate([spectrum[low - wide + np.arange(wide)], spectrum[high + np.arange(wide)]], axis=-1)
        line = low + np.arange(int((high - low).max()))
        peaks = np.where(line < high, spectrum[line], 0.0).max(axis=-1)
        ratios = np.log(np.maximum(peaks, 1e-300) / np.maximum(np.median(beside, axis=-1), 1e-300))
        enough = inside.sum(axis=1) > 3
        medians = [np.median(row[there]) for row, there in zip(ratios[enough], inside[enough], strict=True)]
        return max([0.0, *map(float, medians)])

    odd = np.arange(1, 4 * harmonics, 2)
    between = {
        parts: height(odd / parts) - height((odd + 0.37) / parts) if turn / parts > 40 else 0.0 for parts in _PARTS
    }
    factor = next((parts for parts in _PARTS if between[parts] > _PRESENT), 1)
    return RateCheck(rate, rate * factor, between)
