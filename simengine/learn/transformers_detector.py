"""Detectors of transformers, RT-DETRv2 and D-FINE above all, by their hub names or local folders.

Both take pictures in 0..1, unnormalised, of any size in multiples of 32, and say each class of each query by a
sigmoid: Y. Zhao et al., "DETRs beat YOLOs on real-time object detection", 2024; Y. Peng et al., "D-FINE", 2024.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet
from simengine.learn.adapted import Adapted, load_adapted, objects_of, train_adapted
from simengine.learn.crops import Crop
from simengine.learn.detector import Detections
from simengine.learn.training import Optimization

__all__ = ["TransformersDetector"]

_OPTIMIZATION = Optimization(rate=1e-4, backbone_rate=0.1, decay=1e-4, warmup=0.06, average=0.05, clip=0.1)
"""As RT-DETR's authors fine-tune."""

_KINDS = ("rt_detr", "rt_detr_v2", "d_fine")
_MOST = 300  # boxes of a picture


class TransformersDetector:
    """Fine-tunes a detector of transformers.

    Args:
        name: Hub name (``PekingU/rtdetr_v2_r18vd``, ``ustc-community/dfine-small-coco``) or folder.
        size: Edge of the pieces [px], a multiple of 32.
    """

    def __init__(self, name: str = "PekingU/rtdetr_v2_r18vd", *, size: int = 640) -> None:
        self.name = name
        self.size = size

    def train(self, data: Sequence[tuple[DetectionSet, float]], *, steps: int, seed: int, **options: Any) -> Adapted:
        """Trains one; see `simengine.learn.detector.Detector.train`."""
        return train_adapted(
            self._fetch, _losses, data, steps=steps, seed=seed, size=self.size, how=_OPTIMIZATION, **options
        )

    def load(self, folder: Path) -> Adapted:
        """Reads a saved detector; needs no hub."""
        return load_adapted(folder, _build)

    def _fetch(self, classes: tuple[str, ...]) -> Adapted:
        """The library's weights with a new layer for the classes."""
        library = _transformers()
        names = dict(enumerate(classes))
        try:
            network = library.AutoModelForObjectDetection.from_pretrained(
                self.name,
                id2label=names,
                label2id={name: number for number, name in names.items()},
                ignore_mismatched_sizes=True,
            )
        except Exception as error:  # the hub's errors are of many kinds
            raise SimengineError(
                f"can't load the detector {self.name!r} of transformers ({error}). Give a hub name that you can reach, or "
                "a folder with its config.json and model.safetensors."
            ) from error
        if network.config.model_type not in _KINDS:
            raise SimengineError(
                f"{self.name} is of the kind {network.config.model_type!r}; simengine trains {', '.join(_KINDS)}."
            )
        return Adapted(f"transformers:{self.name}", network, classes, _recipe(self.name, network.config), _ask)


def _transformers() -> Any:
    try:
        import transformers
    except Exception as error:  # a torchvision of another build raises RuntimeError
        raise SimengineError(
            f"detectors of transformers need that package ({error}). Run: pip install 'simengine[hub]'"
        ) from error
    return transformers


def _recipe(name: str, config: Any) -> dict[str, Any]:
    """Configuration without what differs from machine to machine."""
    import json

    tree = json.loads(config.to_json_string(use_diff=False))
    tree.pop("_name_or_path", None)
    return {"name": name, "kind": config.model_type, "config": tree}


def _build(recipe: dict[str, Any], classes: tuple[str, ...]) -> Adapted:
    library = _transformers()
    tree = dict(recipe["config"])
    config = library.AutoConfig.for_model(tree.pop("model_type"), **tree)
    network = library.AutoModelForObjectDetection.from_config(config)
    return Adapted(f"transformers:{recipe['name']}", network, classes, recipe, _ask)


def _losses(network: Any, crops: list[Crop], device: torch.device) -> dict[str, torch.Tensor]:
    pictures = torch.from_numpy(np.stack([crop.picture for crop in crops])).permute(0, 3, 1, 2).to(device) / 255.0
    labels = []
    for crop in crops:
        boxes, classes = objects_of(crop)
        middle, edges = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
        shares = np.concatenate([middle, edges], axis=1) / crop.picture.shape[0]
        labels.append(
            {
                "class_labels": torch.from_numpy(classes).to(device),
                "boxes": torch.from_numpy(shares.astype(np.float32)).to(device),
            }
        )
    said = network(pixel_values=pictures, labels=labels)
    parts = {name: value for name, value in said.loss_dict.items() if "_aux_" not in name and "_dn_" not in name}
    return {"loss": said.loss, **parts}


def _ask(network: Any, picture: torch.Tensor) -> Detections:
    said = network(pixel_values=picture[None])
    height, width = picture.shape[1:]
    scores = torch.sigmoid(said.logits[0].float())
    best, places = scores.flatten().topk(min(_MOST, scores.numel()))
    queries, labels = places // scores.shape[1], places % scores.shape[1]
    x, y, w, h = said.pred_boxes[0].float()[queries].unbind(1)
    boxes = torch.stack([(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height], dim=1)
    keep = best >= 0.01
    return Detections(*(value[keep].cpu().numpy() for value in (boxes, best, labels)))
