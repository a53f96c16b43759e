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
        response = np.full(len(frequencies), self.sensitivity, dtype=complex)
        if self.resonance is not None:
            ratio = frequencies / self.resonance
            response /= 1 - ratio**2 + 2j * self.resonance_damping * ratio
        if self.high_pass > 0:
            response *= 1 - 1 / (1 + 1j * frequencies / self.high_pass)
        return response

    def anti_aliasing(self, frequencies: np.ndarray) -> np.ndarray:
        """Response of the low-pass before the converter at ``frequencies`` (Hz), complex."""
        if self.anti_alias_order == 0:
            return np.ones(len(frequencies), dtype=complex)
        _, poles = butter(self.anti_alias_order, 1.0, analog=True)
        return 1 / np.polyval(poles, 1j * frequencies / (self.anti_alias * self.true_rate))


@lru_cache(maxsize=64)
def chain_responses(sensor: Accelerometer, count: int) -> tuple[np.ndarray, np.ndarray]:
    """``before_clipping`` and ``anti_aliasing`` on the grid of a real FFT of ``count`` oversampled points."""
    frequencies = np.arange(count // 2 + 1) * (sensor.true_rate * sensor.oversampling / count)
    responses = sensor.before_clipping(frequencies), sensor.anti_aliasing(frequencies)
    for response in responses:
        response.flags.writeable = False
    return responses
