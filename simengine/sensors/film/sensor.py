"""An image sensor by the linear model of EMVA Standard 1288, release 4.0: photons in, digital numbers out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError

__all__ = ["Sensor"]

Floats = NDArray[np.float32]

_FEW = 16.0
"""Mean below which electrons are drawn from the Poisson distribution itself."""


@dataclass(frozen=True)
class Sensor:
    """A sensor; symbols as in the standard.

    Attributes:
        photons: Mean number of photons on a pixel at brightness 1, mu_p.
        quantum_efficiency: Electrons a photon, eta.
        full_well: Most electrons that a pixel holds.
        dark_current: Electrons a second without light, mu_I.
        exposure_time: Seconds, t_exp.
        read_noise: Standard deviation of the dark signal without dark current [electrons], sigma_d0.
        gain: Digital numbers an electron, K; None makes a full well the largest number.
        bits: Of a digital number.
        black_level: Digital number of no electrons, mu_y.dark at no exposure time.

    Raises:
        SimengineError: If the black level leaves no numbers for light.
    """

    photons: float
    quantum_efficiency: float
    full_well: float
    dark_current: float = 0.0
    exposure_time: float = 0.01
    read_noise: float = 0.0
    gain: float | None = None
    bits: int = 12
    black_level: float = 0.0

    def __post_init__(self) -> None:
        if self.black_level >= self.largest:
            raise SimengineError(
                f"black_level {self.black_level:g} leaves no room for light in {self.bits} bits, whose largest number "
                f"is {self.largest}. Lower black_level or raise bits."
            )

    @property
    def largest(self) -> int:
        """The largest digital number."""
        return 2**self.bits - 1

    @property
    def system_gain(self) -> float:
        """Digital numbers an electron, K."""
        return (self.largest - self.black_level) / self.full_well if self.gain is None else self.gain

    @property
    def dark(self) -> float:
        """Mean number of electrons without light."""
        return self.dark_current * self.exposure_time

    @property
    def saturation(self) -> float:
        """Brightness at which the signal stops rising."""
        electrons = min(self.full_well, (self.largest - self.black_level) / self.system_gain)
        return max(electrons - self.dark, 0.0) / (self.quantum_efficiency * self.photons)

    def expose(self, brightness: Floats, rng: np.random.Generator) -> Floats:
        """Takes a picture.

        The number of electrons is Poisson distributed: sampled as such below a mean of 16, above it from a normal
        variate with the distribution's mean, variance and skewness (E. A. Cornish and R. A. Fisher, 1938) and
        rounded.

        Args:
            brightness: Linear light from 0, 1 is white, any shape.
            rng: Random stream.

        Returns:
            Whole digital numbers in [0, 2^bits - 1], same shape.
        """
        mean = brightness * np.float32(self.quantum_efficiency * self.photons) + np.float32(self.dark)
        np.clip(mean, 0, np.float32(4 * self.full_well + 100), out=mean)  # saturated anyway
        electrons = _poisson(mean, rng)
        np.minimum(electrons, np.float32(self.full_well), out=electrons)
        if self.read_noise:
            electrons += rng.standard_normal(electrons.shape, dtype=np.float32) * np.float32(self.read_noise)
        electrons *= np.float32(self.system_gain)
        electrons += np.float32(self.black_level)
        return np.clip(np.rint(electrons, out=electrons), 0, self.largest, out=electrons)

    def brightness(self, numbers: Floats) -> Floats:
        """Brightness of digital numbers, with black level and mean dark signal subtracted; noise may be below 0."""
        per_brightness = self.system_gain * self.quantum_efficiency * self.photons
        black = self.black_level + self.system_gain * self.dark
        return (numbers - np.float32(black)) * np.float32(1 / per_brightness)


def _poisson(mean: Floats, rng: np.random.Generator) -> Floats:
    z = rng.standard_normal(mean.shape, dtype=np.float32)
    # 1/18 is the variance of the term in z^2, 1/12 that of rounding: the sum has the variance of the distribution
    spread = np.sqrt(np.maximum(mean - np.float32(1 / 18 + 1 / 12), 0))
    counts = np.rint(mean + spread * z + (z * z - 1) * np.float32(1 / 6))
    few = mean < _FEW
    if few.any():
        counts[few] = rng.poisson(mean[few])
    return counts
