"""Directional albedos, tabulated: what share of light a rough surface and a fuzz of fibres reflect."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["albedo_table", "sheen_table"]


@lru_cache(maxsize=1)
def albedo_table(size: int = 32, samples: int = 1024) -> NDArray[np.float32]:
    """Scale and offset of F0 in the directional albedo with Schlick's Fresnel term.

    The albedo is ``F0 * table[..., 0] + table[..., 1]`` (B. Karis, Real Shading in Unreal Engine 4, 2013),
    integrated over visible normals with a rank-1 lattice.

    Returns:
        Shape (size, size, 2): rows by roughness 0 to 1, columns by cosine 0 to 1.
    """
    roughness = np.linspace(0, 1, size)[:, None, None]
    alpha = np.maximum(roughness**2, 0.002)
    mu = np.maximum(np.linspace(0, 1, size), 1e-3)[None, :, None]
    k = np.arange(samples)
    u0, u1 = (k + 0.5) / samples, (k * 0.6180339887498949 + 0.5) % 1.0
    sine = np.sqrt(1 - mu**2)
    # visible normals in the stretched space (Dupuy and Benyoub 2023); wo lies in the x-z plane
    length = np.sqrt((alpha * sine) ** 2 + mu**2)
    vx, vz = alpha * sine / length, mu / length
    z = (1 - u1) * (1 + vz) - vz
    s = np.sqrt(np.clip(1 - z**2, 0, 1))
    hx, hy, hz = alpha * (s * np.cos(2 * np.pi * u0) + vx), alpha * s * np.sin(2 * np.pi * u0), z + vz
    norm = np.sqrt(hx**2 + hy**2 + hz**2)
    hx, hz = hx / norm, hz / norm
    dot = hx * sine + hz * mu
    wi = 2 * dot * hz - mu
    lo = np.sqrt(alpha**2 + (1 - alpha**2) * mu**2)
    li = np.sqrt(alpha**2 + (1 - alpha**2) * wi**2)
    weight = np.where(wi > 0, wi * (mu + lo) / np.where(wi > 0, wi * lo + mu * li, 1), 0)  # G2 / G1
    schlick = np.clip(1 - dot, 0, 1) ** 5
    return np.stack([(weight * (1 - schlick)).mean(-1), (weight * schlick).mean(-1)], -1).astype(np.float32)


@lru_cache(maxsize=1)
def sheen_table(rows: int = 16, columns: int = 32, cells: int = 96) -> NDArray[np.float32]:
    """The directional albedo of white sheen, see `simengine.render.kernels.fuzz`; by a grid over the hemisphere.

    Returns:
        Shape (rows, columns): rows by roughness 0 to 1, columns by the square root of the cosine 0 to 1.
    """
    power = (0.4 + 0.6 * np.linspace(0, 1, rows)) ** -2.0
    mu = np.maximum(np.linspace(0, 1, columns) ** 2, 1e-3)[:, None, None]
    z = ((np.arange(cells) + 0.5) / cells)[:, None]
    phi = np.pi * (np.arange(cells) + 0.5) / cells
    across = np.sqrt(1 - z**2)
    x, y = np.sqrt(1 - mu**2) + across * np.cos(phi), across * np.sin(phi)
    sine2 = 1 - (mu + z) ** 2 / (x**2 + y**2 + (mu + z) ** 2)
    weight = z / (4 * (z + mu - z * mu))
    albedo = [((2 + p) * np.maximum(sine2, 1e-12) ** (p / 2) * weight).mean(axis=(1, 2)) for p in power]
    return np.asarray(albedo, np.float32)
