"""The metrics of `simengine quality`, as a table: which apply to what, how they are read, what they depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simengine.evaluate.metrics.balance import balance
from simengine.evaluate.metrics.diversity import dc_score, vendi_score
from simengine.evaluate.metrics.frechet import fid
from simengine.evaluate.metrics.kernel_distance import kid
from simengine.evaluate.quality import statistics as s
from simengine.evaluate.quality.results import Better

__all__ = ["COMPARISONS", "KINDS", "Comparison"]

KINDS = ("images", "signals", "tables")


@dataclass(frozen=True)
class Comparison:
    """A metric of a real and a synthetic view.

    Attributes:
        name: Its name in JSON.
        title: For readers.
        family: ``fidelity``, ``diversity``, ``privacy`` or ``bias``.
        kinds: What it applies to.
        view: Which view of the sets it takes; see `Sample.views`.
        statistic: The pure function.
        better: Which way is good.
        sized: Whether it depends on the number of items, so that value and floor need equal numbers.
        meaning: How to read it.
        setting: What it depends on.
        effort: Share of the resamples and splits that it gets; below 1 for slow ones.
        fitted: Whether ``statistic`` takes the real rows first and gives the statistic that goes with them, so that a
            bandwidth or threshold is the same for every value.
        worst: The worst value that it can take; a floor that reaches it judges nothing. None: it has none.
    """

    name: str
    title: str
    family: str
    kinds: tuple[str, ...]
    view: str
    statistic: Callable[..., Any]
    better: Better
    sized: bool
    meaning: str
    setting: str = ""
    effort: float = 1.0
    fitted: bool = False
    worst: float | None = None


_ALL, _IMAGES, _NUMBERS = KINDS, ("images",), ("signals", "tables")
_BOXES = "How far, on average, boxes would have to change to be spread as in the other set (Wasserstein)"
_AXES = "leading principal axes of the real features"

COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "kid", "KID", "fidelity", _ALL, "features", kid, "lower", False,
        "Distance of the two sets in feature space; 0 on average for equal sets of any size. The main number for few"
        " items.",
        "unbiased MMD^2, kernel (x.y / d + 1)^3",
    ),
    Comparison(
        "fid", "FID", "fidelity", _ALL, "features", lambda x, y: fid(x, y).value, "lower", True,
        "Distance of two Gaussians fitted to the features. Far above 0 for small sets, even equal ones: compare it only"
        " with its floor.",
        "both sets of the size that is stated", 0.5,
    ),
    Comparison(
        "mmd", "MMD", "fidelity", _ALL, "features", s.mmd_of, "lower", False,
        "Like KID, but with a Gaussian kernel, which sees any difference and not only that of three moments.",
        "unbiased MMD^2, bandwidth: median distance of real items", fitted=True,
    ),
    Comparison(
        "hellinger", "Hellinger distance", "fidelity", _ALL, "columns", s.mean_hellinger, "lower", True,
        "Mean over the columns of how differently single columns are spread: 0 the same, 1 no overlap.",
        "{columns}, bins of equal numbers",
    ),
    Comparison(
        "correlation", "Correlation difference", "fidelity", _ALL, "columns", s.correlation_gap, "lower", True,
        "Root mean square difference of correlations between pairs of columns: 0 the same, at most 2.",
        "{columns}, divided by sqrt(d (d - 1))",
    ),
    Comparison(
        "depth_r2", "DD-plot R²", "fidelity", _ALL, "columns", s.depth_r2, "higher", True,
        "Whether both sets call the same items central: 1 if they agree, 0 or below if they do not.",
        "spatial depth, {columns}",
    ),
    Comparison(
        "auc", "Two-sample AUC", "fidelity", _ALL, "grouped", s.grouped_auc, "lower", True,
        "How well a simple classifier tells synthetic from real: 0.5 not at all, 1 always. Raw renders often reach 1:"
        " read it next to KID.",
        "logistic regression on principal components, at most 5 folds", 0.1, worst=1.0,
    ),
    Comparison(
        "spectrum", "Power-spectrum distance", "fidelity", ("images", "signals"), "spectra", s.spectrum_gap, "lower",
        False,
        "Difference of the mean log power by frequency, in decibel: finds missing noise, blur, grain or resonances.",
        "{spectrum}",
    ),
    *(
        Comparison(f"label_{name}", title, "fidelity", _IMAGES, "boxes", s.label_distance(name), "lower", True, meaning)
        for name, title, meaning in (
            ("size", "Box sizes", f"{_BOXES}, in fractions of the picture's edge."),
            ("aspect", "Box aspect ratios", f"{_BOXES}, in units of ln(width / height)."),
            ("x", "Box positions, across", f"{_BOXES}, in fractions of the width."),
            ("y", "Box positions, down", f"{_BOXES}, in fractions of the height."),
            ("count", "Boxes a picture", "Mean difference of the number of boxes a picture (Wasserstein)."),
            ("occlusion", "Occlusion", "Mean difference of the hidden fraction of objects (Wasserstein)."),
        )
    ),
    *(
        Comparison(
            name, title, family, _ALL, "features", s.neighbour_share(name), "higher", True, meaning,
            "5 nearest neighbours", 0.5, worst=0.0,
        )
        for name, title, family, meaning in (
            ("precision", "Precision", "diversity", "Share of synthetic items that lie among real ones."),
            ("recall", "Recall", "diversity", "Share of real items that lie among synthetic ones."),
            ("density", "Density", "diversity", "How many real neighbourhoods hold a synthetic item; 1 for equal sets."),
            ("coverage", "Coverage", "diversity", "Share of real items with a synthetic one in their neighbourhood."),
        )
    ),
    Comparison(
        "dc_score", "DCScore", "diversity", _ALL, "features", lambda _, y: dc_score(y).share, "higher", True,
        "How well items of the synthetic set can be told from each other, as a share of their number.",
        "cosine, temperature 0.05",
    ),
    Comparison(
        "vendi", "Vendi score", "diversity", _ALL, "features", lambda _, y: vendi_score(y), "higher", True,
        "Effective number of different items in the synthetic set; compare with real data of the same number.",
        "cosine", 0.5,
    ),
    Comparison(
        "distinct", "Distinct scenes", "diversity", _IMAGES, "hashes", s.distinct_scenes, "higher", True,
        "Effective number of distinct pictures in the synthetic set, as a share of all: 1 if no two are alike.",
        "near-duplicates linked: 64-bit perceptual hash, at most 4 bits",
    ),
    Comparison(
        "duplicates", "Near-duplicates", "diversity", _IMAGES, "hashes", s.hash_crowding, "lower", True,
        "Share of synthetic pictures that have a near-duplicate in their own set.",
        "64-bit perceptual hash, at most 4 bits",
    ),
    Comparison(
        "crowding", "Near-duplicates", "diversity", _NUMBERS, "features", s.crowding_of, "lower", True,
        "Share of synthetic items closer to another one than 99 % of real items are to theirs.",
        "Euclidean distance of standardised features", fitted=True,
    ),
    Comparison(
        "copies", "Copies of real pictures", "privacy", _IMAGES, "hashes", s.copies_of_real, "lower", True,
        "Share of synthetic pictures that are near-duplicates of a real one.",
        "64-bit perceptual hash, at most 4 bits",
    ),
    Comparison(
        "class_balance", "Class balance", "bias", _ALL, "classes", lambda x, y: balance(x, y).distance, "lower", True,
        "Share of labels that would have to change their class for both sets to have the same mix.",
    ),
    Comparison(
        "size_balance", "Size balance", "bias", _IMAGES, "sizes", lambda x, y: balance(x, y).distance, "lower", True,
        "Share of boxes that would have to change their size class (edges 32 and 96 px).",
    ),
    Comparison(
        "position_balance", "Position balance", "bias", _IMAGES, "positions", lambda x, y: balance(x, y).distance,
        "lower", True,
        "Share of boxes that would have to change their cell in a grid of 3 x 3.",
    ),
)  # fmt: skip
"""Metrics with a floor. Utility, privacy against a holdout and amplification have files of their own."""
