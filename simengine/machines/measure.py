"""From true acceleration to the numbers in the file: the measuring chain, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from simengine.machines.accelerometer import Accelerometer, chain_responses
from simengine.machines.noise import normals
from simengine.machines.run import Run

__all__ = ["Measured", "measure"]


@dataclass(frozen=True)
class Measured:
    """What one channel wrote.

    Attributes:
        signal: Shape (n,), m/s^2.
        clipped: Samples in whose interval the sensor or the converter was at its limit, shape (n,), bool.
        dropped: Samples that were lost and hold the last value, shape (n,), bool.
    """

    signal: np.ndarray
    clipped: np.ndarray
    dropped: np.ndarray


def measure(acceleration: np.ndarray, sensor: Accelerometer, count: int, run: Run, name: str) -> Measured:
    """Measures an acceleration.

    In this order: mounting resonance, sensitivity, AC coupling, clipping at the range, anti-alias filter,
    sampling, noise and drift, converter, dropouts. (The cross-axis part and the error of the clock are in
    ``acceleration`` already: motion is computed along the sensor's axis at the true times of its samples.)
    Noise and drift enter before the converter, for a file holds no finer steps than its bits.

    Args:
        acceleration: True acceleration at ``sensor.oversampling`` points a sample, shape (m,), m/s^2; the last
            ``count`` samples are kept, what lies before lets filters settle.
        sensor: The channel.
        count: Samples wanted.
        run: Random streams.
        name: Name of the channel among them.

    Returns:
        The signal and its masks.
    """
    points, steps = len(acceleration), sensor.oversampling
    front, guard = chain_responses(sensor, points)
    spectrum = fft.rfft(acceleration)
    spectrum *= front
    clipped = np.zeros(count, dtype=bool)
    # |x| is at most the sum of its spectrum's moduli, and they of both parts': where that stays in range, no need to look
    if sensor.range is not None and 2 * np.abs(spectrum.view(float)).sum() / points > sensor.range:
        analogue = fft.irfft(spectrum, points)
        over = np.abs(analogue) > sensor.range
        if over.any():
            clipped |= over[points - count * steps :].reshape(count, steps).any(axis=1)
            spectrum = fft.rfft(np.clip(analogue, -sensor.range, sensor.range))
    spectrum *= guard
    signal = fft.irfft(_folded(spectrum, steps), points // steps, overwrite_x=True)[-count:]
    _add_noise(signal, sensor, run, name)
    if sensor.range is not None:
        clipped |= np.abs(signal) > sensor.range
        np.clip(signal, -sensor.range, sensor.range, out=signal)
    if sensor.bits is not None and sensor.range is not None:
        step = sensor.range / 2 ** (sensor.bits - 1)
        signal = np.minimum(np.rint(signal / step), 2 ** (sensor.bits - 1) - 1) * step
    return Measured(signal, clipped, _drop(signal, sensor, run, name))


def _folded(spectrum: np.ndarray, steps: int) -> np.ndarray:
    """Spectrum of every ``steps``-th sample of a signal of even length: its aliases add up."""
    if steps == 1:
        return spectrum
    full = np.concatenate([spectrum, spectrum[-2:0:-1].conj()])
    kept = len(full) // steps
    return full.reshape(steps, kept)[:, : kept // 2 + 1].sum(axis=0) / steps


def _add_noise(signal: np.ndarray, sensor: Accelerometer, run: Run, name: str) -> None:
    if sensor.noise_density > 0:
        signal += normals(run.stream(f"sensor.{name}.noise"), len(signal)) * (
            sensor.noise_density * np.sqrt(sensor.rate / 2)
        )
    if sensor.bias:
        signal += sensor.bias
    if sensor.drift > 0:
        walk = np.cumsum(normals(run.stream(f"sensor.{name}.drift"), len(signal)))
        signal += walk * (sensor.drift / np.sqrt(sensor.rate))


def _drop(signal: np.ndarray, sensor: Accelerometer, run: Run, name: str) -> np.ndarray:
    """Loses stretches of the signal in place and tells which."""
    dropped = np.zeros(len(signal), dtype=bool)
    if sensor.dropouts == 0:
        return dropped
    rng = run.stream(f"sensor.{name}.dropouts")
    for _ in range(rng.poisson(sensor.dropouts * len(signal) / sensor.rate)):
        begin = int(rng.integers(1, len(signal))) if len(signal) > 1 else 0
        length = max(1, round(rng.exponential(sensor.dropout_length) * sensor.rate))
        dropped[begin : begin + length] = True
    held = np.maximum.accumulate(np.where(dropped, 0, np.arange(len(signal))))
    signal[:] = signal[held]
    return dropped
