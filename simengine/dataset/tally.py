"""What a data set holds, in numbers that add up over its shards."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from simengine.dataset.record import SampleRecord
from simengine.errors import SimengineError

__all__ = ["Tally", "reason_kind"]

_NUMBER = re.compile(r"(?<![A-Za-z_])[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")


def reason_kind(reason: str) -> str:
    """A reason without its numbers, so that equal causes count as one: ``die[3] moves`` is ``die[#] moves``."""
    return _NUMBER.sub("#", reason)


@dataclass
class Tally:
    """Counts over samples.

    Attributes:
        samples: Samples.
        views: Pictures taken: one per camera and time, however many files it has.
        files: Picture files.
        objects: Labelled objects by class, counted once per view.
        dropped: Objects of a class that got no label, by reason.
        rejected: Tries thrown away, by ``stage: reason`` without numbers.
        recordings: Recordings of machines by fault.
        signals: Rows of signals: one per recording and channel.
    """

    samples: int = 0
    views: int = 0
    files: int = 0
    objects: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    recordings: Counter[str] = field(default_factory=Counter)
    signals: int = 0

    def add(self, record: SampleRecord) -> None:
        """Counts a sample."""
        self.samples += 1
        self.views += len(record.views)
        for machine in record.machines:
            self.recordings[machine.fault_type] += machine.recordings
            self.signals += machine.recordings * len(machine.channels)
        self.signals += 6 * len(record.imus)  # three of force, three of rotation
        for rejection in record.rejected:
            self.rejected[f"{rejection['stage']}: {reason_kind(rejection['reason'])}"] += 1
        for view in record.views:
            self.files += len(view.files)
            for thing in view.objects:
                if thing.category is None:
                    continue
                if thing.labelled:
                    self.objects[thing.category] += 1
                else:
                    self.dropped[str(thing.reason)] += 1

    def merge(self, other: Tally) -> None:
        """Adds the counts of another tally."""
        self.samples += other.samples
        self.views += other.views
        self.files += other.files
        self.objects.update(other.objects)
        self.dropped.update(other.dropped)
        self.rejected.update(other.rejected)
        self.recordings.update(other.recordings)
        self.signals += other.signals

    def to_dict(self) -> dict[str, Any]:
        """The counts in JSON types, names in alphabetical order; those of signals only where there are some."""
        heard = {"recordings": dict(sorted(self.recordings.items())), "signals": self.signals} if self.signals else {}
        return {
            "samples": self.samples,
            "views": self.views,
            "files": self.files,
            "objects": dict(sorted(self.objects.items())),
            "dropped": dict(sorted(self.dropped.items())),
            "rejected": dict(sorted(self.rejected.items())),
            **heard,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Tally:
        """Reads what `to_dict` wrote.

        Raises:
            SimengineError: The counts have another form.
        """
        try:
            numbers = {name: int(data[name]) for name in ("samples", "views", "files")}
            counters = {name: Counter(dict(data[name])) for name in ("objects", "dropped", "rejected")}
            counters["recordings"] = Counter(dict(data.get("recordings", {})))
            numbers["signals"] = int(data.get("signals", 0))
        except (KeyError, TypeError, ValueError) as error:
            raise SimengineError(f"the counts of a shard or data set have an unknown form ({error!r}).") from error
        return cls(**numbers, **counters)  # type: ignore[arg-type]
