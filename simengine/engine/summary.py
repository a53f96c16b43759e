"""What a run ends with, for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from simengine.dataset.shard import SHARDS
from simengine.dataset.signals import SIGNALS
from simengine.dataset.tally import Tally

__all__ = ["Summary"]


@dataclass(frozen=True)
class Summary:
    """A finished data set; ``print(summary)`` says it in words.

    Attributes:
        root: Its folder.
        tally: What it holds.
        hash: One number for every byte of the data.
        exports: Files that formats wrote, relative to the folder.
        found: Samples that earlier runs had finished.
        damaged: What was wrong with shards that were found and made again.
    """

    root: Path
    tally: Tally
    hash: str
    exports: tuple[str, ...] = ()
    found: int = 0
    damaged: tuple[str, ...] = ()

    def __str__(self) -> str:
        tally = self.tally
        held = [_plural(tally.views, "view"), _plural(tally.files, "picture file")] if tally.views else []
        held += [_plural(tally.signals, "signal")] if tally.signals else []
        lines = [f"{self.root}: {', '.join([_plural(tally.samples, 'sample'), *held])}."]
        if self.found >= tally.samples:
            lines[0] += " It was complete already; nothing was made again."
        elif self.found:
            lines.append(f"Went on from {_plural(self.found, 'sample')} of an earlier run.")
        lines += [f"Made again: {line}" for line in self.damaged]
        if tally.views or not tally.signals:
            lines.append(f"Labelled objects: {_counts(tally.objects)}.")
        if tally.recordings:
            lines.append(f"Recordings by fault: {_counts(tally.recordings)}.")
        if tally.dropped:
            lines.append(f"Objects without a label, by reason: {_counts(tally.dropped)}.")
        if tally.rejected:
            lines.append(f"Tries thrown away: {tally.rejected.total()}.")
            lines += [f"  {number} x {kind}" for kind, number in tally.rejected.most_common(5)]
        labels = [str(self.root / name) for name in self.exports]
        labels += [f"{self.root / SHARDS}/*/{SIGNALS}"] if tally.signals else []
        lines.append(f"Manifest: {self.root / 'dataset.json'}; labels: {', '.join(labels) or 'records only'}.")
        lines.append(f"Hash: {self.hash}")
        return "\n".join(lines)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _counts(counter: Counter[str]) -> str:
    parts = [f"{name} {number}" for name, number in counter.most_common(12)]
    more = f", and {len(counter) - 12} more" if len(counter) > 12 else ""
    return (", ".join(parts) or "none") + more
