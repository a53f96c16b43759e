"""Pictures with labelled boxes, whatever format they lie in: one type for training, judging and comparing.

`open_detection_set` recognises simengine's own data sets, COCO, YOLO and Pascal VOC. A set holds labels and paths,
never pixels, and every change of its labels (padding, merging or mapping of classes) gives a new set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError

__all__ = [
    "DetectionSet",
    "LabelledImage",
    "detection_splits",
    "label_problems",
    "labelled_image",
    "map_classes",
    "merge_classes",
    "open_detection_set",
    "pad_boxes",
    "read_picture",
]


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """One picture and its boxes.

    Coordinates have their origin at the top left corner of the picture: a box around the first pixel alone is
    (0, 0, 1, 1).

    Attributes:
        id: Name within its set, the same wherever the set lies.
        path: The picture.
        width: Of the picture [px].
        height: Of the picture [px].
        boxes: x0, y0, x1, y1 [px], float32, shape (n, 4).
        labels: Index into the set's classes, int64, shape (n,).
        visibility: Visible share of each object in 0..1, NaN where unknown, float32, shape (n,).
        crowd: Boxes that are neither object nor background (COCO's ``iscrowd``, VOC's ``difficult``, objects that
            a label policy drops): ignored in training and judging; bool, shape (n,).
        group: What must stay on one side of a split: the sample, recording or scene; its id if nothing is known.
    """

    id: str
    path: Path
    width: int
    height: int
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]
    visibility: NDArray[np.float32]
    crowd: NDArray[np.bool_]
    group: str


def labelled_image(
    id: str,
    path: Path,
    size: tuple[int, int],
    boxes: Sequence[Sequence[float]] | NDArray[Any],
    labels: Sequence[int] | NDArray[Any],
    *,
    visibility: Sequence[float] | NDArray[Any] | None = None,
    crowd: Sequence[bool] | NDArray[Any] | None = None,
    group: str = "",
) -> LabelledImage:
    """Makes a `LabelledImage` from plain lists; what is absent is unknown (visibility) or False (crowd).

    Args:
        id: Name within its set.
        path: The picture.
        size: Width and height [px].
        boxes: x0, y0, x1, y1 [px].
        labels: Index into the set's classes.
        visibility: Visible share of each object.
        crowd: Whether to ignore a box.
        group: What must stay on one side of a split; `id` if empty.
    """
    count = len(labels)
    return LabelledImage(
        id=id,
        path=path,
        width=size[0],
        height=size[1],
        boxes=np.asarray(boxes, np.float32).reshape(count, 4),
        labels=np.asarray(labels, np.int64).reshape(count),
        visibility=np.full(count, np.nan, np.float32) if visibility is None else np.asarray(visibility, np.float32),
        crowd=np.zeros(count, bool) if crowd is None else np.asarray(crowd, bool),
        group=group or id,
    )


@dataclass(frozen=True, eq=False)
class DetectionSet:
    """Labelled pictures with one list of classes.

    Attributes:
        name: What reports call it.
        classes: Class names in the order of the labels.
        images: The pictures.
        problems: What was wrong in the files and had to be left out; see `label_problems`.
    """

    name: str
    classes: tuple[str, ...]
    images: tuple[LabelledImage, ...]
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.images)

    def subset(self, indices: Sequence[int] | NDArray[np.integer[Any]]) -> DetectionSet:
        """The pictures of some indices, in their order."""
        return replace(self, images=tuple(self.images[int(index)] for index in indices))

    def read(self, index: int) -> NDArray[np.uint8]:
        """One picture, sRGB, shape (H, W, 3).

        Raises:
            SimengineError: It can't be read, or is of another size than its labels say.
        """
        image = self.images[index]
        picture = read_picture(image.path)
        if picture.shape[:2] != (image.height, image.width):
            raise SimengineError(
                f"{image.path} is {picture.shape[1]} x {picture.shape[0]} pixels, but its labels were made for "
                f"{image.width} x {image.height}. Give the pictures that were labelled, or label these."
            )
        return picture

    def digest(self) -> str:
        """SHA-256 of the labels and the pictures' bytes; folders and names of files don't count."""
        whole = hashlib.sha256(repr(self.classes).encode())
        for image in self.images:
            whole.update(repr((image.id, image.width, image.height, image.group)).encode())
            for values in (image.boxes, image.labels, image.visibility, image.crowd):
                whole.update(values.tobytes())
            with disk_errors("read", image.path):
                whole.update(hashlib.sha256(image.path.read_bytes()).digest())
        return whole.hexdigest()


def open_detection_set(path: str | Path, *, split: str | None = None) -> DetectionSet:
    """Opens labelled pictures of any known layout.

    ============  ====================================================================================
    simengine     ``dataset.json``
    YOLO          ``data.yaml``, or ``classes.txt`` with ``images/`` and ``labels/``; splits are folders
                  below them, or lists ``ImageSets/Main/SPLIT.txt``
    Pascal VOC    ``Annotations/*.xml`` with ``JPEGImages/`` or ``images/``, ``ImageSets/Main/SPLIT.txt``
    COCO          a JSON file, or a folder with one: ``annotations/*SPLIT*.json``, ``SPLIT/*.json``
    ============  ====================================================================================

    Args:
        path: Folder, or a COCO file.
        split: Name of a split, ``train``; all of them if None.

    Raises:
        SimengineError: Nothing known lies there, or there is no such split. Wrong labels are no error here: they
            are left out and named by `label_problems`.
    """
    root = Path(path)
    return _reader(root).read_set(root, split=split)


def detection_splits(path: str | Path) -> tuple[str, ...]:
    """Names of the splits that labelled pictures come in, sorted; empty if they come in one piece."""
    root = Path(path)
    return tuple(_reader(root).find_splits(root))


def _reader(root: Path) -> Any:
    """The module of the format that lies there: its `recognises`, `find_splits` and `read_set`."""
    from simengine.formats import coco_read, native, voc, yolo_read

    if not root.exists():
        raise SimengineError(f"there is no {root}. Give the folder of a data set.")
    for module in (native, yolo_read, voc, coco_read):
        if module.recognises(root):
            return module
    raise SimengineError(
        f"{root} holds no labelled pictures that simengine knows. It reads its own data sets (dataset.json), YOLO "
        "(data.yaml, or classes.txt with images/ and labels/), Pascal VOC (Annotations/*.xml) and COCO (a JSON file)."
    )


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Reads a picture file as sRGB, uint8, shape (H, W, 3), turned as its EXIF orientation says.

    Raises:
        SimengineError: It can't be read or is no picture.
    """
    import cv2

    with disk_errors("read", path):
        data = np.fromfile(path, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if picture is None:
        raise SimengineError(f"{path} is no picture that OpenCV can read. Replace the file or take it out of the set.")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def label_problems(data: DetectionSet) -> list[str]:
    """Everything that is wrong with the labels of a set, one sentence each; empty if all is well.

    Boxes may reach a pixel beyond the picture (rounding); crowd boxes are not judged.
    """
    problems = list(data.problems)
    if not data.images:
        problems.append(f"{data.name} has no pictures.")
    seen: dict[str, int] = {}
    for index, image in enumerate(data.images):
        if image.id in seen:
            problems.append(f"{image.id}: pictures {seen[image.id]} and {index} have the same name.")
        seen[image.id] = index
        if not image.path.is_file():
            problems.append(f"{image.id}: there is no picture {image.path}.")
        problems += [f"{image.id}: {message}" for message in _box_problems(image, len(data.classes))]
    return problems


def _box_problems(image: LabelledImage, classes: int) -> list[str]:
    problems = []
    earlier: set[bytes] = set()
    repeated = 0
    for box, label, crowd in zip(image.boxes, image.labels, image.crowd, strict=True):
        if crowd:
            continue
        shown = "[" + ", ".join(f"{edge:g}" for edge in box) + "]"
        if not 0 <= label < classes:
            problems.append(f"label {label} stands for no class (0 to {classes - 1}).")
        if not np.isfinite(box).all() or box[2] <= box[0] or box[3] <= box[1]:
            problems.append(f"the box {shown} has no area.")
        elif (box[:2] < -1).any() or box[2] > image.width + 1 or box[3] > image.height + 1:
            problems.append(f"the box {shown} reaches outside the picture of {image.width} x {image.height} pixels.")
        key = box.tobytes() + bytes([int(label) % 251])
        repeated += key in earlier
        earlier.add(key)
    if repeated:
        problems.append(f"{repeated} box{'es stand' if repeated > 1 else ' stands'} there twice.")
    return problems


def pad_boxes(data: DetectionSet, factor: float) -> DetectionSet:
    """Multiplies the edges of every box about its centre and clips it to the picture.

    Hand-made labels are often loose; exact labels padded alike can be mixed and compared with them.
    """
    images = []
    for image in data.images:
        middle = (image.boxes[:, :2] + image.boxes[:, 2:]) / 2
        half = (image.boxes[:, 2:] - image.boxes[:, :2]) * (factor / 2)
        boxes = np.concatenate([middle - half, middle + half], axis=1)
        limit = np.array([image.width, image.height] * 2, np.float32)
        images.append(replace(image, boxes=np.clip(boxes, 0, limit).astype(np.float32)))
    return replace(data, images=tuple(images))


def merge_classes(data: DetectionSet, name: str) -> DetectionSet:
    """The same boxes as one class."""
    return map_classes(data, (name,), rename=dict.fromkeys(data.classes, name))


def map_classes(
    data: DetectionSet, classes: Sequence[str], *, rename: Mapping[str, str | None] | None = None
) -> DetectionSet:
    """Numbers the labels by another list of classes, matched by name.

    Args:
        data: The set.
        classes: The new list; classes that the set lacks are fine.
        rename: New names of old classes; None takes the boxes of a class out.

    Raises:
        SimengineError: A class that has boxes is not in the new list.
    """
    new = tuple(classes)
    names = {name: (rename or {}).get(name, name) for name in data.classes}
    used = {int(label) for image in data.images for label in image.labels if 0 <= label < len(data.classes)}
    lost = [data.classes[i] for i in sorted(used) if names[data.classes[i]] not in (*new, None)]
    if lost:
        raise SimengineError(
            f"{data.name} has boxes of {', '.join(map(repr, lost))}, which {'is' if len(lost) == 1 else 'are'} not among "
            f"the classes {', '.join(map(repr, new))}. Rename the classes, or leave these out by renaming them to None."
        )
    targets = [new.index(target) if (target := names[name]) in new else -1 for name in data.classes]
    table = np.array([*targets, -1], np.int64)
    images = []
    for image in data.images:
        labels = table[np.where((image.labels >= 0) & (image.labels < len(data.classes)), image.labels, -1)]
        keep = labels >= 0
        images.append(
            replace(
                image,
                boxes=image.boxes[keep],
                labels=labels[keep],
                visibility=image.visibility[keep],
                crowd=image.crowd[keep],
            )
        )
    return replace(data, classes=new, images=tuple(images))
