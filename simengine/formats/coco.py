"""COCO: instance detection and segmentation, one JSON file beside the shards.

Format: https://cocodataset.org/#format-data (object detection, compressed RLE). Beyond the standard's keys
an image carries ``camera``, ``frame``, ``sample``, ``intrinsics``, ``world_from_camera`` and, where the lens has any,
``distortion`` (OpenCV's coefficients); an annotation ``amodal_bbox``, ``visible_fraction``, ``truncated``, ``track_id`` and, under ``attributes``, the object's name
and pose (camera from object, metres, quaternion xyzw). Boxes are [x, y, width, height] in pixels from the
top left corner of the picture. Nothing of the wall clock stands in it, and no licence but the user's own.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import atomic_file, disk_errors
from simengine.dataset.reader import Dataset
from simengine.dataset.record import ObjectRecord, SampleRecord, ViewRecord
from simengine.errors import SimengineError

__all__ = ["COCO_FILE", "export_coco", "write_coco"]

COCO_FILE = "coco/annotations.json"
"""Where the annotations stand in a data set."""


def export_coco(dataset_dir: str | Path, *, out: str | Path | None = None) -> Path:
    """Writes a finished data set's labels as a COCO file.

    Memory stays constant however large the data set is: the records are read twice, one at a time.

    Args:
        dataset_dir: Folder of the data set.
        out: The file to write; ``coco/annotations.json`` in the data set if None. The names of the
            pictures in it are relative to the data set.

    Returns:
        Path of the file.

    Raises:
        SimengineError: The data set is unfinished or damaged, has no colour pictures, or the disk refuses.
    """
    dataset = Dataset.open(dataset_dir)
    path = Path(out) if out is not None else dataset.root / COCO_FILE
    write_coco(dataset, path)
    return path


def write_coco(dataset: Dataset, path: Path) -> None:
    """Writes the labels of an open data set as a COCO file; see `export_coco`."""
    if "rgb" not in dataset.outputs:
        raise SimengineError(
            "COCO needs colour pictures, but `outputs` lacks rgb. Add it to the scene and generate again."
        )
    with disk_errors("make the folder", path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    classes = dataset.classes
    with atomic_file(path) as file:
        file.write(b'{"annotations":[')
        comma = b"\n"
        annotation_id = 0
        image_id = 0
        for record in dataset:
            for view in record.views:
                image_id += 1
                for thing in view.objects:
                    if thing.labelled:
                        annotation_id += 1
                        entry = _annotation(annotation_id, image_id, thing, record, classes)
                        file.write(comma + canonical_json(entry))
                        comma = b",\n"
        categories = [{"id": number, "name": name, "supercategory": dataset.name} for name, number in classes.items()]
        file.write(b'\n],\n"categories":' + canonical_json(categories) + b',\n"images":[')
        dropped = _write_images(dataset, file)
        file.write(b'\n],\n"info":' + canonical_json(_info(dataset, dropped)) + b',\n"licenses":[]}\n')


def _write_images(dataset: Dataset, file: BinaryIO) -> Counter[str]:
    dropped: Counter[str] = Counter()
    image_id = 0
    comma = b"\n"
    for record in dataset:
        for view in record.views:
            image_id += 1
            dropped.update(str(o.reason) for o in view.objects if o.category is not None and not o.labelled)
            file.write(comma + canonical_json(_image(image_id, record, view)))
            comma = b",\n"
    return dropped


def _image(image_id: int, record: SampleRecord, view: ViewRecord) -> dict[str, Any]:
    return {
        "id": image_id,
        "file_name": view.files["rgb"],
        "width": view.width,
        "height": view.height,
        "sample": record.index,
        "camera": view.camera,
        "frame": view.frame,
        "time": view.time,
        "intrinsics": view.intrinsics,
        **({} if view.distortion is None else {"distortion": view.distortion}),
        "world_from_camera": view.world_from_camera,
    }


def _annotation(
    number: int, image_id: int, thing: ObjectRecord, record: SampleRecord, classes: dict[str, int]
) -> dict[str, Any]:
    if thing.category not in classes or thing.mask is None or thing.box_exported is None:
        raise SimengineError(
            f"sample {record.index}: {thing.name} is labelled but has no mask, box or listed class ({thing.category!r}). "
            "The records were changed; `simengine verify` names the file."
        )
    return {
        "id": number,
        "image_id": image_id,
        "category_id": classes[thing.category],
        "bbox": thing.box_exported,
        "segmentation": thing.mask,
        "area": thing.pixels,
        "iscrowd": 0,
        "amodal_bbox": thing.box_amodal,
        "visible_fraction": thing.visible_fraction,
        "truncated": thing.truncated,
        "track_id": thing.track,
        "attributes": {
            "name": thing.name,
            "tight_bbox": thing.box,
            "camera_from_object": thing.camera_from_object.to_dict(),
        },
    }


def _info(dataset: Dataset, dropped: Counter[str]) -> dict[str, Any]:
    plan = dataset.plan
    return {
        "description": plan["scene"].get("description") or dataset.name,
        "version": str(plan["versions"].get("simengine", "")),
        "contributor": "simengine",
        "scene": dataset.name,
        "seed": plan["seed"],
        "spec_hash": plan["spec_hash"],
        "labels_dropped": dict(dropped),
        "boxes": "tight box times labels.policy.box_padding; see attributes.tight_bbox for the tight one",
    }
