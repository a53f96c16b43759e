"""Training a LoRA on the user's photos: the model learns how their camera sees, and keeps what it knows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError
from simengine.refine.learned.crops import Batch
from simengine.refine.learned.files import CONFIG
from simengine.refine.learned.hub.lora import LORA_WEIGHTS
from simengine.refine.learned.hub.network import Text, ask, encode, encode_text
from simengine.refine.learned.hub.parts import Parts, load_parts, quiet
from simengine.refine.learned.hub.refiner import HubDiffused, photo_schedule, resolve_precision
from simengine.refine.learned.hub.settings import HubSettings
from simengine.refine.learned.hub.source import Source

__all__ = ["LoraRun", "LoraSettings"]

_TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]  # attention's projections, as the authors of LoRA chose
_NOISED = 0.6  # of the noise schedule; refining never goes beyond half


@dataclass(frozen=True)
class LoraSettings:
    """Settings of a LoRA.

    Attributes:
        model: The model that it is for.
        prompt: What every photo is called.
        steps: Optimiser steps.
        side: Of a crop [px], a multiple of 64.
        batch: Crops a step.
        rank: Of the changes; their weight (alpha) is the same.
        rate: Step size of AdamW.
        blind: Share of crops that are trained without the prompt, so that guidance keeps its other side.
        seed: Seed of weights, crops and noise.
        every: Steps between checkpoints, previews and looks at KID.
        patience: Looks at KID without improvement after which training stops; 0 for never.
        shown: How previews are refined.
    """

    model: Source
    prompt: str
    steps: int = 1000
    side: int = 512
    batch: int = 1
    rank: int = 8
    rate: float = 1e-4
    blind: float = 0.1
    seed: int = 0
    every: int = 125
    patience: int = 4
    shown: HubSettings = field(default_factory=HubSettings)

    method = "lora"

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "rank", "every"):
            if getattr(self, name) < 1:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a whole number from 1.")
        if self.side < 64 or self.side % 64:
            raise SimengineError(f"side is {self.side!r}: give a multiple of 64.")

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        own = {name: value for name, value in self.__dict__.items() if name not in ("model", "shown")}
        model = {name: value for name, value in self.model.to_dict().items() if name != "licence_text"}
        return {"method": self.method, "model": model, **own, "shown": asdict(self.shown)}


class LoraRun:
    """A LoRA in training; see `simengine.refine.learned.training`.

    Args:
        settings: Settings.
        device: Where everything is.
    """

    weights_file = LORA_WEIGHTS

    def __init__(self, settings: LoraSettings, device: torch.device) -> None:
        try:
            from peft import LoraConfig
        except ImportError as error:
            raise SimengineError("training a LoRA needs peft: pip install 'simengine[hub]'.") from error
        self.settings, self.device = settings, device
        half = resolve_precision("auto", str(device)) == "bf16"  # fp16 would need its losses scaled
        dtype = torch.bfloat16 if half else torch.float32
        self.parts: Parts = load_parts(settings.model, dtype=dtype).to(device, dtype)
        for part in self.parts.pipeline.components.values():
            if isinstance(part, nn.Module):
                part.requires_grad_(False)
        with quiet(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.parts.unet.add_adapter(
                LoraConfig(
                    r=settings.rank, lora_alpha=settings.rank, init_lora_weights="gaussian", target_modules=_TARGETS
                )
            )
        self.values = {name: p for name, p in self.parts.unet.named_parameters() if p.requires_grad}
        for value in self.values.values():
            value.data = value.data.float()
        self.optimizer = torch.optim.AdamW(self.values.values(), lr=settings.rate, weight_decay=1e-2)
        self.schedule = photo_schedule(self.parts)
        with torch.no_grad():
            self.words = encode_text(self.parts, [settings.prompt, ""])

    def step(self, batch: Batch, number: int) -> dict[str, float]:
        """Takes one step on the batch's photos."""
        s = self.settings
        rule = torch.Generator().manual_seed(s.seed * 1_000_003 + number)
        with torch.no_grad():
            clean = encode(self.parts, batch.photo, tile=s.side)
        noise = torch.randn(clean.shape, generator=rule)
        time = torch.randint(0, round(_NOISED * len(self.schedule.alphas_cumprod)), (len(clean),), generator=rule)
        named = (torch.rand(len(clean), generator=rule) < s.blind).long()
        noise, time, named = (value.to(self.device) for value in (noise, time, named))
        pooled = self.words.pooled
        text = Text(self.words.words[named], None if pooled is None else pooled[named], None)
        found = ask(
            self.parts,
            self.schedule.add_noise(clean, noise, time),
            time,
            text,
            (),
            control=0.0,
            place=(s.side, s.side, 0, 0),
        )
        velocity = self.schedule.config.prediction_type == "v_prediction"
        wanted = self.schedule.get_velocity(clean, noise, time) if velocity else noise
        loss = torch.mean((found - wanted) ** 2)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.values.values(), 1.0)
        self.optimizer.step()
        return {"loss": float(loss.detach()), "gradient": float(norm)}

    def save(self, folder: Path) -> None:
        """Writes the LoRA as diffusers reads it, and the settings."""
        from diffusers.utils import convert_state_dict_to_diffusers
        from peft.utils import get_peft_model_state_dict
        from safetensors.torch import save

        with disk_errors("make the folder", folder):
            folder.mkdir(parents=True, exist_ok=True)
        layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(self.parts.unet))
        plain = {f"unet.{name}": value.detach().cpu().contiguous() for name, value in layers.items()}
        write_atomic(folder / LORA_WEIGHTS, save(plain, metadata={"format": "pt"}))
        write_atomic(folder / CONFIG, canonical_json(self.settings.to_dict(), indent=True, ordered=True))

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        return {"lora": dict(self.values), "optimizer": self.optimizer.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        with torch.no_grad():
            for name, value in self.values.items():
                value.copy_(state["lora"][name])
        self.optimizer.load_state_dict(state["optimizer"])

    def refiner(self) -> HubDiffused:
        """What refines with the weights as they are now."""
        return HubDiffused(self.settings.model, self.settings.shown, device=str(self.device), parts=self.parts)
