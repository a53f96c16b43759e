"""Windows of recordings, a common rate and a common level: what stands before features and classifiers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from simengine.dataset.signals import mask_of, spans_of
from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord

__all__ = ["resample", "signal_at", "unit_rms", "windows"]

_LARGEST_TERM = 4096  # of the fraction between two rates that is resampled exactly


def windows(records: Iterable[SignalRecord], seconds: float, *, hop: float | None = None) -> Iterator[SignalRecord]:
    """Cuts recordings into windows of one length; what is left at the end is dropped.

    Labels are cut with the signal: impacts, speed and marks of the tachometer count from the window's first sample.

    Args:
        records: The recordings.
        seconds: Length of a window, s.
        hop: From the start of one window to that of the next, s; by default ``seconds``, without overlap. Windows
            that share samples must not be parted by a split; `SignalRecord.group` keeps all of a recording together.

    Yields:
        The windows, in order; ``signal_id`` ends in ``@START`` and ``window_start_s`` tells the start.

    Raises:
        SimengineError: A length is not positive, or a recording is shorter than one window.
    """
    hop = seconds if hop is None else hop
    if not all(math.isfinite(length) and length > 0 for length in (seconds, hop)):
        raise SimengineError(f"Windows of {seconds!r} s every {hop!r} s can't be cut: give lengths above 0 s.")
    for record in records:
        size = round(seconds * record.rate)
        step = max(1, round(hop * record.rate))
        if size < 1 or len(record.signal) < size:
            raise SimengineError(
                f"{record.id or 'A recording'} lasts {record.duration:.4g} s, less than a window of {seconds:g} s: give "
                "shorter windows (at least three turns of the shaft), or leave it out."
            )
        for start in range(0, len(record.signal) - size + 1, step):
            yield _window(record, start, start + size)


def resample(record: SignalRecord, rate: float) -> SignalRecord:
    """Brings a recording to another rate by a zero-phase polyphase filter; stems go with it.

    Args:
        record: The recording.
        rate: Samples per second wanted; the ratio of both rates must be a fraction of whole numbers up to 4096.

    Returns:
        The recording at that rate; the same one if it has it already.

    Raises:
        SimengineError: The rate is none, or the ratio is no such fraction.
    """
    from scipy.signal import resample_poly

    if not (math.isfinite(rate) and rate > 0):
        raise SimengineError(f"rate is {rate!r}: give samples per second, above 0.")
    if rate == record.rate:
        return record
    ratio = Fraction(rate).limit_denominator(10**6) / Fraction(record.rate).limit_denominator(10**6)
    if max(ratio.numerator, ratio.denominator) > _LARGEST_TERM:
        raise SimengineError(
            f"{record.id or 'A recording'} has {record.rate:g} samples per second, and {rate:g} is no simple fraction of "
            f"it: choose a rate such as {record.rate / max(1, round(record.rate / rate)):g}."
        )

    def brought(values: np.ndarray) -> np.ndarray:
        return resample_poly(values.astype(float), ratio.numerator, ratio.denominator).astype(np.float32)

    signal = brought(record.signal)
    arrays = dict(record.arrays)
    for name, values in record.arrays.items():
        if name.startswith("stem_"):
            arrays[name] = brought(values)
        elif name.endswith("_spans"):
            low, high = (
                values[0::2] * ratio.numerator // ratio.denominator,
                -(-values[1::2] * ratio.numerator // ratio.denominator),
            )
            arrays[name] = np.stack([low, high], axis=1).ravel().astype(np.int32)
    return SignalRecord(signal, float(rate), {**record.row, "fs": float(rate), "n_samples": len(signal)}, arrays)


def signal_at(record: SignalRecord, rate: float) -> tuple[np.ndarray, float]:
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
    from scipy.signal import resample_poly

    part = Fraction(rate / record.rate).limit_denominator(500)
    return resample_poly(signal, part.numerator, part.denominator), record.rate * part.numerator / part.denominator


def unit_rms(record: SignalRecord) -> SignalRecord:
    """Takes the mean off a recording and scales it to a root mean square of 1; stems are scaled alike.

    Where gains differ between files, the level tells the class and not the fault: scale every window by itself.

    Raises:
        SimengineError: The recording is constant.
    """
    mean = float(np.mean(record.signal, dtype=float))
    level = float(np.std(record.signal, dtype=float))
    if level == 0:
        raise SimengineError(f"{record.id or 'A recording'} is constant: it has no level to scale; leave it out.")
    arrays = {
        name: (values / level).astype(np.float32) if name.startswith("stem_") else values
        for name, values in record.arrays.items()
    }
    signal = ((record.signal - mean) / level).astype(np.float32)
    return replace(record, signal=signal, row={**record.row, "unit": "normalized"}, arrays=arrays)


def _window(record: SignalRecord, start: int, stop: int) -> SignalRecord:
    begin, end = start / record.rate, stop / record.rate
    arrays = {}
    for name, values in record.arrays.items():
        if name.startswith("stem_"):
            arrays[name] = values[start:stop]
        elif name.endswith("_spans"):
            arrays[name] = spans_of(mask_of(values, len(record.signal))[start:stop])
        elif name in ("tacho_s", "speed_trace_s"):
            arrays[name] = values - begin  # all of it: the clock also needs what stands just outside
        else:
            arrays[name] = values
    for kind in ("impact", "nuisance"):
        times = record.arrays.get(f"{kind}_times_s")
        if times is not None:
            keep = (times >= begin) & (times < end)
            for part in ("times_s", "amplitudes", "kinds"):
                name = f"{kind}_{part}"
                if name in arrays:
                    arrays[name] = arrays[name][keep]
            arrays[f"{kind}_times_s"] = times[keep] - begin
    row = {"recording_id": record.id, **record.row, "n_samples": stop - start, "window_start_s": begin}
    row["signal_id"] = f"{record.id}@{begin:.6g}"
    steady = row.get("speed_profile") in (None, "constant", "unknown")
    if row.get("speed_rpm") is not None and not steady:
        turns = record.clock.turns(np.array([begin, end]))
        row["speed_rpm"] = 60 * float(turns[1] - turns[0]) / (end - begin)
    return SignalRecord(record.signal[start:stop], record.rate, row, arrays)
