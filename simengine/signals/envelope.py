"""Squared envelopes of bands and their spectra on the axis of shaft orders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft

from simengine.errors import SimengineError
from simengine.signals.checked import checked_signal
from simengine.signals.clock import ShaftClock
from simengine.signals.whitening import whiten_spectrum

__all__ = ["envelope_orders", "squared_envelopes"]

_FINER = 4  # points between which an envelope is then taken as a straight line


def squared_envelopes(
    signal: np.ndarray, rate: float, bands: Sequence[tuple[float, float]], *, whiten: bool = False
) -> list[tuple[np.ndarray, float]]:
    """Squared envelopes of bands, each at a rate of its own.

    The analytic signal of a band is a slice of the spectrum; its envelope does not change when the slice is moved
    to zero frequency, so each band is transformed back at twice its width and not at the rate of the signal.

    Args:
        signal: One channel, shape (n,).
        rate: Samples per second.
        bands: Lower and upper edge of each, Hz.
        whiten: Pre-whiten first (``whitening.prewhiten``).

    Returns:
        For each band the squared envelope, shape (m,), and its samples per second.

    Raises:
        SimengineError: A signal that is none, or a band that is empty or above half the rate.
    """
    signal = checked_signal(signal, rate)
    count = len(signal)
    spectrum = fft.rfft(signal)
    if whiten:
        spectrum = whiten_spectrum(spectrum) * np.sqrt(count)
    found = []
    for low, high in bands:
        first, last = max(1, int(np.ceil(low * count / rate))), int(np.floor(high * count / rate))
        if not 0 <= low < high <= rate / 2 + 1e-9 or last <= first:
            raise SimengineError(
                f"The band {low:g}-{high:g} Hz has no room in a signal of {count / rate:g} s at {rate:g} Hz: "
                f"give edges that rise, below {rate / 2:g} Hz, at least {2 * rate / count:g} Hz apart."
            )
        width = fft.next_fast_len(2 * (last - first + 1))
        piece = np.zeros(width, dtype=complex)
        piece[: last - first + 1] = spectrum[first : last + 1]
        analytic = fft.ifft(piece, overwrite_x=True)
        found.append(((analytic.real**2 + analytic.imag**2) * (2 * width / count) ** 2, width * rate / count))
    return found


def envelope_orders(
    signal: np.ndarray,
    rate: float,
    clock: ShaftClock,
    *,
    bands: Sequence[tuple[float, float]],
    whiten: bool = True,
    highest: float = 20.0,
    start: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Squared-envelope spectra on the order axis, the features by which bearing faults are told.

    The squared envelope is resampled to equal angles of the shaft, so lines stay sharp while the speed changes, and
    one axis serves all speeds (Antoni, Mech. Syst. Signal Process. 21, 2007; Abboud et al., 2017).

    Args:
        signal: One channel, shape (n,).
        rate: Samples per second.
        clock: Clock of the shaft.
        bands: Edges of the bands, Hz.
        whiten: Pre-whiten the signal first.
        highest: Highest order wanted.
        start: Time of the first sample on the clock, s.

    Returns:
        Orders, shape (k,), spaced by half of 1 / turns of the record, and amplitudes relative to the mean of the
        squared envelope, shape (bands, k).

    Raises:
        SimengineError: As ``squared_envelopes``, or the shaft makes less than three turns.
    """
    length = len(signal) / rate
    first, last = (float(turns) for turns in clock.turns(np.array([start, start + length])))
    if last - first < 3:
        raise SimengineError(f"The shaft makes {last - first:.3g} turns in this signal: give at least three.")
    count = fft.next_fast_len(int(np.ceil((last - first) * 2.56 * highest)))
    grid = first + (np.arange(count) + 0.5) * ((last - first) / count)
    window = np.hanning(count + 2)[1:-1]
    window /= window.sum()
    even_times = clock.times_of(grid) - start
    keep = int(highest * 2 * (last - first)) + 1
    spectra = np.empty((len(bands), keep))
    for row, (envelope, own_rate) in enumerate(squared_envelopes(signal, rate, bands, whiten=whiten)):
        fine = _smoothed(envelope, count)
        even = np.interp(even_times * (own_rate * _FINER), np.arange(len(fine)), fine)
        mean = even.mean()
        spectra[row] = 2 * np.abs(fft.rfft((even - mean) * window, 2 * count)[:keep]) / max(mean, 1e-300)
    return np.arange(keep) / (2 * (last - first)), spectra


def _smoothed(envelope: np.ndarray, count: int) -> np.ndarray:
    """The envelope on a finer grid, without what ``count`` points over the record cannot carry."""
    spectrum = fft.rfft(envelope)
    spectrum[int(0.45 * count) :] = 0
    return fft.irfft(spectrum, _FINER * len(envelope)) * _FINER
