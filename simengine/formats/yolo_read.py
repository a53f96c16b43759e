"""YOLO in: ``images/`` with a text file a picture under ``labels/``.

Format: https://docs.ultralytics.com/datasets/detect/. A line is ``class x y width height``, the centre and size as
shares of the picture; a polygon (``class x1 y1 x2 y2 x3 y3 ...``) gives the box around it. Names of the classes
stand in ``data.yaml`` (``names``) or one a line in ``classes.txt``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet, LabelledImage, labelled_image
from simengine.formats.picture_files import find_pictures, listed_names, picture_size

__all__ = ["find_splits", "read_set", "recognises"]

_YAML = ("data.yaml", "data.yml", "dataset.yaml")
_NAMES = ("classes.txt", "obj.names")
_SPLITS = ("train", "val", "valid", "test")


def recognises(root: Path) -> bool:
    """Whether it looks like YOLO."""
    return _yaml_file(root) is not None or (_names_file(root) is not None and _has_labels(root))


def _has_labels(root: Path) -> bool:
    return (root / "labels").is_dir() or any((root / name / "labels").is_dir() for name in _SPLITS)


def find_splits(root: Path) -> list[str]:
    """The splits of ``data.yaml``, the folders below ``images/`` or beside it, or the lists of ``ImageSets/Main``."""
    return sorted(_folders(root, _describe(root)))


def read_set(root: Path, *, split: str | None = None) -> DetectionSet:
    """Reads boxes and sizes; a picture without a text file has no boxes."""
    description = _describe(root)
    classes = _classes(root, description)
    splits = _folders(root, description)
    if split is not None and split not in splits:
        have = f"it has {', '.join(sorted(splits))}" if splits else "it comes in one piece"
        raise SimengineError(f"{root} has no split {split!r}; {have}.")
    if split is not None:
        pictures = splits[split]
    elif splits:
        pictures = list(dict.fromkeys(path for name in sorted(splits) for path in splits[name]))
    else:
        pictures = find_pictures(root / "images", deep=True)
    problems: list[str] = []
    images = tuple(_image(root, path, len(classes), problems) for path in pictures)
    return DetectionSet(f"{root.name}/{split}" if split else root.name, classes, images, tuple(problems))


def _yaml_file(root: Path) -> Path | None:
    return next((root / name for name in _YAML if (root / name).is_file()), None)


def _names_file(root: Path) -> Path | None:
    return next((root / name for name in _NAMES if (root / name).is_file()), None)


def _describe(root: Path) -> dict[str, Any]:
    """The content of ``data.yaml``; empty if there is none."""
    import yaml

    file = _yaml_file(root)
    if file is None:
        return {}
    with disk_errors("read", file):
        text = file.read_text(encoding="utf-8")
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else str(file)
        raise SimengineError(f"{place}: is no YAML: {getattr(error, 'problem', error)}.") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("names"), list | dict):
        raise SimengineError(f"{file}: lacks `names`, the list of classes. Add `names: [first, second]`.")
    return tree


def _classes(root: Path, description: dict[str, Any]) -> tuple[str, ...]:
    if description:
        names = description["names"]
        if isinstance(names, list):
            return tuple(str(name) for name in names)
        numbers = {int(number): str(name) for number, name in names.items()}
        return tuple(numbers.get(number, f"class {number}") for number in range(max(numbers, default=-1) + 1))
    file = _names_file(root)
    if file is None:
        raise SimengineError(f"{root} has no classes.txt. Write the names of the classes there, one a line.")
    with disk_errors("read", file):
        return tuple(line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip())


def _folders(root: Path, description: dict[str, Any]) -> dict[str, list[Path]]:
    """The pictures of each split."""
    named = {name: description[name] for name in _SPLITS if description.get(name)}
    if named:
        return {name: _entry(root, description, entry) for name, entry in named.items()}
    lists = sorted((root / "ImageSets/Main").glob("*.txt")) if (root / "ImageSets/Main").is_dir() else []
    if lists:
        by_stem = {path.stem: path for path in find_pictures(root / "images", deep=True)}
        return {
            file.stem: [by_stem[Path(n).stem] for n in listed_names(file) if Path(n).stem in by_stem] for file in lists
        }
    inner = [path for path in (root / "images").iterdir() if path.is_dir()] if (root / "images").is_dir() else []
    outer = [root / name / "images" for name in _SPLITS if (root / name / "images").is_dir()]
    return {
        **{path.name: find_pictures(path, deep=True) for path in sorted(inner)},
        **{path.parent.name: find_pictures(path, deep=True) for path in outer},
    }


def _entry(root: Path, description: dict[str, Any], entry: Any) -> list[Path]:
    """The pictures that a split of ``data.yaml`` names: a folder, a list of pictures, or several of them."""
    if isinstance(entry, list):
        return [path for part in entry for path in _entry(root, description, part)]
    base = root / str(description.get("path") or ".")
    # Many exports were moved after their data.yaml was written: what lies beside it counts too.
    tails = (base / entry, root / entry, root / str(entry).lstrip("./"))
    place = next((path for path in tails if path.exists()), None)
    if place is None:
        raise SimengineError(
            f"{_yaml_file(root)}: names the pictures {entry!r}, which are not there. Correct the path."
        )
    if place.is_dir():
        return find_pictures(place, deep=True)
    return [path if (path := place.parent / name).exists() else base / name for name in listed_names(place)]


def _label_file(picture: Path) -> Path:
    """The text file of a picture: the last folder called ``images`` becomes ``labels``."""
    parts = list(picture.with_suffix(".txt").parts)
    for place in range(len(parts) - 2, -1, -1):
        if parts[place] == "images":
            parts[place] = "labels"
            break
    return Path(*parts)


def _image(root: Path, picture: Path, classes: int, problems: list[str]) -> LabelledImage:
    name = picture.relative_to(root) if picture.is_relative_to(root) else Path(picture.name)
    id = "/".join(part for part in name.with_suffix("").parts if part != "images")
    size = picture_size(picture)
    file = _label_file(picture)
    boxes, labels = [], []
    if file.is_file():
        with disk_errors("read", file):
            lines = file.read_text(encoding="utf-8").splitlines()
        shown = file.relative_to(root) if file.is_relative_to(root) else file
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            found = _parse(line, classes)
            if isinstance(found, str):
                problems.append(f"{shown}:{number}: {found}")
            else:
                labels.append(found[0])
                boxes.append([edge * size[axis % 2] for axis, edge in enumerate(found[1])])
    return labelled_image(id, picture, size, boxes, labels)


def _parse(line: str, classes: int) -> tuple[int, list[float]] | str:
    """Class and box x0, y0, x1, y1 in shares of the picture, or what is wrong with the line."""
    try:
        first, *rest = (float(word) for word in line.split())
    except ValueError:
        return f"{line.strip()!r} are not numbers."
    if not np.isfinite([first, *rest]).all():
        return f"{line.strip()!r} holds a number that is not finite."
    if not first.is_integer() or not 0 <= first < classes:
        return f"class {first:g} is not among the {classes} classes."
    if len(rest) == 4:
        x, y, w, h = rest
        return int(first), [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
    if len(rest) >= 6 and len(rest) % 2 == 0:
        return int(first), [min(rest[::2]), min(rest[1::2]), max(rest[::2]), max(rest[1::2])]
    return f"{len(rest) + 1} numbers are neither a box (5) nor a polygon (7, 9, ...)."
