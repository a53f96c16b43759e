"""A small diffusion model of the user's photos, trained from scratch and conditioned on edges."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from simengine.errors import SimengineError
from simengine.refine.learned.crops import Batch
from simengine.refine.learned.files import WEIGHTS, save_model
from simengine.refine.learned.losses import gradient

__all__ = ["DiffusionRun", "DiffusionSettings", "edges", "new_unet", "scheduler"]

_STEPS = 1000  # of the noise schedule
_EDGE = 12.0  # brings usual gradients to the order of 1


@dataclass(frozen=True)
class DiffusionSettings:
    """Settings of a diffusion model and of how it is applied.

    Attributes:
        steps: Optimiser steps.
        side: Of a crop [px], a multiple of 8.
        batch: Crops of photos a step.
        width: Channels at full resolution; twice and four times as many below.
        rate: Step size of AdamW.
        blind: Share of crops that are trained without their edges, so that the model knows photos by themselves too.
        strength: How far pictures are noised, 0 to 0.5: beyond 0.3 small parts dissolve.
        objects: The same for labelled objects; they join the denoising later than the background.
        denoising: Steps of a whole denoising (DDIM); `strength` of them are taken.
        seed: Seed of weights, crops and noise.
        every: Steps between checkpoints, previews and looks at KID.
        patience: Looks at KID without improvement after which training stops; 0 for never.
    """

    steps: int = 6000
    side: int = 128
    batch: int = 8
    width: int = 64
    rate: float = 2e-4
    blind: float = 0.1
    strength: float = 0.2
    objects: float = 0.2
    denoising: int = 50
    seed: int = 0
    every: int = 500
    patience: int = 4

    method = "diffusion"

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "denoising", "every"):
            if getattr(self, name) < 1:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a whole number from 1.")
        if self.side < 32 or self.side % 8 or self.width % 8 or self.width < 8:
            raise SimengineError(f"side is {self.side}, width {self.width}: give multiples of 8, the side from 32.")
        for name in ("strength", "objects"):
            if not 0 <= getattr(self, name) <= 0.5:
                raise SimengineError(
                    f"{name} is {getattr(self, name)!r}: give a number from 0 to 0.5. Beyond 0.5 nothing holds objects in place."
                )

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {"method": self.method, **asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> DiffusionSettings:
        """Reads what `to_dict` wrote.

        Raises:
            SimengineError: A key is unknown.
        """
        values = {key: value for key, value in data.items() if key != "method"}
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise SimengineError(
                f"refiner settings {', '.join(unknown)} are unknown: the refiner is from another version."
            )
        return cls(**values)


def edges(picture: Tensor) -> Tensor:
    """What holds a picture's structure: its gradients, of the render when refining and of the photo when training.

    Args:
        picture: In -1 to 1, (N, 3, H, W).

    Returns:
        0 to 1, (N, 1, H, W).
    """
    return torch.tanh(_EDGE * gradient(picture))


def new_unet(settings: DiffusionSettings) -> nn.Module:
    """The network: picture and edges in, velocity out (Salimans and Ho 2022); convolutions only, so any size will do."""
    unet = _diffusers().UNet2DModel
    width = settings.width
    return unet(
        in_channels=4,
        out_channels=3,
        block_out_channels=(width, 2 * width, 4 * width),
        down_block_types=("DownBlock2D",) * 3,
        up_block_types=("UpBlock2D",) * 3,
        layers_per_block=2,
        norm_num_groups=min(32, width // 2),
        attention_head_dim=None,
        add_attention=False,
    )


def scheduler() -> Any:
    """DDIM (Song et al. 2021) on the cosine schedule of Nichol and Dhariwal 2021."""
    return _diffusers().DDIMScheduler(
        num_train_timesteps=_STEPS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        clip_sample=False,
        timestep_spacing="trailing",
    )


def _diffusers() -> Any:
    try:
        import diffusers
    except ImportError as error:
        raise SimengineError("diffusion needs diffusers: pip install 'simengine[refine]'.") from error
    return diffusers


class DiffusionRun:
    """A model in training; see `simengine.refine.learned.training`.

    Args:
        settings: Settings.
        device: Where everything is.
    """

    weights_file = WEIGHTS

    def __init__(self, settings: DiffusionSettings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.network = new_unet(settings).to(device)
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=settings.rate, weight_decay=1e-4)
        self.schedule = scheduler()

    def step(self, batch: Batch, number: int) -> dict[str, float]:
        """Takes one step on the batch's photos."""
        s = self.settings
        rule = torch.Generator().manual_seed(s.seed * 1_000_003 + number)
        photo = batch.photo
        noise = torch.randn(photo.shape, generator=rule)
        # refining never goes beyond half of the noise: that is where the model has to be good
        time = torch.randint(0, _STEPS * 6 // 10, (len(photo),), generator=rule)
        seen = (torch.rand(len(photo), 1, 1, 1, generator=rule) >= s.blind).float()
        photo, noise, time, seen = (t.to(self.device) for t in (photo, noise, time, seen))
        noisy = self.schedule.add_noise(photo, noise, time)
        wanted = self.schedule.get_velocity(photo, noise, time)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            found = self.network(torch.cat([noisy, seen * edges(photo)], dim=1), time).sample
        loss = torch.mean((found.float() - wanted) ** 2)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        memory = min(0.999, (1 + number) / (10 + number))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self.average[name].lerp_(value, 1 - memory)
        return {"loss": float(loss.detach()), "gradient": float(norm)}

    def save(self, folder: Path) -> None:
        """Writes the averaged weights and the settings."""
        save_model(folder, self.average, self.settings.to_dict())

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        return {"network": self.network.state_dict(), "average": self.average, "optimizer": self.optimizer.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.average = dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
