"""What can be heard of a fault in a recording: its lines in envelope spectra, and its strikes in envelopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from simengine.formats.signal import SignalRecord
from simengine.signals.bearing import BearingOrders
from simengine.signals.envelope import envelope_orders, squared_envelopes
from simengine.signals.fault_lines import FaultLine, line_ratios
from simengine.signals.signature import default_bands

__all__ = ["Hearing", "families", "hear"]

_HARMONICS = 4
_HIGHEST = 25.0  # order
_CONTROLS = (0.79, 0.86, 0.91, 1.09, 1.14, 1.21)  # times an order: where no line of it stands
_WIDTH = 0.4e-3  # s, of a strike in the envelope
_SIGNIFICANT = 5.0  # standard deviations


@dataclass(frozen=True, eq=False)
class Hearing:
    """What was heard in one recording.

    Attributes:
        orders: Axis of the envelope spectra, shape (k,).
        spectra: Logarithm of the whitened envelope spectra over their floor, shape (bands, k).
        lines: For each family of fault lines how far it stands above other orders, nepers, shape (bands,).
        strikes: Correlation of the envelopes with the labelled strikes, shape (bands,); None without strikes.
        noise: Standard deviation of that correlation where nothing is in step, shape (bands,).
    """

    orders: NDArray[np.float64]
    spectra: NDArray[np.float64]
    lines: dict[str, NDArray[np.float64]]
    strikes: NDArray[np.float64] | None
    noise: NDArray[np.float64] | None


def families(orders: BearingOrders | None) -> dict[str, float]:
    """Order of the lines by fault of a bearing; nothing for an unknown one."""
    if orders is None:
        return {}
    return {"outer": orders.bpfo, "inner": orders.bpfi, "rolling_element": 2 * orders.bsf, "cage": orders.ftf}


def hear(record: SignalRecord) -> Hearing:
    """Listens to a recording by its own labels."""
    bands = default_bands(record.rate)
    orders, spectra = envelope_orders(record.signal, record.rate, record.clock, bands=bands, highest=_HIGHEST)
    wanted = families(record.orders)
    places = {name: _combs(order) for name, order in wanted.items()}
    names = [line for combs in places.values() for comb in combs for line in comb]
    heights, whole = line_ratios(orders, spectra, names)
    lines, at = {}, 0
    for name, combs in places.items():
        found = []
        for comb in combs:
            found.append(heights[:, at : at + len(comb)].mean(axis=1))
            at += len(comb)
        lines[name] = found[0] - np.mean(found[1:], axis=0)
    strikes = noise = None
    times = record.arrays.get("impact_times_s", np.empty(0))
    if len(times) > 2:
        strikes, noise = _strikes(record, times, record.arrays["impact_amplitudes"], bands[1:])
    return Hearing(orders, whole, lines, strikes, noise)


def _combs(order: float) -> list[list[FaultLine]]:
    """Harmonics of an order, and of orders beside it that nothing should stand at."""
    return [
        [FaultLine(f"{k}", k * part * order) for k in range(1, _HARMONICS + 1) if k * part * order < _HIGHEST]
        for part in (1.0, *_CONTROLS)
    ]


def _strikes(
    record: SignalRecord,
    times: NDArray[np.float64],
    amplitudes: NDArray[np.float64],
    bands: Sequence[tuple[float, float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlation of whitened envelopes with the labelled strikes, and what it is where nothing is in step."""
    heights, noise = [], []
    for envelope, rate in squared_envelopes(record.signal, record.rate, bands, whiten=True):
        train = np.bincount(
            np.clip(np.rint(times * rate).astype(int), 0, len(envelope) - 1), np.abs(amplitudes), len(envelope)
        )
        level = np.minimum(envelope, 20 * np.mean(envelope))
        spectrum = fft.rfft(level - level.mean()) * np.conj(fft.rfft(train - train.mean()))
        frequency = fft.rfftfreq(len(envelope), 1 / rate)
        spectrum *= np.exp(-0.5 * (2 * np.pi * frequency * _WIDTH) ** 2)
        scale = len(envelope) * np.std(level) * np.std(train)
        found = fft.irfft(spectrum, len(envelope)) / max(scale, 1e-300)
        late = max(1, round(2e-3 * rate))  # the ringing reaches its middle a little after the strike
        heights.append(found[: late + 1].max())
        noise.append(np.std(found))
    return np.array(heights), np.array(noise)
