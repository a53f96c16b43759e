"""Applying a trained network to recordings of any length."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from simengine.dataset.shard import hash_file
from simengine.refine.learned.diffusion import scheduler
from simengine.refine.learned.files import CONFIG, WEIGHTS, load_weights
from simengine.refine.signals.learned.files import read_signal_config
from simengine.refine.signals.learned.networks import Denoiser, Generator, envelope
from simengine.refine.signals.learned.segments import health
from simengine.refine.signals.sound import Refined, Sound

__all__ = ["LearnedSignals"]

_PIECE = 1 << 16  # samples that go through a network at once
_OVERLAP = 2048  # samples that neighbouring pieces share


@dataclass(eq=False)
class LearnedSignals:
    """The transfer path, and a network that changes what is healthy in a recording.

    With stems the network sees all but the fault, which takes the path alone: no fault is shown to a network that was
    trained on health. Without them it sees the whole recording, and the audit decides. What it changes joins the stem of
    the background.

    CycleGAN applies its generator; diffusion noises the recording a little and takes the noise away (Meng et al.,
    "SDEdit", ICLR 2022), held by the recording's own envelope.

    Args:
        folder: Where `simengine.refine.signals.learned.training` put it.
        device: PyTorch's name of the device.
    """

    folder: Path
    device: str = "cpu"
    files: tuple[str, ...] = (CONFIG, WEIGHTS)
    _loaded: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.folder = Path(self.folder)
        self.settings, self.transfer = read_signal_config(self.folder)

    @property
    def name(self) -> str:
        """The method."""
        return self.settings.method

    def to_dict(self) -> dict[str, Any]:
        """See `simengine.refine.signals.sound.SignalRefiner`."""
        return {
            "method": self.name,
            "weights": hash_file(self.folder / WEIGHTS),
            "settings": self.settings.to_dict(),
            "transfer": self.transfer.to_dict(),
        }

    def __getstate__(self) -> dict[str, Any]:
        """Workers load their own."""
        return {**self.__dict__, "_loaded": None}

    def gentle(self, sound: Sound) -> Refined:
        """See `simengine.refine.signals.sound.SignalRefiner`."""
        return self.transfer.gentle(sound)

    def refine(self, sound: Sound, rng: np.random.Generator) -> Refined:
        """See `simengine.refine.signals.sound.SignalRefiner`."""
        before = self.transfer.refine(sound, rng)
        level = self.transfer.level or sound.level
        seen = health(sound, before) / level
        change = level * (self._changed(seen, rng) - seen)
        stems = dict(before.stems)
        if stems:
            stems["stem_background"] = stems["stem_background"] + change
        return Refined(before.signal + change, stems, before.log_gain, float(np.hypot(before.added, np.std(change))))

    def _changed(self, signal: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        noise = torch.from_numpy(rng.standard_normal(len(signal), dtype=np.float32))
        whole = torch.from_numpy(signal.astype(np.float32))
        out, weight = torch.zeros(len(signal)), torch.zeros(len(signal))
        with torch.inference_mode(), _one_thread():
            for start, stop in _pieces(len(signal)):
                size = stop - start
                pad = -size % 8
                part, own = (
                    nn.functional.pad(one[start:stop][None, None], (0, pad), mode="reflect") for one in (whole, noise)
                )
                found = self._run(part.to(self.device), own.to(self.device))[0, 0, :size].cpu()
                ramp = torch.minimum(torch.arange(1, size + 1), torch.arange(size, 0, -1)).clamp(max=_OVERLAP).float()
                out[start:stop] += ramp * found
                weight[start:stop] += ramp
        return (out / weight).numpy().astype(np.float64)

    def _run(self, part: Tensor, noise: Tensor) -> Tensor:
        network = self._network()
        if self.name == "cyclegan":
            return network(part)
        s, schedule = self.settings, scheduler()
        schedule.set_timesteps(s.denoising)
        times = schedule.timesteps[len(schedule.timesteps) - round(s.strength * s.denoising) :]
        if len(times) == 0:
            return part
        held = envelope(part)
        x = schedule.add_noise(part, noise, times[:1])
        for time in times:
            velocity = network(torch.cat([x, held], dim=1), time.to(self.device)[None])
            x = schedule.step(velocity, time, x).prev_sample
        return x

    def _network(self) -> nn.Module:
        if self._loaded is None:
            s = self.settings
            network: nn.Module = (
                Generator(width=s.width, blocks=s.blocks) if s.method == "cyclegan" else Denoiser(width=s.width)
            )
            load_weights(self.folder, network)
            self._loaded = network.eval().to(self.device)
        return self._loaded


def _pieces(count: int) -> Iterator[tuple[int, int]]:
    """Where pieces begin and end; neighbours overlap."""
    start = 0
    while True:
        stop = min(start + _PIECE, count)
        yield start, stop
        if stop == count:
            return
        start = stop - _OVERLAP


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums are in one order however many cores there are: equal bytes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
