"""Building a data set: claims the folder, makes what is missing, and finishes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simengine.dataset.canonical import canonical_json
from simengine.dataset.directory import claim_directory
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.dataset.manifest import MANIFEST, PARTIAL, read_manifest
from simengine.dataset.shard import remove_drafts, shard_folder
from simengine.dataset.units import work_units
from simengine.dataset.workers import OpenMaker, run_here, run_workers
from simengine.errors import SimengineError

__all__ = ["Built", "Progress", "build"]

Progress = Callable[[int, int, int], None]
"""Called as ``progress(done, total, rejected)``: samples finished, samples wanted, tries thrown away in this run."""


@dataclass(frozen=True)
class Built:
    """A finished data set.

    Attributes:
        manifest: The content of its ``dataset.json``.
        found: Samples that stood there before this run.
        damaged: What was wrong with shards found, which were made again; one sentence each.
    """

    manifest: dict[str, Any]
    found: int
    damaged: tuple[str, ...] = ()


def build(
    root: Path,
    plan: dict[str, Any],
    *,
    open_maker: OpenMaker,
    finish: Callable[[Path, dict[str, Any]], dict[str, Any]],
    workers: int = 1,
    progress: Progress | None = None,
) -> Built:
    """Builds a data set, or goes on with one that was interrupted at any moment.

    Args:
        root: Its folder; made if absent, else empty or holding the same data set.
        plan: What determines its bytes; see `simengine.dataset.manifest`.
        open_maker: Opens the maker of samples, once in each worker.
        finish: Called when every shard stands; gives the manifest.
        workers: Processes; with 1 everything happens in this one.
        progress: Told of what is done.

    Raises:
        SimengineError: An argument is out of range, the folder holds something else, a sample can't be made, or
            the disk refuses.
        KeyboardInterrupt: Ctrl-C; its text says how to go on.
    """
    if workers < 1:
        raise SimengineError(f"workers is {workers!r}: give an integer from 1.")
    with claim_directory(root, plan) as state:
        if state.finished:
            return Built(read_manifest(root), plan["count"])
        found = plan["count"] - sum(len(unit.samples) for unit in state.pending)
        report = _Counter(progress, found, plan["count"])
        try:
            if workers == 1:
                run_here(root, state.pending, open_maker=open_maker, report=report)
            else:
                run_workers(root, state.pending, open_maker=open_maker, workers=workers, report=report)
        except KeyboardInterrupt:
            units = work_units(plan)
            kept = sum((root / shard_folder(unit.shard)).exists() for unit in units)
            raise KeyboardInterrupt(
                f"Stopped; {kept} of {len(units)} shards are finished and kept. The same command goes on from there."
            ) from None
        finally:
            remove_drafts(root)
        manifest = finish(root, plan)
        write_atomic(root / MANIFEST, canonical_json(manifest, indent=True, ordered=True))
        with disk_errors("remove", root / PARTIAL):
            (root / PARTIAL).unlink()
    return Built(manifest, found, state.damaged)


class _Counter:
    """Adds up what workers report and tells the caller."""

    def __init__(self, progress: Progress | None, done: int, total: int) -> None:
        self._progress, self._done, self._total, self._rejected = progress, done, total, 0
        self(0, 0)

    def __call__(self, done: int, rejected: int) -> None:
        self._done += done
        self._rejected += rejected
        if self._progress:
            self._progress(self._done, self._total, self._rejected)
