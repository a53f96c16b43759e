"""Croissant: JSON-LD that tells loaders of many frameworks what lies where in a data set, and what it means.

Format: https://docs.mlcommons.org/croissant/docs/croissant-spec.html (1.0). The file stands in the data set's folder and
names its files relative to it: rows of recordings in ``shards/*/signals.parquet``, pictures and their boxes through the
COCO file. It holds no licence and no date: those are the owner's to add.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.dataset.reader import Dataset
from simengine.dataset.shard import hash_file, shard_folder
from simengine.dataset.signals import SIGNALS
from simengine.errors import SimengineError
from simengine.formats.coco import COCO_FILE
from simengine.formats.signal_columns import COLUMNS

__all__ = ["CROISSANT_FILE", "export_croissant"]

CROISSANT_FILE = "croissant.json"
"""Where the description stands in a data set."""

_KINDS = {
    "text": ("sc:Text", False),
    "number": ("sc:Float", False),
    "whole": ("sc:Integer", False),
    "truth": ("sc:Boolean", False),
    "samples": ("sc:Float", True),
    "numbers": ("sc:Float", True),
    "wholes": ("sc:Integer", True),
    "texts": ("sc:Text", True),
}


def export_croissant(dataset_dir: str | Path, *, out: str | Path | None = None) -> Path:
    """Describes a finished data set in Croissant.

    Args:
        dataset_dir: Folder of the data set.
        out: The file; ``croissant.json`` in the data set if None. Names in it are relative to the data set.

    Returns:
        Path of the file.

    Raises:
        SimengineError: The data set is unfinished, or has neither recordings nor a COCO file.
    """
    dataset = Dataset.open(dataset_dir)
    path = Path(out) if out is not None else dataset.root / CROISSANT_FILE
    distribution: list[dict[str, Any]] = []
    record_sets: list[dict[str, Any]] = []
    if (dataset.root / shard_folder(0) / SIGNALS).is_file():
        _describe_signals(dataset, distribution, record_sets)
    if (dataset.root / COCO_FILE).is_file():
        _describe_pictures(dataset, distribution, record_sets)
    if not distribution:
        raise SimengineError(
            f"{dataset.root} has neither recordings nor {COCO_FILE}, so there is nothing to describe: "
            "run `simengine export` with --format coco first, or add `rgb` to the scene's outputs."
        )
    description = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": dataset.name,
        "description": dataset.plan["scene"].get("description") or f"Synthetic data set {dataset.name}.",
        "version": "1.0.0",
        "sameAs": f"urn:sha256:{dataset.hash}",
        "creator": {"@type": "sc:Organization", "name": "simengine"},
        "keywords": ["synthetic data", "simengine"],
        "isLiveDataset": False,
        "distribution": distribution,
        "recordSet": record_sets,
    }
    with disk_errors("make the folder", path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, canonical_json(description, indent=True, ordered=True))
    return path


def _describe_signals(dataset: Dataset, distribution: list[dict[str, Any]], record_sets: list[dict[str, Any]]) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(dataset.root / shard_folder(0) / SIGNALS) as file:
        names = file.schema_arrow.names
    distribution.append(
        {
            "@type": "cr:FileSet",
            "@id": "signal-files",
            "name": "signal-files",
            "description": "One file a shard, one row a recording and channel.",
            "encodingFormat": "application/x-parquet",
            "includes": f"shards/*/{SIGNALS}",
        }
    )
    fields = []
    for name in (one for one in names if one in COLUMNS and COLUMNS[one].kind != "modes"):
        kind, repeated = _KINDS[COLUMNS[name].kind]
        source = {"fileSet": {"@id": "signal-files"}, "extract": {"column": name}}
        fields.append(_field("signals", name, COLUMNS[name].meaning, kind, source, repeated=repeated))
    record_sets.append(_record_set("signals", "One channel of one recording.", fields))


def _describe_pictures(dataset: Dataset, distribution: list[dict[str, Any]], record_sets: list[dict[str, Any]]) -> None:
    digest = hash_file(dataset.root / COCO_FILE)
    distribution.append(
        {
            "@type": "cr:FileSet",
            "@id": "pictures",
            "name": "pictures",
            "description": "Colour pictures.",
            "encodingFormat": "image/png",
            "includes": "shards/*/*.rgb.png",
        }
    )
    tables: dict[str, tuple[str, Iterable[tuple[str, str, str, bool]]]] = {
        "images": ("A picture.", _IMAGE_FIELDS),
        "annotations": ("One object in one picture.", _ANNOTATION_FIELDS),
        "categories": ("A class.", _CATEGORY_FIELDS),
    }
    for table, (meaning, columns) in tables.items():
        file = f"coco-{table}"  # the same file for each table: readers take all fields of one file for one table
        distribution.append(
            {
                "@type": "cr:FileObject",
                "@id": file,
                "name": file,
                "description": f"Pictures, instances and classes in COCO's form; here its {table}.",
                "contentUrl": COCO_FILE,
                "encodingFormat": "application/json",
                "sha256": digest,
            }
        )
        fields = []
        for name, kind, text, repeated in columns:
            source = {"fileObject": {"@id": file}, "extract": {"jsonPath": f"$.{table}[*].{name}"}}
            fields.append(_field(table, name, text, kind, source, repeated=repeated))
        record_sets.append(_record_set(table, meaning, fields))


_IMAGE_FIELDS = (
    ("id", "sc:Integer", "number of the picture", False),
    ("file_name", "sc:Text", "its file, relative to the data set", False),
    ("width", "sc:Integer", "pixels", False),
    ("height", "sc:Integer", "pixels", False),
    ("sample", "sc:Integer", "number of the sample", False),
    ("camera", "sc:Text", "name of the camera", False),
    ("time", "sc:Float", "seconds from the release", False),
)
_ANNOTATION_FIELDS = (
    ("id", "sc:Integer", "number of the annotation", False),
    ("image_id", "sc:Integer", "number of its picture", False),
    ("category_id", "sc:Integer", "number of its class", False),
    ("bbox", "sc:Float", "x, y, width, height in pixels from the top left", True),
    ("area", "sc:Float", "visible pixels", False),
    ("visible_fraction", "sc:Float", "visible part of the object in the picture", False),
    ("track_id", "sc:Integer", "the same in all pictures of a sample", False),
)
_CATEGORY_FIELDS = (("id", "sc:Integer", "number of the class", False), ("name", "sc:Text", "its name", False))


def _record_set(name: str, meaning: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "description": meaning, "field": fields}


def _field(table: str, name: str, meaning: str, kind: str, source: dict[str, Any], *, repeated: bool) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table}/{name}",
        "name": name,
        "description": meaning,
        "dataType": kind,
    }
    if repeated:
        field["repeated"] = True
    return {**field, "source": source}


_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
