"""torchvision's detectors (FCOS, RetinaNet, SSDLite, Faster R-CNN), where torchvision imports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet
from simengine.learn.adapted import Adapted, load_adapted, objects_of, train_adapted
from simengine.learn.crops import Crop
from simengine.learn.detector import Detections
from simengine.learn.training import Optimization

__all__ = ["TorchvisionDetector"]

_OPTIMIZATION = Optimization(rate=2e-4, backbone_rate=0.25, decay=1e-4, warmup=0.06, average=0.05, clip=10.0)


class TorchvisionDetector:
    """Trains a detector of torchvision from a backbone with ImageNet weights.

    Args:
        name: As ``torchvision.models.get_model`` knows it, e.g. ``fcos_resnet50_fpn``; with ``,random`` after it, the
            backbone's weights are not downloaded but random.
        size: Edge of the pieces [px].
    """

    def __init__(self, name: str = "fcos_resnet50_fpn", *, size: int = 640) -> None:
        self.name, _, start = name.partition(",")
        self.pretrained = start != "random"
        self.size = size

    def train(self, data: Sequence[tuple[DetectionSet, float]], *, steps: int, seed: int, **options: Any) -> Adapted:
        """Trains one; see `simengine.learn.detector.Detector.train`."""
        make = lambda classes: _make(self.name, classes, self.pretrained)  # noqa: E731
        return train_adapted(make, _losses, data, steps=steps, seed=seed, size=self.size, how=_OPTIMIZATION, **options)

    def load(self, folder: Path) -> Adapted:
        """Reads a saved detector; downloads nothing."""
        return load_adapted(folder, lambda recipe, classes: _make(recipe["name"], classes, False))


def _make(name: str, classes: tuple[str, ...], pretrained: bool) -> Adapted:
    try:
        from torchvision.models import get_model
    except Exception as error:  # one of another build raises RuntimeError
        raise SimengineError(
            f"torchvision's detectors need a torchvision that imports ({type(error).__name__}: {error}). Install the one "
            "that matches your torch, or take the embedded detector: --model lite0."
        ) from error
    weights = "DEFAULT" if pretrained else None
    try:
        network = get_model(name, weights=None, weights_backbone=weights, num_classes=len(classes) + 1)
    except Exception as error:  # unknown names and failed downloads
        raise SimengineError(f"torchvision can't make the detector {name!r} ({error}).") from error
    return Adapted(f"torchvision:{name}", network, classes, {"name": name}, _ask)


def _losses(network: Any, crops: list[Crop], device: torch.device) -> dict[str, torch.Tensor]:
    pictures = [torch.from_numpy(crop.picture).permute(2, 0, 1).to(device) / 255.0 for crop in crops]
    targets = []
    for crop in crops:
        boxes, labels = objects_of(crop)
        targets.append({"boxes": torch.from_numpy(boxes).to(device), "labels": torch.from_numpy(labels + 1).to(device)})
    parts = network(pictures, targets)
    return {"loss": sum(parts.values(), torch.zeros((), device=device)), **parts}


def _ask(network: Any, picture: torch.Tensor) -> Detections:
    found = network([picture])[0]
    order = torch.argsort(found["scores"], descending=True, stable=True)
    boxes, scores, labels = (found[name][order].cpu().numpy() for name in ("boxes", "scores", "labels"))
    return Detections(boxes, scores, labels - 1)
