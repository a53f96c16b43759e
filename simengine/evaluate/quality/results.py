"""What `simengine quality` finds, as plain values that go to JSON and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from simengine.evaluate.result_file import read_result

__all__ = [
    "Better",
    "Histogram",
    "LeftOut",
    "MetricResult",
    "NearestPair",
    "Part",
    "Profile",
    "QualityResult",
    "Reference",
    "SCHEMA",
    "SetSummary",
    "Status",
    "read_quality",
]

SCHEMA = "simengine.quality/1"
"""Name and major version of the form; readers refuse another."""

Better = Literal["lower", "higher", "half", "one", "none"]
"""Which way is good; ``half`` and ``one``: the closer to 0.5 or 1 the better."""

Status = Literal["like real", "differs", "unjudged"]


@dataclass(frozen=True)
class Reference:
    """What real data gives.

    Attributes:
        low: A synthetic set whose interval reaches down to here ...
        high: ... or up to here can't be told from real data by this metric.
        value: Middle.
        words: Where it comes from, e.g. ``halves of 100 real pictures, 40 splits``.
    """

    low: float
    high: float
    value: float
    words: str


@dataclass(frozen=True)
class Part:
    """The metric of one class, column or slice.

    Attributes:
        name: Its name.
        value: The number.
        low: Lower end of its interval, or None.
        high: Upper end, or None.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class MetricResult:
    """One metric.

    Attributes:
        name: Name in the catalogue.
        title: For readers.
        family: ``fidelity``, ``diversity``, ``utility``, ``privacy`` or ``bias``.
        value: The number.
        low: Lower end of the interval; None where the metric has none.
        high: Upper end.
        confidence: Nominal coverage of the interval.
        method: How the interval came about.
        counts: Items of the real and the synthetic set that the value stands on.
        floor: What real data gives; None where there is no such thing.
        better: Which way is good.
        status: Whether the interval reaches the floor.
        meaning: How to read it, one or two sentences.
        setting: What the number depends on (dimension, k, temperature, depth), in words.
        parts: By class, column or slice.
    """

    name: str
    title: str
    family: str
    value: float
    low: float | None
    high: float | None
    confidence: float
    method: str
    counts: tuple[int, int]
    floor: Reference | None
    better: Better
    status: Status
    meaning: str
    setting: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A metric that was not computed.

    Attributes:
        name: Name in the catalogue.
        title: For readers.
        reason: Why, and what would change it.
    """

    name: str
    title: str
    reason: str


@dataclass(frozen=True)
class Histogram:
    """Shares of both sets in common bins.

    Attributes:
        name: Of the quantity.
        title: For readers, with the unit.
        edges: Edges of the bins, one more than shares; empty for categories.
        categories: Names of the categories; empty for numbers.
        real: Share of the real values in each bin.
        synthetic: Share of the synthetic values.
    """

    name: str
    title: str
    edges: tuple[float, ...]
    categories: tuple[str, ...]
    real: tuple[float, ...]
    synthetic: tuple[float, ...]


@dataclass(frozen=True)
class Profile:
    """The mean spectrum of both sets, with the middle 80 % of their items.

    Attributes:
        name: Of the profile.
        title: For readers.
        x_title: What x is, with its unit.
        y_title: What y is, with its unit.
        logarithmic: Whether x is.
        x: Shape (k,).
        real: Mean, 10 % and 90 % quantile of the real items at each x.
        synthetic: The same of the synthetic items.
    """

    name: str
    title: str
    x_title: str
    y_title: str
    logarithmic: bool
    x: tuple[float, ...]
    real: tuple[tuple[float, float, float], ...]
    synthetic: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class NearestPair:
    """A synthetic item and the real one that is most like it.

    Attributes:
        synthetic: Its name.
        real: Name of the real item.
        similarity: Cosine of their features.
        words: Which pair this is: ``closest``, ``middle`` or ``farthest``.
        synthetic_path: The synthetic picture, as path from the folder of ``quality.json``; empty for other items.
        real_path: The real picture.
    """

    synthetic: str
    real: str
    similarity: float
    words: str
    synthetic_path: str = ""
    real_path: str = ""


@dataclass(frozen=True)
class SetSummary:
    """One of the sets compared.

    Attributes:
        name: Folder or data set.
        count: Items looked at.
        total: Items there.
        digest: Hash of the content of what was looked at.
        notes: What the reader should know.
    """

    name: str
    count: int
    total: int
    digest: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class QualityResult:
    """Everything that the report of `simengine quality` says.

    Attributes:
        kind: ``images``, ``signals`` or ``tables``.
        real: The real set.
        synthetic: The synthetic set.
        holdout: The real set that the synthetic data was not made from; None if none was given.
        features: What the items were turned into.
        metrics: In the order of the catalogue.
        left_out: Metrics without a number, with the reason.
        histograms: Label statistics or columns of both sets.
        profiles: Mean spectra.
        pairs: Nearest pairs.
        settings: Seed, resamples, limits.
        versions: Of the programs that computed it.
        command: The command line, or empty.
        schema: `SCHEMA`.
    """

    kind: str
    real: SetSummary
    synthetic: SetSummary
    holdout: SetSummary | None
    features: str
    metrics: tuple[MetricResult, ...]
    left_out: tuple[LeftOut, ...]
    histograms: tuple[Histogram, ...] = ()
    profiles: tuple[Profile, ...] = ()
    pairs: tuple[NearestPair, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    command: str = ""
    schema: str = SCHEMA

    def metric(self, name: str) -> MetricResult | None:
        """The metric of that name, or None."""
        return next((metric for metric in self.metrics if metric.name == name), None)


def read_quality(path: str | Path) -> QualityResult:
    """Reads ``quality.json``, which `simengine.evaluate.result_file.write_result` wrote.

    Args:
        path: The file, or the folder that holds it.

    Raises:
        SimengineError: There is none, or it is not of this schema.
    """
    remedy = "Measure again with `simengine quality`."
    return read_result(
        path, QualityResult, file_name="quality.json", command="simengine quality", schema=SCHEMA, remedy=remedy
    )
