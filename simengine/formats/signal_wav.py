"""WAV: the rate stands in the file, the labels in a JSON file beside it.

`write_wav` writes 32-bit floats in the unit of the signal, exactly, or 24-bit integers for tools that want them. A
full-scale sample of integers means ``full_scale`` of the JSON file, in its ``unit``; without it samples are read as
fractions of full scale.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import atomic_file, disk_errors, write_atomic
from simengine.errors import SimengineError
from simengine.formats.native_names import columns_of_name
from simengine.formats.signal import SignalRecord
from simengine.formats.signal_hints import SignalHints, channel_columns
from simengine.formats.signal_rows import full_row, shared_and_own

__all__ = ["SampleFormat", "read_wav", "write_wav"]

SampleFormat = Literal["float32", "pcm24"]


def read_wav(source: Path, hints: SignalHints) -> list[SignalRecord]:
    """Reads all channels of a WAV file.

    Raises:
        SimengineError: The file is damaged, or a record is not fit.
    """
    from scipy.io import wavfile

    try:
        with disk_errors("read", source), warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks that others add are no fault
            rate, samples = wavfile.read(source)
    except (ValueError, EOFError, struct.error) as error:
        raise SimengineError(f"{source} is no sound WAV file ({error}): record or convert it again.") from None
    samples = samples[:, None] if samples.ndim == 1 else samples
    names = list(hints.beside_channels) or [f"ch{k + 1}" for k in range(samples.shape[1])]
    if len(names) != samples.shape[1]:
        raise SimengineError(
            f"{source} has {samples.shape[1]} channels, but the JSON file beside it names {len(names)}: name each."
        )
    row: dict[str, Any] = columns_of_name(source.stem, within=source.stem) | {"fs": float(rate)}
    records = []
    for name in hints.wanted(names, source):
        full_scale = hints.beside_channels.get(name, {}).get("full_scale", hints.beside_columns.get("full_scale"))
        signal = _scaled(samples[:, names.index(name)], full_scale)
        own = {"unit": "normalized"} if samples.dtype.kind in "iu" and full_scale is None else {}
        records.append(hints.record(signal, row | own | channel_columns(name), source=source, channel=name))
    return records


def write_wav(
    recording: Sequence[SignalRecord], folder: Path, name: str, *, sample_format: SampleFormat = "float32"
) -> list[Path]:
    """Writes the channels of one recording as ``NAME.wav`` and their labels as ``NAME.json``.

    Args:
        recording: The channels.
        folder: Where to.
        name: Name of the file.
        sample_format: ``float32`` keeps every value; ``pcm24`` rounds to 2^-23 of the largest and tells that one as
            ``full_scale``.
    """
    path, first = folder / f"{name}.wav", recording[0]
    signals = np.stack([record.signal for record in recording], axis=1)
    rows = [full_row(record, stems=False) for record in recording]
    if sample_format == "pcm24":
        peaks = np.maximum(np.abs(signals).max(axis=0), np.float32(1e-30)).astype(float) * (1 + 2.0**-22)
        for row, peak in zip(rows, peaks.tolist(), strict=True):
            row["full_scale"] = peak
        whole = np.rint(signals / peaks * 2**23).astype("<i4")
        data = whole.view(np.uint8).reshape(*whole.shape, 4)[..., :3].tobytes()
        code, width = 1, 3
    else:
        data, code, width = signals.astype("<f4").tobytes(), 3, 4
    with atomic_file(path) as file:
        file.write(_header(code, width, len(recording), round(first.rate), len(data)))
        file.write(data + b"\0" * (len(data) % 2))
    shared, own = shared_and_own(rows)
    channels = {record.row["channel"]: part for record, part in zip(recording, own, strict=True)}
    beside = folder / f"{name}.json"
    write_atomic(beside, canonical_json({**shared, "channels": channels}, indent=True, ordered=True))
    return [path, beside]


def _scaled(samples: np.ndarray, full_scale: float | None) -> np.ndarray:
    """Integers as fractions of full scale times it; floats as they are."""
    if samples.dtype.kind == "f":
        return samples
    if samples.dtype == np.uint8:
        fractions = (samples.astype(float) - 128) / 128
    else:
        fractions = samples.astype(float) / 2.0 ** (8 * samples.dtype.itemsize - 1)  # 24 bits come in the upper ones
    return fractions * (1.0 if full_scale is None else full_scale)


def _header(code: int, width: int, channels: int, rate: int, size: int) -> bytes:
    """RIFF header up to the samples (Microsoft Multimedia Data Standards Update, 1994)."""
    form = struct.pack("<HHIIHHH", code, channels, rate, rate * channels * width, channels * width, 8 * width, 0)
    fact = b"fact" + struct.pack("<II", 4, size // (channels * width))
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + fact + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(body) + size + size % 2) + body
