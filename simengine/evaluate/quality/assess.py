"""Metrics that need more than a real and a synthetic view: utility, privacy against a holdout, amplification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.metrics.balance import amplification, slice_gaps
from simengine.evaluate.metrics.bootstrap import Interval, bootstrap
from simengine.evaluate.metrics.privacy import (
    closest_record,
    closest_record_distances,
    membership_inference,
    neighbour_leak,
)
from simengine.evaluate.metrics.units import group_rows, shuffled
from simengine.evaluate.metrics.utility import macro_f1, utility
from simengine.evaluate.quality.results import Better, LeftOut, MetricResult, Part, Reference, Status
from simengine.evaluate.quality.samples import Sample
from simengine.sampling.streams import stream

__all__ = ["assess_bias", "assess_privacy", "assess_utility"]

Found = MetricResult | LeftOut
_TREES = 200
_MANY = 20  # more distinct numbers than this in a target are a quantity, not classes


def assess_privacy(
    real: Sample, synthetic: Sample, holdout: Sample | None, *, resamples: int, seed: int
) -> Iterator[Found]:
    """Whether synthetic items lie closer to the real ones than to a holdout that their generator never saw."""
    titles = {"dcr": "Distance to closest record", "leak": "Nearest-neighbour leak", "mia": "Membership inference AUC"}
    if holdout is None:
        why = "needs --holdout: real data of the same kind that the synthetic data was not made from"
        yield from (LeftOut(name, title, why) for name, title in titles.items())
        return
    train, fresh, made = real.features, holdout.features, synthetic.features
    counts = (len(real), len(synthetic))

    def closest() -> MetricResult:
        found = closest_record(made, train, fresh, seed=seed)
        words = f"training and holdout items shuffled, {found.size} of each"
        return _result(
            "dcr", titles["dcr"], "privacy", found.share, counts, better="half",
            floor=Reference(found.low, found.high, 0.5, words), status="differs" if found.share > found.high else "like real",
            meaning="Share of synthetic items whose closest real item is one that they may have been made from, and not"
            " one of the holdout: 0.5 is private, 1 is a copier.",
            setting=f"Euclidean in feature space; 5 % quantile of the distances, training over holdout: {found.ratio:.2f}",
        )  # fmt: skip

    def leak() -> MetricResult:
        quantile = max(0.01, 1.0 / len(fresh))
        found = neighbour_leak(made, train, fresh, quantile=quantile)
        near = bootstrap(
            np.mean, _within(made, train, found.threshold), resamples=resamples, method="percentile", seed=seed
        )
        words = "share of fresh real items that are as close, by construction"
        return _result(
            "leak", titles["leak"], "privacy", found.rate, counts, better="lower", interval=near,
            floor=Reference(0.0, found.expected, found.expected, words),
            status="differs" if near.low > found.expected else "like real",
            meaning="Share of synthetic items closer to a real one than almost any fresh real item is.",
            setting=f"threshold: {quantile:.0%} quantile of the holdout's distances; {found.exact} exact copies",
        )  # fmt: skip

    def attack() -> MetricResult:
        found = membership_inference(
            made, train, fresh, train_units=real.groups, holdout_units=holdout.groups, resamples=resamples, seed=seed
        )
        return _result(
            "mia", titles["mia"], "privacy", found.value, counts, better="half", interval=found,
            floor=Reference(0.5, 0.5, 0.5, "guessing"), status="differs" if found.low > 0.5 else "like real",
            meaning="How well an attacker tells which real items the synthetic ones were made from: 0.5 is guessing.",
            setting="score: minus the distance to the closest synthetic item",
        )  # fmt: skip

    for name, compute in (("dcr", closest), ("leak", leak), ("mia", attack)):
        yield _tried(name, titles[name], compute)


def assess_bias(real: Sample, synthetic: Sample, *, resamples: int, seed: int) -> Iterator[Found]:
    """What the synthetic data shows more or less often than the real data."""
    for view, title in (("classes", "Classes"), ("sizes", "Box sizes"), ("positions", "Box positions")):
        one, other = real.views.get(view), synthetic.views.get(view)
        if one is None or other is None:
            continue
        name = f"amplified_{view}"
        labels, made = np.asarray(one.rows), np.asarray(other.rows)
        count = len({*labels.tolist(), *made.tolist()})

        def compute(labels=labels, made=made, one=one, other=other, count=count, name=name, title=title):
            found = amplification(
                labels,
                made,
                real_units=one.units,
                synthetic_units=other.units,
                unit=one.unit,
                confidence=1.0 - 0.05 / count,
                resamples=resamples,
                seed=seed,
            )
            far = max(found, key=lambda key: abs(np.log(found[key].value)))
            off = [key for key, interval in found.items() if 1.0 not in interval]
            return _result(
                name, f"Amplification: {title[0].lower() + title[1:]}", "bias", found[far].value,
                (one.count, other.count), better="one", interval=found[far],
                floor=Reference(1.0, 1.0, 1.0, "the real share"), status="differs" if off else "like real",
                meaning=f"How many times more common than in the real set the most amplified or suppressed one is"
                f" ({far}); an interval that holds 1 shows nothing.",
                setting=f"95 % for all {count} together (Bonferroni)",
                parts=tuple(Part(key, i.value, i.low, i.high) for key, i in found.items()),
            )  # fmt: skip

        yield _tried(name, f"Amplification: {title.lower()}", compute)


def assess_utility(
    real: Sample, synthetic: Sample, holdout: Sample | None, *, resamples: int, seed: int
) -> Iterator[Found]:
    """Train on one kind, test on the other: random forests on the classes, or on the quantity, of the items."""
    titles = {
        "tstr": "TSTR: train synthetic, test real",
        "trtr": "TRTR: train real, test real",
        "trts": "TRTS: train real, test synthetic",
        "utility_gap": "TSTR - TRTR",
        "slice_gaps": "Error by class",
    }
    if real.labels is None or synthetic.labels is None:
        why = (
            "needs classes in both sets (--target COLUMN)"
            if holdout is None or holdout.labels is None
            else "needs classes in both sets"
        )
        yield from (LeftOut(name, title, why) for name, title in titles.items())
        return
    try:
        parts = _utility_sets(real, synthetic, holdout, seed=seed)
        yield from _utility(*parts, titles=titles, resamples=resamples, seed=seed)
    except SimengineError as error:
        yield from (LeftOut(name, title, str(error)) for name, title in titles.items())


Items = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Rows, targets and groups."""


