"""The ladder: from the gentlest method up, as long as the labels survive and the gap to reality narrows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from simengine.evaluate.metrics.bootstrap import Interval, bootstrap

__all__ = ["KEEP_RATE", "Climb", "Gap", "Rung", "Trial", "climb"]

R = TypeVar("R")

KEEP_RATE = 0.9
"""Least share of objects, or of recordings, that a method must leave in place by itself."""

_RESAMPLES = 400


@dataclass(frozen=True)
class Gap:
    """How far data is from reality.

    Attributes:
        name: Of the distance, as it stands in JSON.
        title: The same for readers.
        unit: What is resampled.
        between: The distance of made rows to real ones, each shape (n, d).
    """

    name: str
    title: str
    unit: str
    between: Callable[[NDArray[Any], NDArray[Any]], float]


@dataclass(frozen=True)
class Trial:
    """What a method made of the data that methods are tried on.

    Attributes:
        rows: What it made, as rows that a `Gap` compares.
        keep_rate: Share of what is labelled that survived by itself.
        words: That share in words, for readers; empty where nothing is labelled.
        facts: What else the audit found, JSON types.
    """

    rows: NDArray[Any]
    keep_rate: float
    words: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rung:
    """One method on trial.

    Attributes:
        name: The method.
        gap: The distance that decides.
        distance: Of what it made to reality.
        fall: By how much that is below the best rung before it, with its 95 % interval; None for the data as it was.
        trial: What it made, and what survived; None for the data as it was.
        taken: Whether it passed: kept enough, and fell by more than its interval.
    """

    name: str
    gap: Gap
    distance: float
    fall: Interval | None = None
    trial: Trial | None = None
    taken: bool = False

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        fall = self.fall
        return {
            "method": self.name,
            self.gap.name: round(self.distance, 5),
            "fall": None if fall is None else [round(v, 5) for v in (fall.value, fall.low, fall.high)],
            "keep_rate": round(self.trial.keep_rate, 4) if self.trial else 1.0,
            **(self.trial.facts if self.trial else {}),
            "taken": self.taken,
        }

    def __str__(self) -> str:
        told = ""
        if self.fall is not None and self.trial is not None:
            told = f", fell by {self.fall.value:.4f} [{self.fall.low:.4f}, {self.fall.high:.4f}]"
            told += f", {self.trial.words}" if self.trial.words else ""
        return f"{self.name:12s} {self.gap.title} {self.distance:.4f}{told}{'  <- taken' if self.taken else ''}"


@dataclass(frozen=True)
class Climb(Generic[R]):
    """How far the ladder was climbed.

    Attributes:
        rungs: What was tried, the data as it was first.
        refiner: The highest rung taken; None if none was.
    """

    rungs: tuple[Rung, ...]
    refiner: R | None


def climb(
    methods: Sequence[tuple[str, Callable[[], R]]],
    attempt: Callable[[R], Trial],
    *,
    gap: Gap,
    real: NDArray[Any],
    start: NDArray[Any],
    start_name: str,
    seed: int = 0,
    report: Callable[[Rung], None] | None = None,
) -> Climb[R]:
    """Tries methods in order and stops at the first that damages labels or does not narrow the gap.

    A method is taken if it keeps at least `KEEP_RATE` of the labels by itself and its distance is below the best so
    far by more than the 95 % interval of the difference, over resampled real and made rows.

    Args:
        methods: Name of each method and what fits it, cheapest first.
        attempt: Tries a fitted method on data that was chosen before; its rows are paired with `start`.
        gap: The distance that decides.
        real: Rows of reality, shape (m, d).
        start: Rows of the data as it was, shape (n, d).
        start_name: What that data is called.
        seed: Of resampling.
        report: Told of every rung.
    """

    def fall_of(target: NDArray[Any], pair: NDArray[Any]) -> float:
        return gap.between(target, pair[:, 0]) - gap.between(target, pair[:, 1])

    rungs = [Rung(start_name, gap, gap.between(real, start))]
    if report:
        report(rungs[0])
    best, refiner = start, None
    for name, fit in methods:
        candidate = fit()
        trial = attempt(candidate)
        pairs = np.stack([best, trial.rows], axis=1)
        fall = bootstrap(fall_of, real, pairs, unit=gap.unit, method="half", resamples=_RESAMPLES, seed=seed)
        taken = trial.keep_rate >= KEEP_RATE and fall.low > 0
        rungs.append(Rung(name, gap, gap.between(real, trial.rows), fall, trial, taken))
        if report:
            report(rungs[-1])
        if not taken:
            break
        best, refiner = trial.rows, candidate
    return Climb(tuple(rungs), refiner)
