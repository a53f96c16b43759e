"""Folders of a user as samples: which kind of data lies there, and all views of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.manifest import MANIFEST
from simengine.errors import SimengineError
from simengine.evaluate.features.cache import FeatureCache
from simengine.evaluate.features.embedders import Embedder
from simengine.evaluate.features.images import describe_images
from simengine.evaluate.features.signals import SignalSettings, describe_signals
from simengine.evaluate.features.tables import Table, encode_tables, open_table, table_files
from simengine.evaluate.metrics.balance import position_slices, size_slices
from simengine.evaluate.metrics.label_statistics import BoxTable
from simengine.evaluate.quality.samples import Sample, View, picked, principal_views, standardised
from simengine.evaluate.quality.statistics import Grouped
from simengine.formats.detection import DetectionSet, label_problems, labelled_image, open_detection_set
from simengine.formats.picture_files import find_pictures, picture_size
from simengine.formats.signal import SignalSet

__all__ = ["detect_kind", "image_samples", "open_pictures", "signal_samples", "table_samples"]

Progress = Callable[[str, int, int], None]
_RECORDINGS = {".mat", ".npz", ".wav", ".h5", ".hdf5"}


def detect_kind(path: Path) -> str:
    """``images``, ``signals`` or ``tables``, by what lies in a folder.

    Raises:
        SimengineError: Nothing of them, or the folder does not exist.
    """
    if not path.exists():
        raise SimengineError(f"there is no {path}: give a folder of pictures, recordings or tables.")
    if (path / MANIFEST).is_file():
        shards = any(path.rglob("signals.parquet"))
        return "signals" if shards and not any(path.rglob("*rgb*")) else "images"
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    if (path.is_dir() and find_pictures(path, deep=True)) or path.suffix.lower() == ".json":
        return "images"
    if any(file.suffix.lower() in _RECORDINGS for file in files) or (path / "metadata.parquet").is_file():
        return "signals"
    if table_files(path):
        return "tables"
    what = f"{len(files)} files, none of which is" if files else "nothing, in particular"
    raise SimengineError(
        f"{path} holds {what} a picture, recording or table: give a folder with pictures (and labels), recordings"
        " (.mat, .npz, .wav, .h5) or tables (.csv, .parquet)."
    )


def open_pictures(path: Path, *, split: str | None = None) -> DetectionSet:
    """Labelled pictures of any known layout, or plain pictures without labels.

    Raises:
        SimengineError: There are no pictures.
    """
    try:
        found = open_detection_set(path, split=split)
    except SimengineError:
        pictures = find_pictures(path, deep=True) if path.is_dir() else []
        if not pictures or split is not None:
            raise
        images = (
            labelled_image(file.relative_to(path).as_posix(), file, picture_size(file), [], []) for file in pictures
        )
        found = DetectionSet(path.name, (), tuple(images))
    if not found.images:
        raise SimengineError(f"{path} holds no pictures: give at least 4.")
    return found


def image_samples(
    sets: Sequence[DetectionSet],
    embedder: Embedder,
    *,
    limit: int,
    seed: int,
    cache: FeatureCache,
    progress: Progress | None = None,
) -> list[Sample]:
    """Pictures as samples; the first set is the real one, on whose axes the others are seen.

    Raises:
        SimengineError: A picture can't be read, or two labelled sets share no class.
    """
    _check_classes(sets)
    drawn = [one.subset(picked(len(one), limit, seed=seed, name=f"set {k}")) for k, one in enumerate(sets)]
    described = []
    for one in drawn:
        total = len(one)
        told = (lambda done, name=one.name, total=total: progress(name, done, total)) if progress else None
        described.append(describe_images((image.path for image in one.images), embedder, cache=cache, progress=told))
    principal = principal_views([part.vectors.astype(np.float64) for part in described])
    samples = []
    for original, one, part, axes in zip(sets, drawn, described, principal, strict=True):
        units = np.array([image.group for image in one.images])
        groups = None if len(set(units.tolist())) == len(units) else units
        vectors = part.vectors.astype(np.float64)
        views = {
            "features": View(vectors, groups, "picture" if groups is None else "group"),
            "grouped": View(Grouped(vectors, groups), groups, "picture"),
            "columns": View(axes, groups, "picture"),
            "spectra": View(part.spectra, groups, "picture"),
            "hashes": View(part.hashes, groups, "picture"),
            **_box_views(one),
        }
        problems = label_problems(one)
        notes = (f"{len(problems)} problems in the labels, the first: {problems[0]}",) if problems else ()
        samples.append(
            Sample(
                name=one.name,
                ids=tuple(image.id for image in one.images),
                views=views,
                groups=groups,
                total=len(original),
                digest=sha256("".join(part.keys).encode()).hexdigest(),
                notes=notes,
            )
        )
    return samples


def signal_samples(
    sets: Sequence[SignalSet],
    *,
    seconds: float,
    limit: int,
    seed: int,
    cache: FeatureCache,
    progress: Progress | None = None,
) -> tuple[list[Sample], SignalSettings]:
    """Recordings as samples of windows, all at the lowest rate among them; and how they were looked at.

    Raises:
        SimengineError: A record is constant or shorter than a window.
    """
    drawn = [one.subset(picked(len(one), limit, seed=seed, name=f"set {k}").tolist()) for k, one in enumerate(sets)]
    rate, knows, silent = np.inf, True, [0] * len(drawn)
    for place, one in enumerate(drawn):
        for record in one:
            speed = _has_speed(record)
            silent[place] += not speed
            rate, knows = min(rate, record.rate), knows and record.bearing is not None and speed
    settings = SignalSettings(float(rate), seconds, signature=bool(knows))
    described = []
    for one in drawn:
        total = len(one)
        told = (lambda done, name=one.name, total=total: progress(name, done, total)) if progress else None
        described.append(describe_signals(one, settings, cache=cache, progress=told))
    samples = []
    for original, one, part, rows, without in zip(
        sets, drawn, described, standardised([part.vectors for part in described]), silent, strict=True
    ):
        notes = [f"{without} of {len(one)} records do not tell their speed: their orders are multiples of 30 Hz"]
        known = not set(part.labels.tolist()) <= {"unknown"}
        sample = _number_sample(one.name, part.names, rows, part.groups, part.labels if known else None, "group")
        views = {**sample.views, "spectra": View(part.spectra, part.groups, "group")}
        samples.append(
            replace(
                sample,
                views=views,
                table=part.signatures if settings.signature else None,
                total=len(original),
                notes=(*one.warnings, *(notes if without else ())),
            )
        )
    return samples, settings


def table_samples(
    paths: Sequence[Path], *, target: str | None, limit: int, seed: int, drop_missing: bool
) -> tuple[list[Sample], tuple[str, ...]]:
    """Tables as samples of rows, and the names of the columns that are compared.

    Raises:
        SimengineError: As `open_table` and `encode_tables`, or there is no such target.
    """
    full = [open_table(path, drop_missing=drop_missing) for path in paths]
    for table in full:
        if target is not None and target not in table.columns:
            raise SimengineError(
                f"{table.name} has no column {target!r} for --target; it has {', '.join(map(repr, table.columns))}."
            )
    tables: list[Table] = [one.take(picked(len(one), limit, seed=seed, name=f"set {k}")) for k, one in enumerate(full)]
    matrices, columns = encode_tables(tables, target=target)
    samples = []
    for original, table, rows in zip(full, tables, matrices, strict=True):
        ids = tuple(f"row {k + 1}" for k in range(len(table)))
        labels = None if target is None else table.columns[target]
        sample = _number_sample(table.name, ids, rows, None, labels, "row")
        samples.append(replace(sample, total=len(original)))
    return samples, columns


def _number_sample(
    name: str,
    ids: Sequence[str],
    rows: np.ndarray,
    groups: np.ndarray | None,
    labels: np.ndarray | None,
    unit: str,
) -> Sample:
    """Rows of standardised numbers, with or without classes."""
    views = {
        "features": View(rows, groups, unit),
        "grouped": View(Grouped(rows, groups), groups, unit),
        "columns": View(rows, groups, unit),
    }
    if labels is not None and labels.dtype.kind != "f":
        views["classes"] = View(labels, groups, unit)
    digest = sha256(np.ascontiguousarray(rows, "<f8").tobytes()).hexdigest()
    return Sample(name, tuple(ids), views, labels=labels, groups=groups, total=len(ids), digest=digest)


def _box_views(one: DetectionSet) -> dict[str, View]:
    """Views of the boxes; none where there are no boxes."""
    kept = [~image.crowd & (image.boxes[:, 2:] > image.boxes[:, :2]).all(axis=1) for image in one.images]
    counts = [int(keep.sum()) for keep in kept]
    if not sum(counts):
        return {}
    corners = np.concatenate([image.boxes[keep] for image, keep in zip(one.images, kept, strict=True)]).astype(float)
    visible = np.concatenate([image.visibility[keep] for image, keep in zip(one.images, kept, strict=True)])
    labels = np.concatenate([image.labels[keep] for image, keep in zip(one.images, kept, strict=True)])
    numbers = np.repeat(np.arange(len(one)), counts)
    table = BoxTable(
        numbers,
        np.column_stack([corners[:, :2], corners[:, 2:] - corners[:, :2]]),
        np.array([[image.width, image.height] for image in one.images]),
        visible if np.isfinite(visible).all() else None,
    )
    groups = np.array([image.group for image in one.images])
    units = groups[numbers]
    alone = len(set(groups.tolist())) == len(groups)
    return {
        "boxes": View(table, None if alone else groups, "picture"),
        "classes": View(np.array(one.classes)[labels], units, "picture"),
        "sizes": View(size_slices(table), units, "picture"),
        "positions": View(position_slices(table), units, "picture"),
    }


def _check_classes(sets: Sequence[DetectionSet]) -> None:
    first = set(sets[0].classes)
    for other in sets[1:]:
        if first and other.classes and not first & set(other.classes):
            raise SimengineError(
                f"{sets[0].name} has the classes {', '.join(sets[0].classes)} and {other.name}"
                f" {', '.join(other.classes)}: not one in common. Name them alike, or compare the pictures alone with"
                " --ignore-labels."
            )


def _has_speed(record: Any) -> bool:
    try:
        return record.clock is not None
    except SimengineError:
        return False
