"""Checks a detector, most of all one of a plug-in, for what training, judging and comparing rely on."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet, labelled_image
from simengine.learn.detector import Detections, Detector, TrainedDetector, load_detector, save_detector

__all__ = ["check_detector"]

_STEPS = 2


def check_detector(name: str, make: Callable[[], Detector]) -> list[str]:
    """Trains it for two steps on six small pictures, asks, saves and loads it.

    Args:
        name: Under which it is registered.
        make: Makes it.

    Returns:
        What is wrong, one sentence each; empty if all is well.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            data = _squares(Path(folder))
            pictures = [data.read(index) for index in range(2)]
            trained, again = (make().train([(data, 1.0)], steps=_STEPS, seed=3) for _ in range(2))
            problems = _check_trained(trained, name, data, pictures)
            if problems:
                return problems
            found = trained.predict(pictures)
            if not _same(found, again.predict(pictures)):
                problems.append(
                    "two trainings with the same seed find different boxes. Draw chance from the seed alone."
                )
            if len(trained.predict([])):
                problems.append("`predict([])` gives something. Return an empty list for no pictures.")
            loaded = load_detector(save_detector(trained, Path(folder) / "model"))
            if loaded.classes != trained.classes or not _same(found, loaded.predict(pictures)):
                problems.append("saved and loaded, it finds other boxes. Save all that `predict` depends on.")
            return problems
        except SimengineError as error:
            return [str(error)]
        except Exception as error:
            return [f"it fails when it is trained, asked, saved or loaded: {type(error).__name__}: {error}"]


def _squares(folder: Path) -> DetectionSet:
    """Pictures with one bright or dark square each."""
    import cv2

    images = []
    for number in range(6):
        picture = np.full((96, 128, 3), 120, np.uint8)
        x, y, size = 10 + 14 * number, 15 + 5 * number, 30
        picture[y : y + size, x : x + size] = 230 if number % 2 else 20
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), picture)
        images.append(labelled_image(path.stem, path, (128, 96), [[x, y, x + size, y + size]], [number % 2]))
    return DetectionSet("squares", ("dark", "bright"), tuple(images))


def _check_trained(
    trained: TrainedDetector, name: str, data: DetectionSet, pictures: list[NDArray[np.uint8]]
) -> list[str]:
    problems = []
    if getattr(trained, "model", None) != name:
        problems.append(
            f"`model` of what it trains is {getattr(trained, 'model', None)!r}, not {name!r}: it can't be loaded again."
        )
    if getattr(trained, "classes", None) != data.classes:
        problems.append(
            f"`classes` of what it trains is {getattr(trained, 'classes', None)!r}, not the tuple {data.classes}."
        )
    found = trained.predict(pictures)
    if len(found) != len(pictures):
        return [*problems, f"`predict` gives {len(found)} results for {len(pictures)} pictures."]
    for one in found:
        problems += _check_detections(one, len(data.classes))
    return list(dict.fromkeys(problems))


def _check_detections(one: Detections, classes: int) -> list[str]:
    values: dict[str, Any] = {name: getattr(one, name, None) for name in ("boxes", "scores", "labels")}
    wrong = [name for name, value in values.items() if not isinstance(value, np.ndarray)]
    if wrong:
        return [f"`{wrong[0]}` of a result is {type(values[wrong[0]]).__name__}, not a NumPy array."]
    boxes, scores, labels = values.values()
    count = len(scores)
    problems = []
    if boxes.shape != (count, 4) or scores.shape != (count,) or labels.shape != (count,):
        shapes = ", ".join(f"{name} {value.shape}" for name, value in values.items())
        return [f"shapes don't fit ({shapes}); they must be (n, 4), (n,) and (n,)."]
    if not np.isfinite(boxes).all() or (boxes[:, 2:] < boxes[:, :2]).any():
        problems.append("a box is not x0, y0, x1, y1 with x0 <= x1 and y0 <= y1.")
    if not ((scores >= 0) & (scores <= 1)).all() or (np.diff(scores) > 0).any():
        problems.append("scores must lie in 0..1 and fall from the first to the last.")
    if not np.issubdtype(labels.dtype, np.integer) or ((labels < 0) | (labels >= classes)).any():
        problems.append(f"labels must be integers from 0 to {classes - 1}.")
    return problems


def _same(one: Sequence[Detections], other: Sequence[Detections]) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for a, b in zip(one, other, strict=True)
        for name in ("boxes", "scores", "labels")
    )
