"""How alike two pictures are in structure, and by how much one lies beside the other."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["normalized_correlation", "phase_shift"]

Floats = NDArray[np.float32]


def normalized_correlation(before: Floats, after: Floats, weight: Floats | None = None) -> float:
    """Zero-mean normalised cross-correlation (Pearson's r over pixels).

    Args:
        before: Shape (H, W).
        after: The same shape.
        weight: Weight of each pixel, the same shape; all alike if None.

    Returns:
        -1 to 1; NaN where `before` has no structure at all; 0 where only `after` has none.
    """
    w = np.ones_like(before, np.float64) if weight is None else weight.astype(np.float64)
    total = float(w.sum())
    if total <= 0:
        return math.nan
    a = before - float((w * before).sum()) / total
    b = after - float((w * after).sum()) / total
    aa, bb = float((w * a * a).sum()), float((w * b * b).sum())
    if aa <= 1e-12 * total:
        return math.nan
    if bb <= 1e-12 * total:
        return 0.0
    return float((w * a * b).sum()) / math.sqrt(aa * bb)


def phase_shift(
    before: Floats, after: Floats, window: Floats, *, upsampling: int = 20, reach: float = 12.0
) -> tuple[float, float]:
    """The translation between two crops, by phase correlation to a fraction of a pixel.

    The peak of the whitened cross-power spectrum is found on whole pixels and refined by a discrete Fourier transform
    that is upsampled around it (Guizar-Sicairos, Thurman and Fienup, Optics Letters 33(2), 2008). Whitening is by the
    square root of the power: full whitening lets noise decide on blurred pictures.

    Args:
        before: Shape (H, W).
        after: The same shape.
        window: Weight of each pixel, falling to 0 at the border, the same shape.
        upsampling: Steps a pixel.
        reach: Longest shift looked for [px].

    Returns:
        Movement of `after` against `before` along x and y [px]; NaN where either has no structure.
    """

    def spectrum(picture: Floats) -> NDArray[np.complex128]:
        mean = float((window * picture).sum()) / max(float(window.sum()), 1e-12)
        return np.fft.fft2((picture - mean) * window)

    a, b = spectrum(before), spectrum(after)
    cross = b * np.conj(a)
    power = np.abs(cross)
    if power.max(initial=0.0) <= 1e-12:
        return math.nan, math.nan
    cross /= np.sqrt(power + 1e-6 * power.max())
    h, w = before.shape
    surface = np.fft.ifft2(cross).real
    dy, dx = np.fft.fftfreq(h, 1 / h)[:, None], np.fft.fftfreq(w, 1 / w)[None, :]
    surface = np.where((np.abs(dy) <= reach) & (np.abs(dx) <= reach), surface, -np.inf)
    row, column = np.unravel_index(int(np.argmax(surface)), surface.shape)
    x, y = float(dx[0, column]), float(dy[row, 0])
    span = np.arange(-upsampling, upsampling + 1) / upsampling
    fine = _dft(cross, y + span, x + span)
    row, column = np.unravel_index(int(np.argmax(fine)), fine.shape)
    return x + float(span[column]), y + float(span[row])


def _dft(
    spectrum: NDArray[np.complex128], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The inverse transform at any rows and columns, shape (rows, columns)."""
    h, w = spectrum.shape
    left = np.exp(2j * math.pi * rows[:, None] * np.fft.fftfreq(h)[None, :])
    right = np.exp(2j * math.pi * np.fft.fftfreq(w)[:, None] * columns[None, :])
    return (left @ spectrum @ right).real
