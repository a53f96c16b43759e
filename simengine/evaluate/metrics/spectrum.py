"""Distance of two sets of pictures by their radially averaged power spectra."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_pair

__all__ = ["power_spectrum_distance", "radial_spectrum", "spectrum_distance"]

_QUANTISATION = 1.0 / (12.0 * 255.0**2)  # variance of rounding to 8 bits: less power than that is no signal


def radial_spectrum(image: ArrayLike, *, bins: int = 16) -> np.ndarray:
    """Log power of a picture by spatial frequency, averaged over directions.

    10 log10 of the mean of |FFT(w (g - mean))|^2 / sum w^2 over rings of equal width between 0 and 0.5
    cycles a pixel; g: grey values in [0, 1] (mean of the channels), w: a Hann window against the edges.
    White noise of variance v has a flat spectrum of 10 log10 v. Floored at the noise of 8-bit rounding.

    Range: decibel. Better: not a score.
    Source: Durall et al., "Watch your up-convolution", CVPR 2020, arXiv:2003.01826.

    Args:
        image: Shape (H, W) or (H, W, channels); uint8, or floats in [0, 1].
        bins: Number of rings.

    Returns:
        Shape (bins,), low frequencies first.

    Raises:
        SimengineError: The picture is no picture, or so small that a ring is empty.

    Example:
        >>> import numpy as np
        >>> stripes = np.tile([0.0, 1.0], (64, 32))  # half a cycle a pixel: the last ring
        >>> int(radial_spectrum(stripes).argmax())
        15
    """
    grey = np.asarray(image)
    scale = 255.0 if grey.dtype == np.uint8 else 1.0
    grey = grey.astype(np.float64) / scale
    if grey.ndim == 3:
        grey = grey.mean(axis=2)
    if grey.ndim != 2 or not np.isfinite(grey).all():
        raise SimengineError(f"a picture has shape {np.shape(image)}: give finite (H, W) or (H, W, channels).")
    height, width = grey.shape
    window = _hann(height)[:, None] * _hann(width)[None, :]
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window)) ** 2 / (window**2).sum()
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    inside = (radius > 0.0) & (radius <= 0.5)
    ring = np.minimum((radius[inside] * (2 * bins)).astype(np.intp), bins - 1)
    counts = np.bincount(ring, minlength=bins)
    if bins < 1 or not counts.all():
        raise SimengineError(
            f"a picture of {width} x {height} pixels leaves some of {bins} rings empty: use fewer bins."
        )
    mean = np.bincount(ring, weights=power[inside], minlength=bins) / counts
    return 10.0 * np.log10(np.maximum(mean, _QUANTISATION))


def power_spectrum_distance(real: Iterable[ArrayLike], synthetic: Iterable[ArrayLike], *, bins: int = 16) -> float:
    """Root mean square difference of the mean log spectra of two sets of pictures.

    sqrt(mean over rings (S_R - S_S)^2), S the mean over pictures of `radial_spectrum`.

    Finds missing blur, noise and grain, which detectors notice before people do; knows nothing of content.

    Range: from 0, decibel; multiplying all contrasts by c gives 20 |log10 c|. Better: lower.
    Source: Durall et al., arXiv:2003.01826; Dzanic et al., "Fourier spectrum discrepancies in deep network
    generated images", NeurIPS 2020, arXiv:1911.06465.

    Args:
        real: Pictures; sizes may differ, since frequencies are in cycles a pixel.
        synthetic: Pictures.
        bins: Number of rings.

    Raises:
        SimengineError: A set is empty, or as `radial_spectrum`.

    Example:
        >>> import numpy as np
        >>> ramp = np.add.outer(np.arange(64.0), np.arange(64.0)) / 128
        >>> round(power_spectrum_distance([ramp], [ramp]), 6)
        0.0
    """
    sets = []
    for name, images in (("real", real), ("synthetic", synthetic)):
        spectra = [radial_spectrum(image, bins=bins) for image in images]
        if not spectra:
            raise SimengineError(f"{name} holds no picture: give at least one.")
        sets.append(spectra)
    return spectrum_distance(*sets)


def spectrum_distance(real: ArrayLike, synthetic: ArrayLike) -> float:
    """Root mean square difference of the mean log spectra of two sets, from the spectra themselves.

    sqrt(mean over bins (S_R - S_S)^2), S the mean over items. What `power_spectrum_distance` gives for the
    spectra of its pictures: kept once, they can be split and resampled.

    Range: from 0, decibel. Better: lower.
    Source: as `power_spectrum_distance`.

    Args:
        real: Log spectra, shape (n, bins), dB.
        synthetic: Log spectra, shape (m, bins), dB.

    Raises:
        SimengineError: The spectra are no valid pair.

    Example:
        >>> spectrum_distance([[-30.0, -40.0]], [[-33.0, -43.0]])
        3.0
    """
    first, second = as_pair(real, synthetic)
    return float(np.sqrt(((first.mean(axis=0) - second.mean(axis=0)) ** 2).mean()))


def _hann(count: int) -> np.ndarray:
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(count) + 0.5) / count)  # midpoints: no row is thrown away
