"""The embedded detector: no hub, no torchvision, trained on a laptop's processor in minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from simengine.dataset.canonical import canonical_json
from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet
from simengine.learn.augment import Augmentation
from simengine.learn.card import describe_set, detector_card
from simengine.learn.center_decode import decode
from simengine.learn.center_loss import center_loss, draw_targets
from simengine.learn.center_network import CenterNetwork
from simengine.learn.crops import Crop
from simengine.learn.detector import Detections, Report, align_classes, choose_device
from simengine.learn.feed import Feed, Shares
from simengine.learn.lite0 import imagenet_weights
from simengine.learn.lite0_settings import Lite0Settings, parse_settings, settings_from_dict, settings_to_dict
from simengine.learn.saved import read_detector, write_detector
from simengine.learn.tiles import look
from simengine.learn.training import Losses, Optimization, run_steps

__all__ = ["Lite0Detector", "TrainedLite0"]


@dataclass(frozen=True, eq=False)
class TrainedLite0:
    """A trained embedded detector.

    Attributes:
        network: Its `CenterNetwork`, ready to be asked.
        classes: Names of the classes.
        settings: How it was trained, and at which scale it looks at pictures.
        facts: What it was trained on, JSON types.
        history: A row a step of the losses.
    """

    network: CenterNetwork
    classes: tuple[str, ...]
    settings: Lite0Settings
    facts: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def model(self) -> str:
        """Its name among the detectors."""
        return "lite0"

    def predict(self, pictures: Sequence[NDArray[Any]]) -> list[Detections]:
        """Finds things in pictures, sRGB, uint8, shape (H, W, 3) each; large ones are looked at in tiles."""
        return [look(picture, self._ask, scale=self.settings.scale) for picture in pictures]

    def _ask(self, tile: NDArray[np.uint8]) -> Detections:
        device = next(self.network.parameters()).device
        with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda"):
            return decode(self.network(torch.from_numpy(tile[None]).permute(0, 3, 1, 2).to(device)))[0]

    def save(self, folder: Path) -> None:
        """Writes weights, settings, losses and a card; see `simengine.learn.detector.save_detector`."""
        settings = settings_to_dict(self.settings)
        config = {"classes": list(self.classes), "settings": settings, "facts": self.facts}
        card = detector_card("lite0", self.classes, settings, self.facts)
        write_detector(folder, self.network.state_dict(), config, self.history, card)


class Lite0Detector:
    """Trains the embedded detector.

    Args:
        settings: How; as text, ``crop=256,scale=1.5``, what differs from the tuned values.
    """

    def __init__(self, settings: Lite0Settings | str | None = None) -> None:
        self.settings = parse_settings(settings or "") if not isinstance(settings, Lite0Settings) else settings

    def train(
        self,
        data: Sequence[tuple[DetectionSet, float]],
        *,
        steps: int,
        seed: int,
        init: Any = None,
        report: Report | None = None,
        batch: int | None = None,
        augmentation: Augmentation | None = None,
        device: str = "auto",
        checkpoint: Path | None = None,
    ) -> TrainedLite0:
        """Trains one; see `simengine.learn.detector.Detector.train`.

        On a processor, the same arguments and number of threads give the same bits; on CUDA, sums may differ in
        their last digits.

        Raises:
            SimengineError: There is nothing to learn from, the loss is no longer finite, or a package is missing.
        """
        aligned = align_classes(data)
        settings = replace(
            self.settings,
            batch=batch or self.settings.batch,
            augmentation=augmentation or self.settings.augmentation,
        )
        if steps < 1:
            raise SimengineError(f"steps is {steps}: give at least 1.")
        shares = Shares(tuple(part for part, _ in aligned), tuple(float(weight) for _, weight in aligned))
        place = choose_device(device)
        classes = shares.sets[0].classes
        network = _new_network(len(classes), settings, seed)
        if init is None:
            network.backbone.load_state_dict(imagenet_weights())
        else:
            _take_over(network, classes, init)
        network.to(place, memory_format=torch.channels_last)
        feed = Feed(
            shares,
            seed=seed,
            batch=settings.batch,
            size=settings.crop,
            scale=settings.scale,
            augmentation=settings.augmentation,
        )
        if init is None:
            first = np.stack([crop.picture for crop in feed.batch(0)])
            network.standardize(torch.from_numpy(first).permute(0, 3, 1, 2).to(place))
        facts = {
            "data": [describe_set(part, weight) for part, weight in aligned],
            "steps": steps,
            "seed": seed,
            "pictures_seen": steps * settings.batch,
            "starts_from": "ImageNet" if init is None else "a trained detector",
            "before": getattr(init, "facts", {}),
            "device": place.type,
            "torch": torch.__version__.partition("+")[0],
        }
        history = run_steps(
            network.train(),
            feed,
            _losses(network, settings, place),
            Optimization(
                settings.rate, settings.backbone_rate, settings.decay, settings.warmup, settings.average, clip=10.0
            ),
            steps=steps,
            device=place,
            checkpoint=checkpoint,
            key=_run_key(facts, settings, network),
            report=report,
        )
        return TrainedLite0(network.eval(), classes, settings, facts, history)

    def load(self, folder: Path) -> TrainedLite0:
        """Reads a saved detector.

        Raises:
            SimengineError: A file is missing or damaged.
        """

        def rebuilt(
            config: dict[str, Any], weights: dict[str, torch.Tensor], history: list[dict[str, Any]]
        ) -> TrainedLite0:
            settings, classes = settings_from_dict(config["settings"]), tuple(config["classes"])
            network = CenterNetwork(len(classes), frozen=settings.frozen)
            network.load_state_dict(weights)
            network.to(memory_format=torch.channels_last)
            return TrainedLite0(network.eval(), classes, settings, config["facts"], history)

        return read_detector(folder, rebuilt)


def _new_network(classes: int, settings: Lite0Settings, seed: int) -> CenterNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CenterNetwork(classes, frozen=settings.frozen)


def _losses(network: CenterNetwork, settings: Lite0Settings, device: torch.device) -> Losses:
    def losses(crops: list[Crop]) -> dict[str, torch.Tensor]:
        pictures = torch.from_numpy(np.stack([crop.picture for crop in crops])).permute(0, 3, 1, 2)
        targets = draw_targets(
            [crop.boxes for crop in crops],
            [crop.labels for crop in crops],
            [crop.ignored for crop in crops],
            size=(settings.crop, settings.crop),
            spread=settings.spread,
        )
        maps = network(pictures.to(device, non_blocking=True))
        weights = {"box_weight": settings.box_weight, "class_weight": settings.class_weight}
        loss = center_loss(maps, targets.to(device), **weights)
        return {"loss": loss.total, "heat": loss.heat, "box": loss.box, "class": loss.class_}

    return losses


def _take_over(network: CenterNetwork, classes: tuple[str, ...], init: Any) -> None:
    """Starts from a trained detector; what it knows of classes goes by their names."""
    if not isinstance(init, TrainedLite0):
        raise SimengineError(f"lite0 can't go on from a detector of the kind {getattr(init, 'model', init)!r}.")
    old = {name: value.cpu() for name, value in init.network.state_dict().items()}
    new = network.state_dict()
    for name in ("classes.weight", "classes.bias"):
        for row, label in enumerate(classes):
            if label in init.classes:
                new[name][row] = old[name][init.classes.index(label)]
        old[name] = new[name]
    network.load_state_dict(old)


def _run_key(facts: dict[str, Any], settings: Lite0Settings, network: CenterNetwork) -> str:
    """What a checkpoint must share with a run to be gone on with."""
    digest = sha256(canonical_json({**facts, "settings": settings_to_dict(settings)}))
    for value in network.state_dict().values():
        digest.update(value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
