"""Statistics of a real and a synthetic view that are made of several metrics; what the catalogue refers to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.evaluate.metrics.arrays import squared_distances
from simengine.evaluate.metrics.columns import correlation_difference, hellinger
from simengine.evaluate.metrics.depth import depth_agreement
from simengine.evaluate.metrics.diversity import effective_number
from simengine.evaluate.metrics.duplicates import duplicate_groups, near_duplicate_rate
from simengine.evaluate.metrics.kernel_distance import median_bandwidth, mmd
from simengine.evaluate.metrics.label_statistics import BoxTable, label_quantities
from simengine.evaluate.metrics.prdc import prdc
from simengine.evaluate.metrics.spectrum import spectrum_distance
from simengine.evaluate.metrics.two_sample import two_sample_auc

__all__ = [
    "Grouped",
    "copies_of_real",
    "correlation_gap",
    "crowding_of",
    "depth_r2",
    "distinct_scenes",
    "grouped_auc",
    "hash_crowding",
    "label_distance",
    "mean_hellinger",
    "mmd_of",
    "neighbour_share",
    "spectrum_gap",
]

_CLOSE = 0.01  # quantile of real nearest-neighbour distances below which two items count as copies


@dataclass(frozen=True)
class Grouped:
    """Features with the group of each row, which a classifier's folds may not cut."""

    features: np.ndarray
    groups: np.ndarray | None

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, rows: Any) -> Grouped:
        return Grouped(self.features[rows], None if self.groups is None else self.groups[rows])


def grouped_auc(real: Grouped, synthetic: Grouped) -> float:
    """`two_sample_auc` with whole groups in the folds: five, or as many as have two groups of each set."""
    counts = [len(one) if one.groups is None else len(np.unique(one.groups)) for one in (real, synthetic)]
    result = two_sample_auc(
        real.features,
        synthetic.features,
        real_units=real.groups,
        synthetic_units=synthetic.groups,
        folds=max(2, min(5, min(counts) // 2)),
    )
    return result.value


def neighbour_share(name: str) -> Callable[[np.ndarray, np.ndarray], float]:
    """One of the four numbers of `prdc`."""
    return lambda real, synthetic: getattr(prdc(real, synthetic), name)


def label_distance(name: str) -> Callable[[BoxTable, BoxTable], float]:
    """One of the distances of `label_statistics`."""
    from scipy.stats import wasserstein_distance

    def distance(real: BoxTable, synthetic: BoxTable) -> float:
        one, other = label_quantities(real).get(name), label_quantities(synthetic).get(name)
        if one is None or other is None or not len(one) or not len(other):
            return float("nan")
        return float(wasserstein_distance(one, other))

    return distance


def mean_hellinger(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Mean over the columns of `hellinger`."""
    return float(hellinger(real, synthetic).mean())


def correlation_gap(real: np.ndarray, synthetic: np.ndarray) -> float:
    """`correlation_difference` divided by sqrt(d (d - 1))."""
    return correlation_difference(real, synthetic).scaled


def depth_r2(real: np.ndarray, synthetic: np.ndarray) -> float:
    """`depth_agreement` by the spatial depth, which any number of columns has."""
    return depth_agreement(real, synthetic, name="spatial").value


def spectrum_gap(real: np.ndarray, synthetic: np.ndarray) -> float:
    """`spectrum_distance` of kept spectra."""
    return spectrum_distance(real, synthetic)


def hash_crowding(_real: np.ndarray, synthetic: np.ndarray) -> float:
    """Share of pictures with a near-duplicate in their own set."""
    return near_duplicate_rate(synthetic.tolist())


def distinct_scenes(_real: np.ndarray, synthetic: np.ndarray) -> float:
    """Effective number of distinct pictures, as a share of all."""
    return effective_number(duplicate_groups(synthetic.tolist())) / len(synthetic)


def copies_of_real(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Share of synthetic pictures with a near-duplicate among the real ones."""
    return near_duplicate_rate(synthetic.tolist(), real.tolist())


def crowding_of(real: np.ndarray) -> Callable[[np.ndarray, np.ndarray], float]:
    """Share of synthetic items that lie closer to another one than 99 % of the real items lie to theirs."""
    threshold = np.quantile(_nearest(real), _CLOSE, method="inverted_cdf")
    return lambda _real, synthetic: float((_nearest(synthetic) < threshold).mean())


def mmd_of(real: np.ndarray) -> Callable[[np.ndarray, np.ndarray], float]:
    """`mmd` with the bandwidth of the real items."""
    bandwidth = median_bandwidth(real)
    return lambda one, other: mmd(one, other, bandwidth=bandwidth)


def _nearest(rows: np.ndarray) -> np.ndarray:
    """Squared distance of each row to the nearest other one."""
    squares = squared_distances(rows, rows)
    np.fill_diagonal(squares, np.inf)
    return squares.min(axis=1)
