"""Applying a trained generator to pictures of any size."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from simengine.dataset.shard import hash_file
from simengine.refine.frame import Frame
from simengine.refine.learned.buffers import CHANNELS, buffers
from simengine.refine.learned.crops import to_tensor
from simengine.refine.learned.files import WEIGHTS, load_weights, read_config
from simengine.refine.learned.memory import halving
from simengine.refine.learned.networks import Generator
from simengine.refine.learned.settings import TrainSettings
from simengine.refine.learned.tiles import in_tiles

__all__ = ["Learned"]


@dataclass(eq=False)
class Learned:
    """A trained generator; loads its weights where it is used.

    Args:
        folder: Where `simengine.refine.learned.training` put it.
        device: PyTorch's name of the device.
        tile: Largest side that is refined in one piece [px]; larger pictures are refined in tiles that overlap.
    """

    folder: Path
    device: str = "cpu"
    tile: int = 1024
    _loaded: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.folder = Path(self.folder)
        self.settings = TrainSettings.from_dict(read_config(self.folder))

    @property
    def name(self) -> str:
        """The method."""
        return self.settings.method

    def to_dict(self) -> dict[str, Any]:
        """See `simengine.refine.method.Refiner`."""
        return {
            "method": self.name,
            "weights": hash_file(self.folder / WEIGHTS),
            "tile": self.tile,
            "settings": self.settings.to_dict(),
        }

    def __getstate__(self) -> dict[str, Any]:
        """Workers load their own."""
        return {**self.__dict__, "_loaded": None}

    def refine(self, frame: Frame, rng: np.random.Generator) -> NDArray[np.uint8]:
        """See `simengine.refine.method.Refiner`; nothing here is random."""
        picture = to_tensor(frame.rgb[None])
        known = torch.from_numpy(buffers(frame))[None]
        with torch.inference_mode():
            out = halving(
                self,
                lambda: in_tiles(
                    lambda r, c: self._run(picture[:, :, r, c], known[:, :, r, c]),
                    picture.shape[2],
                    picture.shape[3],
                    self.tile,
                ),
            )
        return ((out[0].permute(1, 2, 0).numpy() + 1) * 127.5).round().clip(0, 255).astype(np.uint8)

    def _run(self, picture: Tensor, known: Tensor) -> Tensor:
        h, w = picture.shape[2:]
        grow = (0, -w % 4, 0, -h % 4)
        network = self._network()
        a = nn.functional.pad(picture, grow, mode="reflect").to(self.device)
        b = nn.functional.pad(known, grow).to(self.device) if self.settings.buffers else None
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.startswith("cuda")):
            return network(a, b)[:, :, :h, :w].float().cpu()

    def _network(self) -> Generator:
        if self._loaded is None:
            s = self.settings
            network = Generator(buffers=CHANNELS if s.buffers else 0, width=s.width, blocks=s.blocks)
            load_weights(self.folder, network)
            self._loaded = network.eval().to(self.device)
        return self._loaded
