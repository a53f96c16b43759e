"""Where the embedded detector should see centres, edges and classes, and how wrong it is.

Targets after TTFNet (Liu et al., 2020): an elliptic Gaussian that grows with the box on the map of centres; around
each centre the cells inside it learn edges and class, weighted by it, each object as much as any other. Losses: the
penalty-reduced focal loss of CornerNet (Law, Deng, 2018), generalised IoU (Rezatofighi et al., 2019), cross entropy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from simengine.learn.center_network import STRIDE, CenterMaps

__all__ = ["CenterTargets", "LossParts", "center_loss", "draw_targets", "generalized_iou"]

_LEAST = 1e-4  # logit clamps keep the focal loss finite


@dataclass(frozen=True)
class CenterTargets:
    """What the maps of a batch should be; h, w in cells.

    Attributes:
        heat: 1 at centres, falling off around them, shape (n, 1, h, w).
        counted: Whether a cell counts as background; False inside ignored boxes, shape (n, 1, h, w).
        cells: Flat indices (picture, row, column) of the cells that learn edges and class, shape (m,).
        boxes: Their boxes x0, y0, x1, y1 [px], shape (m, 4).
        labels: Their classes, shape (m,).
        weights: Their weights, 1 summed over an object, shape (m,).
    """

    heat: Tensor
    counted: Tensor
    cells: Tensor
    boxes: Tensor
    labels: Tensor
    weights: Tensor

    def to(self, device: torch.device) -> CenterTargets:
        """The same on another device."""
        return CenterTargets(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class LossParts:
    """Mean losses of a batch: `heat`, `box` and `class_` per object; `total` is what is minimised."""

    heat: Tensor
    box: Tensor
    class_: Tensor
    total: Tensor


def draw_targets(
    boxes: Sequence[NDArray[np.float32]],
    labels: Sequence[NDArray[np.int64]],
    ignored: Sequence[NDArray[np.bool_]],
    *,
    size: tuple[int, int],
    spread: float = 0.54,
) -> CenterTargets:
    """Draws the targets of a batch.

    Args:
        boxes: Of each picture, x0, y0, x1, y1 [px], shape (k, 4).
        labels: Of each picture, shape (k,).
        ignored: Boxes that are neither object nor background, shape (k,).
        size: Height and width of the pictures [px], multiples of the stride.
        spread: Half axes of the Gaussian in half edges of the box, at 3 sigma.
    """
    height, width = size[0] // STRIDE, size[1] // STRIDE
    heat = np.zeros((len(boxes), 1, height, width), np.float32)
    counted = np.ones((len(boxes), 1, height, width), bool)
    weight = np.zeros((len(boxes), height, width), np.float32)
    owner = np.full((len(boxes), height, width), -1, np.int64)
    kept_boxes: list[NDArray[np.float32]] = []
    kept_labels: list[int] = []
    for n, (frame, names, skip) in enumerate(zip(boxes, labels, ignored, strict=True)):
        for x0, y0, x1, y1 in frame[skip] / STRIDE:
            counted[n, 0, max(0, round(y0)) : max(0, round(y1)), max(0, round(x0)) : max(0, round(x1))] = False
        area = (frame[:, 2] - frame[:, 0]) * (frame[:, 3] - frame[:, 1])
        for k in np.argsort(-area, kind="stable"):  # the smaller box owns a shared cell
            if not skip[k]:
                _draw(heat[n, 0], weight[n], owner[n], frame[k] / STRIDE, len(kept_boxes), spread)
                kept_boxes.append(frame[k])
                kept_labels.append(int(names[k]))
    cells = np.flatnonzero(owner.ravel() >= 0)
    owners = owner.ravel()[cells]
    shares = weight.ravel()[cells]
    totals = np.bincount(owners, shares, minlength=len(kept_boxes))
    return CenterTargets(
        torch.from_numpy(heat),
        torch.from_numpy(counted),
        torch.from_numpy(cells),
        torch.from_numpy(np.array(kept_boxes, np.float32).reshape(-1, 4)[owners]),
        torch.from_numpy(np.array(kept_labels, np.int64)[owners]),
        torch.from_numpy((shares / np.maximum(totals[owners], 1e-12)).astype(np.float32)),
    )


def _draw(
    heat: NDArray[np.float32],
    weight: NDArray[np.float32],
    owner: NDArray[np.int64],
    box: NDArray[np.float32],
    number: int,
    spread: float,
) -> None:
    """Draws one object, its box in cells."""
    height, width = heat.shape
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    column, row = min(max(int(x), 0), width - 1), min(max(int(y), 0), height - 1)
    reach_x, reach_y = (max(1, int(spread * (high - low) / 2)) for low, high in ((box[0], box[2]), (box[1], box[3])))
    left, right = max(0, column - reach_x), min(width, column + reach_x + 1)
    top, bottom = max(0, row - reach_y), min(height, row + reach_y + 1)
    across = np.arange(left, right) - column
    down = np.arange(top, bottom) - row
    sigma_x, sigma_y = (2 * reach_x + 1) / 6, (2 * reach_y + 1) / 6
    bell = np.exp(-0.5 * ((across / sigma_x) ** 2 + (down[:, None] / sigma_y) ** 2)).astype(np.float32)
    window = (slice(top, bottom), slice(left, right))
    heat[window] = np.maximum(heat[window], bell)
    owner[window] = number
    weight[window] = bell


def center_loss(
    maps: CenterMaps, targets: CenterTargets, *, box_weight: float = 2.0, class_weight: float = 1.0
) -> LossParts:
    """Compares maps and targets, in single precision.

    Args:
        maps: Of the network.
        targets: Of the same batch.
        box_weight: Weight of the boxes against the centres.
        class_weight: Weight of the classes against the centres.
    """
    objects = targets.weights.sum().clamp(min=1.0)
    p = torch.sigmoid(maps.heat.float()).clamp(_LEAST, 1 - _LEAST)
    hit = targets.heat == 1
    found = -(torch.log(p) * (1 - p) ** 2)[hit].sum()
    background = torch.log(1 - p) * p**2 * (1 - targets.heat) ** 4 * targets.counted
    heat = (found - background[~hit].sum()) / objects
    boxes = _boxes_at(maps.edges.float(), targets.cells)
    box = (targets.weights * (1 - generalized_iou(boxes, targets.boxes))).sum() / objects
    logits = maps.classes.float().permute(0, 2, 3, 1).reshape(-1, maps.classes.shape[1])[targets.cells]
    class_ = (targets.weights * torch.nn.functional.cross_entropy(logits, targets.labels, reduction="none")).sum()
    class_ = class_ / objects
    return LossParts(heat, box, class_, heat + box_weight * box + class_weight * class_)


def _boxes_at(edges: Tensor, cells: Tensor) -> Tensor:
    """Boxes [px] that some cells say."""
    height, width = edges.shape[2:]
    distances = torch.exp(edges.permute(0, 2, 3, 1).reshape(-1, 4)[cells].clamp(max=8.0)) * STRIDE
    x = ((cells % width) + 0.5) * STRIDE
    y = ((cells // width % height) + 0.5) * STRIDE
    left, top, right, bottom = distances.unbind(1)
    return torch.stack([x - left, y - top, x + right, y + bottom], dim=1)


def generalized_iou(one: Tensor, other: Tensor) -> Tensor:
    """Generalised IoU of pairs of boxes x0, y0, x1, y1, shape (m, 4) each, in -1..1."""
    low, high = torch.maximum(one[:, :2], other[:, :2]), torch.minimum(one[:, 2:], other[:, 2:])
    shared = (high - low).clamp(min=0).prod(1)
    union = (one[:, 2:] - one[:, :2]).prod(1) + (other[:, 2:] - other[:, :2]).prod(1) - shared
    hull = (torch.maximum(one[:, 2:], other[:, 2:]) - torch.minimum(one[:, :2], other[:, :2])).prod(1)
    return shared / union.clamp(min=1e-6) - (hull - union) / hull.clamp(min=1e-6)
