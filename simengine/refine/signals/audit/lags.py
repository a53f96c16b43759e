"""By how much one spectrum is stretched against another, and one signal late against another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d

__all__ = ["Lag", "delay", "stretch"]

_SIGNIFICANT = 6.0  # standard deviations that a peak must stand above the rest
_LEAST = 0.2  # correlation below which nothing is recognised


class Lag(NamedTuple):
    """A lag; NaN where the two have nothing in common.

    Attributes:
        value: The lag.
        height: The correlation there.
    """

    value: float
    height: float


def delay(before: NDArray[np.float64], after: NDArray[np.float64], rate: float, *, most: float = 0.02) -> Lag:
    """How late a signal is, whatever filter it went through.

    Phase transform (Knapp and Carter, "The generalized correlation method for estimation of time delay", IEEE Trans. ASSP
    24, 1976): only phases count, as in the audit of pictures.

    Args:
        before: Shape (n,).
        after: Shape (n,).
        rate: Samples per second.
        most: Greatest delay looked for, s.

    Returns:
        Delay in s, positive if late.
    """
    size = len(before)
    count = fft.next_fast_len(2 * size, real=True)
    window = np.hanning(size)
    cross = fft.rfft((after - after.mean()) * window, count) * np.conj(
        fft.rfft((before - before.mean()) * window, count)
    )
    modulus = np.abs(cross)
    found = fft.irfft(np.divide(cross, modulus, out=np.zeros_like(cross), where=modulus > 0), count)
    reach = min(max(1, round(most * rate)), size // 2)
    near = np.concatenate([found[-reach:], found[: reach + 1]])
    peak = int(near.argmax())
    noise = float(np.std(found[reach + 1 : -reach - 1])) if count > 4 * reach else float(np.std(near))
    if not near[peak] > _SIGNIFICANT * noise:
        return Lag(float("nan"), 0.0)
    return Lag((peak - reach + _vertex(near, peak)) / rate, float(near[peak]))


def stretch(
    axis: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    *,
    span: tuple[float, float],
    most: float,
    detail: float,
    trend: float,
) -> Lag:
    """By what fraction the features of a spectrum moved along its axis.

    Both logarithmic spectra are taken on a logarithmic axis, freed of their trend, and correlated.

    Args:
        axis: Frequencies or orders, shape (k,), rising.
        before: Logarithm of the spectrum, shape (k,).
        after: The other one.
        span: Lowest and highest frequency that counts.
        most: Greatest fraction looked for.
        detail: Width of the features, as a fraction of their frequency; finer ones are smoothed away.
        trend: Width of what counts as trend.

    Returns:
        Fraction, positive if features moved up.
    """
    step = min(detail, most) / 4
    low, high = np.log(span[0]), np.log(min(span[1], axis[-1]))
    grid = np.arange(low, high, step)
    reach = int(np.ceil(most / step))
    if len(grid) < 4 * reach:
        return Lag(float("nan"), 0.0)
    a, b = (_detrended(np.interp(np.exp(grid), axis, one), detail / step, trend / step) for one in (before, after))
    core = a[reach:-reach]
    core = core - core.mean()
    scale = np.sqrt(np.sum(core**2))
    values = np.empty(2 * reach + 1)
    for k in range(2 * reach + 1):
        part = b[k : k + len(core)]
        part = part - part.mean()
        values[k] = np.sum(core * part) / max(scale * np.sqrt(np.sum(part**2)), 1e-300)
    peak = int(values.argmax())
    if not values[peak] > _LEAST:
        return Lag(float("nan"), 0.0)
    return Lag((peak - reach + _vertex(values, peak)) * step, float(values[peak]))


def _detrended(values: NDArray[np.float64], detail: float, trend: float) -> NDArray[np.float64]:
    fine = gaussian_filter1d(values, detail / 2, mode="nearest")
    return fine - gaussian_filter1d(values, trend / 2, mode="nearest")


def _vertex(values: NDArray[np.float64], peak: int) -> float:
    """Top of the parabola through a maximum and its neighbours, relative to it."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    left, middle, right = values[peak - 1 : peak + 2]
    bend = left - 2 * middle + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
