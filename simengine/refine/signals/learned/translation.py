"""One step of a one-dimensional CycleGAN, bound to the envelopes of what it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from simengine.refine.learned.losses import least_squares
from simengine.refine.signals.learned.files import save_signal_model
from simengine.refine.signals.learned.networks import Generator, Judge, envelope
from simengine.refine.signals.learned.segments import SegmentBatch
from simengine.refine.signals.learned.settings import SignalTraining
from simengine.refine.signals.transfer import Transfer

__all__ = ["SignalTranslation"]


class SignalTranslation:
    """The networks of a run and their optimisers.

    Zhu et al., "Unpaired image-to-image translation using cycle-consistent adversarial networks", ICCV 2017, on waveforms.
    Unlike the original, a loss keeps the envelope, in which faults are heard, where it was.

    Args:
        settings: Settings.
        transfer: What stands before the network.
        device: Where everything is.
    """

    def __init__(self, settings: SignalTraining, transfer: Transfer, device: torch.device) -> None:
        self.settings, self.transfer, self.device = settings, transfer, device
        s = settings
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(s.seed)
            self.networks: dict[str, nn.Module] = {
                "generator": Generator(width=s.width, blocks=s.blocks),
                "back": Generator(width=s.width, blocks=s.blocks),
                "judge": Judge(width=s.width),
                "judge_back": Judge(width=s.width),
            }
        for network in self.networks.values():
            network.to(device)
        self.optimizers = {"make": self._adam("generator", "back"), "judge": self._adam("judge", "judge_back")}

    def _adam(self, *names: str) -> torch.optim.Adam:
        values = [p for name in names for p in self.networks[name].parameters()]
        return torch.optim.Adam(values, lr=self.settings.rate, betas=(0.5, 0.999))

    def step(self, batch: SegmentBatch, number: int) -> dict[str, float]:
        """Takes one step and gives its losses by name."""
        s, net = self.settings, self.networks
        rate = s.rate * min(1.0, 2 * (1 - number / s.steps))
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate
        simulated, real = batch.simulated.to(self.device), batch.real.to(self.device)
        judges = [net["judge"], net["judge_back"]]
        for judge in judges:
            judge.requires_grad_(False)
        fake, back = net["generator"](simulated), net["back"](real)
        cycle = (net["back"](fake) - simulated).abs().mean() + (net["generator"](back) - real).abs().mean()
        same = (net["generator"](real) - real).abs().mean() + (net["back"](simulated) - simulated).abs().mean()
        losses = {
            "adversarial": least_squares(net["judge"](fake), 1.0) + least_squares(net["judge_back"](back), 1.0),
            "cycle": s.cycle * cycle,
            "identity": s.identity * same,
            "labels": s.labels * (envelope(fake) - envelope(simulated)).abs().mean(),
        }
        self._descend("make", torch.stack(list(losses.values())).sum())
        for judge in judges:
            judge.requires_grad_(True)
        judged = self._judged("judge", real, fake) + self._judged("judge_back", simulated, back)
        self._descend("judge", judged)
        return {**{name: float(value.detach()) for name, value in losses.items()}, "judge": float(judged.detach())}

    def _descend(self, name: str, loss: Tensor) -> None:
        self.optimizers[name].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[name].step()

    def _judged(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        judge = self.networks[name]
        return 0.5 * (least_squares(judge(real), 1.0) + least_squares(judge(fake.detach()), 0.0))

    def save(self, folder: Path) -> None:
        """Writes the generator's weights, the settings and the path before it."""
        save_signal_model(folder, self.networks["generator"].state_dict(), self.settings, self.transfer)

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        return {
            "networks": {name: n.state_dict() for name, n in self.networks.items()},
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        for name, network in self.networks.items():
            network.load_state_dict(state["networks"][name])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
