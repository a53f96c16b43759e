"""Pascal VOC in: an XML file a picture under ``Annotations``.

Format: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/ (section 2). ``bndbox`` counts pixels from 1 and
includes the last one, so xmin = 1, xmax = 1 is the box 0..1. ``difficult`` objects become crowd boxes, as VOC's own
evaluation leaves them out.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError
from simengine.formats.detection import DetectionSet, LabelledImage, labelled_image
from simengine.formats.picture_files import find_pictures, listed_names, picture_size

__all__ = ["find_splits", "read_set", "recognises"]


def recognises(root: Path) -> bool:
    """Whether it looks like Pascal VOC."""
    return any((root / "Annotations").glob("*.xml"))


def find_splits(root: Path) -> list[str]:
    """Names of the lists in ``ImageSets/Main``, without those of single classes (``cat_train.txt``)."""
    return sorted(file.stem for file in (root / "ImageSets/Main").glob("*.txt") if "_" not in file.stem)


def read_set(root: Path, *, split: str | None = None) -> DetectionSet:
    """Reads every annotation; classes are those of ``classes.txt`` or all that occur, sorted."""
    splits = find_splits(root)
    if split is not None and split not in splits:
        have = f"it has {', '.join(splits)}" if splits else "it has no ImageSets/Main"
        raise SimengineError(f"{root} has no split {split!r}; {have}.")
    files = sorted((root / "Annotations").glob("*.xml"))
    every = {file.stem: _parse(file) for file in files}
    names = sorted({thing.findtext("name", "") for tree in every.values() for thing in tree.iter("object")})
    if (root / "classes.txt").is_file():
        names = listed_names(root / "classes.txt")
    folder = next((path for path in (root / "JPEGImages", root / "images") if path.is_dir()), root)
    pictures = {path.stem: path for path in find_pictures(folder, deep=True)}
    chosen = list(every) if split is None else listed_names(root / "ImageSets/Main" / f"{split}.txt")
    problems = [f"ImageSets/Main/{split}.txt: {name} has no annotation." for name in chosen if name not in every]
    images = tuple(
        _image(name, every[name], pictures.get(name, folder / f"{name}.jpg"), names, problems)
        for name in chosen
        if name in every
    )
    return DetectionSet(f"{root.name}/{split}" if split else root.name, tuple(names), images, tuple(problems))


def _parse(file: Path) -> ElementTree.Element:
    with disk_errors("read", file):
        data = file.read_bytes()
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        line, column = error.position
        raise SimengineError(f"{file}:{line}:{column + 1}: is no XML: {error}. Correct the file.") from None


def _image(
    name: str, tree: ElementTree.Element, picture: Path, classes: list[str], problems: list[str]
) -> LabelledImage:
    boxes, labels, crowd = [], [], []
    for number, thing in enumerate(tree.iter("object"), start=1):
        category = thing.findtext("name", "")
        try:
            edges = [float(thing.findtext(f"bndbox/{edge}", "")) for edge in ("xmin", "ymin", "xmax", "ymax")]
        except ValueError:
            problems.append(f"{name}.xml: object {number} ({category}) has no box of four numbers.")
            continue
        if category not in classes:
            problems.append(f"{name}.xml: object {number}: {category!r} is not in classes.txt.")
            continue
        boxes.append([edges[0] - 1, edges[1] - 1, edges[2], edges[3]])
        labels.append(classes.index(category))
        crowd.append(thing.findtext("difficult", "0").strip() == "1")
    width, height = (int(float(tree.findtext(f"size/{side}") or 0)) for side in ("width", "height"))
    size = (width, height) if width and height else picture_size(picture)
    return labelled_image(name, picture, size, boxes, labels, crowd=crowd)
