"""An accelerometer as a specification, and the linear part of its measuring chain."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy.signal import butter

from simengine.signals.checks import require, require_in, require_natural, require_positive

__all__ = ["GRAVITY", "MOUNTINGS", "Accelerometer"]

GRAVITY = 9.80665  # m/s^2, the standard value: ranges and noise densities are quoted in g

# Resonance of the mounted sensor, Hz, lowest and highest usual value (textbook values, e.g. ISO 5348)
MOUNTINGS: dict[str, tuple[float, float]] = {
    "stud": (15e3, 40e3),
    "glue": (5e3, 15e3),
    "magnet": (2e3, 10e3),
    "probe": (500.0, 2e3),
}


@dataclass(frozen=True)
class Accelerometer:
    """One channel of a measuring system; everything that stands between the machine and the numbers.

    Attributes:
        rate: Nominal samples per second.
        axis: ``x`` and ``y`` across the shaft, ``z`` along it.
        resonance: Resonance of the mounted sensor, Hz (see ``MOUNTINGS``); ``None``: stiff.
        resonance_damping: Its damping ratio.
        sensitivity: Gain relative to the data sheet, 1 for a perfect sensor.
        high_pass: Corner of the AC coupling, Hz; 0: down to DC.
        range: Full scale, m/s^2; beyond it the signal is clipped. ``None``: unlimited.
        anti_alias_order: Order of the Butterworth low-pass before the converter; 0: none.
        anti_alias: Its corner as a fraction of ``rate``.
        clock_ppm: Error of the sample clock, parts per million; positive: it runs fast.
        bits: Resolution of the converter over the range; ``None``: no rounding.
        noise_density: White noise, m/s^2 per root hertz.
        bias: Constant error, m/s^2.
        drift: Random walk of the bias, m/s^2 per root second.
        dropouts: Lost stretches per second; the channel holds its last value.
        dropout_length: Mean length of one, s.
        cross_axis: Part of the motion across the axis that is measured along it.
        oversampling: Steps per sample at which machine, resonance and clipping are computed.
    """

    rate: float
    _: KW_ONLY
    axis: Literal["x", "y", "z"] = "y"
    resonance: float | None = None
    resonance_damping: float = 0.03
    sensitivity: float = 1.0
    high_pass: float = 0.0
    range: float | None = None
    anti_alias_order: int = 8
    anti_alias: float = 0.42
    clock_ppm: float = 0.0
    bits: int | None = None
    noise_density: float = 0.0
    bias: float = 0.0
    drift: float = 0.0
    dropouts: float = 0.0
    dropout_length: float = 0.01
    cross_axis: float = 0.0
    oversampling: int = 2

    def __post_init__(self) -> None:
        require_positive(self, rate=self.rate, sensitivity=self.sensitivity, dropout_length=self.dropout_length)
        require(self.axis in ("x", "y", "z"), self, "axis", self.axis, "say 'x', 'y' or 'z' (along the shaft).")
        if self.resonance is not None:
            require_positive(self, resonance=self.resonance, resonance_damping=self.resonance_damping)
        if self.range is not None:
            require_positive(self, range=self.range)
        require(self.bits is None or self.range is not None, self, "bits", self.bits, "a converter needs a range.")
        if self.bits is not None:
            require_in(self, 2, 32, bits=self.bits)
        require_natural(self, 0, anti_alias_order=self.anti_alias_order)
        require_in(self, 0.01, 0.5 * self.oversampling, anti_alias=self.anti_alias)
        require_in(self, -1e5, 1e5, clock_ppm=self.clock_ppm)
        require_in(self, 0.0, np.inf, high_pass=self.high_pass, noise_density=self.noise_density, drift=self.drift)
        require_in(self, 0.0, np.inf, dropouts=self.dropouts)
        require_in(self, 0.0, 1.0, cross_axis=self.cross_axis)
        require_natural(self, 1, oversampling=self.oversampling)

    @property
    def true_rate(self) -> float:
        """Samples per second of true time."""
        return self.rate * (1 + 1e-6 * self.clock_ppm)

    def before_clipping(self, frequencies: np.ndarray) -> np.ndarray:
        """Response of mounting, sensitivity and AC coupling at ``frequencies`` (Hz), complex."""
        response = np.empty(len(frequencies), dtype=complex)
        if self.resonance is None:
            response.real, response.imag = 1.0, 0.0
        else:
            ratio = frequencies / self.resonance
            response.real, response.imag = 1 - ratio * ratio, 2 * self.resonance_damping * ratio
        if self.high_pass > 0:  # j x / (1 + j x) over that, in one division
            ratio = frequencies / self.high_pass
            whole = np.empty_like(response)
            whole.real = response.real - ratio * response.imag
            whole.imag = response.imag + ratio * response.real
            return np.divide((self.sensitivity * 1j) * ratio, whole, out=whole)
        return np.divide(self.sensitivity, response, out=response)

    def anti_aliasing(self, frequencies: np.ndarray) -> np.ndarray:
        """Response of the low-pass before the converter at ``frequencies`` (Hz), complex."""
        return _low_pass(self.anti_alias_order, frequencies / (self.anti_alias * self.true_rate))


def _low_pass(order: int, ratios: np.ndarray) -> np.ndarray:
    """Butterworth's response at frequencies over the corner: 1 / a(j x), the even and the odd powers of x apart."""
    if order == 0:
        return np.ones(len(ratios), dtype=complex)
    rising = _butterworth(order)
    signs = np.array([1.0, 1.0, -1.0, -1.0])[np.arange(order + 1) % 4]
    square = ratios * ratios
    whole = np.empty(len(ratios), dtype=complex)
    whole.real = np.polynomial.polynomial.polyval(square, (rising * signs)[::2])
    whole.imag = ratios * np.polynomial.polynomial.polyval(square, (rising * signs)[1::2])
    return np.divide(1.0, whole, out=whole)


@lru_cache(maxsize=32)
def _butterworth(order: int) -> np.ndarray:
    """Coefficients of the denominator in rising powers of s."""
    return np.asarray(butter(order, 1.0, analog=True)[1][::-1], dtype=float)


@lru_cache(maxsize=16)
def _guard(order: int, corner: float, steps: int, count: int) -> np.ndarray:
    """The low-pass on the grid of a real FFT; it depends on the corner over the rate and not on the rate."""
    response = _low_pass(order, np.arange(count // 2 + 1) * (steps / (count * corner)))
    response.flags.writeable = False
    return response


@lru_cache(maxsize=16)
def _front(
    resonance: float | None, damping: float, sensitivity: float, high_pass: float, step: float, count: int
) -> np.ndarray:
    sensor = Accelerometer(
        1.0, resonance=resonance, resonance_damping=damping, sensitivity=sensitivity, high_pass=high_pass
    )
    response = sensor.before_clipping(np.arange(count // 2 + 1) * step)
    response.flags.writeable = False
    return response


def chain_responses(sensor: Accelerometer, count: int) -> tuple[np.ndarray, np.ndarray]:
    """``before_clipping`` and ``anti_aliasing`` on the grid of a real FFT of ``count`` oversampled points."""
    step = sensor.true_rate * sensor.oversampling / count
    front = _front(sensor.resonance, sensor.resonance_damping, sensor.sensitivity, sensor.high_pass, step, count)
    return front, _guard(sensor.anti_alias_order, sensor.anti_alias, sensor.oversampling, count)
