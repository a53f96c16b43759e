"""Cepstrum pre-whitening: all lines and resonances of a signal set to one level."""

from __future__ import annotations

import numpy as np
from scipy import fft

__all__ = ["prewhiten", "whiten_spectrum"]


def whiten_spectrum(spectrum: np.ndarray) -> np.ndarray:
    """A spectrum with its phases and moduli of 1; empty bins stay empty."""
    modulus = np.abs(spectrum)
    return np.divide(spectrum, modulus, out=np.zeros_like(spectrum), where=modulus > 0)


def prewhiten(signal: np.ndarray) -> np.ndarray:
    """Sets the real cepstrum to zero, that is, the modulus of the spectrum to 1.

    Shaft and gear lines lose their dominance and every resonance counts the same, while what is not periodic in
    phase, such as jittered impacts, stays impulsive (Borghesani et al., Mech. Syst. Signal Process. 36, 2013).

    Args:
        signal: Shape (n,).

    Returns:
        Shape (n,), of unit variance.
    """
    white = fft.irfft(whiten_spectrum(fft.rfft(signal)), len(signal))
    return white * np.sqrt(len(signal))
