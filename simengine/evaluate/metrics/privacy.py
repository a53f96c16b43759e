"""Whether synthetic records give away the records that their generator was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_features, squared_distances
from simengine.evaluate.metrics.bootstrap import Interval, bootstrap
from simengine.evaluate.metrics.roc import auc
from simengine.evaluate.metrics.units import shuffled
from simengine.sampling.streams import stream

__all__ = [
    "ClosestRecord",
    "NeighbourLeak",
    "closest_record",
    "closest_record_distances",
    "membership_inference",
    "neighbour_leak",
]

_BLOCK = 1024


@dataclass(frozen=True)
class ClosestRecord:
    """Whether synthetic records lie closer to the training records than to others.

    Attributes:
        share: Share of synthetic records whose closest record is a training record (ties half).
        low: 2.5 % quantile of the share when training and holdout records are shuffled.
        high: 97.5 % quantile; a share above it is a leak that chance does not explain.
        ratio: 5 % quantile of the distances to the training records over that to the holdout.
        size: Training and holdout records compared, equally many.
    """

    share: float
    low: float
    high: float
    ratio: float
    size: int

    def __float__(self) -> float:
        return self.share


@dataclass(frozen=True)
class NeighbourLeak:
    """Synthetic records that are suspiciously close to a training record.

    Attributes:
        rate: Share of synthetic records within the threshold of a training record.
        expected: Share of fresh real records within it, by construction.
        exact: Number of synthetic records that equal a training record.
        threshold: Distance, units of the features.
    """

    rate: float
    expected: float
    exact: int
    threshold: float

    def __float__(self) -> float:
        return self.rate


def closest_record_distances(records: ArrayLike, reference: ArrayLike) -> np.ndarray:
    """Distance of each record to the closest one of a reference.

    min_j |x_i - r_j|, Euclidean.

    Range: from 0, units of the features (standardise columns of different units first). Better: not a
    score; small distances to training data are a risk.
    Source: Park et al., "Data synthesis based on generative adversarial networks", VLDB 2018,
    arXiv:1806.03384.

    Args:
        records: Shape (n, d).
        reference: Shape (m, d).

    Returns:
        Shape (n,).

    Raises:
        SimengineError: The arrays are not valid or have different columns.

    Example:
        >>> closest_record_distances([[0.0], [4.0]], [[1.0], [9.0]]).tolist()
        [1.0, 3.0]
    """
    first, second = _alike(records=records, reference=reference)
    blocks = [first[start : start + _BLOCK] for start in range(0, len(first), _BLOCK)]
    return np.sqrt(np.concatenate([squared_distances(block, second).min(axis=1) for block in blocks]))


def closest_record(
    synthetic: ArrayLike, train: ArrayLike, holdout: ArrayLike, *, splits: int = 200, seed: int = 0
) -> ClosestRecord:
    """Distance to the closest record, training data against a holdout that the generator never saw.

    share = mean_i 1[min_j |s_i - t_j| < min_j |s_i - h_j|], ties counted half. A larger set would win by
    number alone, so equally many records of both are compared (random subsets of the larger, averaged).
    ``low`` and ``high`` come from shuffling training and holdout records, which changes nothing if the
    generator learned the distribution and not the records.

    Range: share 0 to 1, ratio from 0. Better: share close to 0.5 and within [low, high], ratio close to 1;
    1 and 0 is a copier.
    Source: Platzer and Reutterer, "Holdout-based empirical assessment of mixed-type synthetic data",
    Frontiers in Big Data 4 (2021), arXiv:2104.00635.

    Args:
        synthetic: Shape (n, d).
        train: Records that the generator was trained on, shape (t, d).
        holdout: Records of the same population that it was not trained on, shape (h, d).
        splits: Number of shuffles (and of subsets, where the sets differ in size).
        seed: Of the random stream.

    Raises:
        SimengineError: The arrays are not valid or have different columns.

    Example:
        >>> import numpy as np
        >>> train, holdout = np.arange(0.0, 40.0, 2.0)[:, None], np.arange(1.0, 41.0, 2.0)[:, None]
        >>> copier = closest_record(train + 0.01, train, holdout)
        >>> copier.share > copier.high, round(copier.ratio, 3)
        (True, 0.01)
    """
    records, members, others = _alike(synthetic=synthetic, train=train, holdout=holdout)
    size, t, h = min(len(members), len(others)), len(members), len(others)
    if size < 2 or splits < 1:
        raise SimengineError(f"{t} training and {h} holdout records, {splits} splits: give at least 2, 2 and 1.")
    distances = np.sqrt(squared_distances(records, np.concatenate([members, others])))
    rng = stream(seed, 0, "evaluate.closest_record")

    def compare(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
        near, far = distances[:, one].min(axis=1), distances[:, other].min(axis=1)
        low, high = np.quantile(near, 0.05), np.quantile(far, 0.05)
        ratio = low / high if high > 0.0 else (1.0 if low == 0.0 else np.inf)
        return float((near < far).mean() + 0.5 * (near == far).mean()), float(ratio)

    if t == h:
        share, ratio = compare(np.arange(t), np.arange(t, t + h))
    else:
        share, ratio = np.mean(
            [compare(shuffled(rng, t)[:size], t + shuffled(rng, h)[:size]) for _ in range(splits)], axis=0
        )
    null = []
    for _ in range(splits):
        order = shuffled(rng, t + h)
        null.append(compare(order[:size], order[size : 2 * size])[0])
    low, high = np.quantile(null, [0.025, 0.975])
    return ClosestRecord(float(share), float(low), float(high), float(ratio), size)


def neighbour_leak(
    synthetic: ArrayLike, train: ArrayLike, holdout: ArrayLike, *, quantile: float = 0.01
) -> NeighbourLeak:
    """Share of synthetic records closer to a training record than almost any fresh real record is.

    rate = mean_i 1[min_j |s_i - t_j| <= threshold], the threshold being the ``quantile`` of the holdout's
    distances to the training records.

    Range: 0 to 1. Better: lower; at most about ``expected``, the quantile. Above it, records are copied.
    Source: the reference distribution of holdout distances as in Platzer and Reutterer, arXiv:2104.00635;
    the rate of memorised items as in Carlini et al., "Extracting training data from diffusion models",
    arXiv:2301.13188.

    Args:
        synthetic: Shape (n, d).
        train: Records that the generator was trained on, shape (t, d).
        holdout: Fresh records of the same population, shape (h, d), at least 1 / quantile.
        quantile: Share of fresh records that may be that close.

    Raises:
        SimengineError: The arrays are not valid, or the holdout is too small for the quantile.

    Example:
        >>> import numpy as np
        >>> train, holdout = np.arange(100.0)[:, None], np.arange(100.0)[:, None] + 0.5
        >>> leak = neighbour_leak(np.array([[3.0], [4.0], [70.5], [80.5]]), train, holdout)
        >>> leak.exact, leak.rate  # distances of fresh records are all 0.5
        (2, 1.0)
        >>> neighbour_leak(np.array([[3.0], [4.0], [150.0], [160.0]]), train, holdout).rate
        0.5
    """
    records, members, others = _alike(synthetic=synthetic, train=train, holdout=holdout)
    if not 0.0 < quantile < 1.0 or len(others) * quantile < 1.0:
        raise SimengineError(
            f"a quantile of {quantile} needs at least {1 / quantile if quantile > 0 else 0:.0f} holdout records,"
            f" there are {len(others)}: give more or a larger quantile below 1."
        )
    threshold = float(np.quantile(closest_record_distances(others, members), quantile, method="inverted_cdf"))
    distances = closest_record_distances(records, members)
    return NeighbourLeak(
        rate=float((distances <= threshold).mean()),
        expected=float(quantile),
        exact=int((distances == 0.0).sum()),
        threshold=threshold,
    )


def membership_inference(
    synthetic: ArrayLike,
    train: ArrayLike,
    holdout: ArrayLike,
    *,
    train_units: Sequence[Any] | np.ndarray | None = None,
    holdout_units: Sequence[Any] | np.ndarray | None = None,
    unit: str = "record",
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """AUC of an attacker who guesses that records close to a synthetic one were trained on.

    AUC between members (train) and non-members (holdout) of the score -min_j |x - s_j|, with a bootstrap
    interval over both, given the synthetic records.

    Range: 0 to 1. Better: closer to 0.5 (no leak); 1 gives every member away. One attack that fails proves
    nothing: it bounds the leak from below.
    Source: Hayes et al., "LOGAN", PETS 2019, arXiv:1705.07663; the distance attack: Chen et al., "GAN-Leaks",
    CCS 2020, arXiv:1909.03935 (black box).

    Args:
        synthetic: Shape (n, d).
        train: Records that the generator was trained on, shape (t, d).
        holdout: Records of the same population that it was not trained on, shape (h, d).
        train_units: Recording or person of each training record, or None where records are independent.
        holdout_units: The same of the holdout.
        unit: Word for the unit.
        confidence: Nominal coverage.
        resamples: For the interval.
        seed: Of the random stream.

    Raises:
        SimengineError: The arrays are not valid or have different columns.

    Example:
        >>> import numpy as np
        >>> train, holdout = np.arange(0.0, 40.0, 2.0)[:, None], np.arange(1.0, 41.0, 2.0)[:, None]
        >>> membership_inference(train, train, holdout).value
        1.0
    """
    records, members, others = _alike(synthetic=synthetic, train=train, holdout=holdout)
    return bootstrap(
        auc,
        -closest_record_distances(members, records),
        -closest_record_distances(others, records),
        units=[train_units, holdout_units],
        unit=unit,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )


def _alike(**arrays: ArrayLike) -> list[np.ndarray]:
    checked = {name: as_features(name, values) for name, values in arrays.items()}
    if len({features.shape[1] for features in checked.values()}) != 1:
        columns = ", ".join(f"{name} {features.shape[1]}" for name, features in checked.items())
        raise SimengineError(f"numbers of columns differ ({columns}): compute all by the same features.")
    return list(checked.values())
