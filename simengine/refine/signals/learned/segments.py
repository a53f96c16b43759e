"""Batches of crops: simulated health after its transfer path, and real health; step k of a run is always the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from simengine.dataset.reader import Dataset
from simengine.errors import SimengineError
from simengine.refine.signals.recordings import HealthyRecordings
from simengine.refine.signals.sound import Refined, Sound, sounds
from simengine.refine.signals.transfer import Transfer
from simengine.sampling.streams import stream

__all__ = ["SegmentBatch", "Segments", "health"]

_KEPT = 64 << 20  # bytes of each kind
_MOST = 2000  # samples of the simulation looked at


@dataclass(frozen=True, eq=False)
class SegmentBatch:
    """One step's crops, of unit level.

    Attributes:
        simulated: (N, 1, L).
        real: (N, 1, L).
    """

    simulated: Tensor
    real: Tensor

    def __len__(self) -> int:
        return len(self.real)

    def half(self) -> SegmentBatch:
        """Its first half."""
        count = len(self) // 2
        return SegmentBatch(self.simulated[:count], self.real[:count])


def health(sound: Sound, refined: Refined) -> NDArray[np.float64]:
    """All but the fault of a refined recording, with stems; the whole of it without."""
    return refined.signal - refined.stems["stem_fault"] if refined.stems else refined.signal


class Segments:
    """Draws crops; holds at most 64 MB of each kind.

    Args:
        simulation: The data set.
        real: Real healthy recordings.
        transfer: What stands before the network.
        length: Of a crop.
        batch: Crops a step.
        seed: Seed.

    Raises:
        SimengineError: The simulation has several rates, or everything is shorter than a crop.
    """

    def __init__(
        self, simulation: Dataset, real: HealthyRecordings, transfer: Transfer, *, length: int, batch: int, seed: int
    ) -> None:
        if len(transfer.paths) != 1:
            rates = ", ".join(f"{path.rate:g}" for path in transfer.paths)
            raise SimengineError(f"a network learns one sampling rate, and the simulation has {rates}: use transfer.")
        self.rate = transfer.paths[0].rate
        self._length, self._batch, self._seed = length, batch, seed
        self.simulated = _enough(_simulated(simulation, transfer, seed), length, "simulated")
        self.real = _enough(_real(real, self.rate), length, "real")

    def batch(self, step: int) -> SegmentBatch:
        """The batch of a step, whatever was drawn before."""
        rng = stream(self._seed, step, "refine.segments")
        parts = [self._crops(kind, rng) for kind in (self.simulated, self.real)]
        return SegmentBatch(*(torch.from_numpy(part)[:, None] for part in parts))

    def _crops(self, kept: list[NDArray[np.float32]], rng: np.random.Generator) -> NDArray[np.float32]:
        weights = np.array([len(one) for one in kept], float)
        chosen = rng.choice(len(kept), self._batch, p=weights / weights.sum())
        crops = []
        for number in chosen.tolist():
            start = int(rng.integers(0, len(kept[number]) - self._length + 1))
            crops.append(kept[number][start : start + self._length] * rng.choice([-1.0, 1.0]))
        return np.stack(crops).astype(np.float32)


def _simulated(simulation: Dataset, transfer: Transfer, seed: int) -> list[NDArray[np.float32]]:
    found, size = [], 0
    for number, sound in enumerate(sounds(simulation, most=_MOST)):
        if size > _KEPT:
            break
        if sound.without_fault is None or sound.level == 0:
            continue
        refined = transfer.refine(sound, stream(seed, number, "refine.segments.floor"))
        found.append((health(sound, refined) / (transfer.level or sound.level)).astype(np.float32))
        size += found[-1].nbytes
    return found


def _real(real: HealthyRecordings, rate: float) -> list[NDArray[np.float32]]:
    found, share = [], _KEPT // (4 * len(real))
    for record in real.at(rate):
        signal = record.signal[: max(share, 1)]
        found.append(((signal - signal.mean()) / max(float(np.std(signal)), 1e-30)).astype(np.float32))
    return found


def _enough(kept: list[NDArray[np.float32]], length: int, kind: str) -> list[NDArray[np.float32]]:
    long = [one for one in kept if len(one) >= length]
    if not long:
        raise SimengineError(f"no {kind} healthy recording has {length} samples: give a shorter --length.")
    return long
