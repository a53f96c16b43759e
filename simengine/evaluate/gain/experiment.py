"""A gain experiment: checks for leaks, runs what is missing of the grid, and says what came out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simengine.dataset.disk import disk_errors
from simengine.dataset.processes import Begun, Death, Report, Work, run_processes
from simengine.errors import SimengineError
from simengine.evaluate.gain.analysis import Analysis
from simengine.evaluate.gain.arms import ArmPlan
from simengine.evaluate.gain.conclusion import conclude
from simengine.evaluate.gain.leaks import settle_leaks
from simengine.evaluate.gain.results import Count, GainResults
from simengine.evaluate.gain.runs import RunStore, run_id
from simengine.evaluate.gain.task import CellPlan, Task
from simengine.evaluate.result_file import write_result

__all__ = ["plan_cells", "run_gain"]

Progress = Callable[[int, int], None]
"""Called as ``progress(done, total)`` with runs."""


def plan_cells(
    arms: Sequence[ArmPlan], counts: Sequence[int], *, reference: Sequence[int] = (), seeds: Sequence[int]
) -> list[CellPlan]:
    """The grid: every arm at every count and seed, baselines at the reference counts too, synthetic arms once a seed.

    Seeds come one after the other, so that what an interrupted grid has finished is whole seeds.

    Args:
        arms: The arms.
        counts: Amounts of real data.
        reference: Further amounts for baselines alone, for the worth in real items.
        seeds: Of subset and initialisation.
    """
    cells = []
    for seed in seeds:
        for arm in arms:
            if not arm.uses_real:
                cells.append(CellPlan(arm, 0, seed))
        for count in sorted({*counts, *reference} - {0}):
            for arm in arms:
                if arm.uses_real and (count in counts or arm.about.kind == "baseline"):
                    cells.append(CellPlan(arm, count, seed))
    return cells


def run_gain(
    task: Task,
    *,
    arms: Sequence[ArmPlan],
    counts: Sequence[Count],
    reference: Sequence[Count] = (),
    seeds: Sequence[int],
    out: str | Path,
    allow: Sequence[str] = (),
    workers: int = 1,
    resamples: int = 1000,
    progress: Progress | None = None,
    command: str = "",
    cache: str | Path | None = None,
) -> GainResults:
    """Runs a gain experiment, or goes on with one that was interrupted at any moment.

    Finished runs are kept whatever happens, by the hash of everything that determines them; the same call goes on
    after the last of them, and another experiment with the same runs takes them as they are.

    Args:
        task: What is trained and tested.
        arms: From `simengine.evaluate.gain.arms.choose_arms`.
        counts: From `simengine.evaluate.gain.counts.parse_counts`.
        reference: Further amounts at which only baselines run.
        seeds: Each from 0.
        out: Folder of the results; ``gain.json`` and ``runs/`` are written there.
        allow: Names of leak checks that may fail.
        workers: Processes that train side by side; with 1 everything happens in this one.
        resamples: Resamples of the test units.
        progress: Told of finished runs.
        command: What the user typed, for the record.
        cache: Folder of the runs; ``out/runs`` if None.

    Returns:
        What ``gain.json`` holds.

    Raises:
        SimengineError: A leak check fails that is not allowed, an argument is out of range, a run fails, or the disk
            refuses.
        KeyboardInterrupt: Ctrl-C; its text says how to go on.
    """
    if workers < 1 or not seeds or min(seeds) < 0 or len(set(seeds)) != len(seeds):
        raise SimengineError(
            f"workers is {workers} and seeds {list(seeds)}: give at least 1, and different seeds from 0."
        )
    leaks = settle_leaks(task.leaks(), allow=allow)
    root = Path(out)
    store = RunStore(root / "runs" if cache is None else Path(cache))
    with disk_errors("make the folder", root):
        root.mkdir(parents=True, exist_ok=True)
    cells = plan_cells(
        arms, [count.items for count in counts], reference=[count.items for count in reference], seeds=seeds
    )
    if not any(cell.arm.about.kind != "baseline" for cell in cells):
        raise SimengineError("the grid has nothing to compare: name an arm with synthetic data, and amounts above 0.")
    inputs = [task.inputs(cell) for cell in cells]
    names = [run_id(one) for one in inputs]
    _run_missing(task, list(zip(cells, inputs, names, strict=True)), store=store, workers=workers, progress=progress)
    runs = {}
    for cell, name in zip(cells, names, strict=True):
        found = store.find(name)
        if found is None:
            raise SimengineError(
                f"the run {store.record(name)} vanished while the grid ran: run the same command again."
            )
        runs[cell.arm.name, cell.count, cell.seed] = found
    shown = sorted({count.items: count for count in (*counts, *reference)}.values(), key=lambda count: count.items)
    if any(not arm.uses_real for arm in arms) and not any(count.items == 0 for count in shown):
        shown = [Count(0, 0.0 if shown[0].share is not None else None, f"0 {task.item}s"), *shown]
    analysis = Analysis(
        task,
        arms,
        [count.items for count in counts],
        [count.items for count in reference],
        seeds,
        {key: run.tables for key, run in runs.items()},
        resamples,
    )
    results = conclude(analysis, shown, runs, leaks, root=root, store=store, command=command)
    write_result(results, root / "gain.json")
    return results


_Unit = tuple[CellPlan, dict[str, Any]]
"""A run and everything that determines it."""


@dataclass(frozen=True)
class _OpenRuns:
    """What a worker needs to do runs."""

    task: Task
    store: RunStore

    def __call__(self) -> Work:
        return self._work

    def _work(self, unit: _Unit, begun: Begun, report: Report) -> None:
        begun(0)
        self.store.make(self.task, *unit)
        report(1)


def _run_missing(
    task: Task,
    runs: Sequence[tuple[CellPlan, dict[str, Any], str]],
    *,
    store: RunStore,
    workers: int,
    progress: Progress | None,
) -> None:
    distinct = {name: (cell, inputs) for cell, inputs, name in reversed(runs)}  # equal runs are done once, by the first
    missing = [distinct[name] for name in dict.fromkeys(name for _, _, name in runs) if not store.find(name)]
    done = len(distinct) - len(missing)
    total = len(distinct)

    def report(finished: int) -> None:
        nonlocal done
        done += finished
        if progress:
            progress(done, total)

    report(0)
    work = _OpenRuns(task, store)
    try:
        if workers == 1:
            for unit in missing:
                work._work(unit, lambda item: None, report)
        else:
            run_processes(missing, open_work=work, processes=workers, report=report, explain=_explain)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Stopped; {done} of {total} runs are finished and kept. The same command goes on from there."
        ) from None


def _explain(death: Death[_Unit]) -> str:
    cell, _ = death.unit
    why = " Most often memory ran out: use fewer workers, a smaller batch or smaller images." if death.killed else ""
    return (
        f"a worker process died twice over the run of {cell.arm.name} with {cell.count} real items and seed {cell.seed} "
        f"({death.how}).{why} Finished runs are kept: the same command goes on."
    )
