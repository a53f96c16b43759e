"""What a gain experiment found: the schema of ``gain.json``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simengine.evaluate.result_file import read_result

__all__ = [
    "SCHEMA", "Answer", "Arm", "Boxes", "Cell", "Compute", "Cost", "Count", "Data", "Equivalent", "Estimate", "Gain",
    "GainResults", "GapClosed", "Leak", "Metric", "Picture", "RatioPoint", "Run", "Slice", "Test", "read_results",
]  # fmt: skip

SCHEMA = "simengine.gain/1"
"""Name and major version of the schema; readers refuse another."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % confidence interval; an end is None where the data can't tell it."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Metric:
    """The number that models are judged by.

    Attributes:
        name: E.g. ``AP50`` or ``macro-F1``; what `Cell.metric` and `Gain.metric` refer to.
        description: How it is computed, one sentence.
        headline: Whether the answer and the corrected p-values are about this one; true of one metric.
    """

    name: str
    description: str
    headline: bool = False


@dataclass(frozen=True)
class Data:
    """One data set that took part.

    Attributes:
        role: ``real``, ``synthetic``, ``refined``, ``test`` or ``ood``.
        name: Its name.
        path: Where it was read from, as given by the user.
        items: Images, or windows of signal.
        units: Independent units among them: groups of images, or records.
        labels: Labels of each class: boxes, or windows.
        digest: Hash of its content.
    """

    role: str
    name: str
    path: str
    items: int
    units: int
    labels: dict[str, int]
    digest: str


@dataclass(frozen=True)
class Compute:
    """What every arm was given alike.

    Attributes:
        model: Name of the model.
        settings: Training settings, e.g. steps, batch, image size, augmentation.
        statement: The same as a sentence for readers.
    """

    model: str
    settings: dict[str, Any]
    statement: str


@dataclass(frozen=True)
class Arm:
    """One way to train.

    Attributes:
        name: E.g. ``mix``; what all other parts refer to.
        title: For axes and legends, e.g. ``real + synthetic, 1:1``.
        description: One sentence.
        kind: ``baseline`` (real data alone at equal compute), ``control`` (real data alone with more compute),
            ``synthetic`` (no real data) or ``both``.
        share: Share of synthetic items in what the model sees, 0 to 1; None where it changes during training.
        refined: Whether the synthetic data is the refined one.
    """

    name: str
    title: str
    description: str
    kind: str
    share: float | None
    refined: bool = False


@dataclass(frozen=True)
class Count:
    """An amount of real training data.

    Attributes:
        items: Number of real training images, or of windows a class; 0 is synthetic only.
        share: The same as share of all real training data, 0 to 1; None where it is no share of a pool.
        label: For axes, e.g. ``20 images (10%)``.
    """

    items: int
    share: float | None
    label: str


@dataclass(frozen=True)
class Test:
    """A test set: ``id`` (in distribution) or ``ood`` (out of it), with the number of units that are resampled."""

    name: str
    kind: str
    items: int
    units: int

    __test__ = False  # no test case of pytest


@dataclass(frozen=True)
class Cell:
    """The metric of an arm at a count on a test set, mean over seeds with interval.

    Attributes:
        test: Name of the test set.
        arm: Name of the arm.
        count: Real items (`Count.items`).
        metric: Name of the metric.
        estimate: Mean over seeds; the interval is over test units and seeds.
        by_seed: The metric of each seed, in the order of `GainResults.seeds`.
    """

    test: str
    arm: str
    count: int
    metric: str
    estimate: Estimate
    by_seed: list[float]


