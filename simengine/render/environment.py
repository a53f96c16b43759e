"""Panoramas: the surroundings that are seen where nothing else is, and shine on everything.

All are equirectangular radiance maps in linear RGB, float32, shape (H, W, 3): row 0 is straight up (+z),
azimuth grows with the column from +x (left edge) towards +y.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.render.openexr import read_exr

__all__ = [
    "ambient_light",
    "constant_environment",
    "environment_distribution",
    "read_environment",
    "sky_environment",
    "studio_environment",
]

Floats = NDArray[np.float32]
Rgb = tuple[float, float, float]


def _angles(height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Elevation of each row (H, 1) and azimuth of each column (1, 2 H), radians."""
    width = 2 * height
    elevation = np.pi / 2 - np.pi * (np.arange(height) + 0.5) / height
    azimuth = 2 * np.pi * (np.arange(width) + 0.5) / width
    return elevation[:, None], azimuth[None, :]


def _smooth(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def constant_environment(radiance: Rgb) -> Floats:
    """The same radiance [W/(m^2 sr)] (linear RGB) from everywhere, shape (1, 2, 3)."""
    return np.broadcast_to(np.asarray(radiance, np.float32), (1, 2, 3)).copy()


def sky_environment(zenith: Rgb, horizon: Rgb, ground: Rgb, *, height: int = 64) -> Floats:
    """A gradient from the ground over the horizon to the zenith (radiances, linear RGB), shape (H, 2 H, 3)."""
    elevation, azimuth = _angles(height)
    up = np.sqrt(np.clip(np.sin(elevation), 0, 1))[..., None]
    sky = np.asarray(horizon) * (1 - up) + np.asarray(zenith) * up
    below = _smooth(-elevation / 0.15)[..., None]
    rows = sky * (1 - below) + np.asarray(ground) * below
    return np.broadcast_to(rows, (height, azimuth.size, 3)).astype(np.float32)


def studio_environment(
    *, panels: int = 4, radiance: float = 2.0, ambient: float = 0.15, rotation: float = 0.0, height: int = 128
) -> Floats:
    """A dark room with one soft box overhead and a ring of upright ones, shape (H, 2 H, 3).

    Args:
        panels: Soft boxes in the ring.
        radiance: Radiance of a soft box, W/(m^2 sr).
        ambient: Mean radiance between them; brighter above than below.
        rotation: Turn about z [rad].
        height: Rows of the panorama.
    """
    elevation, azimuth = _angles(height)
    room = ambient * (1.0 + 0.4 * np.sin(elevation)) * np.ones_like(azimuth)
    gap = 2 * np.pi / panels
    across = np.abs((azimuth - rotation + gap / 2) % gap - gap / 2) * np.cos(elevation)
    half_width = min(0.3 * gap, 0.45)
    edge = 0.06
    ring = _smooth((half_width - across) / edge) * _smooth((0.42 - np.abs(elevation - 0.6)) / edge)
    top = _smooth((elevation - 1.15) / edge) * np.ones_like(azimuth)
    light = room + radiance * np.maximum(ring, 0.8 * top)
    return np.repeat(light[..., None], 3, axis=2).astype(np.float32)


def read_environment(path: str | Path, *, scale: float = 1.0, rotation: float = 0.0) -> Floats:
    """Reads an equirectangular panorama: Radiance ``.hdr``, OpenEXR (extra ``exr``), or a PNG or JPEG taken as sRGB.

    Args:
        path: The file.
        scale: Factor on its radiance.
        rotation: Turn about z [rad].

    Raises:
        SimengineError: If the file can't be read.
    """
    import cv2

    data = np.fromfile(path, np.uint8) if Path(path).is_file() else np.zeros(0, np.uint8)
    if Path(path).suffix.lower() == ".exr" and data.size:
        return _placed(read_exr(Path(path)), scale, rotation)
    image = cv2.imdecode(data, cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise SimengineError(
            f"environment image {path}: not a readable picture. Give the path of an equirectangular .hdr, .exr, PNG or JPEG."
        )
    rgb = image[..., ::-1].astype(np.float32)
    if image.dtype != np.float32:
        s = rgb / np.iinfo(image.dtype).max
        rgb = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return _placed(rgb, scale, rotation)


def _placed(rgb: Floats, scale: float, rotation: float) -> Floats:
    """A panorama without what is no radiance, brightened and turned."""
    rgb = np.nan_to_num(rgb, nan=0.0, posinf=6.0e4, neginf=0.0)
    rgb = np.maximum(rgb, 0.0)
    shift = round(rotation / (2 * np.pi) * rgb.shape[1])
    return np.ascontiguousarray(np.roll(rgb, shift, axis=1) * np.float32(scale))


def ambient_light(panorama: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """About the light that a white Lambertian surface reflects under a panorama, as mean + normal @ slope.

    Args:
        panorama: Radiance, shape (H, W, 3).

    Returns:
        Mean, shape (3,), and slope, shape (3, 3), rows for x, y, z: the first two bands of spherical harmonics
        (R. Ramamoorthi and P. Hanrahan, An Efficient Representation for Irradiance Environment Maps, 2001).
    """
    h, w = panorama.shape[:2]
    edges = np.cos(np.pi * np.arange(h + 1) / h)
    solid = ((edges[:-1] - edges[1:]) * 2 * np.pi / w)[:, None, None] * panorama.astype(np.float64)
    polar = (np.pi * (np.arange(h) + 0.5) / h)[:, None]
    azimuth = (2 * np.pi * (np.arange(w) + 0.5) / w)[None]
    across = np.sin(polar)
    directions = np.stack(
        [across * np.cos(azimuth), across * np.sin(azimuth), np.cos(polar) * np.ones_like(azimuth)], axis=-1
    )
    mean = solid.sum(axis=(0, 1)) / (4 * np.pi)
    slope = np.einsum("hwa,hwc->ac", directions, solid) / (2 * np.pi)
    return mean, slope


def _average_cells(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over each cell of what bilinear look-ups give there: light leaks into neighbours."""
    padded = np.pad(np.pad(values, ((1, 1), (0, 0)), mode="edge"), ((0, 0), (1, 1)), mode="wrap")
    rows = 0.125 * padded[:-2] + 0.75 * padded[1:-1] + 0.125 * padded[2:]
    return 0.125 * rows[:, :-2] + 0.75 * rows[:, 1:-1] + 0.125 * rows[:, 2:]


def environment_distribution(panorama: Floats, *, rows: int = 64) -> tuple[Floats, Floats, float]:
    """The distribution from which directions to the surroundings are drawn, and how often to use it.

    Args:
        panorama: Radiance, shape (H, W, 3).
        rows: Largest number of rows of the table.

    Returns:
        Cumulative distribution over rows (h + 1,), over columns within each row (h, w + 1), and the share of
        directions drawn from it: 0 for even surroundings (materials sample those well), 0.5 for uneven ones.
    """
    luminance = panorama.astype(np.float64) @ (0.2126, 0.7152, 0.0722)
    luminance = _average_cells(luminance)
    h, w = min(rows, luminance.shape[0]), min(2 * rows, luminance.shape[1])
    row_edges = np.arange(h + 1) * luminance.shape[0] // h
    column_edges = np.arange(w + 1) * luminance.shape[1] // w
    cells = np.add.reduceat(np.add.reduceat(luminance, row_edges[:-1], axis=0), column_edges[:-1], axis=1)
    cells /= np.diff(row_edges)[:, None] * np.diff(column_edges)[None, :]
    mean = cells.mean()
    uneven = mean > 0 and cells.max() > 3 * mean
    cells = cells + (0.01 * mean if mean > 0 else 1.0)  # nothing is out of reach
    weight = -np.diff(np.cos(np.pi * np.arange(h + 1) / h))
    mass = cells * weight[:, None]
    by_row = np.concatenate([[0], np.cumsum(mass.sum(axis=1))])
    by_column = np.concatenate([np.zeros((h, 1)), np.cumsum(mass, axis=1)], axis=1)
    return (
        (by_row / by_row[-1]).astype(np.float32),
        (by_column / by_column[:, -1:]).astype(np.float32),
        0.5 if uneven else 0.0,
    )
