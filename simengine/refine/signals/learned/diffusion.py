"""A small diffusion model of the user's healthy recordings, trained from scratch and conditioned on envelopes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from simengine.refine.learned.diffusion import scheduler
from simengine.refine.signals.learned.files import save_signal_model
from simengine.refine.signals.learned.networks import Denoiser, envelope
from simengine.refine.signals.learned.segments import SegmentBatch
from simengine.refine.signals.learned.settings import SignalTraining
from simengine.refine.signals.transfer import Transfer

__all__ = ["SignalDiffusion"]

_BLIND = 0.1  # share of crops trained without their envelope
_REACH = 600  # of 1000 steps of noise: refining never goes beyond half


class SignalDiffusion:
    """A model in training; see `simengine.refine.signals.learned.training`.

    Args:
        settings: Settings.
        transfer: What stands before the network.
        device: Where everything is.
    """

    def __init__(self, settings: SignalTraining, transfer: Transfer, device: torch.device) -> None:
        self.settings, self.transfer, self.device = settings, transfer, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.network = Denoiser(width=settings.width).to(device)
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=settings.rate, weight_decay=1e-4)
        self.schedule = scheduler()

    def step(self, batch: SegmentBatch, number: int) -> dict[str, float]:
        """Takes one step on the batch's recordings."""
        rule = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + number)
        real = batch.real
        noise = torch.randn(real.shape, generator=rule)
        time = torch.randint(0, _REACH, (len(real),), generator=rule)
        seen = (torch.rand(len(real), 1, 1, generator=rule) >= _BLIND).float()
        real, noise, time, seen = (t.to(self.device) for t in (real, noise, time, seen))
        noisy = self.schedule.add_noise(real, noise, time)
        wanted = self.schedule.get_velocity(real, noise, time)
        found = self.network(torch.cat([noisy, seen * envelope(real)], dim=1), time)
        loss = torch.mean((found - wanted) ** 2)
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
        """Writes the averaged weights, the settings and the path before the network."""
        save_signal_model(folder, self.average, self.settings, self.transfer)

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        return {"network": self.network.state_dict(), "average": self.average, "optimizer": self.optimizer.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.average = dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
