"""One step of unpaired translation: CycleGAN, or CUT at half the cost; both bound to the labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from simengine.refine.learned.buffers import CHANNELS
from simengine.refine.learned.crops import Batch
from simengine.refine.learned.files import WEIGHTS, save_model
from simengine.refine.learned.losses import label_consistency, least_squares, patch_nce
from simengine.refine.learned.networks import Generator, PatchDiscriminator, PatchProjector
from simengine.refine.learned.settings import TrainSettings

__all__ = ["Translation"]


class Translation:
    """The networks of a run and their optimisers.

    CycleGAN: Zhu et al., "Unpaired image-to-image translation using cycle-consistent adversarial networks", ICCV 2017.
    CUT: Park et al., ECCV 2020. Unlike the originals, the generator is conditioned on what the renderer knows, and
    `label_consistency` holds every labelled object in place.

    Args:
        settings: Settings.
        device: Where everything is.
    """

    weights_file = WEIGHTS

    def __init__(self, settings: TrainSettings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.networks = self._networks()
        for network in self.networks.values():
            network.to(device)
        makers = [n for name, n in self.networks.items() if not name.startswith("judge")]
        judges = [n for name, n in self.networks.items() if name.startswith("judge")]
        self.optimizers = {"make": self._adam(makers), "judge": self._adam(judges)}

    def _networks(self) -> dict[str, nn.Module]:
        s = self.settings
        known = CHANNELS if s.buffers else 0
        networks: dict[str, nn.Module] = {
            "generator": Generator(buffers=known, width=s.width, blocks=s.blocks),
            "judge": PatchDiscriminator(width=s.width),
        }
        if s.method == "cyclegan":
            networks["back"] = Generator(width=s.width, blocks=s.blocks)
            networks["judge_back"] = PatchDiscriminator(width=s.width)
        else:
            channels = (s.width, 2 * s.width, 4 * s.width, 4 * s.width, 4 * s.width)[: 3 + min(s.blocks, 2)]
            networks["projector"] = PatchProjector(channels)
        return networks

    def _adam(self, networks: list[nn.Module]) -> torch.optim.Adam:
        values = [p for network in networks for p in network.parameters()]
        return torch.optim.Adam(values, lr=self.settings.rate, betas=(0.5, 0.999))

    def step(self, batch: Batch, number: int) -> dict[str, float]:
        """Takes one step.

        Args:
            batch: Crops on any device.
            number: Of the step, from 0.

        Returns:
            Its losses by name.
        """
        s = self.settings
        rate = s.rate * min(1.0, 2 * (1 - number / s.steps))
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate
        render, known, photo = (
            t.to(self.device, non_blocking=True) for t in (batch.render, batch.buffers, batch.photo)
        )
        mixed = torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda")
        judges = [n for name, n in self.networks.items() if name.startswith("judge")]
        for judge in judges:
            judge.requires_grad_(False)
        with mixed:
            fakes, losses = (self._cycle if s.method == "cyclegan" else self._cut)(render, known, photo, number)
        total = torch.stack([value.float() for value in losses.values()]).sum()
        self.optimizers["make"].zero_grad(set_to_none=True)
        total.backward()
        self.optimizers["make"].step()
        for judge in judges:
            judge.requires_grad_(True)
        with mixed:
            judged = self._judge("judge", photo, fakes["photo"])
            if "render" in fakes:
                judged = judged + self._judge("judge_back", render, fakes["render"])
        self.optimizers["judge"].zero_grad(set_to_none=True)
        judged.float().backward()
        self.optimizers["judge"].step()
        return {**{name: float(value.detach()) for name, value in losses.items()}, "judge": float(judged.detach())}

    def _judge(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        judge = self.networks[name]
        return 0.5 * (least_squares(judge(real), 1.0) + least_squares(judge(fake.detach()), 0.0))

    def _refine(self, render: Tensor, known: Tensor) -> Tensor:
        return self.networks["generator"](render, known if self.settings.buffers else None)

    def _hold(self, render: Tensor, known: Tensor, fake: Tensor) -> Tensor:
        mask = torch.maximum(known[:, 5:6], known[:, 4:5])
        return self.settings.labels * label_consistency(render, fake.float(), mask)

    def _cycle(
        self, render: Tensor, known: Tensor, photo: Tensor, number: int
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        s, back = self.settings, self.networks["back"]
        fake, rendered = self._refine(render, known), back(photo)
        nothing = torch.zeros_like(known)
        cycle = (back(fake) - render).abs().mean() + (self._refine(rendered, nothing) - photo).abs().mean()
        same = (self._refine(photo, nothing) - photo).abs().mean() + (back(render) - render).abs().mean()
        return {"photo": fake, "render": rendered}, {
            "adversarial": least_squares(self.networks["judge"](fake), 1.0)
            + least_squares(self.networks["judge_back"](rendered), 1.0),
            "cycle": s.cycle * cycle,
            "identity": s.identity * same,
            "labels": self._hold(render, known, fake),
        }

    def _cut(
        self, render: Tensor, known: Tensor, photo: Tensor, number: int
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        s = self.settings
        nothing = torch.zeros_like(known)
        fake, same = self._refine(render, known), self._refine(photo, nothing)
        rule = torch.Generator().manual_seed(s.seed * 1_000_003 + number)
        nce = self._nce(render, fake, known, rule) + self._nce(photo, same, nothing, rule)
        return {"photo": fake}, {
            "adversarial": least_squares(self.networks["judge"](fake), 1.0),
            "nce": s.nce * 0.5 * nce,
            "identity": s.identity * (same - photo).abs().mean(),
            "labels": self._hold(render, known, fake),
        }

    def _nce(self, source: Tensor, result: Tensor, known: Tensor, rule: torch.Generator) -> Tensor:
        generator, projector = self.networks["generator"], self.networks["projector"]

        def maps(picture: Tensor) -> list[Tensor]:
            return generator.features(torch.cat([picture, known], 1) if self.settings.buffers else picture)

        of_source, of_result = maps(source), maps(result)
        places = [
            torch.randperm(m.shape[2] * m.shape[3], generator=rule)[: self.settings.patches].to(self.device)
            for m in of_source
        ]
        return patch_nce(projector(of_result, places), projector(of_source, places))

    def save(self, folder: Path) -> None:
        """Writes the generator's weights and the settings."""
        save_model(folder, self.networks["generator"].state_dict(), self.settings.to_dict())

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