def _utility_sets(
    real: Sample, synthetic: Sample, holdout: Sample | None, *, seed: int
) -> tuple[Items, Items, Items, str]:
    """Training and test set of real items, the synthetic set, and where the test set comes from."""
    made = _items(synthetic)
    if holdout is not None and holdout.labels is not None:
        return _items(real), _items(holdout), made, "the holdout"
    x, y, groups = _items(real)
    units = group_rows(len(x), groups)
    if len(units) < 4:
        raise SimengineError(f"needs at least 4 recordings or groups to split the real set, there are {len(units)}")
    first = np.zeros(len(x), bool)
    rng = stream(seed, 0, "evaluate.quality.utility")
    classes: dict[str, int] = {}
    for unit in shuffled(rng, len(units)):  # groups of each class go to both sides by turns
        rows = units[unit]
        key = str(y[rows[0]]) if y.dtype.kind != "f" else ""
        first[rows] = classes.setdefault(key, 0) % 2 == 0
        classes[key] += 1
    parts = [(x[part], y[part], None if groups is None else groups[part]) for part in (first, ~first)]
    return parts[0], parts[1], made, "a half of the real set, whole groups"


def _items(sample: Sample) -> Items:
    assert sample.labels is not None
    return sample.features if sample.table is None else sample.table, sample.labels, sample.groups


