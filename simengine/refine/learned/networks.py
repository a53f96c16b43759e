"""Generator and discriminators of unpaired translation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["Generator", "PatchDiscriminator", "PatchProjector"]


def _block(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=False),
        nn.InstanceNorm2d(channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=False),
        nn.InstanceNorm2d(channels),
    )


def _stage(before: int, after: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, kernel // 2, padding_mode="reflect", bias=False),
        nn.InstanceNorm2d(after),
        nn.ReLU(inplace=True),
    )


class Generator(nn.Module):
    """ResNet generator (Johnson et al. 2016, as in CycleGAN) that changes a picture instead of drawing a new one.

    It gives the picture plus a bounded change, so that it starts as the identity and colours can go anywhere.
    Upsampling is by nearest neighbour and convolution: transposed ones draw checkerboards (Odena et al. 2016).

    Args:
        buffers: Channels that it is conditioned on besides the picture.
        width: Channels of the first stage; four times as many in the blocks.
        blocks: Number of residual blocks.
    """

    def __init__(self, *, buffers: int = 0, width: int = 64, blocks: int = 6) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            [_stage(3 + buffers, width, 7), _stage(width, 2 * width, 3, 2), _stage(2 * width, 4 * width, 3, 2)]
        )
        self.blocks = nn.ModuleList(_block(4 * width) for _ in range(blocks))
        self.up = nn.ModuleList([_stage(4 * width, 2 * width, 3), _stage(2 * width, width, 3)])
        self.last = nn.Conv2d(width, 3, 7, padding=3, padding_mode="reflect")
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def features(self, x: Tensor) -> list[Tensor]:
        """Feature maps of the encoder and of the first and middle block, for `PatchProjector`."""
        maps = []
        for stage in self.down:
            x = stage(x)
            maps.append(x)
        for number, block in enumerate(self.blocks):
            x = x + block(x)
            if number in (0, len(self.blocks) // 2):
                maps.append(x)
        return maps

    def forward(self, picture: Tensor, buffers: Tensor | None = None) -> Tensor:
        """Refines pictures.

        Args:
            picture: In -1 to 1, (N, 3, H, W), H and W multiples of 4.
            buffers: (N, C, H, W); None for a generator without.

        Returns:
            In -1 to 1, (N, 3, H, W).
        """
        x = picture if buffers is None else torch.cat([picture, buffers], dim=1)
        for stage in self.down:
            x = stage(x)
        for block in self.blocks:
            x = x + block(x)
        for stage in self.up:
            x = stage(nn.functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return (picture + torch.tanh(self.last(x))).clamp(-1, 1)


class PatchDiscriminator(nn.Module):
    """PatchGAN (Isola et al. 2017): judges overlapping patches of 34 (two stages) or 70 pixels (three).

    Args:
        width: Channels of the first stage.
        stages: Number of strided convolutions.
    """

    def __init__(self, *, width: int = 64, stages: int = 3) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        channels = width
        for stage in range(1, stages + 1):
            wider = min(2 * channels, 8 * width)
            stride = 2 if stage < stages else 1
            layers += [
                nn.Conv2d(channels, wider, 4, stride, 1, bias=False),
                nn.InstanceNorm2d(wider),
                nn.LeakyReLU(0.2, inplace=True),
            ]
            channels = wider
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, 1, 4, 1, 1))

    def forward(self, picture: Tensor) -> Tensor:
        """Scores of patches, (N, 1, h, w); towards 1 for real."""
        return self.layers(picture)


class PatchProjector(nn.Module):
    """The small networks of CUT that compare patches: two layers and unit length for each feature map.

    Args:
        channels: Of the feature maps.
        width: Of the result.
    """

    def __init__(self, channels: Sequence[int], *, width: int = 256) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(c, width), nn.ReLU(inplace=True), nn.Linear(width, width)) for c in channels
        )

    def forward(self, maps: Sequence[Tensor], places: Sequence[Tensor]) -> list[Tensor]:
        """Vectors of unit length at chosen places.

        Args:
            maps: (N, C, h, w) each.
            places: Indices into h * w, one tensor (P,) a map.

        Returns:
            (N, P, width) each.
        """
        out = []
        for head, features, at in zip(self.heads, maps, places, strict=True):
            vectors = head(features.flatten(2).permute(0, 2, 1)[:, at])
            out.append(nn.functional.normalize(vectors, dim=-1))
        return out
