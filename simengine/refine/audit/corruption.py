"""Planted changes: harmless ones, as a good refiner makes, and harmful ones, as a bad one does."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["HARMFUL", "erase", "harm", "harmless", "move", "resize", "dissolve"]

_REACH = 24  # px around an object within which its harm stays

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def harmless(rgb: Picture, rng: np.random.Generator) -> Picture:
    """Another camera under another light: colour, exposure, shading, sharpness, noise, JPEG; nothing moves.

    Args:
        rgb: sRGB, uint8 (H, W, 3).
        rng: Source of the strengths.
    """
    import cv2

    h, w = rgb.shape[:2]
    value = rgb.astype(np.float32) / 255
    value = value ** np.float32(rng.uniform(0.6, 1.6))
    mix = np.eye(3) + rng.normal(0, 0.08, (3, 3))
    value = value @ (mix * rng.uniform(0.75, 1.25, 3)).astype(np.float32)
    field = cv2.resize(rng.uniform(0.75, 1.25, (3, 3)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    value = value * field[..., None] + np.float32(rng.uniform(-0.06, 0.06))
    value = cv2.GaussianBlur(value, (0, 0), float(rng.uniform(0.2, 1.3)))
    value = value + rng.normal(0, rng.uniform(0.0, 0.03), value.shape).astype(np.float32)
    out = (value.clip(0, 1) * 255).round().astype(np.uint8)
    _, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 96))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)


def harm(kind: str, rgb: Picture, mask: Mask, rng: np.random.Generator) -> Picture:
    """Harms one object of a picture.

    Args:
        kind: A name in `HARMFUL`.
        rgb: sRGB, uint8 (H, W, 3).
        mask: The object's pixels, (H, W).
        rng: Source of directions.
    """
    change, size = HARMFUL[kind]
    around = _around(mask, _REACH)
    out = rgb.copy()
    out[around] = change(rgb[around], mask[around], rng, size)
    return out


def erase(rgb: Picture, mask: Mask, rng: np.random.Generator, size: float = 0.0) -> Picture:
    """Lets an object vanish: its place is filled from around it."""
    import cv2

    hole = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.asarray(cv2.inpaint(rgb, hole, 3, cv2.INPAINT_TELEA), np.uint8)


def move(rgb: Picture, mask: Mask, rng: np.random.Generator, size: float) -> Picture:
    """Moves an object by `size` pixels in a random direction; its place is filled from around it."""
    angle = rng.uniform(0, 2 * math.pi)
    return _warp(rgb, mask, np.array([[1, 0, size * math.cos(angle)], [0, 1, size * math.sin(angle)]], np.float32))


def resize(rgb: Picture, mask: Mask, rng: np.random.Generator, size: float) -> Picture:
    """Makes an object larger or smaller about its middle, so that its outline moves by about `size` pixels."""
    rows, columns = np.nonzero(mask)
    x, y = float(columns.mean()), float(rows.mean())
    radius = math.sqrt(len(rows) / math.pi)
    scale = 1 + rng.choice([-1, 1]) * size / radius
    return _warp(rgb, mask, np.array([[scale, 0, (1 - scale) * x], [0, scale, (1 - scale) * y]], np.float32))


def dissolve(rgb: Picture, mask: Mask, rng: np.random.Generator, size: float = 4.0) -> Picture:
    """Dissolves an object into its surroundings, as too strong diffusion does: blurred by `size` pixels, noise on top."""
    import cv2

    soft = cv2.GaussianBlur(rgb, (0, 0), size).astype(np.float32)
    soft += cv2.GaussianBlur(rng.normal(0, 12, rgb.shape).astype(np.float32), (0, 0), 1.0)
    halo = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return np.where(halo[..., None], soft.clip(0, 255).astype(np.uint8), rgb)


HARMFUL: dict[str, tuple[Callable[[Picture, Mask, np.random.Generator, float], Picture], float]] = {
    "moved 2 px": (move, 2.0),
    "moved 4 px": (move, 4.0),
    "moved 8 px": (move, 8.0),
    "resized 3 px": (resize, 3.0),
    "dissolved": (dissolve, 4.0),
    "erased": (erase, 0.0),
}
"""Kinds of harm by name, each with its size."""


def _warp(rgb: Picture, mask: Mask, matrix: NDArray[np.float32]) -> Picture:
    import cv2

    h, w = mask.shape
    clean = erase(rgb, mask, np.random.default_rng(0))
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.6)
    weight = cv2.warpAffine(alpha, matrix, (w, h))[..., None]
    moved = cv2.warpAffine(rgb, matrix, (w, h), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return (weight * moved + (1 - weight) * clean).round().astype(np.uint8)


def _around(mask: Mask, margin: int) -> tuple[slice, slice]:
    rows, columns = np.nonzero(mask)
    return (
        slice(max(int(rows.min()) - margin, 0), int(rows.max()) + margin + 1),
        slice(max(int(columns.min()) - margin, 0), int(columns.max()) + margin + 1),
    )
