"""One simulated recording by one sensor, with what is known of it: what a refiner of signals is given and gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.reader import Dataset
from simengine.dataset.signals import STEM_COLUMNS
from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord

__all__ = ["Refined", "SignalRefiner", "Sound", "is_recording", "require_signals", "sounds"]

_STEMS = tuple(column.name for column in STEM_COLUMNS)


@dataclass(frozen=True, eq=False)
class Sound:
    """A row of signals.

    Attributes:
        row: The row as `simengine.dataset.signals` reads it.
    """

    row: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its name in the data set; it seeds everything random that happens to it."""
        return str(self.row["signal_id"])

    @property
    def rate(self) -> float:
        """Samples per second."""
        return float(self.row["fs"])

    @property
    def signal(self) -> NDArray[np.float64]:
        """What the sensor wrote, shape (n,)."""
        return np.asarray(self.row["signal"], np.float64)

    @property
    def healthy(self) -> bool:
        """Whether no fault was simulated."""
        return self.row["fault_type"] == "normal"

    @cached_property
    def stems(self) -> dict[str, NDArray[np.float64]]:
        """What each source added, by column; empty where stems were not recorded."""
        return {name: np.asarray(self.row[name], np.float64) for name in _STEMS if name in self.row}

    @cached_property
    def without_fault(self) -> NDArray[np.float64] | None:
        """The signal less the faults; None where that is not known."""
        if self.healthy:
            return self.signal
        return self.signal - self.stems["stem_fault"] if self.stems else None

    @cached_property
    def level(self) -> float:
        """Root mean square of all but the faults; without stems by the labelled ratio of fault to background."""
        known = self.without_fault
        if known is not None:
            return float(np.std(known))
        ratio = 10 ** ((self.row["snr_db"] or 0.0) / 10)
        return float(np.std(self.signal)) / np.sqrt(1 + ratio)

    @cached_property
    def record(self) -> SignalRecord:
        """The row as recordings of any source are read."""
        return SignalRecord.of_row(self.row)


@dataclass(frozen=True, eq=False)
class Refined:
    """What became of a sound.

    Attributes:
        signal: Shape (n,).
        stems: Stems that sum to what the sensor feels, the added floor among them; empty where none were given.
        log_gain: Natural logarithm of the path's magnitude at `floor_frequencies`: residues of modes follow it.
        added: Root mean square of what was added beside the path.
    """

    signal: NDArray[np.float64]
    stems: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    log_gain: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    added: float = 0.0


class SignalRefiner(Protocol):
    """Changes where a simulated machine seems to stand, never what is wrong with it. It is pickled to workers."""

    @property
    def name(self) -> str:
        """As on the command line."""

    @property
    def folder(self) -> Path:
        """Of its network."""

    @property
    def files(self) -> tuple[str, ...]:
        """Files of that folder that determine what it does; none for a method that learns no network."""

    def refine(self, sound: Sound, rng: np.random.Generator) -> Refined:
        """The refined recording, of the same length and rate."""

    def gentle(self, sound: Sound) -> Refined:
        """The same with nothing but a linear path, for a recording whose labels did not survive `refine`."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that determines what it does, in JSON types; it stands in the manifest."""


def sounds(dataset: Dataset, *, most: int | None = None) -> Iterator[Sound]:
    """The recordings of machines in a data set one by one; inertial units are no such.

    Args:
        dataset: The simulation.
        most: Samples, spread evenly over the data set; all if None.
    """
    count = len(dataset)
    indices = None
    if most is not None and most < count:
        indices = sorted({int(i) for i in np.linspace(0, count - 1, most).round()})
    for row in dataset.signals(indices=indices):
        if is_recording(row):
            yield Sound(row)


def is_recording(row: Mapping[str, Any]) -> bool:
    """Whether a row is a recording of a machine: those of inertial units carry no trace of a shaft's speed."""
    return row["fault_type"] is not None and len(row["speed_trace_hz"]) > 0


def require_signals(dataset: Dataset) -> None:
    """Refuses a data set without recordings of machines.

    Raises:
        SimengineError: It has none.
    """
    if "signals" not in dataset.plan:
        raise SimengineError(
            f"{dataset.root} has no signals: its scene has no accelerometer on a machine. Refine pictures with another "
            "--method, or generate e.g. the scene bearing_bench."
        )
