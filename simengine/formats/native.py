"""Boxes of simengine's own data sets, by the label policy they were made with."""

from __future__ import annotations

from pathlib import Path

from simengine.dataset.manifest import MANIFEST, PARTIAL
from simengine.dataset.reader import Dataset
from simengine.dataset.record import ViewRecord
from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet, LabelledImage, labelled_image

__all__ = ["find_splits", "read_set", "recognises"]


def recognises(root: Path) -> bool:
    """Whether a finished or unfinished data set lies there."""
    return (root / MANIFEST).is_file() or (root / PARTIAL).is_file()


def find_splits(root: Path) -> list[str]:
    """None: a data set is one piece."""
    return []


def read_set(root: Path, *, split: str | None = None) -> DetectionSet:
    """Reads the labelled boxes of every view.

    Objects that the policy leaves without a label although they are seen become crowd boxes: a die of which a sliver
    shows is neither a die to find nor background to learn.

    Raises:
        SimengineError: The data set is unfinished or damaged, has no colour pictures, or a split is asked for.
    """
    if split is not None:
        raise SimengineError(f"{root} has no splits: it is one data set. Leave {split!r} out.")
    data = Dataset.open(root)
    if "rgb" not in data.outputs:
        raise SimengineError(f"{root} has no colour pictures. Add rgb to `outputs` of the scene and generate again.")
    numbers = {name: number - 1 for name, number in data.classes.items()}
    images = [
        _image(root, record.index, view, numbers) for record in data for view in record.views if "rgb" in view.files
    ]
    return DetectionSet(data.name, tuple(numbers), tuple(images))


def _image(root: Path, sample: int, view: ViewRecord, numbers: dict[str, int]) -> LabelledImage:
    things = [thing for thing in view.objects if thing.category in numbers and thing.box_exported is not None]
    corners = [[x, y, x + w, y + h] for x, y, w, h in (thing.box_exported or [] for thing in things)]
    return labelled_image(
        Path(view.files["rgb"]).stem,
        root / view.files["rgb"],
        (view.width, view.height),
        corners,
        [numbers[thing.category or ""] for thing in things],
        visibility=[float("nan") if thing.visible_fraction is None else thing.visible_fraction for thing in things],
        crowd=[not thing.labelled for thing in things],
        group=f"sample {sample}",
    )
