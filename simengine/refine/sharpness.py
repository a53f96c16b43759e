"""How sharp, how noisy and how compressed a photo is, estimated from the photo alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Noise", "add_noise", "blur_of", "jpeg_quality", "noise_of"]

Floats = NDArray[np.float32]

_FINE, _COARSE = 0.7, 2.0  # px, blurs between which edges are compared
_DIFFERENCE = 1 / 3  # px^2, what a central difference blurs by itself
_GRAIN = 1.2  # px, blur of the coarse part of noise


def blur_of(luma: Floats) -> float:
    """Standard deviation of the blur at the sharpest edges [px].

    The gradient at the foot of a step edge that is blurred by s is 1 / sqrt(2 pi s^2); after two more blurs the ratio
    of the gradients gives s (Elder and Zucker, IEEE TPAMI 20(7), 1998). The median over the strongest edges is taken.

    Args:
        luma: Shape (H, W).

    Returns:
        At least 0; NaN in a picture without an edge.
    """
    import cv2

    def slope(sigma: float) -> Floats:
        soft = cv2.GaussianBlur(luma, (0, 0), sigma)
        return cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=1))

    fine, coarse = slope(_FINE), slope(_COARSE)
    crest = (fine >= cv2.dilate(fine, np.ones((3, 3)))) & (coarse > 1e-6)
    strong = crest & (fine >= max(np.quantile(fine[crest], 0.9) if crest.any() else np.inf, 1e-3))
    if not strong.any():
        return float("nan")
    ratio2 = (fine[strong].astype(np.float64) / coarse[strong]) ** 2
    fine2, coarse2 = _FINE**2 + _DIFFERENCE, _COARSE**2 + _DIFFERENCE
    variance = (coarse2 - fine2 * ratio2) / np.maximum(ratio2 - 1, 1e-6)
    return float(np.sqrt(max(float(np.median(variance)), 0.0)))


@dataclass(frozen=True)
class Noise:
    """Noise of two grain sizes: standard deviations of a white and of a blurred part, in units of the picture."""

    white: float
    grain: float


def noise_of(luma: Floats) -> Noise:
    """Noise of a picture's flat parts, from diagonal details at two scales.

    The median absolute deviation of the diagonal Haar details is the noise wherever most of the picture is flat
    (Donoho and Johnstone 1994); what they measure of white and of blurred noise is known, which gives both parts.
    """
    from scipy.optimize import nnls

    found = np.array(_details(luma))
    parts, _ = nnls(np.array(_responses()).T, found**2)
    return Noise(*(float(v) for v in np.sqrt(parts)))


def _details(luma: Floats) -> list[float]:
    out = []
    for _ in range(2):
        h, w = (s - s % 2 for s in luma.shape)
        a, b, c, d = luma[:h:2, :w:2], luma[:h:2, 1:w:2], luma[1:h:2, :w:2], luma[1:h:2, 1:w:2]
        detail = (a - b - c + d) / 2
        out.append(float(np.median(np.abs(detail))) / 0.6745)
        luma = ((a + b + c + d) / 4).astype(np.float32)
    return out


@lru_cache(maxsize=1)
def _responses() -> list[list[float]]:
    """Squared details of unit white noise and of unit blurred noise, by scale."""
    rng = np.random.default_rng(0)
    return [[v**2 for v in _details(_grains(rng, (1024, 1024), Noise(*part)))] for part in ((1.0, 0.0), (0.0, 1.0))]


def _grains(rng: np.random.Generator, shape: tuple[int, ...], noise: Noise) -> Floats:
    import cv2

    out = noise.white * rng.standard_normal(shape, dtype=np.float32)
    if noise.grain > 0:
        soft = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), _GRAIN)
        out += np.float32(noise.grain * 2 * np.sqrt(np.pi) * _GRAIN) * soft  # back to unit variance
    return out.astype(np.float32)


def add_noise(luma_offset_shape: tuple[int, int], noise: Noise, rng: np.random.Generator) -> Floats:
    """A field of noise, shape (H, W), to be added to a picture's luma."""
    return _grains(rng, luma_offset_shape, noise)


_STANDARD_SUM = 3688  # of the luminance table in ITU-T T.81, annex K


def jpeg_quality(path: Path) -> int | None:
    """The quality (1 to 100, libjpeg's scale) at which a JPEG was saved, from its table; None for other files."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            table = getattr(picture, "quantization", {}).get(0)
    except (OSError, UnidentifiedImageError):
        return None
    if table is None:
        return None
    scale = 100 * sum(table) / _STANDARD_SUM
    return int(np.clip(round(5000 / scale if scale > 100 else (200 - scale) / 2), 1, 100))
