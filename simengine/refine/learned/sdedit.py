"""SDEdit: noise a render a little, and let a model of photos take the noise away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from simengine.dataset.shard import hash_file
from simengine.refine.frame import Frame
from simengine.refine.learned.crops import to_tensor
from simengine.refine.learned.diffusion import DiffusionSettings, edges, new_unet, scheduler
from simengine.refine.learned.files import WEIGHTS, load_weights, read_config
from simengine.refine.learned.memory import halving
from simengine.refine.learned.tiles import in_tiles

__all__ = ["Diffused", "denoise"]


@dataclass(eq=False)
class Diffused:
    """Refines by partial diffusion (Meng et al., "SDEdit", ICLR 2022), conditioned on the render's own edges.

    Where objects are to change less than the background, they are held at the render, noised as far as the step asks
    for, until their own strength is reached (as in blended diffusion, Avrahami et al., CVPR 2022).

    Args:
        folder: Of the trained model.
        device: PyTorch's name of the device.
        tile: Largest side that is denoised in one piece [px]; the pieces are blended at every step.
    """

    folder: Path
    device: str = "cpu"
    tile: int = 768
    name: str = "diffusion"
    _loaded: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.folder = Path(self.folder)
        self.settings = DiffusionSettings.from_dict(read_config(self.folder))

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
        """See `simengine.refine.method.Refiner`."""
        render = to_tensor(frame.rgb[None])
        noise = torch.from_numpy(rng.standard_normal(render.shape, dtype=np.float32))
        objects = torch.from_numpy(~frame.segment(None))[None, None]
        with torch.inference_mode():
            out = halving(self, lambda: self._denoise(render, noise, objects))
        return ((out[0].permute(1, 2, 0).numpy() + 1) * 127.5).round().clip(0, 255).astype(np.uint8)

    def _denoise(self, render: Tensor, noise: Tensor, objects: Tensor) -> Tensor:
        s = self.settings
        outline = edges(render)
        return denoise(
            scheduler(),
            render,
            noise,
            lambda x, time: self._velocity(x, outline, time),
            objects=objects,
            strengths=(s.strength, s.objects),
            steps=s.denoising,
        ).clamp(-1, 1)

    def _velocity(self, x: Tensor, outline: Tensor, time: Tensor) -> Tensor:
        network = self._network()
        mixed = torch.autocast("cuda", torch.bfloat16, enabled=self.device.startswith("cuda"))

        def run(rows: slice, columns: slice) -> Tensor:
            part = torch.cat([x, outline], dim=1)[:, :, rows, columns]
            h, w = part.shape[2:]
            part = nn.functional.pad(part, (0, -w % 8, 0, -h % 8), mode="reflect").to(self.device)
            with mixed:
                return network(part, time.to(self.device)).sample[:, :, :h, :w].float().cpu()

        return in_tiles(run, x.shape[2], x.shape[3], self.tile)

    def _network(self) -> nn.Module:
        if self._loaded is None:
            network = new_unet(self.settings)
            load_weights(self.folder, network)
            self._loaded = network.eval().to(self.device)
        return self._loaded


def denoise(
    schedule: Any,
    clean: Tensor,
    noise: Tensor,
    predict: Callable[[Tensor, Tensor], Tensor],
    *,
    objects: Tensor,
    strengths: tuple[float, float],
    steps: int,
) -> Tensor:
    """Noises pictures (or latents) partly, and takes the noise away.

    Args:
        schedule: DDIM scheduler of diffusers.
        clean: The pictures, (N, C, H, W).
        noise: The noise, the same shape.
        predict: Gives the network's output for noisy pictures and a time.
        objects: Where the objects are, bool (N, 1, H, W).
        strengths: How far the background is noised, and the objects, 0 to 1. What is to change less is held at its
            clean value, noised as far as the step asks for, until its own strength is reached.
        steps: Of a whole denoising.

    Returns:
        (N, C, H, W).
    """
    background, inside = strengths
    schedule.set_timesteps(steps)
    times = schedule.timesteps[len(schedule.timesteps) - round(max(strengths) * steps) :]
    if len(times) == 0:
        return clean
    held = objects if inside < background else ~objects
    until = min(strengths) * len(schedule.alphas_cumprod)
    x = schedule.add_noise(clean, noise, times[:1])
    for time in times:
        if float(time) > until:
            x = torch.where(held, schedule.add_noise(clean, noise, time[None]), x)
        x = schedule.step(predict(x, time), time, x).prev_sample
    return x
