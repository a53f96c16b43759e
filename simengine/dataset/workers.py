"""Shards made one after the other here, or side by side in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simengine.dataset.processes import Begun, Death, Report, Work, run_processes

if TYPE_CHECKING:
    from simengine.dataset.record import SampleRecord
    from simengine.dataset.shard import Sink
    from simengine.dataset.units import WorkUnit

__all__ = ["Maker", "OpenMaker", "make_shard", "run_here", "run_workers"]

Maker = Callable[[int, "Sink", str], "SampleRecord"]
"""Makes the sample of an index, its files into a sink that stands for a folder."""

OpenMaker = Callable[[], Maker]
"""Builds a maker; it is pickled to each worker, so a dataclass with `__call__` or a function of a module. It may say
after how many samples a worker is replaced (`recycle`)."""


def make_shard(root: Path, unit: WorkUnit, make: Maker, *, begun: Begun, report: Report) -> None:
    """Makes every sample of a shard and commits it.

    Args:
        root: Folder of the data set.
        unit: The shard.
        make: Makes a sample.
        begun: Told each sample's index as it begins.
        report: Told how many samples were finished and tries rejected since the last time.
    """
    from simengine.dataset.shard import ShardWriter

    with ShardWriter(root, unit.shard) as shard:
        for index in unit.samples:
            begun(index)
            record = make(index, shard, shard.folder)
            shard.add(record)
            report(1, len(record.rejected))
        shard.commit()


def run_here(root: Path, units: Sequence[WorkUnit], *, open_maker: OpenMaker, report: Report) -> None:
    """Makes shards in this process, one after the other."""
    if units:
        make = open_maker()
        for unit in units:
            make_shard(root, unit, make, begun=lambda index: None, report=report)


def run_workers(root: Path, units: Sequence[WorkUnit], *, open_maker: OpenMaker, workers: int, report: Report) -> None:
    """Makes shards in worker processes.

    A worker that dies (most often killed because memory ran out) is replaced and its shard tried once more.

    Args:
        root: Folder of the data set.
        units: The shards.
        open_maker: Builds what makes a sample, in each worker.
        workers: Number of processes.
        report: Told of progress; negative numbers when a shard is made again.

    Raises:
        SimengineError: A sample can't be made, or a worker died twice over the same shard. Workers are stopped
            first, also on Ctrl-C.
    """
    run_processes(
        units,
        open_work=_OpenShards(root, open_maker),
        processes=workers,
        report=report,
        explain=_explain,
        recycle=getattr(open_maker, "recycle", None),
    )


@dataclass(frozen=True)
class _OpenShards:
    """Opens the maker in a worker and makes shards with it."""

    root: Path
    open_maker: OpenMaker

    def __call__(self) -> Work:
        make = self.open_maker()
        return lambda unit, begun, report: make_shard(self.root, unit, make, begun=begun, report=report)


def _explain(death: Death[WorkUnit]) -> str:
    if death.item is None:
        return (
            f"a worker process died twice before its first sample ({death.how}); its own message stands above. In a "
            "script, call generate() under `if __name__ == '__main__':`, because workers import the script."
        )
    why = "Most often memory ran out: use fewer workers, smaller pictures or fewer objects. " if death.killed else ""
    return (
        f"a worker process died twice over samples {death.unit.start} to {death.unit.stop - 1} ({death.how}), the last "
        f"time in sample {death.item}. {why}`simengine replay DIR --item {death.item}` makes that sample alone. "
        "Finished shards are kept: the same command goes on."
    )
