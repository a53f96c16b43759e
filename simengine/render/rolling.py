"""Where moving points fall in a picture whose rows have times of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simengine.render.camera import project_points
from simengine.render.eye import shutter_states
from simengine.render.model import RenderCamera, Shutter

__all__ = ["project_rolling"]

Doubles = NDArray[np.float64]


def project_rolling(camera: RenderCamera, shutter: Shutter, points: Doubles) -> tuple[Doubles, Doubles]:
    """Where points are when the row that they fall on is in the middle of its exposure.

    A point that is never met by its row (above the first, below the last) is seen as in the first or last state, as
    outlines are.

    Args:
        camera: The camera.
        shutter: Its rolling shutter, S states.
        points: World positions [m] in each state, shape (S, n, 3).

    Returns:
        Pixel coordinates, shape (n, 2), NaN for points that the lens can't draw, and depths z [m], shape (n,).
    """
    seen = [
        project_points(replace(camera, world_from_camera=pose), there)
        for pose, there in zip(shutter.world_from_camera, points, strict=True)
    ]
    pixels, depths = np.stack([each[0] for each in seen]), np.stack([each[1] for each in seen])
    base, step, span = shutter_states(camera, shutter)
    whole = camera.whole
    row = base + span / 2 + (pixels[..., 0] + whole.left) * step[0] + (pixels[..., 1] + whole.top) * step[1]
    early = row - (np.arange(len(row)) + 0.5)[:, None]  # states until the row that it falls on is read
    count = len(early)
    met = (early[:-1] >= 0) & (early[1:] < 0)
    first = np.where(met.any(axis=0), met.argmax(axis=0), np.where(early[0] < 0, 0, max(count - 2, 0)))
    after = np.minimum(first + 1, count - 1)
    n = np.arange(pixels.shape[1])
    a, b = early[first, n], early[after, n]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(met.any(axis=0), a / (a - b), np.where(early[0] < 0, 0.0, 1.0))
    return (
        pixels[first, n] * (1 - share[:, None]) + pixels[after, n] * share[:, None],
        depths[first, n] * (1 - share) + depths[after, n] * share,
    )
