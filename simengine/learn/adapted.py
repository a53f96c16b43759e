"""Detectors of other libraries behind simengine's protocol: the parts that their adapters share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from simengine.dataset.canonical import canonical_json
from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet
from simengine.learn.augment import AUGMENTATIONS, Augmentation
from simengine.learn.card import describe_set, detector_card
from simengine.learn.crops import Crop
from simengine.learn.detector import Detections, Report, align_classes, choose_device
from simengine.learn.feed import Feed, Shares
from simengine.learn.saved import read_detector, write_detector
from simengine.learn.tiles import look
from simengine.learn.training import Losses, Optimization, run_steps

__all__ = ["Adapted", "load_adapted", "objects_of", "train_adapted"]

Ask = Callable[[Any, torch.Tensor], Detections]
"""Finds things in one picture, float32 (3, h, w) in 0..1, with a network."""


@dataclass(frozen=True, eq=False)
class Adapted:
    """A trained detector of another library.

    Attributes:
        model: Its name among simengine's detectors, with what the library calls it.
        network: The library's module.
        classes: Names of the classes.
        recipe: What builds an untrained network of this kind, JSON types.
        ask: How it is asked.
        facts: What it was trained on, JSON types.
        history: A row a step of the losses.
    """

    model: str
    network: Any
    classes: tuple[str, ...]
    recipe: dict[str, Any]
    ask: Ask
    facts: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    def predict(self, pictures: Sequence[NDArray[Any]]) -> list[Detections]:
        """Finds things in pictures, sRGB, uint8, shape (H, W, 3) each; large ones are looked at in tiles."""
        return [look(picture, self._ask) for picture in pictures]

    def _ask(self, tile: NDArray[np.uint8]) -> Detections:
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            return self.ask(self.network, torch.from_numpy(tile).permute(2, 0, 1).to(device).float() / 255.0)

    def save(self, folder: Path) -> None:
        """Writes weights, recipe, losses and a card; see `simengine.learn.detector.save_detector`."""
        config = {"model": self.model, "classes": list(self.classes), "recipe": self.recipe, "facts": self.facts}
        card = detector_card(self.model, self.classes, {}, self.facts)
        write_detector(folder, self.network.state_dict(), config, self.history, card)


def train_adapted(
    make: Callable[[tuple[str, ...]], Adapted],
    losses: Callable[[Any, list[Crop], torch.device], dict[str, torch.Tensor]],
    data: Sequence[tuple[DetectionSet, float]],
    *,
    steps: int,
    seed: int,
    size: int,
    how: Optimization,
    init: Any = None,
    report: Report | None = None,
    batch: int | None = None,
    augmentation: Augmentation | None = None,
    device: str = "auto",
    checkpoint: Path | None = None,
) -> Adapted:
    """Trains a network of another library with the feed, schedule and averaging of simengine's own.

    Args:
        make: Builds the untrained (or pre-trained) detector for classes.
        losses: Of a batch: the network, the pieces and the device.
        data: See `simengine.learn.detector.Detector.train`, as for all below.
        steps: Optimiser steps.
        seed: Of everything random.
        size: Edge of the pieces [px].
        how: The optimiser.
        init: A trained detector of the same kind and classes.
        report: Told of every step.
        batch: Pictures in a batch.
        augmentation: What may be changed in the pictures.
        device: Where.
        checkpoint: File for the state.

    Raises:
        SimengineError: As the protocol says.
    """
    aligned = align_classes(data)
    classes = aligned[0][0].classes
    place = choose_device(device)
    with torch.random.fork_rng(devices=[place] if place.type == "cuda" else []):
        torch.manual_seed(seed)
        trained = make(classes)
        if init is not None:
            if getattr(init, "model", None) != trained.model or init.classes != classes:
                raise SimengineError(
                    f"{trained.model} can go on only from a detector of its kind and the same classes."
                )
            trained.network.load_state_dict(init.network.state_dict())
        network = trained.network.to(place).train()
        shares = Shares(tuple(part for part, _ in aligned), tuple(float(weight) for _, weight in aligned))
        feed = Feed(
            shares,
            seed=seed,
            batch=batch or 8,
            size=size,
            scale=1.0,
            augmentation=augmentation or AUGMENTATIONS["strong"],
        )
        facts = {
            "data": [describe_set(part, weight) for part, weight in aligned],
            "steps": steps,
            "seed": seed,
            "pictures_seen": steps * (batch or 8),
            "starts_from": trained.model if init is None else "a trained detector",
            "device": place.type,
            "torch": torch.__version__.partition("+")[0],
        }
        bound: Losses = lambda crops: losses(network, crops, place)  # noqa: E731
        key = canonical_json(facts).decode()
        history = run_steps(
            network, feed, bound, how, steps=steps, device=place, checkpoint=checkpoint, key=key, report=report
        )
    network.eval()
    return Adapted(trained.model, network, classes, trained.recipe, trained.ask, facts, history)


def load_adapted(folder: Path, build: Callable[[dict[str, Any], tuple[str, ...]], Adapted]) -> Adapted:
    """Reads what `Adapted.save` wrote.

    Args:
        folder: Where.
        build: Builds an untrained detector from a recipe and classes.

    Raises:
        SimengineError: A file is missing or damaged.
    """

    def rebuilt(config: dict[str, Any], weights: dict[str, torch.Tensor], history: list[dict[str, Any]]) -> Adapted:
        bare = build(config["recipe"], tuple(config["classes"]))
        bare.network.load_state_dict(weights)
        return Adapted(bare.model, bare.network.eval(), bare.classes, bare.recipe, bare.ask, config["facts"], history)

    return read_detector(folder, rebuilt)


def objects_of(crop: Crop) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Boxes and labels of a piece without the ignored ones, for libraries that know no such thing."""
    return crop.boxes[~crop.ignored], crop.labels[~crop.ignored]
