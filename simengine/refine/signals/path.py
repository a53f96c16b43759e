"""Filters with the magnitude of a transfer path, and noise with the colour of a floor."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from simengine.refine.signals.floor import on_bins

__all__ = ["colored_noise", "minimum_phase", "through_path"]

_LEAD = 0.25  # s of reflected signal in front, in which the filter settles


def minimum_phase(log_gain: NDArray[np.float64], count: int) -> NDArray[np.complex128]:
    """The causal response of least delay with a given magnitude, by folding its cepstrum.

    Oppenheim and Schafer, Discrete-Time Signal Processing, 3rd ed., section 13.5: the phase is the Hilbert transform
    of the logarithm of the magnitude. What comes first still comes first: a strike begins when it did.

    Args:
        log_gain: Natural logarithm of the magnitude at the bins of a real FFT, shape (count // 2 + 1,).
        count: Points of that FFT, even.

    Returns:
        Complex response at the bins.
    """
    cepstrum = fft.irfft(log_gain, count)
    cepstrum[1 : count // 2] *= 2
    cepstrum[count // 2 + 1 :] = 0
    return np.exp(fft.rfft(cepstrum))


def through_path(signal: NDArray[np.floating], rate: float, log_gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """A signal after a path of minimum phase.

    Linear, so stems that sum to a signal do so after it.

    Args:
        signal: Shape (n,).
        rate: Samples per second.
        log_gain: Natural logarithm of the path's magnitude at `floor_frequencies`.

    Returns:
        Shape (n,).
    """
    lead = min(round(_LEAD * rate), len(signal) - 1)
    before = np.concatenate([signal[lead:0:-1], signal]).astype(np.float64)
    count = fft.next_fast_len(len(before) + lead + (lead & 1), real=True)
    count += count & 1
    response = _response(tuple(log_gain.tolist()), rate, count)
    return fft.irfft(fft.rfft(before, count) * response, count)[lead : lead + len(signal)]


def colored_noise(
    rng: np.random.Generator, count: int, rate: float, log_density: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Stationary Gaussian noise.

    Args:
        rng: Draws it.
        count: Samples.
        rate: Samples per second.
        log_density: Natural logarithm of its one-sided power density at `floor_frequencies`, unit^2/Hz.

    Returns:
        Shape (count,).
    """
    size = fft.next_fast_len(count, real=True)
    white = fft.rfft(rng.standard_normal(size))
    return fft.irfft(white * np.exp(0.5 * on_bins(log_density, rate, size)) * np.sqrt(rate / 2), size)[:count]


@lru_cache(maxsize=4)
def _response(log_gain: tuple[float, ...], rate: float, count: int) -> NDArray[np.complex128]:
    return minimum_phase(on_bins(np.array(log_gain), rate, count), count)
