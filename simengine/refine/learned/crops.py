"""Batches of crops: renders with their buffers, and photos; step k of a run is always the same batch."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from simengine.dataset.reader import Dataset
from simengine.refine.frame import Frame, read_frame
from simengine.refine.learned.buffers import buffers
from simengine.refine.photos import Photos, cover
from simengine.sampling.streams import stream

__all__ = ["Batch", "Crops", "to_tensor"]

_KEPT = 256 << 20  # bytes of decoded frames


@dataclass(frozen=True, eq=False)
class Batch:
    """One step's pictures.

    Attributes:
        render: In -1 to 1, (N, 3, S, S).
        buffers: (N, C, S, S).
        photo: In -1 to 1, (N, 3, S, S).
    """

    render: Tensor
    buffers: Tensor
    photo: Tensor


class Crops:
    """Draws crops from a data set and from photos, in constant memory.

    Args:
        renders: The data set.
        photos: The photos.
        side: Of a crop [px], a multiple of 4.
        batch: Crops a step.
        seed: Seed.
    """

    def __init__(self, renders: Dataset, photos: Photos, *, side: int, batch: int, seed: int) -> None:
        self._renders, self._photos = renders, photos
        self._side, self._batch, self._seed = side, batch, seed
        self._kept: OrderedDict[int, list[tuple[Frame, np.ndarray]]] = OrderedDict()

    def batch(self, step: int) -> Batch:
        """The batch of a step, whatever was drawn before."""
        rng = stream(self._seed, step, "refine.crops")
        items = [self._item(rng) for _ in range(self._batch)]
        photos = [self._photo(rng) for _ in range(self._batch)]
        render, known = zip(*items, strict=True)
        return Batch(to_tensor(np.stack(render)), torch.from_numpy(np.stack(known)), to_tensor(np.stack(photos)))

    def _photo(self, rng: np.random.Generator) -> np.ndarray:
        photo = self._photos[int(rng.integers(len(self._photos)))]
        h, w = photo.shape[:2]
        if min(h, w) < self._side:
            return cover(photo, self._side, self._side, rng)
        y, x = int(rng.integers(0, h - self._side + 1)), int(rng.integers(0, w - self._side + 1))
        part = photo[y : y + self._side, x : x + self._side]
        return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part)

    def _item(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        views = self._views(int(rng.integers(len(self._renders))))
        frame, known = views[int(rng.integers(len(views)))]
        h, w = frame.ids.shape
        side = self._side
        grow = ((0, max(side - h, 0)), (0, max(side - w, 0)))
        rgb = np.pad(frame.rgb, (*grow, (0, 0)), mode="reflect") if h < side or w < side else frame.rgb
        known = np.pad(known, ((0, 0), *grow)) if h < side or w < side else known
        h, w = rgb.shape[:2]
        y, x = int(rng.integers(0, h - side + 1)), int(rng.integers(0, w - side + 1))
        part, extra = rgb[y : y + side, x : x + side], known[:, y : y + side, x : x + side]
        if rng.random() < 0.5:
            part, extra = part[:, ::-1], extra[:, :, ::-1].copy()
            extra[1] *= -1  # the normal's x
        return np.ascontiguousarray(part), np.ascontiguousarray(extra)

    def _views(self, index: int) -> list[tuple[Frame, np.ndarray]]:
        if index not in self._kept:
            sample = self._renders[index]
            read = [read_frame(self._renders, sample, view) for view in sample.views]
            self._kept[index] = [(frame, buffers(frame)) for frame in read]
            while len(self._kept) > 1 and sum(_bytes(v) for v in self._kept.values()) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(index)
        return self._kept[index]


def _bytes(views: list[tuple[Frame, np.ndarray]]) -> int:
    return sum(frame.rgb.nbytes + frame.ids.nbytes + known.nbytes for frame, known in views)


def to_tensor(pictures: np.ndarray) -> Tensor:
    """uint8 (N, H, W, 3) to -1 to 1, (N, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))).float() / 127.5 - 1
