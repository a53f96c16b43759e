"""Gain of detectors: average precision on real pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.gain.arms import ArmPlan
from simengine.evaluate.gain.counts import nested_order
from simengine.evaluate.gain.detect_scores import (
    detection_parts,
    kept_detections,
    match_part,
    pack_detections,
    weighted_precision,
)
from simengine.evaluate.gain.inputs import code_digest, package_versions
from simengine.evaluate.gain.leaks import check_duplicates, check_groups, check_labels, make_leak
from simengine.evaluate.gain.pictures import changed_pictures
from simengine.evaluate.gain.results import Data, Leak, Metric, Picture
from simengine.evaluate.gain.task import CellPlan, Part, Table, TestSet
from simengine.formats.detection import DetectionSet, label_problems, map_classes, merge_classes

__all__ = ["DetectTask", "make_detect_task"]

_BATCH = 4  # pictures that are read at a time


@dataclass(frozen=True, eq=False)
class DetectTask:
    """Detectors on pictures; made by `make_detect_task`.

    Attributes:
        real: Real training pictures.
        synthetic: Synthetic ones, classes as those of `real`.
        refined: Refined ones; None if there are none.
        held_out: Test sets with their kind, ``id`` or ``ood``, in distribution first.
        model: Name for `simengine.learn.detector.open_detector`.
        steps: Optimiser steps of every arm.
        options: Further options of training, the same for every arm.
        augmentations: What ``strong`` and ``plain`` augmentation are (`simengine.learn.augment.Augmentation`); empty to
            leave the detector its own.
        device: Where models train and answer; it is no part of what determines a run.
        plugins: Plug-in files with detectors.
        load_plugin: Loads one of them; a worker does so before it trains.
        one_class: Name under which all classes are judged as one too; empty if not.
        paths: Where the sets were read from, by name.
        as_read: Classes and problems of the sets as they were read; see `leaks`.
    """

    real: DetectionSet
    synthetic: DetectionSet | None
    refined: DetectionSet | None
    held_out: tuple[tuple[DetectionSet, str], ...]
    model: str = "lite0"
    steps: int = 300
    options: Mapping[str, Any] = field(default_factory=dict)
    augmentations: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    plugins: tuple[str, ...] = ()
    load_plugin: Callable[[str], Any] | None = None
    one_class: str = ""
    paths: Mapping[str, str] = field(default_factory=dict)
    as_read: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    name = "detect"
    item = "image"
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """Groups are what splits respect; most often each image is one."""
        alone = all(len({i.group for i in data.images}) == len(data.images) for data, _ in self.held_out)
        return "image" if alone else "group of images"

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.real.classes

    @property
    def settings(self) -> dict[str, Any]:
        """Training settings that all arms share."""
        shared = {"augmentation": asdict(self.augmentations["strong"])} if self.augmentations else {}
        return {"steps": self.steps, **shared, **self.options}

    @property
    def statement(self) -> str:
        """Equal compute, said."""
        batch = f" of {self.options['batch']} images" if "batch" in self.options else ""
        sentence = f"Every arm was trained for {self.steps:,} optimiser steps{batch} from the same initial weights"
        if not self.augmentations:
            return f"{sentence}, with the same settings throughout."
        return (
            f"{sentence}, with the same strong augmentation; only the arm `real` has a lighter one, and only the control "
            "`real-double` has more steps."
        )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """AP50 is the headline: hand-made boxes are seldom tight."""
        found = [
            Metric("AP50", "Average precision at an intersection over union of 0.50, mean over classes (COCO).", True),
            Metric("AP", "Average precision, mean over intersections over union of 0.50 to 0.95 and classes (COCO)."),
            Metric("AP75", "Average precision at an intersection over union of 0.75, mean over classes (COCO)."),
        ]
        if self.one_class:
            words = f"Average precision at 0.50 of the same models with all classes taken as one, {self.one_class!r}."
            found.append(Metric(f"AP50 {self.one_class}", words))
        return tuple(found)

    @cached_property
    def tests(self) -> tuple[TestSet, ...]:
        """The test sets; their units are groups of images."""
        return tuple(
            TestSet(data.name, kind, len(data.images), tuple(sorted({image.group for image in data.images})))
            for data, kind in self.held_out
        )

    @property
    def synthetic_items(self) -> int:
        """Synthetic images."""
        return len(self.synthetic or self.refined or ())

    def data(self) -> list[Data]:
        """The data sets."""
        found = []
        for role, data in self._sets:
            labels = np.concatenate([image.labels[~image.crowd] for image in data.images] or [np.zeros(0, int)])
            by_class = {name: int((labels == code).sum()) for code, name in enumerate(data.classes)}
            groups = len({image.group for image in data.images})
            path = self.paths.get(data.name, "")
            found.append(Data(role, data.name, path, len(data.images), groups, by_class, self._digest(data)))
        return found

    def leaks(self) -> list[Leak]:
        """Labels first, because they are cheap; then groups and near-duplicates."""
        data = {row.name: row.labels for row in self.data() if row.role in ("real", "test", "ood")}
        problems = [f"{part.name}: {line}" for _, part in self._sets for line in label_problems(part)]
        train = {part.name: part for role, part in self._sets if role in ("real", "synthetic", "refined")}
        test = {part.name: part for part, _ in self.held_out}
        groups = [{name: [i.group for i in part.images] for name, part in side.items()} for side in (train, test)]
        hashes = [{name: _hashes(part) for name, part in side.items()} for side in (train, test)]
        return [
            *check_labels(dict(self.as_read), data),
            make_leak("boxes", problems, looked="Looked at every box of every set."),
            check_groups(*groups, word="group"),
            check_duplicates(*hashes),
        ]

    def inputs(self, cell: CellPlan) -> dict[str, Any]:
        """Everything that determines a run."""
        stages = [
            {"steps": steps, "sets": [[self._digest(part), share] for part, share in data]}
            for data, steps in self._stages(cell)
        ]
        return {
            "task": "detect",
            "model": self.model,
            "options": {
                name: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
                for name, value in self._options(cell.arm).items()
            },
            "stages": stages,
            "seed": cell.seed,
            "tests": [self._digest(data) for data, _ in self.held_out],
            "plugins": [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in self.plugins],
            "code": code_digest("learn"),
            "versions": package_versions(),
        }

    def run(self, cell: CellPlan) -> list[Table]:
        """Trains stage by stage and answers every test set."""
        from simengine.learn.detector import open_detector

        if self.load_plugin is not None:
            for file in self.plugins:
                self.load_plugin(file)
        detector = open_detector(self.model)
        place: dict[str, Any] = {} if self.device == "auto" else {"device": self.device}
        trained = None
        for number, (data, steps) in enumerate(self._stages(cell)):
            # Another seed for another stage, so that the second does not repeat the draws of the first.
            trained = detector.train(
                data, steps=steps, seed=cell.seed + 1_000_003 * number, init=trained, **self._options(cell.arm), **place
            )
        assert trained is not None
        tables = []
        for test, _ in self.held_out:
            found = []
            for start in range(0, len(test.images), _BATCH):
                pictures = [test.read(index) for index in range(start, min(start + _BATCH, len(test.images)))]
                found += trained.predict(pictures)
            tables.append(pack_detections(found))
        return tables

    def score(
        self, test: int, table: Table, weights: np.ndarray, *, metric: str, part: Part | None = None
    ) -> np.ndarray:
        """Average precision under weights of the units."""
        data = self.held_out[test][0]
        names = {name: number for number, name in enumerate(self.tests[test].units)}
        by_image = weights[:, [names[image.group] for image in data.images]]
        merged = bool(self.one_class) and metric == f"AP50 {self.one_class}"
        matches = match_part(merge_classes(data, self.one_class) if merged else data, table, part, merged=merged)
        return weighted_precision(matches, by_image, iou={"AP": None, "AP75": 0.75}.get(metric, 0.5))

    def parts(self, test: int) -> list[Part]:
        """By class, size and occlusion."""
        return detection_parts(self.held_out[test][0])

    def pictures(self, test: int, baseline: Table, arm: Table, *, best: int = 3, worst: int = 3) -> list[Picture]:
        """Pictures by the change of their F1 at the scores that are shown."""
        data = self.held_out[test][0]
        before, after = (kept_detections(table, len(data.images)) for table in (baseline, arm))
        return changed_pictures(data, before, after, best=best, worst=worst)

    @property
    def _sets(self) -> list[tuple[str, DetectionSet]]:
        found = [("real", self.real)]
        found += [("synthetic", self.synthetic)] if self.synthetic is not None else []
        found += [("refined", self.refined)] if self.refined is not None else []
        return found + [("test" if kind == "id" else "ood", data) for data, kind in self.held_out]

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {data.name: data.digest() for _, data in self._sets}

    def _digest(self, data: DetectionSet) -> str:
        whole = next(known for _, known in self._sets if known.name == data.name)
        return self._digests[data.name] if len(data.images) == len(whole.images) else data.digest()

    def _options(self, arm: ArmPlan) -> dict[str, Any]:
        own = {"augmentation": self.augmentations[arm.augmentation]} if self.augmentations else {}
        return {**own, **self.options}

    def _stages(self, cell: CellPlan) -> list[tuple[list[tuple[DetectionSet, float]], int]]:
        """Sets with their parts of a batch, and steps, of each stage."""
        order = nested_order([image.id for image in self.real.images], seed=cell.seed)
        synthetic = self.refined if cell.arm.about.refined else self.synthetic
        total = round(self.steps * cell.arm.compute)
        ends = np.round(np.cumsum([0.0, *(stage.steps for stage in cell.arm.stages)]) * total).astype(int)
        stages = []
        for stage, steps in zip(cell.arm.stages, np.diff(ends), strict=True):
            data: list[tuple[DetectionSet, float]] = []
            if stage.synthetic < 1.0:
                data.append((self.real.subset(order[: cell.count]), 1.0 - stage.synthetic))
            if stage.synthetic > 0.0:
                if synthetic is None:
                    kind = "refined" if cell.arm.about.refined else "synthetic"
                    raise SimengineError(f"the arm {cell.arm.name} needs {kind} data: give --{kind} DIR.")
                data.append((synthetic, stage.synthetic))
            stages.append((data, int(steps)))
        return stages


def make_detect_task(
    real: DetectionSet,
    *,
    synthetic: DetectionSet | None = None,
    refined: DetectionSet | None = None,
    tests: Sequence[tuple[DetectionSet, str]],
    **options: Any,
) -> DetectTask:
    """Brings all sets to the classes of the real one, by name, and makes the task.

    Boxes of classes that the real set lacks are left out; the check ``label-names`` tells of them.

    Args:
        real: Real training pictures.
        synthetic: Synthetic ones.
        refined: Refined ones.
        tests: Test sets with their kind, ``id`` or ``ood``.
        **options: The other attributes of `DetectTask`.

    Raises:
        SimengineError: There is no test set, sets have the same name, or classes don't fit.
    """
    if not tests:
        raise SimengineError("there is no test set: give a data set with a split `test`, or --test DIR.")
    given = [data for data in (real, synthetic, refined, *(data for data, _ in tests)) if data is not None]
    names = [data.name for data in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SimengineError(f"two data sets are called {twice[0]!r}: rename one of the folders.")

    def fitted(data: DetectionSet | None) -> DetectionSet | None:
        if data is None or data.classes == real.classes:
            return data
        foreign = {name: None for name in data.classes if name not in real.classes}
        return map_classes(data, real.classes, rename=foreign)

    ordered = sorted(tests, key=lambda one: one[1] != "id")
    return DetectTask(
        real,
        fitted(synthetic),
        fitted(refined),
        tuple((fitted(data) or data, kind) for data, kind in ordered),
        as_read={data.name: data.classes for data in given},
        **options,
    )


def _hashes(data: DetectionSet) -> list[tuple[str, int, Callable[[], np.ndarray]]]:
    from simengine.evaluate.metrics.duplicates import perceptual_hash

    return [
        (image.id, perceptual_hash(data.read(index)), partial(data.read, index))
        for index, image in enumerate(data.images)
    ]
