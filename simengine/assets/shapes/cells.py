"""Cells of blood: discs with a hollow on both sides, and round cells with a lobed nucleus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.draft import Draft
from simengine.assets.hulls import compound
from simengine.assets.patch import Patch
from simengine.assets.sweep import grid

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["disc_cell", "lobed_cell"]

Doubles = NDArray[np.float64]

# E. Evans and Y.-C. Fung, Microvascular Research 4(4), 1972: thickness of a red cell at 300 mOsm over its radius
_EVANS_FUNG = np.array([0.81, 7.83, -4.39]) / 3.91


def disc_cell(shape: shapes.DiscCell) -> Draft:
    """A disc about the origin: between a lens and Evans and Fung's red cell by `hollow`, its outline drawn out."""
    rows, columns = 32, 48
    polar = np.linspace(0.0, np.pi, rows + 1)
    rho = np.sin(polar)
    fall = np.sqrt(np.maximum(1 - rho**2, 0.0))
    rim = np.polynomial.polynomial.polyval(np.linspace(0, 1, 512) ** 2, _EVANS_FUNG)
    most = float((np.sqrt(1 - np.linspace(0, 1, 512) ** 2) * rim).max())
    biconcave = fall * np.polynomial.polynomial.polyval(rho**2, _EVANS_FUNG) / most
    half = 0.5 * shape.thickness * (shape.hollow * biconcave + (1 - shape.hollow) * fall)
    z = -np.sign(np.cos(polar)) * half
    turn = np.arange(columns + 1) * (2 * np.pi / columns)
    turn[-1] = 0.0
    reach = shape.radius * (1 + shape.bumps * np.cos(shape.corners * turn))
    x = rho[:, None] * reach * np.cos(turn)
    y = rho[:, None] * reach * np.sin(turn) * shape.oval
    points = np.stack([x, y, np.broadcast_to(z[:, None], x.shape)], axis=-1)
    points[[0, -1]] = points[[0, -1], :1]
    fat = int(np.argmax(half[: rows // 2])) or 1  # the row where it is thickest
    between = (fat + rows // 2) // 2
    chosen = [fat, between, rows // 2, rows - between, rows - fat]
    hull = np.concatenate([points[chosen, :-1:2].reshape(-1, 3), points[[0, -1], 0]])
    return Draft([grid(points, None)], compound(hull))


def lobed_cell(shape: shapes.LobedCell) -> Draft:
    """A flattened ball about the origin (slot ``body``); in it the lobes of a nucleus along an arc (``nucleus``)."""
    r, t = shape.radius, shape.height / 2
    patches = [_ellipsoid((r, r * shape.oval, t), (0.0, 0.0, 0.0), slot="body")]
    count = shape.lobes
    lobe = shape.nucleus * r * (1.0 if count == 1 else 1.45 / count**0.5)
    lobe = min(lobe, 0.9 * r * shape.oval if count == 1 else 0.55 * r)
    ring = 0.0 if count == 1 else max(min(0.9 * r * shape.oval - 1.12 * lobe, 0.55 * r), 0.1 * r)
    angles = np.linspace(-0.5, 0.5, count) * shape.arc if count > 1 else np.zeros(1)
    for k, angle in enumerate(angles.tolist()):
        middle = (ring * np.cos(angle), ring * np.sin(angle), 0.0)
        swell = 1.0 + 0.12 * (-1.0) ** k  # no two neighbours alike
        patches.append(_ellipsoid((lobe * swell, lobe * (2 - swell), 0.8 * t), middle, slot="nucleus", turn=angle))
    hull = patches[0].vertices.reshape(17, 33, 3)[[0, 3, 6, 8, 10, 13, 16], :-1:2]
    return Draft(
        patches,
        compound(np.unique(hull.reshape(-1, 3), axis=0)),
        colors={"nucleus": (0.35, 0.2, 0.6)},
    )


def _ellipsoid(
    semi: tuple[float, float, float], middle: tuple[float, float, float], *, slot: str, turn: float = 0.0
) -> Patch:
    rows, columns = 16, 32
    polar = np.linspace(0.0, np.pi, rows + 1)[:, None]
    around = np.arange(columns + 1) * (2 * np.pi / columns)
    around[-1] = 0.0
    unit = np.stack(
        [
            np.sin(polar) * np.cos(around),
            np.sin(polar) * np.sin(around),
            np.broadcast_to(-np.cos(polar), (rows + 1, columns + 1)),
        ],
        axis=-1,
    )
    unit[[0, -1], :, :2] = 0.0
    c, s = np.cos(turn), np.sin(turn)
    rotation = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    normals = unit / np.array(semi)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return grid((unit * semi) @ rotation.T + middle, normals @ rotation.T, slot=slot)
