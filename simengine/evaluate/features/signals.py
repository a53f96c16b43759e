"""What metrics need of recordings: band levels, envelope spectra over shaft orders and impulsiveness, by window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.features.cache import FeatureCache, content_key
from simengine.formats.signal import SignalRecord
from simengine.formats.signal_windows import signal_at, windows
from simengine.signals.clock import ShaftClock
from simengine.signals.envelope import envelope_orders
from simengine.signals.signature import default_bands, fault_signature

__all__ = ["SignalFeatures", "SignalSettings", "describe_signals", "signal_columns", "window_features"]

_BANDS, _ORDERS, _PER_ORDER = 24, 20, 2
_NOMINAL_HZ = 30.0  # "orders" of a machine whose speed nobody knows are multiples of this
_STATISTICS = ("kurtosis", "crest factor", "impulse factor", "zero crossings")


@dataclass(frozen=True)
class SignalSettings:
    """How records become windows.

    Attributes:
        rate: Samples per second at which all sets are looked at, Hz: the lowest rate among them.
        seconds: Length of a window, s.
        signature: Also compute the fault signature, which needs every bearing.
    """

    rate: float
    seconds: float = 1.0
    signature: bool = False

    @property
    def band_centres(self) -> tuple[float, ...]:
        """Geometric centres of the bands, Hz."""
        edges = _band_edges(self.rate)
        return tuple(np.sqrt(edges[1:] * edges[:-1]).tolist())

    @property
    def recipe(self) -> str:
        """All of it in words, for the report and the cache."""
        extra = "; fault signature" if self.signature else ""
        return (
            f"windows of {self.seconds:g} s at {self.rate:g} Hz, unit RMS: {_BANDS} band levels, envelope spectrum in"
            f" {_ORDERS * _PER_ORDER} cells up to order {_ORDERS}, {len(_STATISTICS)} statistics{extra}"
        )


@dataclass(frozen=True)
class SignalFeatures:
    """What is kept of n windows.

    Attributes:
        vectors: Shape (n, d), named by `signal_columns`.
        spectra: Band levels alone, dB, shape (n, 24).
        signatures: Fault signatures, shape (n, k); k is 0 without the setting.
        labels: ``fault_type`` of each window.
        groups: Bearing or recording of each, which no split may cut.
        names: Record of each.
    """

    vectors: np.ndarray
    spectra: np.ndarray
    signatures: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    names: tuple[str, ...]


def signal_columns() -> tuple[str, ...]:
    """Names of the columns of `window_features`."""
    cells = [f"envelope, order {(k + 0.5) / _PER_ORDER:g}" for k in range(_ORDERS * _PER_ORDER)]
    return (*(f"band {k + 1} of {_BANDS}" for k in range(_BANDS)), *cells, *_STATISTICS)


def window_features(signal: np.ndarray, rate: float, clock: ShaftClock | None) -> np.ndarray:
    """Numbers without units that do not depend on the level of a window.

    Levels of 24 bands of equal ratio from 20 Hz to 0.49 of the rate (dB relative to the whole), the pre-whitened squared
    envelope spectrum over shaft orders (largest over six bands, in cells of half an order, as a logarithm over the
    median), kurtosis, crest factor, impulse factor (both as logarithms) and rate of zero crossings.

    Args:
        signal: Shape (n,), not constant.
        rate: Samples per second.
        clock: Clock of the shaft; None takes 30 Hz for the speed.

    Returns:
        Shape (68,), named by `signal_columns`.

    Raises:
        SimengineError: The window is constant, or too short for the envelope.
    """
    signal = np.asarray(signal, np.float64) - np.mean(signal)
    level = float(np.sqrt(np.mean(signal**2)))
    if not level > 0.0:
        raise SimengineError("a window is constant, so nothing was measured: leave the record out.")
    signal = signal / level
    clock = clock or ShaftClock([0.0], [_NOMINAL_HZ])
    orders, spectra = envelope_orders(signal, rate, clock, bands=default_bands(rate), highest=float(_ORDERS))
    heights = np.log(np.maximum(spectra, 1e-12) / np.maximum(np.median(spectra, axis=1, keepdims=True), 1e-12))
    cell = np.minimum((orders * _PER_ORDER).astype(int), _ORDERS * _PER_ORDER - 1)
    envelope = np.array([heights[:, cell == k].max(initial=0.0) for k in range(_ORDERS * _PER_ORDER)])
    peak, mean = np.abs(signal).max(), np.abs(signal).mean()
    statistics = [
        np.log(np.mean(signal**4)),
        np.log(peak),
        np.log(peak / mean),
        np.mean(np.signbit(signal[1:]) != np.signbit(signal[:-1])),
    ]
    return np.concatenate([_band_levels(signal, rate), envelope, statistics])


def describe_signals(
    records: Iterable[SignalRecord],
    settings: SignalSettings,
    *,
    cache: FeatureCache | None = None,
    progress: Callable[[int], None] | None = None,
) -> SignalFeatures:
    """Reads records one by one and keeps only the features of their windows.

    Args:
        records: The records.
        settings: How they are cut and looked at.
        cache: Where features of equal records are found again.
        progress: Called with the number of records done.

    Raises:
        SimengineError: A record is constant or too short, or, with a signature, does not tell its bearing and speed.
    """
    cache = cache or FeatureCache(None)
    parts: list[dict[str, np.ndarray]] = []
    labels, groups, names = [], [], []
    for number, record in enumerate(records):
        clock = _known_clock(record)
        machine = f"{clock.times.tolist()}{clock.speeds.tolist()}" if clock else "no speed"
        bearing = record.bearing if settings.signature else None
        key = content_key(
            np.ascontiguousarray(record.signal, "<f4").tobytes(),
            f"signals 1; {settings.recipe}; {record.rate} Hz; {machine}; {bearing}",
        )
        part = cache.get(key)
        if part is None:
            part = _record_features(record, settings)
            cache.put(key, part)
        count = len(part["vectors"])
        parts.append(part)
        labels += [record.fault_type] * count
        groups += [record.group] * count
        names += [record.id] * count
        if progress:
            progress(number + 1)
    if not parts:
        raise SimengineError("there are no records to describe: give at least one.")
    vectors = np.concatenate([part["vectors"] for part in parts])
    signatures = np.concatenate([part["signatures"] for part in parts])
    return SignalFeatures(vectors, vectors[:, :_BANDS], signatures, np.array(labels), np.array(groups), tuple(names))


def _record_features(record: SignalRecord, settings: SignalSettings) -> dict[str, np.ndarray]:
    vectors, signatures = [], []
    for window in windows([record], settings.seconds):
        signal, rate = signal_at(window, settings.rate)
        try:
            vectors.append(window_features(signal, rate, _known_clock(window)))
            if settings.signature:
                if window.bearing is None:
                    raise SimengineError("its bearing is not known: give bearing_model, or n, d_mm and D_mm.")
                seen = fault_signature(signal - signal.mean(), rate, window.clock, window.bearing)
                signatures.append(np.concatenate([seen.lines, seen.combs]))
        except SimengineError as error:
            raise SimengineError(f"the record {record.id}: {error}") from error
    return {"vectors": np.array(vectors), "signatures": np.array(signatures).reshape(len(vectors), -1)}


def _known_clock(record: SignalRecord) -> ShaftClock | None:
    try:
        return record.clock
    except SimengineError:
        return None


def _band_edges(rate: float) -> np.ndarray:
    return np.geomspace(20.0, 0.49 * rate, _BANDS + 1)


def _band_levels(signal: np.ndarray, rate: float) -> np.ndarray:
    """Power of bands of equal ratio over the whole power, dB, shape (24,)."""
    power = np.abs(np.fft.rfft(signal * np.hanning(len(signal)))) ** 2
    frequency = np.fft.rfftfreq(len(signal), 1.0 / rate)
    edges = _band_edges(rate)
    band = np.searchsorted(edges, frequency, side="right") - 1
    inside = (band >= 0) & (band < _BANDS)
    sums = np.bincount(band[inside], weights=power[inside], minlength=_BANDS)
    return 10.0 * np.log10(np.maximum(sums / max(power.sum(), 1e-300), 1e-9))
