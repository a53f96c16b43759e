"""Whole outlines of objects, hidden parts and parts outside the picture included, and what is seen of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.labels.runs import NO_RUNS, Runs, column_runs
from simengine.render.model import Amodal

__all__ = ["NO_OUTLINE", "Outline", "whole_outline"]


@dataclass(frozen=True, eq=False)
class Outline:
    """The outline of an object as if it stood alone.

    Attributes:
        whole: Its pixels, which may lie outside the picture.
        inside: Those inside the picture.
        clipped: Whether it goes on beyond what was traced.
    """

    whole: Runs
    inside: Runs
    clipped: bool

    @property
    def truncated(self) -> bool:
        """Whether a part of it lies outside the picture."""
        return self.clipped or self.inside.area < self.whole.area

    def ratios(self, pixels: int) -> tuple[float, float, float]:
        """Visible fraction, in-frame fraction and visibility in frame, given the visible pixels; 0 for 0/0."""
        inside, whole = self.inside.area, self.whole.area
        return _ratio(pixels, whole), _ratio(inside, whole), _ratio(pixels, inside)


NO_OUTLINE = Outline(NO_RUNS, NO_RUNS, clipped=False)
"""Of an object that is out of sight."""


def whole_outline(amodal: Amodal, instances: NDArray[np.int32], id_: int) -> Outline:
    """The outline of one object; what is seen of the object always belongs to it.

    Args:
        amodal: Its traced window.
        instances: Ids of the picture, shape (H, W).
        id_: Its instance id.
    """
    height, width = instances.shape
    rows, columns = amodal.mask.shape
    x, y = max(0, amodal.left), max(0, amodal.top)
    w = max(0, min(width, amodal.left + columns) - x)
    h = max(0, min(height, amodal.top + rows) - y)
    mask = amodal.mask.copy()
    window = mask[y - amodal.top :, x - amodal.left :][:h, :w]
    window |= instances[y : y + h, x : x + w] == id_
    whole = column_runs(mask).shift(amodal.left, amodal.top)
    inside = whole if window.shape == mask.shape else column_runs(window).shift(x, y)
    return Outline(whole, inside, amodal.clipped)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
