"""Gain of fault classifiers: macro-F1 on records of other bearings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.gain.inputs import code_digest, package_versions
from simengine.evaluate.gain.leaks import check_groups, check_labels, make_leak
from simengine.evaluate.gain.results import Data, Leak, Metric, Picture
from simengine.evaluate.gain.shots import Draw, Shots
from simengine.evaluate.gain.task import CellPlan, Part, Table, TestSet
from simengine.evaluate.gain.windows import WindowSet, copied_windows, oversampled
from simengine.learn.order_views import OrderViews, join_views

__all__ = ["ClassifyTask"]


@dataclass(frozen=True, eq=False)
class ClassifyTask:
    """Fault classifiers on windows of vibration.

    Attributes:
        real: Real windows: the pool of training windows, and of the test where `shots` splits it.
        synthetic: Synthetic windows; None if there are none.
        held_out: Test sets; empty where `shots` splits the real windows.
        shots: How each seed splits the real windows into few for training and others for testing.
        model: Of `simengine.learn.classifier.train_classifier`.
        options: Further options of training, the same for every arm.
        refined: Refined windows.
    """

    real: WindowSet
    synthetic: WindowSet | None = None
    held_out: tuple[WindowSet, ...] = ()
    shots: Shots | None = None
    model: str = "forest"
    options: Mapping[str, Any] = field(default_factory=dict)
    refined: WindowSet | None = None

    name = "classify"
    item = "window"
    unit = "bearing"  # loads and speeds of one bearing are not independent
    metrics = (
        Metric("macro-F1", "F1 averaged over the fault types, each counting the same.", True),
        Metric("balanced accuracy", "Recall averaged over the fault types."),
    )

    @property
    def classes(self) -> list[str]:
        """Fault types of the real windows."""
        return sorted(set(map(str, self.real.views.labels)))

    @property
    def settings(self) -> dict[str, Any]:
        """Training settings that all arms share."""
        views = self.real.views.settings
        return {"rate_hz": views.rate, "window_s": views.seconds, "hop_s": views.hop, **self.options}

    @property
    def statement(self) -> str:
        """Equal compute, said."""
        size = f"{self.options['trees']} trees a part" if "trees" in self.options else "the same size"
        return (
            f"Every arm trained the same model ({self.model}, {size}, classes weighted alike) on windows seen the same "
            "way; only what it was trained on differs."
        )

    @property
    def notes(self) -> list[str]:
        """What a reader must know."""
        found = [] if self.shots is None else [self.shots.note]
        single = [name for name in self.classes if self._bearings_of(name) <= 2]
        if single:
            found.append(
                f"The class{'es' * (len(single) > 1)} {', '.join(single)} ha{'ve' if len(single) > 1 else 's'} two "
                "bearings or records or fewer: what differs between more of them is not in the intervals."
            )
        return found

    @cached_property
    def tests(self) -> tuple[TestSet, ...]:
        """The test sets; their units are bearings."""
        if self.shots is not None:
            return (TestSet(f"{self.real.name}, others", "id", len(self.real.views), self.real.bearings),)
        return tuple(
            TestSet(part.name, "id" if part.role == "test" else "ood", len(part.views), part.bearings)
            for part in self.held_out
        )

    @property
    def synthetic_items(self) -> int:
        """Synthetic windows."""
        part = self.synthetic or self.refined
        return 0 if part is None else len(part.views)

    def data(self) -> list[Data]:
        """The data sets."""
        parts = (self.real, self.synthetic, self.refined, *self.held_out)
        return [part.data() for part in parts if part is not None]

    def leaks(self) -> list[Leak]:
        """Names of classes; bearings or recordings on both sides; windows that are copies."""
        parts = [part for part in (self.real, self.synthetic, self.refined, *self.held_out) if part is not None]
        classes = {part.name: sorted(set(map(str, part.views.labels))) for part in parts}
        counts = {row.name: row.labels for row in self.data() if row.role != "ood"}
        groups, copies = [], []
        for number, (train, test) in enumerate(self._sides):
            known = [
                {part.name: [part.groups[k] for k in part.views.records[rows]] for part, rows in side}
                for side in (train, test)
            ]
            word = "bearing or recording" if len(self._sides) == 1 else f"bearing or recording (draw {number})"
            groups += check_groups(*known, word=word).found
            copies += copied_windows(train, test)
        both = "Looked for a bearing or recording on both sides of a split (a random split of windows is one)."
        return [
            *(leak for leak in check_labels(classes, counts) if leak.name != "class-order"),
            make_leak("group-overlap", groups, looked=both),
            make_leak("near-duplicates", copies, looked="Compared what models see of every test and training window."),
        ]

    def inputs(self, cell: CellPlan) -> dict[str, Any]:
        """Everything that determines a run."""
        draw = self._draw(cell.seed)
        synthetic = self._synthetic_of(cell) if cell.arm.uses_synthetic else None
        return {
            "task": "classify",
            "model": self.model,
            "options": dict(self.options),
            "views": [*vars(self.real.views.settings).values()],
            "stages": [[stage.steps, stage.synthetic] for stage in cell.arm.stages],
            "balance": cell.arm.balance,
            "seed": cell.seed,
            "real": self.real.digest if cell.arm.uses_real or self.shots is not None else None,
            "windows": [int(row) for row in draw.train(cell.count)] if cell.arm.uses_real else None,
            "synthetic": None if synthetic is None else synthetic.digest,
            "tests": [part.digest for part in self.held_out] or [int(row) for row in draw.test],
            "code": code_digest("learn", "signals"),
            "versions": package_versions(),
        }

    def run(self, cell: CellPlan) -> list[Table]:
        """Trains and answers."""
        from simengine.learn.classifier import train_classifier

        draw = self._draw(cell.seed)
        share = cell.arm.stages[0].synthetic
        parts: list[OrderViews] = []
        if cell.arm.uses_real:
            own = self.real.views.subset(draw.train(cell.count))
            parts.append(oversampled(own, seed=cell.seed) if cell.arm.balance == "smote" else own)
        if cell.arm.uses_synthetic:
            made = self._synthetic_of(cell).views
            parts.append(made.subset(np.isin(made.labels, self.classes)))
        joined = join_views(parts)
        weights = np.ones(len(joined))
        if len(parts) == 2:
            real = np.arange(len(joined)) < len(parts[0])
            for label in self.classes:
                of_class = joined.labels == label
                for side, weight in ((real, 1.0 - share), (~real, share)):
                    count = int((of_class & side).sum())
                    weights[of_class & side] = weight / max(count, 1)
        model: Any = self.model
        scaled = weights * len(joined)
        trained = train_classifier(joined, model=model, weights=scaled, seed=cell.seed, **dict(self.options))
        tests = (
            [(self.real, self.real.views.subset(draw.test))]
            if self.shots is not None
            else [(p, p.views) for p in self.held_out]
        )
        codes = {name: number for number, name in enumerate(self.classes)}
        tables = []
        for tested, views in tests:
            probable = trained.probabilities(views)
            present = np.isin(trained.classes, np.unique(views.labels))
            guess = np.array(trained.classes)[np.where(present, probable, -1.0).argmax(axis=1)]
            tables.append(
                {
                    "unit": tested.units(views),
                    "truth": np.array([codes[name] for name in views.labels], np.int32),
                    "guess": np.array([codes[name] for name in guess], np.int32),
                }
            )
        return tables

    def score(
        self, test: int, table: Table, weights: np.ndarray, *, metric: str, part: Part | None = None
    ) -> np.ndarray:
        """F1 or recall under weights of the bearings, averaged over the fault types that are there."""
        size = len(self.classes)
        code = slice(None) if part is None else [self.classes.index(part.value)]
        counts = np.zeros((3, weights.shape[1], size))
        hit = table["truth"] == table["guess"]
        np.add.at(counts[0], (table["unit"][hit], table["truth"][hit]), 1.0)
        np.add.at(counts[1], (table["unit"], table["truth"]), 1.0)
        np.add.at(counts[2], (table["unit"], table["guess"]), 1.0)
        hits, truths, guesses = ((weights @ count)[:, code] for count in counts)
        there = (truths[0] > 0.0) if metric == "balanced accuracy" else (truths[0] + guesses[0] > 0.0)
        if not there.any():
            return np.full(len(weights), np.nan)
        hits, truths, guesses = hits[:, there], truths[:, there], guesses[:, there]
        if metric == "balanced accuracy":
            return (hits / truths).mean(axis=1)
        return (2.0 * hits / (truths + guesses)).mean(axis=1)

    def parts(self, test: int) -> list[Part]:
        """Fault types."""
        views = self.real.views if self.shots is not None else self.held_out[test].views
        return [Part("fault type", name, int((views.labels == name).sum())) for name in self.classes]

    def pictures(self, test: int, baseline: Table, arm: Table, *, best: int = 3, worst: int = 3) -> list[Picture]:
        """None: windows are no pictures."""
        return []

    @cached_property
    def _sides(self) -> list[tuple[list, list]]:
        """Training and test windows of each way to split, as sets with rows."""
        made = [(part, np.arange(len(part.views))) for part in (self.synthetic, self.refined) if part is not None]
        if self.shots is None:
            train = [(self.real, np.arange(len(self.real.views))), *made]
            return [(train, [(part, np.arange(len(part.views))) for part in self.held_out])]
        sides = []
        for number in range(len(self.shots.ways)):
            draw = self._draw(number)
            test = replace(self.real, name=f"test of {self.real.name}")
            sides.append(([(self.real, draw.pool), *made], [(test, draw.test)]))
        return sides

    def _draw(self, seed: int) -> Draw:
        views = self.real.views
        if self.shots is not None:
            return self.shots.draw(seed, labels=views.labels, records=views.records)
        return Draw.of_pool(np.arange(len(views)), np.zeros(0, int), labels=views.labels, seed=seed)

    def _synthetic_of(self, cell: CellPlan) -> WindowSet:
        found = self.refined if cell.arm.about.refined else self.synthetic
        if found is None:
            kind = "refined" if cell.arm.about.refined else "synthetic"
            raise SimengineError(f"the arm {cell.arm.name} needs {kind} data: give --{kind} DIR.")
        return found

    def _bearings_of(self, label: str) -> int:
        parts = (self.real,) if self.shots is not None else self.held_out
        return sum(len(np.unique(part.units(part.views)[part.views.labels == label])) for part in parts)
