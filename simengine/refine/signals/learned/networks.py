"""Networks on waveforms."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["Denoiser", "Generator", "Judge", "envelope"]

_BOUND = 3.0  # standard deviations that a generator may change


def _stage(before: int, after: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(before, after, kernel, stride, kernel // 2, padding_mode="reflect", bias=False),
        nn.InstanceNorm1d(after),
        nn.ReLU(inplace=True),
    )


class _Block(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation, padding_mode="reflect", bias=False),
            nn.InstanceNorm1d(channels),
            nn.ReLU(inplace=True),
            nn.Conv1d(channels, channels, 3, padding=1, padding_mode="reflect", bias=False),
            nn.InstanceNorm1d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Generator(nn.Module):
    """A residual network that changes a waveform instead of drawing a new one; it starts as the identity.

    Args:
        width: Channels of the first stage; four times as many in the blocks.
        blocks: Residual blocks, their dilation doubled from one to the next.
    """

    def __init__(self, *, width: int = 32, blocks: int = 4) -> None:
        super().__init__()
        self.down = nn.Sequential(
            _stage(1, width, 15), _stage(width, 2 * width, 5, 2), _stage(2 * width, 4 * width, 5, 2)
        )
        self.blocks = nn.Sequential(*(_Block(4 * width, 2 ** (k % 4)) for k in range(blocks)))
        self.up = nn.ModuleList([_stage(4 * width, 2 * width, 5), _stage(2 * width, width, 5)])
        self.last = nn.Conv1d(width, 1, 15, padding=7, padding_mode="reflect")
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, signal: Tensor) -> Tensor:
        """Refines waveforms of unit level, (N, 1, L), L a multiple of 4."""
        x = self.blocks(self.down(signal))
        for stage in self.up:
            x = stage(nn.functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return signal + _BOUND * torch.tanh(self.last(x) / _BOUND)


class Judge(nn.Module):
    """PatchGAN (Isola et al. 2017) on waveforms: judges overlapping patches of some 200 samples.

    Args:
        width: Channels of the first stage.
    """

    def __init__(self, *, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv1d(1, width, 15, 2, 7), nn.LeakyReLU(0.2, inplace=True)]
        for wider in (2 * width, 4 * width):
            layers += [
                nn.Conv1d(wider // 2, wider, 15, 2, 7, bias=False),
                nn.InstanceNorm1d(wider),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv1d(4 * width, 1, 7, 1, 3))

    def forward(self, signal: Tensor) -> Tensor:
        """Scores of patches, (N, 1, l); towards 1 for real."""
        return self.layers(signal)


class Denoiser(nn.Module):
    """A U-Net of convolutions: noisy waveform and envelope in, velocity out (Salimans and Ho 2022); any length will do.

    Args:
        width: Channels at full resolution; twice and four times as many below.
    """

    def __init__(self, *, width: int = 32) -> None:
        super().__init__()
        sizes = (width, 2 * width, 4 * width)
        self.width = width
        self.time = nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, 4 * width))
        self.first = nn.Conv1d(2, width, 15, padding=7)
        self.down = nn.ModuleList(_Timed(a, b, 4 * width) for a, b in zip((width, *sizes[:-1]), sizes, strict=True))
        self.middle = _Timed(4 * width, 4 * width, 4 * width, dilation=4)
        self.up = nn.ModuleList(
            _Timed(below + skip, skip, 4 * width)
            for below, skip in zip((4 * width, *sizes[:0:-1]), sizes[::-1], strict=True)
        )
        self.last = nn.Conv1d(width, 1, 15, padding=7)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """Velocity, (N, 1, L).

        Args:
            x: (N, 2, L), L a multiple of 8.
            time: Step of the noise schedule, (N,).
        """
        half = self.width // 2
        rates = torch.exp(-math.log(10_000.0) * torch.arange(half, device=x.device) / half)
        angles = time.float()[:, None] * rates
        code = self.time(torch.cat([angles.sin(), angles.cos()], dim=1))
        x = self.first(x)
        kept = []
        for stage in self.down:
            x = stage(x, code)
            kept.append(x)
            x = nn.functional.avg_pool1d(x, 2)
        x = self.middle(x, code)
        for stage in self.up:
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = stage(torch.cat([x, kept.pop()], dim=1), code)
        return self.last(x)


class _Timed(nn.Module):
    def __init__(self, before: int, after: int, code: int, *, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv1d(before, after, 5, padding=2 * dilation, dilation=dilation)
        self.second = nn.Conv1d(after, after, 5, padding=2)
        self.code = nn.Linear(code, after)
        self.norms = nn.ModuleList([nn.GroupNorm(4, after), nn.GroupNorm(4, after)])
        self.skip = nn.Conv1d(before, after, 1) if before != after else nn.Identity()

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        found = nn.functional.silu(self.norms[0](self.first(x))) + self.code(code)[:, :, None]
        return self.skip(x) + nn.functional.silu(self.norms[1](self.second(found)))


def envelope(signal: Tensor, *, reach: int = 12) -> Tensor:
    """Logarithm of a waveform's smoothed power: where it is struck, and how hard.

    Args:
        signal: (N, 1, L).
        reach: Half width of the smoothing, samples.

    Returns:
        (N, 1, L).
    """
    at = torch.arange(-reach, reach + 1, device=signal.device, dtype=signal.dtype)
    bell = torch.exp(-0.5 * (2.5 * at / reach) ** 2)
    power = nn.functional.pad(signal**2, (reach, reach), mode="reflect")
    return torch.log(nn.functional.conv1d(power, (bell / bell.sum()).view(1, 1, -1)) + 1e-3)
