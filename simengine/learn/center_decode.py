"""From maps to boxes: peaks of the centre map, one box each."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from simengine.learn.center_network import STRIDE, CenterMaps
from simengine.learn.detector import Detections

__all__ = ["decode", "suppress"]

_MOST = 200  # peaks of a picture
_LEAST = 0.01  # score under which nothing is said


def decode(maps: CenterMaps, *, most: int = _MOST, least: float = _LEAST) -> list[Detections]:
    """Reads the boxes off the maps of a batch.

    A cell speaks if none of its eight neighbours is surer. The score of a class is that of the centre times the
    class's probability; each class above `least` is said.

    Args:
        maps: Of the network.
        most: Centres of a picture.
        least: Lowest score.

    Returns:
        For each picture; boxes in pixels of the network's input.
    """
    heat = torch.sigmoid(maps.heat.float())[:, 0]
    peak = (torch.nn.functional.max_pool2d(heat, 3, 1, 1) == heat) & (heat >= least)
    found = []
    for n in range(len(heat)):
        cells = torch.nonzero(peak[n].reshape(-1))[:, 0]
        sure = heat[n].reshape(-1)[cells]
        order = torch.argsort(sure, descending=True, stable=True)[:most]
        cells, sure = cells[order], sure[order]
        edges = torch.exp(maps.edges[n].float().reshape(4, -1)[:, cells].clamp(max=8.0)) * STRIDE
        x = (cells % heat.shape[2] + 0.5) * STRIDE
        y = (torch.div(cells, heat.shape[2], rounding_mode="floor") + 0.5) * STRIDE
        boxes = torch.stack([x - edges[0], y - edges[1], x + edges[2], y + edges[3]], dim=1).cpu().numpy()
        classes = torch.softmax(maps.classes[n].float().reshape(maps.classes.shape[1], -1)[:, cells], dim=0)
        scores = (sure * classes).T.cpu().numpy()
        keep = suppress(boxes, sure.cpu().numpy())
        boxes, scores = boxes[keep], scores[keep]
        rows, labels = np.nonzero(scores >= least)
        best = np.argsort(-scores[rows, labels], kind="stable")
        rows, labels = rows[best], labels[best].astype(np.int64)
        found.append(Detections(boxes[rows].astype(np.float32), scores[rows, labels].astype(np.float32), labels))
    return found


def suppress(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], *, most_overlap: float = 0.6
) -> NDArray[np.int64]:
    """Greedy non-maximum suppression.

    Args:
        boxes: x0, y0, x1, y1, shape (n, 4).
        scores: Shape (n,).
        most_overlap: IoU above which the less sure of two boxes goes.

    Returns:
        Indices of the boxes kept, surest first.
    """
    order = np.argsort(-scores, kind="stable")
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    overlap = shared / np.maximum(area[:, None] + area[None] - shared, 1e-9)
    kept: list[int] = []
    for index in order:
        if not kept or overlap[index, kept].max() <= most_overlap:
            kept.append(int(index))
    return np.array(kept, np.int64)