@dataclass(frozen=True)
class Gain:
    """An arm less another at the same count: the best honest baseline, or the same arm with raw data.

    Attributes:
        test: Name of the test set.
        arm: Name of the arm.
        against: Name of the other: the best of kind ``baseline`` at this count, on the test itself, or the raw arm.
        count: Real items.
        metric: Name of the metric.
        estimate: The difference, paired over test units and seeds.
        p_value: Two-sided, of no difference, alone.
        p_corrected: The same corrected for all `comparisons` of the family (Holm).
        comparisons: Number of gains in the family: all gains of the headline metric; other metrics by metric.
        detectable: The smallest true gain that would have been found in four of five repetitions.
        by_seed: The difference of each seed.
    """

    test: str
    arm: str
    against: str
    count: int
    metric: str
    estimate: Estimate
    p_value: float
    p_corrected: float
    comparisons: int
    detectable: float
    by_seed: list[float]

    @property
    def shown(self) -> bool:
        """Whether a difference is shown at 5 % after correction."""
        return self.p_corrected < 0.05


@dataclass(frozen=True)
class Equivalent:
    """How many real items alone reach what an arm reaches.

    Attributes:
        test: Name of the test set.
        arm: Name of the arm.
        count: Real items that the arm had.
        real: Real items that the best honest baseline needs for the same metric.
        low: Lower end of the interval; None: below the smallest count that was run.
        high: Upper end; None: beyond the largest count that was run.
        relation: ``about``, ``more than`` (the arm beats the baseline at the largest count) or ``fewer than``.
        text: For readers, e.g. ``about 75`` or ``more than 200``.
    """

    test: str
    arm: str
    count: int
    real: float
    low: float | None
    high: float | None
    relation: str
    text: str


@dataclass(frozen=True)
class GapClosed:
    """Share of the way from the baseline at a count to the baseline with all real data that an arm goes."""

    test: str
    arm: str
    count: int
    estimate: Estimate


@dataclass(frozen=True)
class RatioPoint:
    """The headline metric of mixing, by share of synthetic items in a batch (0 is the best honest baseline)."""

    test: str
    count: int
    arm: str
    share: float
    estimate: Estimate


@dataclass(frozen=True)
class Slice:
    """The headline metric on a part of a test set.

    Attributes:
        test: Name of the test set.
        by: ``class``, ``size``, ``occlusion`` or ``fault type``.
        value: Which part, e.g. ``small``.
        items: Labels in it.
        arm: Name of the arm.
        against: Name of the baseline.
        count: Real items.
        estimate: The arm's metric.
        baseline: The baseline's metric.
        gain: Their difference.
        p_corrected: Two-sided p-value of no difference, corrected for all slices (Holm).
    """

    test: str
    by: str
    value: str
    items: int
    arm: str
    against: str
    count: int
    estimate: Estimate
    baseline: Estimate
    gain: Estimate
    p_corrected: float


@dataclass(frozen=True)
class Leak:
    """One check that was made before any number.

    Attributes:
        name: E.g. ``near-duplicates``; what ``--allow`` takes.
        passed: Whether nothing was found.
        allowed: Whether the user let it pass.
        message: What was looked for and found.
        found: The findings, one sentence each.
    """

    name: str
    passed: bool
    allowed: bool
    message: str
    found: list[str]


@dataclass(frozen=True)
class Boxes:
    """Boxes on a picture.

    Attributes:
        boxes: Corners [x0, y0, x1, y1], pixels.
        labels: Names of classes.
        scores: Confidence, 0 to 1; empty for the truth.
    """

    boxes: list[list[float]]
    labels: list[str]
    scores: list[float]


@dataclass(frozen=True)
class Picture:
    """A test image with what the best baseline and the best arm found in it.

    Attributes:
        kind: ``best`` (the arm helps most) or ``worst`` (it harms most).
        test: Name of the test set.
        path: The picture, as path from the folder of ``gain.json`` or absolute.
        count: Real items of both models.
        seed: Seed of both models.
        truth: The labels.
        baseline: What the baseline found (score at least 0.3).
        arm: What the arm found.
        baseline_name: Name of the baseline's arm.
        arm_name: Name of the arm.
        baseline_score: F1 of the baseline on this picture.
        arm_score: F1 of the arm on this picture.
    """

    kind: str
    test: str
    path: str
    count: int
    seed: int
    truth: Boxes
    baseline: Boxes
    arm: Boxes
    baseline_name: str
    arm_name: str
    baseline_score: float
    arm_score: float


