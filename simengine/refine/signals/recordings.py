"""The user's real recordings of healthy machines, read as they are needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord, SignalSet
from simengine.formats.signal_windows import resample
from simengine.refine.signals.floor import SEGMENT

__all__ = ["ACCELERATION", "HEALTHY", "HealthyRecordings"]

HEALTHY = ("normal", "unknown")
"""Fault types that count as healthy: labelled so, or without a label."""

ACCELERATION = {"m/s^2": 1.0, "m/s2": 1.0, "m/s²": 1.0, "g": 9.80665}
"""Units of acceleration in m/s^2."""

_LEAST = 2.0  # s of recordings altogether


@dataclass(frozen=True, eq=False)
class HealthyRecordings:
    """The healthy ones of a set of recordings.

    Attributes:
        source: The healthy ones.
        left_out: Number of others by fault type.
        labels: Fault types that counted as healthy.
    """

    source: SignalSet
    left_out: dict[str, int]
    labels: tuple[str, ...]

    @classmethod
    def of(cls, found: SignalSet, *, labels: Sequence[str] = HEALTHY) -> HealthyRecordings:
        """Takes the healthy recordings of a set.

        Args:
            found: Recordings of any kind.
            labels: Fault types that count as healthy. Naming a fault here is the user's say-so to learn from it.

        Raises:
            SimengineError: None is healthy, or they are too short.
        """
        read: Counter[str] = Counter()
        healthy, seconds = [], 0.0
        for number, record in enumerate(found):
            read[record.fault_type] += 1
            if record.fault_type in labels:
                if record.duration < SEGMENT:
                    raise SimengineError(
                        f"{record.id or 'A recording'} lasts {record.duration:.3g} s: a spectrum needs at least "
                        f"{SEGMENT:g} s. Leave it out, or record longer."
                    )
                seconds += record.duration
                healthy.append(number)
        if not healthy:
            seen = ", ".join(f"{name} ({count})" for name, count in read.most_common())
            raise SimengineError(
                f"{found.name} holds no recording of a healthy machine: its fault types are {seen}, and {', '.join(labels)} "
                "count as healthy. Give healthy recordings, set fault_type in a JSON file beside each, or say with "
                "--healthy which labels mean healthy; nothing is learned from faults unless you name them there."
            )
        if seconds < _LEAST:
            raise SimengineError(
                f"{found.name} holds {seconds:.3g} s of healthy recordings: a noise floor needs at least {_LEAST:g} s. "
                "Record longer."
            )
        others = {name: count for name, count in sorted(read.items()) if name not in labels}
        return cls(found.subset(healthy), others, tuple(labels))

    def __len__(self) -> int:
        """Number of recordings."""
        return len(self.source)

    def at(self, rate: float) -> Iterator[SignalRecord]:
        """The recordings at another rate, one by one.

        Args:
            rate: Samples per second of the simulation.

        Raises:
            SimengineError: A recording was sampled more slowly, or the rates have no simple ratio.
        """
        for record in self.source:
            if record.rate < rate * (1 - 1e-3):
                raise SimengineError(
                    f"{record.id or 'A recording'} has {record.rate:g} samples per second, the simulation {rate:g}: nothing "
                    f"is known of the real machine above {record.rate / 2:g} Hz. Simulate at the recording's rate "
                    f"(--set 'sensors.*.accelerometer.rate={record.rate:g} Hz'), or give faster recordings."
                )
            yield resample(record, rate)

    def level(self) -> float | None:
        """Geometric mean of their levels, m/s^2 r.m.s.; None where a unit is unknown or no acceleration."""
        levels = []
        for record in self.source:
            unit = ACCELERATION.get(str(record.row.get("unit")))
            if unit is None:
                return None
            levels.append(unit * float(np.std(record.signal, dtype=float)))
        return float(np.exp(np.mean(np.log(levels))))

    def digest(self) -> str:
        """Hash of all samples and labels."""
        return self.source.digest()
