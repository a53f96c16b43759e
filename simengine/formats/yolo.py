"""YOLO out: pictures, a text file of boxes for each, and a ``data.yaml`` that trainers read as it is.

Format: https://docs.ultralytics.com/datasets/detect/. The layout is ``images/SPLIT/``, ``labels/SPLIT/``,
``data.yaml`` and ``classes.txt``. Pictures are hard links to those of the data set where the disk allows it, copies
elsewhere, so that the folder can be moved and packed alone.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.dataset.reader import Dataset
from simengine.dataset.record import ViewRecord
from simengine.errors import SimengineError

__all__ = ["YOLO_FOLDER", "export_yolo"]

YOLO_FOLDER = "yolo"
"""Where the export stands in a data set."""


def export_yolo(dataset_dir: str | Path, *, out: str | Path | None = None, split: str = "train") -> Path:
    """Writes a finished data set in the YOLO layout.

    Objects without a label are left out, and so is their visibility: YOLO has no place for it. The folder appears
    under its name only when it is whole.

    Args:
        dataset_dir: Folder of the data set.
        out: The folder to write; ``yolo`` in the data set if None. One that an earlier export wrote is replaced.
        split: Name of the split.

    Returns:
        Path of ``data.yaml``.

    Raises:
        SimengineError: The data set is unfinished or damaged, has no colour pictures, the folder holds something
            else, or the disk refuses.
    """
    data = Dataset.open(dataset_dir)
    if "rgb" not in data.outputs:
        raise SimengineError(
            "YOLO needs colour pictures, but `outputs` lacks rgb. Add it to the scene and generate again."
        )
    folder = Path(out) if out is not None else data.root / YOLO_FOLDER
    with disk_errors("make the folder", folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and any(folder.iterdir()) and not (folder / "data.yaml").is_file():
        raise SimengineError(f"{folder} holds other files. Choose an empty or a new folder.")
    draft = folder.with_name(f".{folder.name}.tmp")
    with disk_errors("write", draft):
        shutil.rmtree(draft, ignore_errors=True)
        try:
            for kind in ("images", "labels"):
                (draft / kind / split).mkdir(parents=True)
            _write(data, draft, split)
            if folder.exists():
                shutil.rmtree(folder)
            draft.replace(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return folder / "data.yaml"


def _write(data: Dataset, folder: Path, split: str) -> None:
    names = list(data.classes)
    for record in data:
        for view in record.views:
            source = data.root / view.files["rgb"]
            _link(source, folder / "images" / split / source.name)
            text = "".join(f"{line}\n" for line in _lines(view, names))
            (folder / "labels" / split / f"{source.stem}.txt").write_text(text, encoding="utf-8")
    write_atomic(folder / "classes.txt", "".join(f"{name}\n" for name in names).encode())
    # JSON is YAML: any name of a class stays what it is.
    listed = "".join(f"  {number}: {canonical_json(name).decode()}\n" for number, name in enumerate(names))
    text = f"path: .\ntrain: images/{split}\nval: images/{split}\nnames:\n{listed}"
    write_atomic(folder / "data.yaml", text.encode())


def _lines(view: ViewRecord, names: list[str]) -> list[str]:
    lines = []
    for thing in view.objects:
        if thing.labelled and thing.box_exported is not None:
            x, y, w, h = thing.box_exported
            shares = ((x + w / 2) / view.width, (y + h / 2) / view.height, w / view.width, h / view.height)
            lines.append(" ".join([str(names.index(thing.category or "")), *map(repr, shares)]))
    return lines


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)
