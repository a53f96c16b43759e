"""What a finished grid says, put together."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import simengine
from simengine.evaluate.gain.analysis import Analysis
from simengine.evaluate.gain.answer import choose_gain, make_answer
from simengine.evaluate.gain.results import SCHEMA, Compute, Cost, Count, GainResults, Leak, Picture, Run, Test
from simengine.evaluate.gain.runs import FinishedRun, RunStore
from simengine.evaluate.gain.statistics import METHOD

__all__ = ["conclude"]

_PACKAGES = (
    "numpy", "scipy", "opencv-python-headless", "torch", "efficientnet_lite_pytorch", "scikit-learn",
    "imbalanced-learn", "faster-coco-eval", "transformers",
)  # fmt: skip


def conclude(
    analysis: Analysis,
    counts: Sequence[Count],
    runs: dict[tuple[str, int, int], FinishedRun],
    leaks: list[Leak],
    *,
    root: Path,
    store: RunStore,
    command: str,
) -> GainResults:
    """Computes everything that ``gain.json`` holds.

    Args:
        analysis: The answers of all runs.
        counts: Amounts of real data, with 0 where something runs without.
        runs: By arm, count and seed.
        leaks: Checks made before.
        root: Folder of ``gain.json``.
        store: Where the runs lie.
        command: What the user typed.
    """
    task, arms = analysis.task, analysis.arms
    cells, gains, equivalents = analysis.cells(), analysis.gains(), analysis.equivalents()
    mixed = [arm.name for arm in arms if arm.about.kind == "both"]
    chosen = choose_gain(gains, metric=analysis.headline, arms=mixed)
    everything = next((count.items for count in counts if count.share == 1.0), None)
    by_class = counts[-1].label.endswith("a class")
    notes = list(task.notes)
    if len(analysis.seeds) < 3:
        notes.append(
            f"{len(analysis.seeds)} seed{'s' * (len(analysis.seeds) > 1)}: "
            + ("intervals tell of the test units alone" if len(analysis.seeds) == 1 else "intervals are rough")
            + "; use at least 3."
        )
    unique = {run.id: run for run in runs.values()}
    folder = store.folder
    return GainResults(
        schema=SCHEMA,
        task=task.name,
        item=task.item,
        unit=task.unit,
        method=METHOD,
        notes=notes,
        answer=None
        if chosen is None
        else make_answer(
            chosen,
            cells=cells,
            equivalents=equivalents,
            synthetic=task.synthetic_items,
            item=task.item,
            each="a class" if by_class else "",
        ),
        metrics=list(task.metrics),
        classes=list(task.classes),
        data=task.data(),
        compute=Compute(task.model, task.settings, task.statement),
        arms=[arm.about for arm in arms],
        counts=list(counts),
        seeds=list(analysis.seeds),
        tests=[Test(test.name, test.kind, test.items, len(test.units)) for test in task.tests],
        cells=cells,
        gains=gains,
        equivalents=equivalents,
        gaps=analysis.gaps(everything),
        ratios=analysis.ratios(),
        slices=[] if chosen is None else analysis.slices(chosen.arm, chosen.count),
        leaks=leaks,
        pictures=[] if chosen is None else _pictures(analysis, chosen.arm, chosen.against, chosen.count),
        runs=[
            Run(run.id, arm, count, seed, run.cpu_seconds, _beside(store.record(run.id), root, folder))
            for (arm, count, seed), run in runs.items()
        ],
        cost=Cost(len(unique), round(sum(run.cpu_seconds for run in unique.values()) / 3600.0, 4)),
        environment=_environment(command),
        refinements=analysis.refinements(),
    )


def _pictures(analysis: Analysis, arm: str, against: str, count: int) -> list[Picture]:
    """Of the first seed, as its models are those that a user would get first."""
    seed = analysis.seeds[0]
    found = []
    for test, about in enumerate(analysis.task.tests):
        baseline = analysis.answers[against, count, seed][test]
        better = analysis.answers[arm, count, seed][test]
        found += [
            replace(picture, test=about.name, count=count, seed=seed, baseline_name=against, arm_name=arm)
            for picture in analysis.task.pictures(test, baseline, better)
        ]
    return found


def _beside(file: Path, root: Path, folder: Path) -> str:
    return f"runs/{file.name}" if folder == root / "runs" else str(file)


def _environment(command: str) -> dict[str, Any]:
    versions = {"simengine": simengine.__version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {"versions": versions, "machine": platform.machine(), "command": command}
