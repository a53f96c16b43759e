"""What a gain experiment asks of a task: train, answer test units, score the answers under weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from simengine.evaluate.gain.arms import ArmPlan
from simengine.evaluate.gain.results import Data, Leak, Metric, Picture

__all__ = ["CellPlan", "Part", "Table", "Task", "TestSet"]

Table = dict[str, np.ndarray]
"""What a model answered on a test set, with what is needed to score it: arrays by name, no pickles."""


@dataclass(frozen=True)
class TestSet:
    """A test set.

    Attributes:
        name: Its name.
        kind: ``id`` (in distribution) or ``ood``.
        items: Number of images or windows.
        units: Names of the independent units that are resampled; tables refer to them by number.
    """

    name: str
    kind: str
    items: int
    units: tuple[str, ...]

    __test__ = False  # no test case of pytest


@dataclass(frozen=True)
class Part:
    """A part of a test set: ``by`` what, its ``value``, and how many labels it holds."""

    by: str
    value: str
    items: int


@dataclass(frozen=True)
class CellPlan:
    """One training: an arm, an amount of real data, a seed."""

    arm: ArmPlan
    count: int
    seed: int


class Task(Protocol):
    """A kind of model with its data. It is sent to worker processes whole, so it holds paths and small arrays."""

    @property
    def name(self) -> str:
        """E.g. ``detect``."""

    @property
    def item(self) -> str:
        """Word for an item."""

    @property
    def unit(self) -> str:
        """Word for what is resampled."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def settings(self) -> dict[str, Any]:
        """Training settings that all arms share, JSON types."""

    @property
    def statement(self) -> str:
        """What every arm was given alike, as a sentence."""

    @property
    def notes(self) -> Sequence[str]:
        """What a reader must know, one sentence each."""

    @property
    def classes(self) -> Sequence[str]:
        """Names of the classes."""

    @property
    def metrics(self) -> Sequence[Metric]:
        """Metrics, the headline first; all from 0 to 1, higher is better."""

    @property
    def tests(self) -> Sequence[TestSet]:
        """Test sets, in distribution first."""

    @property
    def synthetic_items(self) -> int:
        """Number of synthetic items."""

    def data(self) -> list[Data]:
        """The data sets."""

    def leaks(self) -> list[Leak]:
        """Checks to be made before any number; none of them is marked as allowed."""

    def inputs(self, cell: CellPlan) -> dict[str, Any]:
        """Everything that determines a run, JSON types: digests, names of items, settings, versions."""

    def run(self, cell: CellPlan) -> list[Table]:
        """Trains a model and has it answer every test set."""

    def score(
        self, test: int, table: Table, weights: np.ndarray, *, metric: str, part: Part | None = None
    ) -> np.ndarray:
        """A metric under weights of the units, shape (resamples, units) to (resamples,)."""

    def parts(self, test: int) -> Sequence[Part]:
        """Parts of a test set that are worth a look of their own."""

    def pictures(self, test: int, baseline: Table, arm: Table, *, best: int = 3, worst: int = 3) -> Sequence[Picture]:
        """Units on which the arm helps most and harms most; names, counts and seeds are filled in later."""
