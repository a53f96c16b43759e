"""The signature of a window: two views of its envelope spectra, made for classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.signals.bearing import Bearing
from simengine.signals.clock import ShaftClock
from simengine.signals.envelope import envelope_orders, squared_envelopes
from simengine.signals.fault_lines import comb_scores, fault_lines, line_ratios

__all__ = ["Signature", "default_bands", "fault_signature"]


@dataclass(frozen=True)
class Signature:
    """Numbers without units, none of which depends on the level of the signal.

    Attributes:
        lines: Heights of single lines in the pre-whitened envelope spectra, the height of the floor's own peaks, and
            how impulsive the whitened bands are.
        combs: Heights of families of lines with and without pre-whitening, and the same two about the floor.
    """

    lines: np.ndarray
    combs: np.ndarray


def default_bands(rate: float) -> list[tuple[float, float]]:
    """The whole band and nine parts of it a twelfth of the rate wide, each half over the next, below 0.475 of the rate.

    Wherever a machine rings, one of the parts has the resonance in its middle.
    """
    lows = np.linspace(0.042, 0.475 - 1 / 12, 9)
    return [(0.001 * rate, 0.49 * rate), *((low * rate, (low + 1 / 12) * rate) for low in lows.tolist())]


def fault_signature(
    signal: np.ndarray,
    rate: float,
    clock: ShaftClock,
    bearing: Bearing,
    *,
    bands: Sequence[tuple[float, float]] | None = None,
    highest: float = 30.0,
) -> Signature:
    """Computes the signature of a window.

    Over the bands the largest, the second largest and the mean are kept, so that it does not matter in which band a
    machine rings.

    Args:
        signal: One channel, shape (n,).
        rate: Samples per second.
        clock: Clock of the shaft; time 0 is the first sample.
        bearing: The bearing, for the orders of its faults.
        bands: Edges of the bands, Hz; by default ``default_bands``.
        highest: Highest order looked at.

    Returns:
        The signature; its lengths depend only on the number of bands being more than one.

    Raises:
        SimengineError: The signal or the bands are not fit for ``envelope_orders``.
    """
    bands = default_bands(rate) if bands is None else bands
    names = fault_lines(bearing.orders)
    lines, combs = [], []
    for whiten in (True, False):
        orders, spectra = envelope_orders(signal, rate, clock, bands=bands, whiten=whiten, highest=highest)
        ratios, whole = line_ratios(orders, spectra, names)
        floor = np.quantile(whole[:, orders > 0.5], [0.99, 0.999], axis=1)
        floors = [floor.max(axis=1), floor.mean(axis=1)]
        if whiten:
            lines += [ratios.max(axis=0), ratios.mean(axis=0), *floors]
        combs += [*_over_bands(comb_scores(orders, whole, bearing)), *floors]
    impulsive = _over_bands(_impulsiveness(signal, rate, bands)[None])
    return Signature(np.concatenate([*lines, *impulsive]), np.concatenate([*combs, *impulsive]))


def _over_bands(values: np.ndarray) -> list[np.ndarray]:
    """Largest, second largest and mean over the last axis."""
    ordered = np.sort(values, axis=-1)
    return [ordered[:, -1], ordered[:, -2], values.mean(axis=-1)]


def _impulsiveness(signal: np.ndarray, rate: float, bands: Sequence[tuple[float, float]]) -> np.ndarray:
    """Logarithm of E|z|^4 / (E|z|^2)^2 of the whitened bands: log 2 for noise."""
    envelopes = [envelope for envelope, _ in squared_envelopes(signal, rate, bands, whiten=True)]
    return np.log([max(np.mean(one**2) / max(np.mean(one) ** 2, 1e-300), 0.1) for one in envelopes])
