"""What ControlNets are shown of a picture, exact, from the data set's own labels instead of another network's guess."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.refine.frame import Frame
from simengine.refine.learned.hub.ade20k import COLORS, color_of

__all__ = ["CONDITIONS", "condition"]

_GROUND = "floor"  # what has no class is shown as the surface that things lie on
_GOLDEN = 0.61803398875  # steps of hue that never meet


def condition(kind: str, frame: Frame) -> NDArray[np.uint8]:
    """The picture that a ControlNet is conditioned on.

    Args:
        kind: One of `CONDITIONS`.
        frame: The render and its labels.

    Returns:
        uint8 (H, W, 3).

    Raises:
        SimengineError: The kind is unknown, or the data set lacks what it needs.
    """
    if kind not in CONDITIONS:
        raise SimengineError(f"there is no condition {kind!r}: give one of {', '.join(CONDITIONS)}.")
    return CONDITIONS[kind](frame)


def _depth(frame: Frame) -> NDArray[np.uint8]:
    """Inverse depth stretched over the picture: near is white, as MiDaS gave it to the ControlNets in training."""
    if frame.depth is None:
        raise SimengineError(
            "a depth ControlNet needs depth, which the data set has not: add depth to `outputs` of the scene and generate "
            "again, or leave that ControlNet out."
        )
    near = np.divide(1, frame.depth, out=np.zeros_like(frame.depth), where=frame.depth > 0)
    low, high = float(near.min()), float(near.max())
    scaled = (near - low) / (high - low) if high > low else np.zeros_like(near)
    return _gray((scaled * 255).round().astype(np.uint8))


def _segmentation(frame: Frame) -> NDArray[np.uint8]:
    """Classes in ADE20K's colours: by name where ADE20K has the class, else as a plaything; the rest as floor."""
    picture = np.full((*frame.ids.shape, 3), COLORS[_GROUND], np.uint8)
    for category in sorted({name for name in frame.categories.values() if name}):
        picture[frame.segment(category)] = color_of(category)
    return picture


def _instances(frame: Frame) -> NDArray[np.uint8]:
    """Every object of a class in a hue of its own, the rest black: for ControlNets trained on one's own renders."""
    picture = np.zeros((*frame.ids.shape, 3), np.uint8)
    for number, name in frame.categories.items():
        if name:
            color = colorsys.hsv_to_rgb(number * _GOLDEN % 1.0, 0.8, 1.0)
            picture[frame.ids == number] = [round(255 * part) for part in color]
    return picture


def _edges(frame: Frame) -> NDArray[np.uint8]:
    """Canny's edges of the render, at the thresholds of the ControlNets' training."""
    import cv2

    return _gray(cv2.Canny(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY), 100, 200))


def _gray(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(values[..., None], 3, axis=2)


CONDITIONS: dict[str, Callable[[Frame], NDArray[np.uint8]]] = {
    "depth": _depth,
    "segmentation": _segmentation,
    "edges": _edges,
    "instances": _instances,
}
"""What ControlNets may be shown."""
