"""Planted changes of a recording: harmless ones, as a good refiner makes, and harmful ones, as a bad one does."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d

from simengine.formats.signal import SignalRecord
from simengine.refine.signals.audit.hearing import families
from simengine.refine.signals.floor import floor_frequencies, noise_floor
from simengine.refine.signals.path import colored_noise, through_path

__all__ = ["HARMFUL", "Harm", "dissolve", "flatten", "harmless", "invent", "late", "move_resonances", "warp", "waver"]

Signal = NDArray[np.float64]
Harm = Callable[[SignalRecord, np.random.Generator, float], "Signal | None"]
"""Takes a record, a source of randomness and a size; gives None where a record has nothing that it could harm."""

_SHOWS = 0.5  # nepers (4 dB) by which a spectrum must change before resonances can be said to have moved


def harmless(signal: Signal, rate: float, rng: np.random.Generator) -> Signal:
    """Another path, gain and noise floor; nothing moves.

    Args:
        signal: Shape (n,).
        rate: Samples per second.
        rng: Source of the strengths.
    """
    knots = rng.normal(0, 1, 9) * rng.uniform(0.2, 1.0)
    path = np.interp(np.linspace(0, 8, len(floor_frequencies(rate))), np.arange(9), knots)
    share = rng.uniform(0, 0.5)
    out = through_path(signal, rate, path) * np.exp(rng.normal(0, 1)) * np.sqrt(1 - share)
    return out + np.sqrt(share) * colored_noise(rng, len(out), rate, noise_floor(out, rate))


def warp(record: SignalRecord, rng: np.random.Generator, size: float) -> Signal:
    """Runs at another speed, by the fraction `size`."""
    at = np.arange(len(record.signal)) * (1 + rng.choice([-1, 1]) * size)
    return _at(record.signal, at)


def waver(record: SignalRecord, rng: np.random.Generator, size: float) -> Signal:
    """Runs now ahead, now late, by up to `size` seconds."""
    n = np.arange(len(record.signal))
    phase = 2 * np.pi * (rng.uniform(0.7, 2.0) * n / len(n) + rng.random())
    return _at(record.signal, n + size * record.rate * np.sin(phase))


def late(record: SignalRecord, rng: np.random.Generator, size: float) -> Signal:
    """Begins late or early by `size` seconds."""
    return np.roll(record.signal.astype(np.float64), round(rng.choice([-1, 1]) * size * record.rate))


def dissolve(record: SignalRecord, rng: np.random.Generator, size: float = 0.0) -> Signal:
    """Noise of the same spectrum: the phases are drawn anew."""
    spectrum = fft.rfft(record.signal.astype(np.float64))
    return fft.irfft(np.abs(spectrum) * np.exp(2j * np.pi * rng.random(len(spectrum))), len(record.signal))


def flatten(record: SignalRecord, rng: np.random.Generator, size: float) -> Signal:
    """Takes strikes and lines away and leaves the rest: every band gets an even envelope.

    Args:
        record: The record.
        rng: Not used.
        size: Time over which envelopes are evened, s.
    """
    count = len(record.signal)
    spectrum = fft.rfft(record.signal.astype(np.float64))
    edges = np.linspace(0, len(spectrum), 13).astype(int)
    out = np.zeros(count)
    for low, high in pairwise(edges.tolist()):
        analytic = np.zeros(count, complex)
        analytic[low:high] = 2 * spectrum[low:high]
        part = fft.ifft(analytic)
        envelope = np.sqrt(gaussian_filter1d(np.abs(part) ** 2, size * record.rate, mode="wrap") + 1e-30)
        out += (part / envelope).real * np.sqrt(np.mean(np.abs(part) ** 2))
    return out


def move_resonances(record: SignalRecord, rng: np.random.Generator, size: float) -> Signal | None:
    """Lets the structure ring higher or lower by the fraction `size`, struck at the same moments.

    None where noise without resonances is all that is heard.
    """
    signal = record.signal.astype(np.float64)
    spectrum = fft.rfft(signal)
    frequency = fft.rfftfreq(len(signal), 1 / record.rate)
    grid = np.geomspace(0.01 * record.rate, record.rate / 2, 2000)
    step = np.log(grid[1] / grid[0])
    level = gaussian_filter1d(np.interp(grid, frequency, np.log(np.abs(spectrum) ** 2 + 1e-30)), 0.01 / step)
    shift = rng.choice([-1, 1]) * np.log1p(size)
    moved = np.interp(np.log(grid) - shift, np.log(grid), level)
    if np.std((moved - level)[grid > 0.03 * record.rate]) < 2 * _SHOWS:
        return None
    gain = np.interp(frequency, grid, 0.5 * (moved - level), left=0.0)
    return fft.irfft(spectrum * np.exp(np.clip(gain, -4, 4)), len(signal))


def invent(record: SignalRecord, rng: np.random.Generator, size: float) -> Signal | None:
    """Strikes at the pace of a fault that the bearing does not have, of `size` times the level of the recording.

    None where the bearing is unknown.
    """
    signal = record.signal.astype(np.float64)
    others = sorted(families(record.orders).keys() - set(record.fault_type.split("+")) - {"cage"})
    if not others:
        return None
    order = families(record.orders)[others[int(rng.integers(len(others)))]]
    turns = record.clock.turns(np.array([0.0, record.duration]))
    marks = np.arange(turns[0] + rng.random() / order, turns[1], 1 / order)
    train = np.zeros(len(signal))
    places = np.rint(record.clock.times_of(marks) * record.rate).astype(int)
    train[np.clip(places, 0, len(signal) - 1)] = rng.lognormal(0, 0.3, len(marks))
    time = np.arange(round(0.01 * record.rate)) / record.rate
    ring = np.exp(-time / 1.5e-3) * np.sin(2 * np.pi * rng.uniform(0.1, 0.4) * record.rate * time)
    added = fft.irfft(
        fft.rfft(train, len(signal) + len(ring)) * fft.rfft(ring, len(signal) + len(ring)), len(signal) + len(ring)
    )
    added = added[: len(signal)]
    return signal + size * np.std(signal) / max(float(np.std(added)), 1e-30) * added


def _at(signal: NDArray[np.floating], places: Signal) -> Signal:
    """The signal between its samples."""
    fine = fft.irfft(fft.rfft(signal.astype(np.float64)), 4 * len(signal)) * 4
    return np.interp(np.clip(places, 0, len(signal) - 1), np.arange(len(fine)) / 4, fine)


HARMFUL: dict[str, tuple[Harm, float]] = {
    "warped 1 %": (warp, 0.01),
    "wavering 2 ms": (waver, 2e-3),
    "late 2 ms": (late, 2e-3),
    "dissolved": (dissolve, 0.0),
    "flattened": (flatten, 0.1e-3),
    "resonances moved 12 %": (move_resonances, 0.12),
    "another fault": (invent, 2.0),
}
"""Kinds of harm by name, each with its size."""