def _utility(
    train: Items, test: Items, made: Items, where: str, *, titles: dict[str, str], resamples: int, seed: int
) -> Iterator[Found]:
    quantity = test[1].dtype.kind == "f" and len(np.unique(test[1])) > _MANY
    targets = [part[1] if quantity else part[1].astype(str) for part in (train, test, made)]
    if not quantity and len(set(targets[0].tolist())) < 2:
        raise SimengineError("needs at least two classes in the real training part")
    score, name = (_r2, "R²") if quantity else (macro_f1, "macro-F1")
    found = utility(
        _forest(quantity, seed),
        real_train=(train[0], targets[0]),
        real_test=(test[0], targets[1]),
        synthetic=(made[0], targets[2]),
        score=score,
        units=test[2],
        unit="group" if test[2] is not None else "row",
        resamples=resamples,
        seed=seed,
    )
    counts = (len(train[0]), len(made[0]))
    setting = f"random forest of {_TREES} trees, {name}, tested on {where} ({len(test[0])} items)"
    intervals = {
        key: _paired_interval(score, truth, found.answers[key], units, resamples, seed)
        for key, truth, units in (
            ("trtr", targets[1], test[2]),
            ("tstr", targets[1], test[2]),
            ("trts", targets[2], made[2]),
        )
    }
    real_interval = intervals["trtr"]
    floor = Reference(real_interval.low, real_interval.high, found.trtr, "TRTR, the same test set")
    gap = found.gap.interval
    meanings = {
        "tstr": "What a model learns from synthetic data alone, tested on real data.",
        "trtr": "What the same model learns from the real training data.",
        "trts": "Whether synthetic items carry the right labels in the eyes of a model that learned from real ones.",
    }
    for key, value in (("tstr", found.tstr), ("trtr", found.trtr), ("trts", found.trts)):
        status: Status = "unjudged"
        if key == "tstr":
            status = "differs" if gap.high < 0.0 else "like real"
        yield _result(
            key, titles[key], "utility", value, counts, better="higher", interval=intervals[key],
            floor=floor if key != "trtr" else None, status=status, meaning=meanings[key], setting=setting,
        )  # fmt: skip
    yield _result(
        "utility_gap", titles["utility_gap"], "utility", gap.value, counts, better="higher", interval=gap,
        floor=Reference(0.0, 0.0, 0.0, "as good as real training data"),
        status="differs" if gap.high < 0.0 else "like real",
        meaning=f"What is lost by training on synthetic in place of real data, paired on the same test items"
        f" (p = {found.gap.p_value:.3f}).", setting=setting,
    )  # fmt: skip
    if quantity:
        yield LeftOut("slice_gaps", titles["slice_gaps"], "the target is a quantity and has no classes")
        return

    def slices() -> MetricResult:
        wrong = (found.answers["tstr"] != targets[1]).astype(float)
        count = len(set(targets[1].tolist()))
        gaps = slice_gaps(
            wrong, targets[1], units=test[2], confidence=1.0 - 0.05 / count, resamples=resamples, seed=seed
        )
        worst = max(gaps, key=lambda key: gaps[key].value)
        return _result(
            "slice_gaps", titles["slice_gaps"], "bias", gaps[worst].value, counts, better="lower",
            interval=gaps[worst], floor=Reference(0.0, 0.0, 0.0, "the error over all classes"),
            status="differs" if gaps[worst].low > 0.0 else "like real",
            meaning=f"How much more often the model trained on synthetic data errs on its worst class ({worst}) than over"
            " all.", setting=f"95 % for all {count} together (Bonferroni)",
            parts=tuple(Part(key, i.value, i.low, i.high) for key, i in gaps.items()),
        )  # fmt: skip

    yield _tried("slice_gaps", titles["slice_gaps"], slices)


def _paired_interval(
    score: Any, truth: np.ndarray, predicted: np.ndarray, units: Any, resamples: int, seed: int
) -> Interval:
    rows = np.arange(len(truth))
    return bootstrap(
        lambda k: score(truth[k], predicted[k]),
        rows,
        units=[units],
        method="percentile",
        resamples=resamples,
        seed=seed,
    )


def _forest(quantity: bool, seed: int) -> Any:
    try:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    except ImportError as error:
        raise SimengineError("needs scikit-learn: pip install 'simengine[learn]'") from error
    if quantity:
        return RandomForestRegressor(_TREES, random_state=seed)
    return RandomForestClassifier(_TREES, class_weight="balanced", random_state=seed)


def _r2(truth: np.ndarray, predicted: np.ndarray) -> float:
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1.0 - float(((truth - predicted) ** 2).sum()) / spread if spread > 0.0 else float("nan")


def _within(made: np.ndarray, train: np.ndarray, threshold: float) -> np.ndarray:
    return (closest_record_distances(made, train) <= threshold).astype(float)


def _result(
    name: str,
    title: str,
    family: str,
    value: float,
    counts: tuple[int, int],
    *,
    better: Better,
    status: Status,
    meaning: str,
    setting: str = "",
    interval: Interval | None = None,
    floor: Reference | None = None,
    parts: tuple[Part, ...] = (),
) -> MetricResult:
    return MetricResult(
        name=name,
        title=title,
        family=family,
        value=float(value),
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        confidence=0.95 if interval is None else interval.confidence,
        method="" if interval is None else f"{interval.method}, {interval.resamples} resamples",
        counts=counts,
        floor=floor,
        better=better,
        status=status,
        meaning=meaning,
        setting=setting,
        parts=parts,
    )


def _tried(name: str, title: str, compute: Any) -> Found:
    """The result, or why there is none."""
    try:
        return compute()
    except SimengineError as error:
        return LeftOut(name, title, str(error))
