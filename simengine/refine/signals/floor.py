"""The broadband floor of a vibration spectrum, told from the lines of shafts, gears and mains that stand on it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from simengine.errors import SimengineError
from simengine.signals.checked import checked_signal

__all__ = ["SEGMENT", "floor_frequencies", "noise_floor", "on_bins"]

SEGMENT = 0.5
"""Length of the segments whose spectra are compared, s."""

_POINTS = 192  # of the axis that floors and paths are kept on
_FINE = 1200  # of the axis that medians run over
_THIRD = 1 / 3  # of an octave, on the bent axis far above the bend
_NARROWEST = 60.0  # Hz; above, a third of an octave


def floor_frequencies(rate: float) -> NDArray[np.float64]:
    """The frequencies that floors and paths are kept at: evenly spaced up to some 260 Hz, in octaves above.

    Args:
        rate: Samples per second.

    Returns:
        From 0 to half the rate, Hz, shape (192,).
    """
    return _bend() * (np.exp2(np.linspace(0, _warp(np.array(rate / 2)), _POINTS)) - 1)


def noise_floor(signal: NDArray[np.floating], rate: float) -> NDArray[np.float64]:
    """Power density of what is neither a line nor a passing event.

    The median over time (of segments of half a second that overlap by half) leaves out strikes and passing events, the median
    over frequency (in windows of a third of an octave, at least 60 Hz) leaves out lines: the two filters of Fitzgerald,
    "Harmonic/percussive separation using median filtering", DAFx 2010. The median over time is corrected for its bias
    (Allen et al., Phys. Rev. D 85, 122006, 2012, appendix B, as in `scipy.signal.welch`).

    Args:
        signal: One channel, shape (n,).
        rate: Samples per second.

    Returns:
        Natural logarithm of unit^2/Hz at `floor_frequencies`, shape (192,).

    Raises:
        SimengineError: The signal is constant, no numbers, or shorter than a segment.
    """
    from scipy.signal import welch

    signal = checked_signal(signal, rate)
    size = round(SEGMENT * rate)
    if len(signal) < size:
        raise SimengineError(
            f"a signal of {len(signal) / rate:.3g} s is too short for its noise floor: give at least {SEGMENT:g} s."
        )
    frequencies, power = welch(signal, rate, nperseg=size, average="median")
    if not power[1:].max() > 0:
        raise SimengineError("a signal is constant, so nothing was measured: leave the record out.")
    power = np.log(np.maximum(power, 1e-12 * power.max()))
    power[0], power[-1] = power[1], power[-2]  # the mean was taken off; half the rate counts once and not twice
    fine = np.linspace(0, _warp(np.array(rate / 2)), _FINE)
    width = max(3, round(_THIRD / fine[1]) | 1)
    level = median_filter(np.interp(fine, _warp(frequencies), power), width, mode="nearest")
    level = gaussian_filter1d(level, width / 4, mode="nearest")
    return np.interp(_warp(floor_frequencies(rate)), fine, level)


def on_bins(values: NDArray[np.float64], rate: float, count: int) -> NDArray[np.float64]:
    """Values at `floor_frequencies` brought to the bins of a real FFT of ``count`` points."""
    places, axis = _bins(rate, count)
    return np.interp(places, axis, values)


@lru_cache(maxsize=8)
def _bins(rate: float, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return _warp(np.fft.rfftfreq(count, 1 / rate)), np.linspace(0, _warp(np.array(rate / 2)), _POINTS)


def _bend() -> float:
    """Where a third of an octave is as wide as the narrowest window, Hz."""
    return _NARROWEST / (2 ** (1 / 6) - 2 ** (-1 / 6))


def _warp(frequencies: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(np.log2(1 + frequencies / _bend()), np.float64)
