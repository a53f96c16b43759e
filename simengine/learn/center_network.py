"""The embedded detector's network: Lite0, a top-down pyramid to stride 8, and heads that find centres of objects.

After CenterNet (Zhou et al., "Objects as points", 2019) and TTFNet (Liu et al., "Training-time-friendly network for
real-time object detection", 2020): one map says where a centre is, one how far the edges are, and a softmax, apart
from both, which class it is, so that every object teaches where objects are, whatever its class.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from simengine.learn.lite0 import CHANNELS, Lite0

__all__ = ["STRIDE", "CenterMaps", "CenterNetwork"]

STRIDE = 8
"""Pixels between the cells of the maps."""


@dataclass(frozen=True)
class CenterMaps:
    """What the network says of pictures, one value a cell of `STRIDE` pixels.

    Attributes:
        heat: Logit of an object's centre, shape (n, 1, h, w).
        edges: Log of the distances to the left, top, right and bottom edges in cells, shape (n, 4, h, w).
        classes: Logits of the classes, shape (n, classes, h, w).
    """

    heat: Tensor
    edges: Tensor
    classes: Tensor


class _Conv(nn.Sequential):
    """A 3 x 3 convolution, normalised over groups of channels, rectified."""

    def __init__(self, width: int) -> None:
        super().__init__(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.GroupNorm(8, width), nn.ReLU(inplace=True)
        )


class _Pyramid(nn.Module):
    """Features of all strides as one map of stride 8: coarse ones are added from the top down, fine ones as channels.

    The convolutions that follow add to what they are given, so that the backbone's features reach the outputs by a
    linear path from the first step on.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        # Stride 4 as channels of stride 8: pips and edges for the price of one small convolution.
        self.fine = nn.Conv2d(4 * CHANNELS[4], width, 1)
        self.lateral = nn.ModuleDict({str(stride): nn.Conv2d(CHANNELS[stride], width, 1) for stride in (8, 16, 32)})
        self.smooth = _Conv(width)
        self.head = _Conv(width)

    def forward(self, features: dict[int, Tensor]) -> Tensor:
        x = self.lateral["32"](features[32])
        for stride in (16, 8):
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest") + self.lateral[str(stride)](
                features[stride]
            )
        x = x + self.fine(features[4])
        x = x + self.smooth(x)
        return x + self.head(x)

    @torch.no_grad()
    def standardize(self, features: dict[int, Tensor]) -> None:
        """Makes the first layers see channels of mean 0 and deviation 1."""
        for stride, layer in ((4, self.fine), *((stride, self.lateral[str(stride)]) for stride in (8, 16, 32))):
            deviation, mean = torch.std_mean(features[stride], dim=(0, 2, 3))
            layer.weight /= deviation.clamp(min=1e-3)[None, :, None, None]
            layer.bias -= layer.weight[:, :, 0, 0] @ mean


class CenterNetwork(nn.Module):
    """Pictures to `CenterMaps`.

    Finding and naming have a pyramid each: in one, the losses of finding drown what tells classes apart.

    Args:
        classes: Number of classes.
        width: Channels of pyramids and heads.
        frozen: Blocks of the backbone that don't learn.
        prior: Share of the cells that hold a centre, for the first guess.
    """

    def __init__(self, classes: int, *, width: int = 64, frozen: int = 5, prior: float = 0.01) -> None:
        super().__init__()
        self.backbone = Lite0(frozen=frozen)
        self.where = _Pyramid(width)
        self.what = _Pyramid(width)
        self.heat = nn.Conv2d(width, 1, 1)
        self.edges = nn.Conv2d(width, 4, 1)
        self.classes = nn.Conv2d(width, classes, 1)
        for layer in (self.heat, self.edges, self.classes):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
        nn.init.constant_(self.heat.bias, float(torch.logit(torch.tensor(prior))))

    def standardize(self, pictures: Tensor) -> None:
        """Starts the pyramids from features of mean 0 and deviation 1, channel by channel, as these pictures have them.

        Channels of a trained backbone differ in size by orders of magnitude; what is small would be learned last. The
        factors go into the weights: nothing is computed more afterwards.

        Args:
            pictures: A batch like those to come, as `forward` takes it.
        """
        with torch.no_grad():
            features = self._features(pictures)
        self.where.standardize(features)
        self.what.standardize(features)

    def forward(self, pictures: Tensor) -> CenterMaps:
        """Reads pictures.

        Args:
            pictures: 0..255, RGB, any type, shape (n, 3, h, w), h and w multiples of 32.
        """
        features = self._features(pictures)
        where = self.where(features)
        return CenterMaps(self.heat(where), self.edges(where), self.classes(self.what(features)))

    def _features(self, pictures: Tensor) -> dict[int, Tensor]:
        features = self.backbone((pictures.float() - 127.0) / 128.0)
        return {**features, 4: nn.functional.pixel_unshuffle(features[4], 2)}
