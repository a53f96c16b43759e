"""Detectors that can be trained and asked: what all of them have in common, and how one is chosen by name.

``simengine train --model NAME`` and the gain experiments know nothing else of a detector. One of your own is a
plug-in, named by ``--plugin my_detector.py --model mine`` and checked by ``simengine check my_detector.py``::

    from dataclasses import dataclass

    import numpy as np

    from simengine.learn.detector import Detections, register_detector


    @dataclass
    class AlwaysTheMean:
        '''Finds the mean box of the training set in every picture: the least a detector must beat.'''

        classes: tuple[str, ...]
        box: np.ndarray
        model = "mean-box"

        def predict(self, pictures):
            return [Detections(self.box[None], np.ones(1, np.float32), np.zeros(1, np.int64)) for _ in pictures]

        def save(self, folder):
            np.savez(folder / "box.npz", box=self.box, classes=self.classes)


    @register_detector("mean-box")
    class MeanBox:
        '''Learns the mean box.'''

        def train(self, data, *, steps, seed, **options):
            boxes = np.concatenate([image.boxes for part, weight in data for image in part.images])
            return AlwaysTheMean(data[0][0].classes, boxes.mean(axis=0))

        def load(self, folder):
            saved = np.load(folder / "box.npz")
            return AlwaysTheMean(tuple(saved["classes"].tolist()), saved["box"])
"""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet, map_classes
from simengine.learn.augment import Augmentation

__all__ = [
    "DETECTORS",
    "Detections",
    "Detector",
    "Report",
    "MODEL_FILE",
    "TrainedDetector",
    "align_classes",
    "as_one_class",
    "best_of_each",
    "choose_device",
    "load_detector",
    "open_detector",
    "register_detector",
    "save_detector",
]

Report = Callable[[Mapping[str, Any]], None]
"""Told each step: ``step``, ``loss`` and its parts, ``rate``."""

MODEL_FILE = "detector.json"
"""Names the model that a folder holds, and its classes."""


@dataclass(frozen=True, eq=False)
class Detections:
    """What was found in a picture, best first.

    Attributes:
        boxes: x0, y0, x1, y1 [px], float32, shape (n, 4).
        scores: In 0..1, float32, shape (n,).
        labels: Index into the classes, int64, shape (n,).
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]


def as_one_class(found: Detections) -> Detections:
    """The same boxes, each once, as one class: what detectors say of several classes at one box adds up to its score."""
    order, scores, _ = _by_box(found)
    best = np.argsort(-scores, kind="stable")
    return Detections(found.boxes[order][best], np.minimum(scores[best], 1.0), np.zeros(len(best), np.int64))


def best_of_each(found: Detections) -> Detections:
    """Each box once, with its surest class."""
    order, _, _ = _by_box(found)
    keep = np.sort(order)
    return Detections(found.boxes[keep], found.scores[keep], found.labels[keep])


def _by_box(found: Detections) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Distinct boxes: index of the surest entry, sum of the scores; and the box of each entry."""
    if not len(found.scores):
        empty = np.zeros(0, np.int64)
        return empty, np.zeros(0, np.float32), empty
    _, first, owner = np.unique(found.boxes, axis=0, return_index=True, return_inverse=True)
    owner = owner.reshape(-1)
    return first, np.bincount(owner, found.scores).astype(np.float32), owner


class TrainedDetector(Protocol):
    """A detector that finds things.

    Attributes:
        model: Name under which its kind is registered.
        classes: Names of the classes.
    """

    @property
    def model(self) -> str: ...  # noqa: D102

    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102

    def predict(self, pictures: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """Finds things in pictures, sRGB, uint8, shape (H, W, 3) each, in their order."""
        ...

    def save(self, folder: Path) -> None:
        """Writes what `Detector.load` needs into an empty folder; call `save_detector` instead."""
        ...


class Detector(Protocol):
    """A kind of detector."""

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
    ) -> TrainedDetector:
        """Trains one.

        Args:
            data: Sets of pictures with their parts of each batch; all have the same classes.
            steps: Optimiser steps.
            seed: The same seed, data and device give the same detector.
            init: A trained detector to go on from.
            report: Told of every step.
            batch: Pictures in a batch; its own choice if None.
            augmentation: What may be changed in the pictures; its own choice if None.
            device: ``auto``, ``cpu`` or ``cuda:0``.
            checkpoint: File to save the state to now and then, and to go on from if it is there.
        """
        ...

    def load(self, folder: Path) -> TrainedDetector:
        """Reads what `TrainedDetector.save` wrote."""
        ...


