"""Windows of records: what a fault classifier looks at one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.signal import resample_poly

from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord

__all__ = ["cut_records", "resampled"]


def cut_records(
    records: Iterable[SignalRecord], *, seconds: float = 1.0, hop: float | None = None
) -> list[SignalRecord]:
    """Cuts records into windows of one length, which are records themselves.

    A rest shorter than a window is left out; windows of a record keep its row, so they stay in its group.

    Args:
        records: Records, each at least one window long.
        seconds: Length of a window, s.
        hop: From the start of one window to that of the next, s; by default ``seconds``, without overlap.

    Returns:
        The windows, in the order of the records.

    Raises:
        SimengineError: A record is shorter than a window, or a length is not positive.
    """
    hop = seconds if hop is None else hop
    if not (seconds > 0 and hop > 0):
        raise SimengineError(f"Windows of {seconds:g} s every {hop:g} s can't be cut: give lengths above 0 s.")
    windows = []
    for record in records:
        size, step = round(seconds * record.rate), max(1, round(hop * record.rate))
        if len(record.signal) < size:
            raise SimengineError(
                f"The record {record.id} has {len(record.signal) / record.rate:.3g} s, less than a window of "
                f"{seconds:g} s: ask for shorter windows (at least three turns of the shaft), or leave the record out."
            )
        starts = range(0, len(record.signal) - size + 1, step)
        windows += [record if size == len(record.signal) else _window(record, start, size) for start in starts]
    return windows


def _window(record: SignalRecord, start: int, size: int) -> SignalRecord:
    """One window; of the nested labels those of the clock are kept, on the window's own time."""
    begin = start / record.rate
    shifts = {"tacho_s": begin, "speed_trace_s": begin, "speed_trace_hz": 0.0}
    arrays = {name: record.arrays[name] - shift for name, shift in shifts.items() if name in record.arrays}
    row = record.row | {"n_samples": size, "window_start_s": begin}
    return replace(record, signal=record.signal[start : start + size], row=row, arrays=arrays)


def resampled(record: SignalRecord, rate: float) -> tuple[np.ndarray, float]:
    """A record's signal brought down to (very nearly) a rate, with an anti-alias filter.

    Args:
        record: The record.
        rate: Wanted samples per second.

    Returns:
        The signal, float64, and its rate, which is within 0.1 % of the wanted one.

    Raises:
        SimengineError: The record was sampled more slowly.
    """
    signal = np.asarray(record.signal, dtype=float)
    if abs(record.rate / rate - 1) < 1e-3:
        return signal, record.rate
    if record.rate < rate:
        raise SimengineError(
            f"The record {record.id} was sampled at {record.rate:g} Hz, but the classifier works at {rate:g} Hz, "
            f"and what lies above {record.rate / 2:g} Hz cannot be made up: train it with rate={record.rate:g}."
        )
    part = Fraction(rate / record.rate).limit_denominator(500)
    return resample_poly(signal, part.numerator, part.denominator), record.rate * part.numerator / part.denominator
