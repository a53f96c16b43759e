"""Applying a trained generator to pictures of any size."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from simengine.dataset.disk import disk_errors, write_atomic
from simengine.dataset.shard import hash_file
from simengine.errors import SimengineError
from simengine.refine.frame import Frame
from simengine.refine.learned.buffers import CHANNELS, buffers
from simengine.refine.learned.crops import to_tensor
from simengine.refine.learned.networks import Generator
from simengine.refine.learned.settings import TrainSettings

__all__ = ["CONFIG", "WEIGHTS", "Learned", "save_generator"]

CONFIG, WEIGHTS = "config.json", "model.safetensors"
_OVERLAP = 32  # px shared by neighbouring tiles, blended in a line


def save_generator(folder: Path, network: nn.Module, settings: TrainSettings) -> None:
    """Writes a generator's weights and settings."""
    from safetensors.torch import save

    with disk_errors("make the folder", folder):
        folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    write_atomic(folder / WEIGHTS, save(weights))
    write_atomic(folder / CONFIG, json.dumps(settings.to_dict(), indent=1).encode())


@dataclass(eq=False)
class Learned:
    """A trained refiner; loads its weights where it is used.

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
        path = self.folder / CONFIG
        if not path.is_file() or not (self.folder / WEIGHTS).is_file():
            raise SimengineError(
                f"{self.folder} holds no trained refiner ({CONFIG}, {WEIGHTS}). Train one, or name its folder."
            )
        with disk_errors("read", path):
            self.settings = TrainSettings.from_dict(json.loads(path.read_text()))

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
        known = torch.from_numpy(buffers(frame))[None] if self.settings.buffers else None
        with torch.inference_mode():
            out = self._tiled(picture, known, self.tile)
        return ((out[0].permute(1, 2, 0).numpy() + 1) * 127.5).round().clip(0, 255).astype(np.uint8)

    def _network(self) -> Generator:
        if self._loaded is None:
            from safetensors.torch import load_file

            s = self.settings
            network = Generator(buffers=CHANNELS if s.buffers else 0, width=s.width, blocks=s.blocks)
            try:
                network.load_state_dict(load_file(str(self.folder / WEIGHTS)))
            except Exception as error:
                raise SimengineError(
                    f"{self.folder / WEIGHTS} does not fit its {CONFIG} ({error}). Train again."
                ) from error
            self._loaded = network.eval().to(self.device)
        return self._loaded

    def _tiled(self, picture: Tensor, known: Tensor | None, tile: int) -> Tensor:
        """Refines in tiles; where the GPU's memory runs out, in smaller ones, with a warning."""
        try:
            return _in_tiles(self._network(), picture, known, tile, self.device)
        except torch.cuda.OutOfMemoryError:
            if tile <= 2 * _OVERLAP + 64:
                raise SimengineError(
                    f"the GPU's memory does not hold a tile of {tile} pixels: free it, or use --device cpu."
                ) from None
            torch.cuda.empty_cache()
            warnings.warn(f"out of GPU memory: tiles of {tile // 2} pixels instead of {tile}.", stacklevel=2)
            self.tile = tile // 2
            return self._tiled(picture, known, self.tile)


def _in_tiles(network: Generator, picture: Tensor, known: Tensor | None, tile: int, device: str) -> Tensor:
    h, w = picture.shape[2:]
    mixed = torch.autocast("cuda", torch.bfloat16, enabled=device.startswith("cuda"))

    def run(part: Tensor, extra: Tensor | None) -> Tensor:
        grow = (0, -part.shape[3] % 4, 0, -part.shape[2] % 4)
        a = nn.functional.pad(part, grow, mode="reflect").to(device)
        b = nn.functional.pad(extra, grow).to(device) if extra is not None else None
        with mixed:
            return network(a, b)[:, :, : part.shape[2], : part.shape[3]].float().cpu()

    if h <= tile and w <= tile:
        return run(picture, known)
    total, weight = torch.zeros_like(picture), torch.zeros(1, 1, h, w)
    for y in _starts(h, tile):
        for x in _starts(w, tile):
            part = slice(y, min(y + tile, h)), slice(x, min(x + tile, w))
            ramp = _ramp(part[0].stop - y)[:, None] * _ramp(part[1].stop - x)[None, :]
            done = run(picture[:, :, part[0], part[1]], None if known is None else known[:, :, part[0], part[1]])
            total[:, :, part[0], part[1]] += ramp * done
            weight[:, :, part[0], part[1]] += ramp
    return total / weight


def _starts(length: int, tile: int) -> list[int]:
    if length <= tile:
        return [0]
    count = -(-(length - _OVERLAP) // (tile - _OVERLAP))
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


def _ramp(length: int) -> Tensor:
    at = torch.arange(length, dtype=torch.float32) + 1
    return torch.minimum(torch.minimum(at, length + 1 - at) / _OVERLAP, torch.ones(()))