_Kind = TypeVar("_Kind", bound=Callable[..., Any])

DETECTORS: dict[str, Callable[..., Detector]] = {}
"""Plug-in kinds by name; called with the part of the name after a colon if there is one."""

_BUILT_IN = {
    "lite0": "simengine.learn.lite0_detector:Lite0Detector",
    "transformers": "simengine.learn.transformers_detector:TransformersDetector",
    "torchvision": "simengine.learn.torchvision_detector:TorchvisionDetector",
}
"""Loaded when they are asked for: each imports much."""


def register_detector(name: str) -> Callable[[_Kind], _Kind]:
    """Makes a kind of detector known by a name."""

    def register(kind: _Kind) -> _Kind:
        DETECTORS[name] = kind
        return kind

    return register


def open_detector(name: str) -> Detector:
    """The detector of a name.

    Args:
        name: ``lite0``; ``transformers:FOLDER_OR_HUB_ID``; ``torchvision:NAME``; or a plug-in's. A folder or hub name
            with a slash alone is taken for one of transformers.

    Raises:
        SimengineError: Nothing is known by this name, or a package is missing.
    """
    kind, _, rest = name.partition(":")
    if kind not in DETECTORS and kind not in _BUILT_IN and "/" in name:
        kind, rest = "transformers", name
    if kind in DETECTORS:
        make = DETECTORS[kind]
    elif kind in _BUILT_IN:
        module, _, attribute = _BUILT_IN[kind].partition(":")
        try:
            make = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            raise SimengineError(
                f"the detector {kind} needs {error.name}, which is not installed. Run: pip install 'simengine[learn]'"
            ) from error
    else:
        known = ", ".join([*_BUILT_IN, *DETECTORS])
        raise SimengineError(f"there is no detector {name!r}. Known are {known}; a plug-in is named by --plugin FILE.")
    return make(rest) if rest else make()


def align_classes(data: Sequence[tuple[DetectionSet, float]]) -> list[tuple[DetectionSet, float]]:
    """Gives all sets the classes of the first, matched by name.

    Raises:
        SimengineError: There is no set, no box, or a set has boxes of a class that the first doesn't know.
    """
    if not data:
        raise SimengineError("there is nothing to train on: give at least one set of pictures.")
    classes = data[0][0].classes
    aligned = [(part if part.classes == classes else map_classes(part, classes), weight) for part, weight in data]
    if not any((~image.crowd).any() for part, _ in aligned for image in part.images):
        raise SimengineError(f"{', '.join(part.name for part, _ in data)}: no picture has a box to learn from.")
    return aligned


def choose_device(name: str) -> Any:
    """PyTorch's device of a name; ``auto`` is CUDA where there is one.

    Raises:
        SimengineError: The device isn't there.
    """
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SimengineError(f"there is no device {name!r} ({error}). Give cpu, or cuda:0 where a GPU is.") from error
    return device


def save_detector(trained: TrainedDetector, folder: str | Path) -> Path:
    """Saves a detector as a folder that appears when it is whole.

    Args:
        trained: The detector.
        folder: Where; a detector that stands there is replaced.

    Raises:
        SimengineError: The folder holds something else, or the disk refuses.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or (any(target.iterdir()) and not (target / MODEL_FILE).is_file())):
        raise SimengineError(f"{target} holds other files. Choose an empty or a new folder for the model.")
    draft = target.with_name(f".{target.name}.tmp")
    with disk_errors("write", draft):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            trained.save(draft)
            facts = {"simengine": 1, "model": trained.model, "classes": list(trained.classes)}
            write_atomic(draft / MODEL_FILE, canonical_json(facts, indent=True, ordered=True))
            shutil.rmtree(target, ignore_errors=True)
            draft.replace(target)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return target


def load_detector(folder: str | Path) -> TrainedDetector:
    """Reads a saved detector.

    Raises:
        SimengineError: There is none, or it is damaged.
    """
    root = Path(folder)
    file = root / MODEL_FILE
    if not file.is_file():
        raise SimengineError(f"{root} holds no detector: it has no {MODEL_FILE}. Give the folder that `--out` named.")
    try:
        model = json.loads(file.read_bytes())["model"]
    except (ValueError, KeyError, TypeError) as error:
        raise SimengineError(f"{file} is damaged ({error}). Train the detector again.") from error
    return open_detector(model).load(root)
