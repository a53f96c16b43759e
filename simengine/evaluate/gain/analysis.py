"""From the answers of all runs to cells, gains, worths, slices and the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simengine.evaluate.gain.arms import ArmPlan
from simengine.evaluate.gain.equivalence import gap_closed, items_worth
from simengine.evaluate.gain.results import Cell, Equivalent, Gain, GapClosed, RatioPoint, Slice
from simengine.evaluate.gain.statistics import Inference, Scores, holm, infer, joint_draws, unit_weights
from simengine.evaluate.gain.task import Part, Table, Task

__all__ = ["Analysis"]

Answers = dict[tuple[str, int, int], tuple[Table, ...]]
"""Tables of every test set by arm, count and seed."""


@dataclass(frozen=True)
class Analysis:
    """Statistics of a finished grid; every number is a function of the answers and the resampling seed.

    Attributes:
        task: Scores the answers.
        arms: The arms, baselines first.
        counts: Amounts of real data at which arms are compared, ascending, without those of `reference`.
        reference: Further amounts at which only baselines ran.
        seeds: The seeds.
        answers: Tables by arm, count and seed; arms without real data have the count 0.
        resamples: Resamples of the test units.
    """

    task: Task
    arms: Sequence[ArmPlan]
    counts: Sequence[int]
    reference: Sequence[int]
    seeds: Sequence[int]
    answers: Answers
    resamples: int = 1000
    _scores: dict[tuple, Scores] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """Name of the metric that answers are about."""
        return next(metric.name for metric in self.task.metrics if metric.headline)

    @cached_property
    def weights(self) -> list[np.ndarray]:
        """Random weights of the units of each test set."""
        return [
            unit_weights(len(test.units), resamples=self.resamples, seed=k) for k, test in enumerate(self.task.tests)
        ]

    def scores(self, test: int, arm: str, count: int, *, metric: str, part: Part | None = None) -> Scores:
        """A metric of an arm at a count, by seed and resample."""
        key = (test, arm, count, metric, part)
        if key not in self._scores:
            weights = np.vstack([np.ones(self.weights[test].shape[1]), self.weights[test]])
            rows = [
                self.task.score(test, self.answers[arm, count, seed][test], weights, metric=metric, part=part)
                for seed in self.seeds
            ]
            drawn = np.stack(rows)
            self._scores[key] = Scores(drawn[:, 0], drawn[:, 1:])
        return self._scores[key]

    def infer(self, test: int, scores: Scores) -> Inference:
        """Mean and error."""
        return infer(scores, units=len(self.task.tests[test].units))

    def baseline(self, test: int, count: int, *, metric: str) -> str:
        """The best baseline at a count on the test itself, which favours the baseline."""
        names = [arm.name for arm in self.arms if arm.about.kind == "baseline" and (arm.name, count) in self._ran]
        means = [float(self.scores(test, name, count, metric=metric).points.mean()) for name in names]
        return names[int(np.argmax(means))]

    def cells(self) -> list[Cell]:
        """The metric of every arm, count, test and metric."""
        found = []
        for test, about in enumerate(self.task.tests):
            for metric in self.task.metrics:
                for arm in self.arms:
                    for count in self._counts_of(arm):
                        scores = self.scores(test, arm.name, count, metric=metric.name)
                        estimate = self.infer(test, scores).estimate(least=0.0, most=1.0)
                        by_seed = [float(point) for point in scores.points]
                        found.append(Cell(about.name, arm.name, count, metric.name, estimate, by_seed))
        return found

    def gains(self) -> list[Gain]:
        """Every arm less the best baseline at the same count; p-values corrected by metric over all tests."""
        return self._differences(
            lambda test, metric: [
                (arm.name, self.baseline(test, count, metric=metric), count) for arm, count in self._compared()
            ]
        )

    def refinements(self) -> list[Gain]:
        """Every arm with refined data less the same arm with raw data; p-values corrected as those of gains."""
        pairs = [
            (arm.name, raw, count)
            for arm in self.arms
            for raw in [arm.name.removesuffix("-refined")]
            for count in self._counts_of(arm)
            if arm.about.refined and (raw, count) in self._ran
        ]
        return self._differences(lambda test, metric: pairs)

    def _differences(self, pairs: Callable[[int, str], Sequence[tuple[str, str, int]]]) -> list[Gain]:
        """First arms less second ones at counts, by test and metric."""
        found = []
        for metric in self.task.metrics:
            family = []
            for test in range(len(self.task.tests)):
                for arm, against, count in pairs(test, metric.name):
                    first = self.scores(test, arm, count, metric=metric.name)
                    gain = first - self.scores(test, against, count, metric=metric.name)
                    family.append((test, arm, against, count, gain, self.infer(test, gain)))
            corrected = holm([row[-1].p_value for row in family])
            found += [
                Gain(
                    test=self.task.tests[test].name,
                    arm=arm,
                    against=against,
                    count=count,
                    metric=metric.name,
                    estimate=result.estimate(),
                    p_value=result.p_value,
                    p_corrected=p,
                    comparisons=len(family),
                    detectable=result.detectable(comparisons=len(family)),
                    by_seed=[float(point) for point in gain.points],
                )
                for (test, arm, against, count, gain, result), p in zip(family, corrected, strict=True)
            ]
        return found

    def equivalents(self) -> list[Equivalent]:
        """How many real items alone reach what each arm with synthetic data reaches."""
        curve_counts = [count for count in self._baseline_counts if count > 0]
        found: list[Equivalent] = []
        if not curve_counts:
            return found
        for test, about in enumerate(self.task.tests):
            curve = self._curve(test, curve_counts)
            for arm in self.arms:
                if not arm.uses_synthetic:
                    continue
                for count in self._counts_of(arm):
                    scores = self.scores(test, arm.name, count, metric=self.headline)
                    drawn = joint_draws([*curve, scores], units=len(about.units))
                    points = np.array([cell.points.mean() for cell in curve])
                    worth = items_worth(
                        curve_counts,
                        points,
                        float(scores.points.mean()),
                        curve_draws=drawn[:-1],
                        reached_draws=drawn[-1],
                    )
                    found.append(
                        Equivalent(
                            about.name, arm.name, count, worth.real, worth.low, worth.high, worth.relation, worth.text
                        )
                    )
        return found

    def gaps(self, everything: int | None) -> list[GapClosed]:
        """Shares of the gap to all real data that arms close.

        Args:
            everything: The count that is all real data; None if there is no such thing.
        """
        found = []
        if everything is None or everything not in self._baseline_counts:
            return []
        for test, about in enumerate(self.task.tests):
            full = self._curve(test, [everything])[0]
            for arm, count in self._compared():
                if count >= everything or not arm.uses_synthetic:
                    continue
                trio = [
                    self.scores(test, arm.name, count, metric=self.headline),
                    self._curve(test, [count])[0],
                    full,
                ]
                drawn = joint_draws(trio, units=len(about.units))
                share = gap_closed(
                    *(float(cell.points.mean()) for cell in trio),
                    arm_draws=drawn[0],
                    baseline_draws=drawn[1],
                    full_draws=drawn[2],
                )
                if share is not None:
                    found.append(GapClosed(about.name, arm.name, count, share))
        return found

    def ratios(self) -> list[RatioPoint]:
        """The metric by share of synthetic items, the best baseline at 0; only where several shares ran."""
        mixed = [
            arm
            for arm in self.arms
            if arm.about.kind == "both" and arm.about.share is not None and not arm.about.refined
        ]
        found = []
        if len(mixed) < 2:
            return []
        for test, about in enumerate(self.task.tests):
            for count in self.counts:
                if count == 0:
                    continue
                name = self.baseline(test, count, metric=self.headline)
                points = [(name, 0.0), *((arm.name, arm.about.share or 0.0) for arm in mixed)]
                for arm_name, share in sorted(points, key=lambda point: point[1]):
                    scores = self.scores(test, arm_name, count, metric=self.headline)
                    estimate = self.infer(test, scores).estimate(least=0.0, most=1.0)
                    found.append(RatioPoint(about.name, count, arm_name, share, estimate))
        return found

    def slices(self, arm: str, count: int) -> list[Slice]:
        """The headline metric on parts of each test set: one arm at one count against the best baseline.

        Args:
            arm: Name of the arm.
            count: Real items.
        """
        rows = []
        for test in range(len(self.task.tests)):
            against = self.baseline(test, count, metric=self.headline)
            for part in self.task.parts(test):
                one, other = (
                    self.scores(test, name, count, metric=self.headline, part=part) for name in (arm, against)
                )
                if not (np.isfinite(one.draws).all() and np.isfinite(other.draws).all()):
                    continue  # too few labels to be a part of its own
                rows.append((test, part, against, one, other, self.infer(test, one - other)))
        corrected = holm([row[-1].p_value for row in rows])
        return [
            Slice(
                test=self.task.tests[test].name,
                by=part.by,
                value=part.value,
                items=part.items,
                arm=arm,
                against=against,
                count=count,
                estimate=self.infer(test, one).estimate(least=0.0, most=1.0),
                baseline=self.infer(test, other).estimate(least=0.0, most=1.0),
                gain=result.estimate(),
                p_corrected=p,
            )
            for (test, part, against, one, other, result), p in zip(rows, corrected, strict=True)
        ]

    @cached_property
    def _ran(self) -> set[tuple[str, int]]:
        return {(arm, count) for arm, count, _ in self.answers}

    @cached_property
    def _baseline_counts(self) -> list[int]:
        names = {arm.name for arm in self.arms if arm.about.kind == "baseline"}
        return sorted({count for name, count in self._ran if name in names})

    def _counts_of(self, arm: ArmPlan) -> list[int]:
        return sorted(count for name, count in self._ran if name == arm.name)

    def _compared(self) -> list[tuple[ArmPlan, int]]:
        """Arms that are compared with a baseline, and where."""
        return [
            (arm, count)
            for arm in self.arms
            for count in self._counts_of(arm)
            if arm.about.kind != "baseline" and count > 0
        ]

    def _curve(self, test: int, counts: Sequence[int]) -> list[Scores]:
        """The best baseline at each count."""
        return [
            self.scores(test, self.baseline(test, count, metric=self.headline), count, metric=self.headline)
            for count in counts
        ]