@dataclass(frozen=True)
class Run:
    """One training with its tests.

    Attributes:
        id: Hash of everything that determines it.
        arm: Name of the arm.
        count: Real items.
        seed: Seed of subset and initialisation.
        cpu_seconds: What it cost.
        file: Its result, as path from the folder of ``gain.json``.
    """

    id: str
    arm: str
    count: int
    seed: int
    cpu_seconds: float
    file: str


@dataclass(frozen=True)
class Cost:
    """What the runs cost, those of the cache included."""

    runs: int
    cpu_hours: float


@dataclass(frozen=True)
class Answer:
    """The experiment in one sentence, and the numbers in it.

    Attributes:
        sentence: For readers.
        verdict: ``gain``, ``loss`` or ``not shown`` (at 5 % after correction).
        test: Name of the test set.
        arm: The arm that the answer is about.
        count: Real items.
        synthetic: Synthetic items.
        baseline: The baseline's metric.
        value: The arm's metric.
        gain: The `Gain` that stands behind it.
        equivalent: How many real items alone reach the same.
    """

    sentence: str
    verdict: str
    test: str
    arm: str
    count: int
    synthetic: int
    baseline: Estimate
    value: Estimate
    gain: Gain
    equivalent: Equivalent | None


@dataclass(frozen=True)
class GainResults:
    """Everything a report needs; written as ``gain.json``.

    Attributes:
        schema: `SCHEMA`.
        task: ``detect`` or ``classify``.
        item: Word for an item, e.g. ``image``.
        unit: Word for what is resampled, e.g. ``image`` or ``record``.
        method: How intervals and p-values were computed, for the small print.
        notes: What a reader must know, one sentence each.
        answer: None where the grid holds no comparison.
        metrics: The metrics; the headline first.
        classes: Names of the classes.
        data: The data sets.
        compute: What every arm was given alike.
        arms: The arms, in the order of the report.
        counts: Amounts of real data, ascending.
        seeds: The seeds.
        tests: The test sets, in distribution first.
        cells: Metric by test, arm and count.
        gains: Gain by test, arm and count.
        equivalents: Real-equivalents.
        gaps: Shares of the gap to all real data that are closed.
        ratios: The mixing-ratio curve.
        slices: By class, size, occlusion, fault type.
        leaks: The checks made before any number.
        pictures: Best and worst test images.
        runs: The runs.
        cost: What they cost.
        environment: Versions, code digest and the command.
        refinements: Arms with refined data less those with raw data.
    """

    schema: str
    task: str
    item: str
    unit: str
    method: str
    notes: list[str]
    answer: Answer | None
    metrics: list[Metric]
    classes: list[str]
    data: list[Data]
    compute: Compute
    arms: list[Arm]
    counts: list[Count]
    seeds: list[int]
    tests: list[Test]
    cells: list[Cell]
    gains: list[Gain]
    equivalents: list[Equivalent]
    gaps: list[GapClosed]
    ratios: list[RatioPoint]
    slices: list[Slice]
    leaks: list[Leak]
    pictures: list[Picture]
    runs: list[Run]
    cost: Cost
    environment: dict[str, Any]
    refinements: list[Gain] = field(default_factory=list)


def read_results(path: str | Path) -> GainResults:
    """Reads ``gain.json``, which `simengine.evaluate.result_file.write_result` wrote.

    Args:
        path: The file, or the folder that holds it.

    Raises:
        SimengineError: There is none, or it is not of this schema.
    """
    remedy = "Run `simengine gain` again with this version; finished runs are taken from its folder."
    return read_result(path, GainResults, file_name="gain.json", command="simengine gain", schema=SCHEMA, remedy=remedy)
