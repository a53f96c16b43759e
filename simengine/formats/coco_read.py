"""COCO in: one JSON file of instance annotations with the pictures beside it, below it or in the folder above.

Format: https://cocodataset.org/#format-data. Class ids may have gaps; classes stand in the order of their ids.
Beyond the standard, ``visible_fraction`` of an annotation and ``sample`` or ``video_id`` of an image are used.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet, LabelledImage, labelled_image
from simengine.formats.picture_files import picture_size

__all__ = ["find_splits", "read_set", "recognises"]


def recognises(root: Path) -> bool:
    """Whether it is, or holds, a COCO file."""
    return bool(_files(root))


def find_splits(root: Path) -> list[str]:
    """What tells the files apart: ``train`` of ``instances_train.json`` or of ``train/_annotations.coco.json``."""
    files = _files(root)
    return [] if len(files) < 2 else sorted(_split_name(file) for file in files)


def read_set(root: Path, *, split: str | None = None) -> DetectionSet:
    """Reads one file, or all of a folder's; several must have the same classes."""
    files = _files(root)
    if split is not None:
        names = {_split_name(file): file for file in files}
        if split not in names:
            raise SimengineError(f"{root} has no split {split!r}; it has {', '.join(sorted(names))}.")
        files = [names[split]]
    problems: list[str] = []
    parts = [_read_file(file, root, prefix=len(files) > 1, problems=problems) for file in files]
    classes = parts[0][0]
    for file, (other, _) in zip(files, parts, strict=True):
        if other != classes:
            raise SimengineError(
                f"{file} has the classes {', '.join(other)}, but {files[0]} has {', '.join(classes)}. "
                "Open them one by one and map their classes."
            )
    images = tuple(image for _, part in parts for image in part)
    name = root.stem if root.is_file() else root.name
    return DetectionSet(f"{name}/{split}" if split else name, classes, images, tuple(problems))


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root] if root.suffix == ".json" else []
    places = ("*.json", "annotations/*.json", "*/_annotations.coco.json", "coco/annotations.json")
    found = sorted({file for place in places for file in root.glob(place)})
    return [file for file in found if not _other_task(file)]


def _other_task(file: Path) -> bool:
    """Whether a file of COCO holds captions, keypoints or no annotations at all, by its name or its first bytes."""
    if file.name.startswith(("captions_", "person_keypoints_", "image_info_", "panoptic_", "stuff_")):
        return True
    with disk_errors("read", file), file.open("rb") as stream:
        return stream.read(1) != b"{"


def _split_name(file: Path) -> str:
    if file.name == "_annotations.coco.json":
        return file.parent.name
    return file.stem.removeprefix("instances_").removeprefix("annotations_")


def _read_file(
    file: Path, root: Path, *, prefix: bool, problems: list[str]
) -> tuple[tuple[str, ...], list[LabelledImage]]:
    with disk_errors("read", file):
        data = file.read_bytes()
    try:
        tree = json.loads(data)
        categories = sorted(tree["categories"], key=lambda entry: entry["id"])
        numbers = {entry["id"]: number for number, entry in enumerate(categories)}
        classes = tuple(str(entry["name"]) for entry in categories)
        things: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for entry in tree["annotations"]:
            things[entry["image_id"]].append(entry)
        entries = tree["images"]
        known = {entry["id"] for entry in entries}
    except (ValueError, KeyError, TypeError) as error:
        why = f"lacks the key {error}" if isinstance(error, KeyError) else f"can't be read: {error}"
        raise SimengineError(f"{file} is no COCO file: it {why}. Give a file of instance annotations.") from None
    problems += [
        f"{file.name}: annotations name the image {key}, which is not listed." for key in things if key not in known
    ]
    folders = _folders(file, root)
    images = []
    for entry in entries:
        try:
            images.append(_image(entry, things[entry["id"]], numbers, folders, prefix, file, problems))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(f"{file.name}: image {entry.get('id')} is incomplete ({type(error).__name__}: {error}).")
    return classes, images


def _folders(file: Path, root: Path) -> list[Path]:
    """Where the pictures may lie, most likely first."""
    base, split = file.parent, _split_name(file)
    top = base if root.is_file() or root == base else root
    places = [base, top, top / "images", top / split, top / "images" / split, base.parent, base.parent / "images"]
    return list(dict.fromkeys([*places, base.parent / split, base.parent / "images" / split]))


def _image(
    entry: dict[str, Any],
    things: list[dict[str, Any]],
    numbers: dict[Any, int],
    folders: list[Path],
    prefix: bool,
    file: Path,
    problems: list[str],
) -> LabelledImage:
    name = str(entry["file_name"])
    path = next((path for folder in folders if (path := folder / name).is_file()), folders[0] / name)
    size = (int(entry.get("width") or 0), int(entry.get("height") or 0))
    if not all(size):
        size = picture_size(path)
    good = []
    for thing in things:
        box = thing.get("bbox")
        if thing.get("category_id") not in numbers:
            problems.append(
                f"{file.name}: annotation {thing.get('id')} has the unknown category {thing.get('category_id')}."
            )
        elif not isinstance(box, list) or len(box) != 4:
            problems.append(f"{file.name}: annotation {thing.get('id')} has no bbox of four numbers.")
        else:
            good.append(thing)
    group = next((f"{key} {entry[key]}" for key in ("sample", "video_id", "group") if entry.get(key) is not None), "")
    id = str(Path(name).with_suffix(""))
    return labelled_image(
        f"{_split_name(file)}/{id}" if prefix else id,
        path,
        size,
        [[x, y, x + w, y + h] for x, y, w, h in (thing["bbox"] for thing in good)],
        [numbers[thing["category_id"]] for thing in good],
        visibility=[thing.get("visible_fraction", float("nan")) for thing in good],
        crowd=[bool(thing.get("iscrowd") or thing.get("ignore")) for thing in good],
        group=group,
    )
