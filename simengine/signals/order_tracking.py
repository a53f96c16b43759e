"""Order tracking: the speed from a tachometer or from the signal itself, and signals over the shaft's angle."""

from __future__ import annotations

import numpy as np
from scipy import fft
from scipy.interpolate import CubicSpline

from simengine.errors import SimengineError
from simengine.signals.checked import checked_signal
from simengine.signals.clock import ShaftClock

__all__ = ["clock_from_signal", "clock_from_tacho", "order_spectrum", "over_angle"]


def clock_from_tacho(edges: np.ndarray, *, pulses: int = 1) -> ShaftClock:
    """The clock of a shaft from the pulses of a tachometer.

    Args:
        edges: Times of the pulses, shape (k,), s, increasing, at least two.
        pulses: Pulses per turn.

    Returns:
        A clock whose speed in the middle between two pulses is their mean speed, linear between.

    Raises:
        SimengineError: Too few pulses, or they don't increase.
    """
    edges = np.asarray(edges, dtype=float)
    if len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise SimengineError(f"A tachometer gave {len(edges)} pulses: give at least two, in increasing order of time.")
    return ShaftClock((edges[:-1] + edges[1:]) / 2, 1 / (pulses * np.diff(edges)))


def clock_from_signal(
    signal: np.ndarray,
    rate: float,
    *,
    speeds: tuple[float, float],
    harmonics: int = 6,
    frame: float = 0.5,
    acceleration: float = 30.0,
) -> ShaftClock:
    """The clock of a shaft from the lines it leaves in the signal, without a tachometer.

    In overlapping frames the log spectrum is summed over the harmonics of each trial speed; the best path through the
    frames whose speed changes no faster than ``acceleration`` is found by dynamic programming (Viterbi).

    Args:
        signal: One channel, shape (n,).
        rate: Samples per second.
        speeds: Lowest and highest speed it may have, Hz. A range of less than an octave keeps it from taking
            a harmonic for the speed.
        harmonics: Harmonics of the shaft that are summed.
        frame: Length of a frame, s.
        acceleration: Fastest change of speed, Hz/s.

    Returns:
        The clock.

    Raises:
        SimengineError: The range is none, or the signal is shorter than two frames.
    """
    low, high = speeds
    signal = checked_signal(signal, rate)
    size = round(frame * rate)
    hop = size // 4
    if not 0 < low < high or high * harmonics >= rate / 2:
        raise SimengineError(
            f"speeds is {speeds!r} with {harmonics} harmonics: give 0 < low < high, all below {rate / 2:g} Hz."
        )
    if len(signal) < 2 * size:
        raise SimengineError(
            f"A signal of {len(signal) / rate:g} s is shorter than two frames of {frame:g} s: shorten them."
        )
    starts = np.arange(0, len(signal) - size + 1, hop)
    frames = signal[starts[:, None] + np.arange(size)] * np.hanning(size)
    padded = fft.next_fast_len(8 * size, real=True)
    bins = int(np.ceil(high * harmonics * padded / rate)) + 2
    spectra = np.log(np.abs(fft.rfft(frames, padded, axis=1)[:, :bins]) + 1e-12)
    step = rate / padded
    trial = np.arange(low, high, step)
    places = np.rint(trial[:, None] * np.arange(1, harmonics + 1) / step).astype(int)
    votes = spectra[:, places].mean(axis=2)
    reach = max(1, int(np.ceil(acceleration * hop / rate / step)))
    best, origin = votes[0], []
    for row in votes[1:]:
        shifted = np.stack(
            [np.pad(best, reach, constant_values=-np.inf)[k : k + len(best)] for k in range(2 * reach + 1)]
        )
        came = shifted.argmax(axis=0)
        origin.append(came - reach)
        best = shifted.max(axis=0) + row
    path = [int(best.argmax())]
    for came in reversed(origin):
        path.append(int(np.clip(path[-1] + came[path[-1]], 0, len(trial) - 1)))
    path.reverse()
    found = np.array([_vertex(row, trial, place) for row, place in zip(votes, path, strict=True)])
    return ShaftClock((starts + size / 2) / rate, found)


def over_angle(signal: np.ndarray, rate: float, clock: ShaftClock, *, per_turn: int, start: float = 0.0) -> np.ndarray:
    """A signal at equal angles of the shaft.

    Args:
        signal: One channel, shape (n,).
        rate: Samples per second.
        clock: Clock of the shaft.
        per_turn: Points per turn; the signal should carry nothing above half of it in orders.
        start: Time of the first sample on the clock, s.

    Returns:
        Values at angles that are whole multiples of 1 / per_turn, shape (m,).
    """
    signal = checked_signal(signal, rate)
    fine = fft.irfft(fft.rfft(signal), 4 * len(signal)) * 4  # a spline through four points a sample is exact enough
    times = np.arange(len(fine)) / (4 * rate)
    first, last = clock.turns(np.array([start, start + (len(signal) - 1) / rate]))
    marks = np.arange(np.ceil(first * per_turn), np.floor(last * per_turn) + 1) / per_turn
    return CubicSpline(times, fine)(clock.times_of(marks) - start)


def order_spectrum(
    signal: np.ndarray, rate: float, clock: ShaftClock, *, highest: float, start: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Amplitude spectrum over shaft orders.

    Args:
        signal: One channel, shape (n,).
        rate: Samples per second.
        clock: Clock of the shaft.
        highest: Highest order wanted.
        start: Time of the first sample on the clock, s.

    Returns:
        Orders and the amplitudes of sinusoids there, each shape (k,).

    Raises:
        SimengineError: The highest order lies above half the rate at the highest speed.
    """
    top = float(clock.speeds.max())
    if highest * top >= rate / 2:
        raise SimengineError(
            f"The order {highest:g} reaches {highest * top:.6g} Hz, above half the rate of {rate:g} Hz: "
            f"ask for orders below {rate / 2 / top:.4g}, or record at a higher rate."
        )
    # what lies above half the points per turn would fold: take as many as the slowest turn has samples
    slowest = float(clock.speed(start + np.arange(len(signal)) / rate).min())
    per_turn = int(max(2.56 * highest, np.ceil(rate / max(slowest, rate / len(signal)))))
    even = over_angle(signal, rate, clock, per_turn=per_turn, start=start)
    window = np.hanning(len(even))
    amplitudes = 2 * np.abs(np.fft.rfft(even * window)) / window.sum()
    orders = np.fft.rfftfreq(len(even), 1 / per_turn)
    keep = orders <= highest
    return orders[keep], amplitudes[keep]


def _vertex(row: np.ndarray, trial: np.ndarray, place: int) -> float:
    """Top of the parabola through a maximum and its neighbours."""
    if not 0 < place < len(row) - 1:
        return float(trial[place])
    left, middle, right = row[place - 1 : place + 2]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(trial[place] + np.clip(shift, -0.5, 0.5) * (trial[1] - trial[0]))
