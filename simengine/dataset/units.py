"""The division of a run into shards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["WorkUnit", "default_shard_size", "work_unit", "work_units"]


@dataclass(frozen=True)
class WorkUnit:
    """One shard to make: samples `start` to `stop` - 1."""

    shard: int
    start: int
    stop: int

    @property
    def samples(self) -> range:
        """The indices of its samples."""
        return range(self.start, self.stop)


def default_shard_size(count: int, *, pictured: bool = True) -> int:
    """Samples a shard: at least 32 shards where there are 32 samples, but at most 64 samples in one.

    Of signals alone, which are made a hundred times as fast, at most 1024. It goes by nothing but the count, so that it doesn't depend on the number of workers: the layout is part of
    what has to be the same bytes.
    """
    return min(64 if pictured else 1024, max(1, count // 32))


def work_unit(plan: dict[str, Any], shard: int) -> WorkUnit:
    """One shard of a plan."""
    start = shard * plan["shard_size"]
    return WorkUnit(shard, start, min(start + plan["shard_size"], plan["count"]))


def work_units(plan: dict[str, Any]) -> list[WorkUnit]:
    """Every shard of a plan, in order."""
    return [work_unit(plan, shard) for shard in range(-(-plan["count"] // plan["shard_size"]))]
