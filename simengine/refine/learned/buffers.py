"""What the renderer knows of a picture as the channels that networks are conditioned on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.refine.frame import Frame

__all__ = ["CHANNELS", "buffers"]

CHANNELS = 6
"""Nearness, normal x, y, z, outline of every instance, label mask."""


def buffers(frame: Frame) -> NDArray[np.float32]:
    """The channels of a frame.

    Nearness is inverse depth over its greatest value in the picture, 0 where nothing is hit; normals are in the
    camera's frame; outlines are 1 where a pixel's right or lower neighbour shows another instance; the mask is 1 on
    objects of a class. What the data set does not have is 0 everywhere.

    Returns:
        float32, shape (6, H, W).
    """
    h, w = frame.ids.shape
    out = np.zeros((CHANNELS, h, w), np.float32)
    if frame.depth is not None and frame.depth.max(initial=0) > 0:
        seen = frame.depth > 0
        out[0, seen] = frame.depth[seen].min() / frame.depth[seen]
    if frame.normals is not None:
        out[1:4] = frame.normals.transpose(2, 0, 1)
    out[4, :, :-1] = frame.ids[:, :-1] != frame.ids[:, 1:]
    out[4, :-1] = np.maximum(out[4, :-1], frame.ids[:-1] != frame.ids[1:])
    out[5] = ~frame.segment(None)
    return out
