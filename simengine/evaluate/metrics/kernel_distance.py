"""Distances of two samples by a kernel: KID (polynomial) and MMD (Gaussian), both unbiased."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simengine.errors import SimengineError
from simengine.evaluate.metrics.arrays import as_features, as_pair, squared_distances
from simengine.evaluate.metrics.units import shuffled
from simengine.sampling.streams import stream

__all__ = ["SubsetEstimate", "kid", "kid_blocks", "kid_subsets", "median_bandwidth", "mmd", "unbiased_mmd2"]

_ROWS_OF_MEDIAN = 2000


@dataclass(frozen=True)
class SubsetEstimate:
    """A mean over subsets of the data.

    Attributes:
        value: Mean over the subsets.
        deviation: Standard deviation over the subsets. Only disjoint blocks are independent: there
            ``deviation / sqrt(count)`` is the standard error; of overlapping subsets it says nothing
            about how well the value is known.
        size: Rows of each sample in a subset.
        count: Number of subsets.
    """

    value: float
    deviation: float
    size: int
    count: int

    def __float__(self) -> float:
        return self.value


def unbiased_mmd2(within_first: np.ndarray, within_second: np.ndarray, across: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy from kernel matrices.

    MMD^2 = sum_{i != j} k(x_i, x_j) / (n (n-1)) + sum_{i != j} k(y_i, y_j) / (m (m-1)) - 2 mean k(x_i, y_j)

    With the matrices at hand, an interval costs no new kernel: resample row numbers (see the example).

    Range: from slightly below 0 (unbiased at equal distributions). Better: lower.
    Source: Gretton et al., "A kernel two-sample test", JMLR 13 (2012), eq. 3.

    Args:
        within_first: Kernel of the first sample with itself, shape (n, n).
        within_second: Kernel of the second with itself, shape (m, m).
        across: Kernel of the first with the second, shape (n, m).

    Example:
        >>> import numpy as np
        >>> from simengine.evaluate.metrics.bootstrap import bootstrap
        >>> x, y = np.linspace(-1, 1, 40)[:, None], np.linspace(-1, 1, 30)[:, None] + 2.0
        >>> a, b, c = (x @ x.T + 1) ** 3, (y @ y.T + 1) ** 3, (x @ y.T + 1) ** 3
        >>> value = lambda i, j: unbiased_mmd2(a[np.ix_(i, i)], b[np.ix_(j, j)], c[np.ix_(i, j)])
        >>> 0.0 in bootstrap(value, np.arange(40), np.arange(30), method="half", resamples=200)
        False
    """
    n, m = across.shape
    first = (within_first.sum() - np.trace(within_first)) / (n * (n - 1))
    second = (within_second.sum() - np.trace(within_second)) / (m * (m - 1))
    return float(first + second - 2.0 * across.mean())


def kid(real: ArrayLike, synthetic: ArrayLike, *, degree: int = 3) -> float:
    """Kernel Inception Distance of all rows: unbiased MMD^2 with a polynomial kernel.

    k(x, y) = (x . y / d + 1)^degree, in `unbiased_mmd2`; the full U-statistic.

    Being unbiased it can be compared between sets of different sizes, unlike FID: the main number
    where there are fewer than some thousand pictures.

    Range: unbounded above, in units of the kernel (features cubed), from slightly below 0; many papers
    print it times 1000. Better: lower; about 0 for equal distributions.
    Source: Binkowski et al., "Demystifying MMD GANs", ICLR 2018, arXiv:1801.01401.

    Args:
        real: Features, shape (n, d), n >= 2.
        synthetic: Features, shape (m, d), m >= 2.
        degree: Of the polynomial; 3 compares means, variances and skewness.

    Raises:
        SimengineError: The features are no valid pair.

    Example:
        >>> kid([[0.0], [2.0]], [[1.0], [1.0]], degree=1)
        -1.0
    """
    first, second = as_pair(real, synthetic, rows=2)
    return _kid(first, second, degree)


def kid_subsets(
    real: ArrayLike, synthetic: ArrayLike, *, size: int = 1000, count: int = 100, degree: int = 3, seed: int = 0
) -> SubsetEstimate:
    """KID averaged over random subsets, the form in which papers and libraries print it.

    Mean of `kid` over ``count`` pairs of subsets of ``size`` rows, each drawn without replacement.

    Range: as `kid`. Better: lower. The deviation shrinks with the size of a subset, not with that of
    the data: for an interval use `kid_blocks`, or `bootstrap` with method ``half``.
    Source: Binkowski et al., arXiv:1801.01401, sec. 4; defaults of torch-fidelity and torchmetrics.

    Args:
        real: Features, shape (n, d).
        synthetic: Features, shape (m, d).
        size: Rows of a subset; must not exceed n or m.
        count: Number of subsets.
        degree: Of the kernel.
        seed: Of the random stream.

    Raises:
        SimengineError: The features are no valid pair, or the size does not fit.

    Example:
        >>> import numpy as np
        >>> x = np.linspace(-1, 1, 60)[:, None]
        >>> estimate = kid_subsets(x, x + 1.0, size=20, count=10)
        >>> estimate.value > 0.5, estimate.size, estimate.count
        (True, 20, 10)
    """
    first, second = as_pair(real, synthetic, rows=2)
    if not 2 <= size <= min(len(first), len(second)) or count < 1:
        raise SimengineError(
            f"{count} subsets of {size} rows of sets of {len(first)} and {len(second)}:"
            " give a size from 2 to the smaller number of rows, and at least 1 subset."
        )
    rng = stream(seed, 0, "evaluate.kid_subsets")
    values = [
        _kid(first[shuffled(rng, len(first))[:size]], second[shuffled(rng, len(second))[:size]], degree)
        for _ in range(count)
    ]
    return SubsetEstimate(float(np.mean(values)), float(np.std(values)), size, count)


