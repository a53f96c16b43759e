"""Training batches: pictures of several sets in exact shares, cut and changed, ready before they are needed.

A batch is a function of (seed, step) alone, so a run that goes on after a stop sees what it would have seen, and
threads that prepare batches ahead change nothing but the time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet, LabelledImage
from simengine.learn.augment import Augmentation, disturb
from simengine.learn.crops import Crop, choose_window, cut, mosaic, turn
from simengine.sampling.streams import stream

__all__ = ["Feed", "Shares", "members"]

_CACHE = 1 << 30  # bytes of decoded pictures kept
_ROOM = 1.6  # edge of a tile in edges of an object


@dataclass(frozen=True)
class Shares:
    """Sets to draw from and their parts of every batch.

    Attributes:
        sets: Labelled pictures, all with the same classes.
        weights: Parts of the batch, any positive numbers.
    """

    sets: tuple[DetectionSet, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.sets or len(self.sets) != len(self.weights):
            raise SimengineError("training needs at least one set of pictures, each with a weight.")
        empty = [data.name for data in self.sets if not data.images]
        if empty:
            raise SimengineError(f"{', '.join(empty)}: no pictures to train on. Give a set or split that has some.")
        wrong = [weight for weight in self.weights if not (np.isfinite(weight) and weight > 0)]
        if wrong:
            raise SimengineError(
                f"the weight {wrong[0]} is not above 0. Leave a set out rather than weighting it by 0."
            )


def members(weights: Sequence[float], batch: int, step: int) -> NDArray[np.int64]:
    """From which set each picture of a batch comes.

    Each set's number over all batches so far stays within one picture of its exact share.

    Args:
        weights: Parts of the sets.
        batch: Pictures in a batch.
        step: Number of the batch, from 0.

    Returns:
        Number of the set for each picture, sorted, shape (batch,).
    """
    edges = np.cumsum([0.0, *weights]) / sum(weights)
    edges[-1] = 1.0
    bounds = [[np.floor(edge * batch * (step + ahead) + 1e-9) for edge in edges] for ahead in (0, 1)]
    counts = np.diff(np.subtract(bounds[1], bounds[0]).astype(np.int64))
    # Differences of floors telescope: the counts of a batch always add up to it.
    return np.repeat(np.arange(len(weights)), counts)


class Feed:
    """Makes the batches of a training run.

    Args:
        shares: Sets and weights.
        seed: Seed of the run.
        batch: Pictures in a batch.
        size: Edge of the pieces [px].
        scale: Pixels of a piece per pixel of a picture, before augmentation.
        augmentation: What may be changed.
        cache: Bytes of decoded pictures to keep.
    """

    def __init__(
        self,
        shares: Shares,
        *,
        seed: int,
        batch: int,
        size: int,
        scale: float,
        augmentation: Augmentation,
        cache: int = _CACHE,
    ) -> None:
        self._shares = shares
        self._seed = seed
        self._batch = batch
        self._size = size
        self._scale = scale
        self._augmentation = augmentation
        self._pictures = _Pictures(cache)
        self._orders: dict[tuple[int, int], NDArray[np.int64]] = {}

    def batches(self, start: int, stop: int, *, threads: int = 1, ahead: int = 2) -> Iterator[list[Crop]]:
        """Batches start to stop - 1 in order, prepared ahead by threads."""
        with ThreadPoolExecutor(threads, thread_name_prefix="feed") as pool:
            waiting: deque[Future[list[Crop]]] = deque()
            try:
                for step in range(start, stop):
                    while len(waiting) <= ahead + threads - 1 and step + len(waiting) < stop:
                        waiting.append(pool.submit(self.batch, step + len(waiting)))
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def batch(self, step: int) -> list[Crop]:
        """One batch."""
        return [self._crop(step, place, owner, index) for place, (owner, index) in enumerate(self.pictures(step))]

    def pictures(self, step: int) -> list[tuple[int, int]]:
        """Which picture (set, index) stands at each place of a batch.

        Each set is gone through in shuffled rounds, so that every picture is used as often as any other.
        """
        weights = self._shares.weights
        owners = members(weights, self._batch, step)
        edges = np.cumsum([0.0, *weights]) / sum(weights)
        chosen = []
        for owner in np.unique(owners):
            low, high = (np.floor(edge * self._batch * step + 1e-9) for edge in edges[owner : owner + 2])
            count = len(self._shares.sets[owner].images)
            for number in range(int(high - low), int(high - low) + int(np.sum(owners == owner))):
                chosen.append((int(owner), int(self._order(int(owner), number // count, count)[number % count])))
        return chosen

    def names(self, step: int) -> list[str]:
        """Names of the pictures of a batch."""
        return [f"{self._shares.sets[o].name}: {self._shares.sets[o].images[i].id}" for o, i in self.pictures(step)]

    def _order(self, owner: int, round_: int, count: int) -> NDArray[np.int64]:
        key = (owner, round_)
        order = self._orders.get(key)
        if order is None:
            order = self._orders[key] = stream(self._seed, round_, f"feed.order[{owner}]").permutation(count)
        return order

    def _crop(self, step: int, place: int, owner: int, index: int) -> Crop:
        rng = stream(self._seed, step, f"feed.crop[{place}]")
        how = self._augmentation
        data = self._shares.sets[owner]
        scale = self._scale * how.scale ** rng.uniform(-1.0, 1.0)
        side = self._side(data.images[index], scale) if rng.random() < how.mosaic else 1
        if side == 1:
            crop = self._piece(rng, owner, index, self._size, scale)
        else:
            others = rng.integers(len(data.images), size=side * side - 1).tolist()
            crop = mosaic([self._piece(rng, owner, n, self._size // side, scale) for n in (index, *others)])
        return Crop(disturb(rng, crop.picture, how), crop.boxes, crop.labels, crop.ignored)

    def _piece(self, rng: np.random.Generator, owner: int, index: int, size: int, scale: float) -> Crop:
        how = self._augmentation
        quarters, mirror = int(rng.integers(4)), bool(rng.integers(2))
        data = self._shares.sets[owner]
        image = data.images[index]
        window = choose_window(rng, image, size=size, scale=scale)
        crop = cut(self._pictures.get(owner, index, data), image, window, size=size)
        return turn(crop, quarters=quarters if how.quarters else 0, mirror=mirror and how.mirror)

    def _side(self, image: LabelledImage, scale: float) -> int:
        """Tiles along the edge of a mosaic: as many as leave room around a picture's objects."""
        boxes = image.boxes[~image.crowd]
        if not len(boxes):
            return 1
        edge = float(np.median((boxes[:, 2:] - boxes[:, :2]).max(axis=1))) * scale
        fitting = [side for side in (2, 4, 5) if self._size // side >= _ROOM * edge and self._size % side == 0]
        return max(fitting, default=1)


class _Pictures:
    """Decoded pictures, the last used, within a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._kept: OrderedDict[tuple[int, int], NDArray[np.uint8]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, owner: int, index: int, data: DetectionSet) -> NDArray[np.uint8]:
        key = (owner, index)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        picture = data.read(index)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = picture
                self._bytes += picture.nbytes
            while self._bytes > self._limit and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._bytes -= old.nbytes
        return picture
