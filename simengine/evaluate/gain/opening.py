"""From folders that a user names to a task of a gain experiment."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError
from simengine.evaluate.gain.classify import ClassifyTask
from simengine.evaluate.gain.detect import DetectTask, make_detect_task
from simengine.evaluate.gain.inputs import code_digest
from simengine.evaluate.gain.shots import HEALTHY, Shots
from simengine.evaluate.gain.windows import WindowSet
from simengine.formats.detection import DetectionSet, detection_splits, open_detection_set, pad_boxes
from simengine.formats.signal import SignalSet
from simengine.learn.order_views import OrderViews, ViewSettings, order_views

__all__ = ["look_at", "open_classify_task", "open_detect_task"]


Source = tuple[str, str | None]
"""A folder of labelled pictures, and its split; None for the usual one."""


def open_detect_task(
    real: Source,
    *,
    synthetic: Source | None = None,
    refined: Source | None = None,
    test: Source | None = None,
    ood: Sequence[Source] = (),
    pad: float = 1.0,
    symmetry: str = "mirror",
    **options: Any,
) -> DetectTask:
    """Opens labelled pictures of any format that `simengine.formats.detection` knows.

    Args:
        real: Real pictures to learn from; usually their split ``train``.
        synthetic: Synthetic ones, likewise if they come in splits.
        refined: Refined ones, likewise.
        test: Test pictures of the kind of the real ones; the split ``test`` of `real` if None.
        ood: Test pictures of other kinds; usually their splits ``test``.
        pad: Factor on the edges of synthetic and refined boxes, for real ones that are drawn loosely.
        symmetry: Changes that leave labels true; see `simengine.learn.augment.named_augmentation`.
        **options: Other attributes of `DetectTask`.

    Raises:
        SimengineError: Nothing known lies there, or there is no test.
    """
    from simengine.learn.augment import named_augmentation

    opened: dict[str, DetectionSet] = {}
    paths: dict[str, str] = {}

    def add(source: Source | None, usual: str, role: str) -> DetectionSet | None:
        if source is None:
            return None
        folder, split = source
        there = detection_splits(folder)
        if split is None and usual in there:
            split = usual
        elif split is None and there:
            raise SimengineError(
                f"{folder} comes in the splits {', '.join(there)}: name one, e.g. {folder}@{there[0]}."
            )
        data = open_detection_set(folder, split=split)
        name = data.name if data.name not in opened else f"{data.name} ({role})"
        opened[name] = replace(data, name=name)
        paths[name] = folder if split is None else f"{folder}@{split}"
        return opened[name]

    train = add(real, "train", "real")
    if test is None and "test" not in detection_splits(real[0]):
        raise SimengineError(f"{real[0]} has no split test: give the test as --test DIR.")
    made = [add(synthetic, "train", "synthetic"), add(refined, "train", "refined")]
    tests = [(add((real[0], "test") if test is None else test, "test", "test"), "id")]
    tests += [(add(one, "test", "ood"), "ood") for one in ood]
    assert train is not None
    return make_detect_task(
        train,
        tests=[(data, kind) for data, kind in tests if data is not None],
        paths=paths,
        augmentations={
            name: named_augmentation(kind, symmetry=symmetry)
            for name, kind in (("strong", "strong"), ("plain", "light"))
        },
        synthetic=None if made[0] is None else pad_boxes(made[0], pad),
        refined=None if made[1] is None else pad_boxes(made[1], pad),
        **options,
    )


def open_classify_task(
    real: SignalSet,
    *,
    synthetic: SignalSet | None = None,
    refined: SignalSet | None = None,
    test: SignalSet | None = None,
    ood: Sequence[SignalSet] = (),
    split_by: str = "fault_severity",
    rate: float | None = None,
    seconds: float = 1.0,
    hop: float | None = None,
    hop_normal: float | None = None,
    bearing: str | None = None,
    model: str = "forest",
    cache: Path | None = None,
    **options: Any,
) -> ClassifyTask:
    """Looks at recordings of vibration window by window.

    Args:
        real: Real recordings to learn from; without `test` they are split by `split_by` and healthy record.
        synthetic: Synthetic ones.
        refined: Refined ones.
        test: Other real recordings of the same machine to be tested.
        ood: Recordings of other machines to be tested.
        split_by: Column of the records; see `simengine.evaluate.gain.shots.Shots`.
        rate: Samples per second at which all are looked at, Hz; the lowest of the real ones if None.
        seconds: Length of a window, s.
        hop: From window to window, s; without overlap if None.
        hop_normal: The same for healthy records, which are often few and short; `hop` if None. `hop` is a multiple.
        bearing: Designation of the bearing of all records, where their rows don't tell.
        model: Name of the classifier.
        cache: Folder in which windows are kept, so that the same records are looked at once.
        **options: Other options of training.

    Raises:
        SimengineError: Records can't be looked at or split.
    """
    at = float(min(record.rate for record in real) if rate is None else rate)
    hop = seconds if hop is None else hop
    close = hop if hop_normal is None else hop_normal
    every = round(hop / close)
    if every < 1 or abs(every * close - hop) > 1e-9 * hop:
        raise SimengineError(f"the hop of {hop:g} s is no multiple of that of healthy records, {close:g} s: give one.")
    settings = ViewSettings(at, seconds, close, True, model in ("cnn", "ensemble"))

    def looked(data: SignalSet | None, role: str) -> WindowSet | None:
        if data is None:
            return None
        found = look_at(data, role, settings, bearing=bearing, cache=cache)
        starts = np.arange(len(found.views)) - np.searchsorted(found.views.records, found.views.records)
        keep = (found.views.labels == HEALTHY) | (starts % every == 0)
        return replace(found, views=found.views.subset(keep), digest=f"{found.digest}/{every}")

    shots = None
    if test is None:
        labels = [record.fault_type for record in real]
        values = [record.row.get(split_by) for record in real]
        shots = Shots.split(labels, values, by=split_by)
    held_out = [looked(data, role) for data, role in ((test, "test"), *((one, "ood") for one in ood))]
    own = looked(real, "real")
    assert own is not None
    return ClassifyTask(
        own,
        looked(synthetic, "synthetic"),
        tuple(part for part in held_out if part is not None),
        shots,
        model,
        options,
        looked(refined, "refined"),
    )


def look_at(
    data: SignalSet, role: str, settings: ViewSettings, *, bearing: str | None = None, cache: Path | None = None
) -> WindowSet:
    """Windows of a set of records, kept by the hash of the records.

    Args:
        data: The records.
        role: See `WindowSet`.
        settings: How to look.
        bearing: Designation of the bearing of all of them.
        cache: Folder in which windows are kept; None for none.
    """
    from simengine.signals.catalogue import bearing as ring_of

    digest = data.digest()
    key = [digest, bearing, *vars(settings).values(), code_digest("learn", "signals")]
    file = None if cache is None else cache / f"views-{hashlib.sha256(canonical_json(key)).hexdigest()[:24]}.npz"
    views = None if file is None else _kept(file, settings)
    if views is None:
        views = order_views(data, settings, bearing=None if bearing is None else ring_of(bearing))
        if file is not None:
            buffer = io.BytesIO()
            arrays = {name: value for name, value in vars(views).items() if isinstance(value, np.ndarray)}
            np.savez(buffer, allow_pickle=False, **arrays)
            with disk_errors("make the folder", file.parent):
                file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(file, buffer.getvalue())
    known = [(record.id or str(number), record.group) for number, record in enumerate(data)]  # records are read lazily
    ids, groups = zip(*known, strict=True)
    return WindowSet(data.name, role, views, ids, groups, digest)


def _kept(file: Path, settings: ViewSettings) -> OrderViews | None:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return OrderViews(**{name: arrays[name] for name in arrays.files}, settings=settings)
    except (OSError, ValueError, TypeError, zipfile.BadZipFile):  # none there, or damaged
        return None