def kid_blocks(
    real: ArrayLike, synthetic: ArrayLike, *, blocks: int = 10, degree: int = 3, seed: int = 0
) -> SubsetEstimate:
    """KID averaged over disjoint blocks, whose spread gives an honest standard error.

    The rows of both sets are shuffled and cut into ``blocks`` equal blocks; mean and standard deviation
    (ddof 1) of `kid` over the pairs of blocks. Standard error: deviation / sqrt(blocks).

    Range: as `kid`. Better: lower. Noisier than the full statistic, but the blocks are independent.
    Source: Zaremba et al., "B-test: a non-parametric, low variance kernel two-sample test", NIPS 2013.

    Args:
        real: Features, shape (n, d).
        synthetic: Features, shape (m, d).
        blocks: Number of blocks, from 2; each must hold two rows of both sets.
        degree: Of the kernel.
        seed: Of the shuffling.

    Raises:
        SimengineError: The features are no valid pair, or there are too many blocks.

    Example:
        >>> import numpy as np
        >>> x = np.linspace(-1, 1, 60)[:, None]
        >>> estimate = kid_blocks(x, x + 1.0, blocks=6)
        >>> estimate.value > 3 * estimate.deviation / 6**0.5, estimate.size
        (True, 10)
    """
    first, second = as_pair(real, synthetic, rows=2)
    size = min(len(first), len(second)) // max(blocks, 1)
    if blocks < 2 or size < 2:
        raise SimengineError(
            f"{blocks} blocks of sets of {len(first)} and {len(second)} rows:"
            " give at least 2 blocks with at least 2 rows of each set."
        )
    rng = stream(seed, 0, "evaluate.kid_blocks")
    one, other = shuffled(rng, len(first)), shuffled(rng, len(second))
    values = [
        _kid(first[one[start : start + size]], second[other[start : start + size]], degree)
        for start in range(0, blocks * size, size)
    ]
    return SubsetEstimate(float(np.mean(values)), float(np.std(values, ddof=1)), size, blocks)


def mmd(real: ArrayLike, synthetic: ArrayLike, *, bandwidth: float | None = None) -> float:
    """Unbiased squared maximum mean discrepancy with a Gaussian kernel.

    k(x, y) = exp(-|x - y|^2 / (2 bandwidth^2)), in `unbiased_mmd2`.

    Range: from slightly below 0 to 2. Better: lower; about 0 for equal distributions. Values at
    different bandwidths can't be compared: give the bandwidth of the real data to all of them.
    Source: Gretton et al., "A kernel two-sample test", JMLR 13 (2012).

    Args:
        real: Features, shape (n, d), n >= 2.
        synthetic: Features, shape (m, d), m >= 2.
        bandwidth: Of the kernel, in units of the features; None for `median_bandwidth` of the pair.

    Raises:
        SimengineError: The features are no valid pair, or the bandwidth is not positive.

    Example:
        >>> round(mmd([[0.0], [0.0]], [[9.0], [9.0]], bandwidth=1.0), 6)
        2.0
    """
    first, second = as_pair(real, synthetic, rows=2)
    if bandwidth is None:
        bandwidth = median_bandwidth(first, second)
    if not 0.0 < bandwidth < np.inf:
        raise SimengineError(f"bandwidth is {bandwidth}: give a positive length in units of the features.")

    def gaussian(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.exp(-squared_distances(x, y) / (2.0 * bandwidth**2))

    return unbiased_mmd2(gaussian(first, first), gaussian(second, second), gaussian(first, second))


def median_bandwidth(*samples: ArrayLike) -> float:
    """Median distance between two different rows of the samples taken together.

    The usual bandwidth of a Gaussian kernel. Of more than 2000 rows, 2000 evenly spaced ones are used.

    Range: above 0, units of the features. Better: not a score.
    Source: Gretton et al. (2012), sec. 8; Garreau et al., "Large sample analysis of the median
    heuristic", arXiv:1707.07269.

    Args:
        samples: Features, shape (n, d) each.

    Raises:
        SimengineError: The features are not valid, or most rows are equal.

    Example:
        >>> median_bandwidth([[0.0], [1.0]], [[3.0]])
        2.0
    """
    pooled = np.concatenate([as_features(f"sample {i}", sample) for i, sample in enumerate(samples)])
    if len(pooled) > _ROWS_OF_MEDIAN:
        pooled = pooled[np.linspace(0, len(pooled) - 1, _ROWS_OF_MEDIAN).astype(np.intp)]
    upper = np.triu_indices(len(pooled), 1)
    median = float(np.sqrt(np.median(squared_distances(pooled, pooled)[upper]))) if len(upper[0]) else 0.0
    if median == 0.0:
        raise SimengineError(f"the median distance of {len(pooled)} rows is 0, most are equal: give a bandwidth.")
    return median


def _kid(first: np.ndarray, second: np.ndarray, degree: int) -> float:
    def polynomial(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / x.shape[1] + 1.0) ** degree

    return unbiased_mmd2(polynomial(first, first), polynomial(second, second), polynomial(first, second))
