"""Two ways to carry one picture's statistics into another: sliced transport of colours, swapped amplitudes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sliced_transport", "swap_amplitude"]

Floats = NDArray[np.float32]

_QUANTILES = 256


def sliced_transport(
    colors: Floats, source: Floats, target: Floats, rng: np.random.Generator, *, turns: int = 12, gain: float = 2.0
) -> Floats:
    """Carries a cloud of colours onto another, whatever their shapes.

    In each of some random frames the marginals are matched one by one (Pitie, Kokaram and Dahyot, "Automated colour
    grading using colour distribution transfer", CVIU 107, 2007; Rabin et al., "Wasserstein barycenter", SSVM 2011).

    Args:
        colors: What is mapped, shape (..., 3).
        source: Colours of the cloud to be carried, shape (N, 3).
        target: Colours of the cloud that it shall become, shape (M, 3).
        rng: Of the frames.
        turns: Number of frames.
        gain: Greatest stretching along an axis in one frame: a plain background's noise is no texture.

    Returns:
        Shape (..., 3).
    """
    flat, cloud = colors.reshape(-1, 3).astype(np.float32), source.astype(np.float32)
    levels = np.linspace(0, 1, _QUANTILES)
    for _ in range(turns):
        frame = np.linalg.qr(rng.standard_normal((3, 3)))[0].astype(np.float32)
        axes = flat @ frame, cloud @ frame, target.astype(np.float32) @ frame
        moved: tuple[list[Floats], list[Floats]] = ([], [])
        for k in range(3):
            start, end = (np.quantile(axes[i][:, k], levels) for i in (1, 2))
            end = _bounded(start, end, gain)
            start = np.maximum.accumulate(start + np.arange(_QUANTILES) * 1e-6)
            for i in (0, 1):
                moved[i].append(_through(axes[i][:, k], start, end))
        flat, cloud = (np.stack(m, axis=-1) @ frame.T for m in moved)
    return flat.reshape(colors.shape)


def _bounded(start: NDArray[np.float64], end: NDArray[np.float64], gain: float) -> NDArray[np.float64]:
    """Draws the ends together about their median until they are at most so much wider than the starts."""
    wide, wider = (q[9 * _QUANTILES // 10] - q[_QUANTILES // 10] for q in (start, end))
    middle = end[_QUANTILES // 2]
    return middle + (end - middle) * (min(1.0, gain * wide / wider) if wider > 0 else 1.0)


def _through(values: Floats, start: NDArray[np.float64], end: NDArray[np.float64]) -> Floats:
    """Piecewise linear; beyond the ends it goes on with slope one."""
    low, high = np.minimum(values - start[0], 0), np.maximum(values - start[-1], 0)
    return (np.interp(values, start, end) + low + high).astype(np.float32)


def swap_amplitude(picture: Floats, photo: Floats, share: float) -> Floats:
    """Gives a picture the low-frequency amplitudes of another, and leaves its phases.

    Fourier domain adaptation (Yang and Soatto, "FDA", CVPR 2020).

    Args:
        picture: Shape (H, W, C).
        photo: The same shape.
        share: Half of the swapped square's side, as a share of the shorter side of the spectrum (their beta).

    Returns:
        Shape (H, W, C).
    """
    h, w = picture.shape[:2]
    reach = int(share * min(h, w))
    a, b = (np.fft.rfft2(p, axes=(0, 1)) for p in (picture, photo))
    rows = np.abs(np.fft.fftfreq(h, 1 / h)) <= reach
    low = rows[:, None] & (np.arange(w // 2 + 1) <= reach)[None, :]
    amplitude = np.where(low[..., None], np.abs(b), np.abs(a))
    return np.fft.irfft2(amplitude * np.exp(1j * np.angle(a)), (h, w), axes=(0, 1)).astype(np.float32)
