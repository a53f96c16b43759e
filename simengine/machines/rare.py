"""Rare events made common in a data set, with weights that undo it in every estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simengine.signals.checks import require

__all__ = ["Estimate", "RareEvents", "importance_weights", "weighted_mean"]


@dataclass(frozen=True)
class RareEvents:
    """Classes with the rates at which they occur and those at which they are drawn.

    Attributes:
        rates: Probability of each class in the world; they sum to 1.
        drawn: Probability of each in the data set; they sum to 1, and none is 0 where its rate is not.
    """

    rates: Mapping[str, float]
    drawn: Mapping[str, float]

    def __post_init__(self) -> None:
        for name in ("rates", "drawn"):
            table = getattr(self, name)
            good = bool(table) and min(table.values()) >= 0 and abs(sum(table.values()) - 1) < 1e-9
            require(good, self, name, dict(table), "give probabilities from 0 that sum to 1.")
        for name, rate in self.rates.items():
            seen = rate == 0 or self.drawn.get(name, 0.0) > 0
            require(seen, self, f"drawn[{name}]", self.drawn.get(name), "what can happen must be drawn at times.")

    def draw(self, rng: np.random.Generator) -> tuple[str, float]:
        """One class and its weight, rate over probability of drawing it; the mean weight is 1."""
        names = list(self.drawn)
        edges = np.cumsum([self.drawn[name] for name in names])
        name = names[min(int(np.searchsorted(edges, rng.random() * edges[-1], side="right")), len(names) - 1)]
        return name, self.rates.get(name, 0.0) / self.drawn[name]


@dataclass(frozen=True)
class Estimate:
    """A mean from weighted draws.

    Attributes:
        mean: The estimate.
        error: Its standard error.
        effective: Number of unweighted draws that would know as much (Kish).
    """

    mean: float
    error: float
    effective: float


def importance_weights(log_target: np.ndarray, log_proposal: np.ndarray) -> np.ndarray:
    """Weights of draws from one density that stand for another: exp(log_target - log_proposal)."""
    return np.exp(np.asarray(log_target, dtype=float) - np.asarray(log_proposal, dtype=float))


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> Estimate:
    """Mean in the world of what was measured on an enriched data set, without bias: mean of weight times value.

    Args:
        values: One number per item, e.g. 1 where an alarm was missed.
        weights: The recorded weights.

    Returns:
        The estimate.
    """
    values, weights = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    products = values * weights
    error = float(products.std(ddof=1) / np.sqrt(len(products))) if len(products) > 1 else np.inf
    return Estimate(float(products.mean()), error, float(weights.sum() ** 2 / np.sum(weights**2)))
