"""Spectral kurtosis over bands of all widths: where in the spectrum a signal is impulsive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.signals.checked import checked_signal
from simengine.signals.envelope import squared_envelopes

__all__ = ["Kurtogram", "kurtogram"]


@dataclass(frozen=True)
class Kurtogram:
    """Spectral kurtosis of bands.

    Attributes:
        bands: Edges, shape (k, 2), Hz.
        kurtosis: E|z|^4 / (E|z|^2)^2 - 2 of the band's analytic signal z, shape (k,): 0 for Gaussian noise,
            -1 for a tone, large for rare impacts.
    """

    bands: np.ndarray
    kurtosis: np.ndarray

    @property
    def best(self) -> tuple[float, float]:
        """Edges of the most impulsive band, Hz."""
        low, high = self.bands[int(np.argmax(self.kurtosis))]
        return float(low), float(high)


def kurtogram(signal: np.ndarray, rate: float, *, levels: int = 6, whiten: bool = False) -> Kurtogram:
    """Computes spectral kurtosis on the 1/3-binary tree of bands.

    The bands are those of the fast kurtogram (Antoni, Mech. Syst. Signal Process. 21, 2007): the half rate cut into
    2^l and 3 2^(l-1) parts; each is cut out of the spectrum exactly and not by a filter bank.

    Args:
        signal: One channel, shape (n,).
        rate: Samples per second.
        levels: Depth of the tree; bands with fewer than 64 bins are left out.
        whiten: Pre-whiten first.

    Returns:
        The kurtogram.
    """
    signal = checked_signal(signal, rate, least=256)
    half = rate / 2
    parts = [2**level for level in range(levels + 1)] + [3 * 2**level for level in range(levels)]
    cuts = sorted(part for part in parts if half / part * len(signal) / rate >= 64)
    bands = [(half * k / part, half * (k + 1) / part) for part in cuts for k in range(part)]
    values = []
    for envelope, _ in squared_envelopes(signal, rate, bands, whiten=whiten):
        values.append(np.mean(envelope**2) / max(np.mean(envelope) ** 2, 1e-300) - 2)
    return Kurtogram(np.array(bands), np.array(values))
