"""A gain experiment in closed form: no training, but runs that leave marks, take time and can die.

The value of a test unit is difficulty_i + seed effect + noise + level(arm, count), and the metric its weighted mean.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from simengine.evaluate.gain.arms import DETECT_ARMS, choose_arms
from simengine.evaluate.gain.counts import parse_counts
from simengine.evaluate.gain.experiment import run_gain
from simengine.evaluate.gain.results import Boxes, Data, Metric, Picture
from simengine.evaluate.gain.task import Part, TestSet

LEVELS = {"real": -0.05, "real-augmented": 0.0, "real-double": 0.0, "synthetic": 0.05, "mix": 0.12, "mix-75": 0.1}


@dataclass(frozen=True)
class SurrogateTask:
    gain: float = 1.0  # factor on what synthetic data brings
    marks: str = ""  # folder in which every run leaves a file
    delay: float = 0.0
    dies_at: str = ""  # name of the cell in which the process kills itself, once or always
    dies_always: bool = False
    found_leaks: tuple = ()
    units: int = 60
    shift: float = 0.0  # of all values: another version of the data

    name = "detect"
    item = "image"
    unit = "image"
    model = "surrogate"
    statement = "Every arm was given nothing."
    notes = ()
    classes = ("a", "b")
    metrics = (Metric("AP50", "Mean of values.", headline=True), Metric("AP", "Half of it."))
    synthetic_items = 2000
    settings: dict = field(default_factory=lambda: {"steps": 10})

    @property
    def tests(self):
        names = tuple(f"{k:03d}" for k in range(self.units))
        return (TestSet("test", "id", self.units, names), TestSet("elsewhere", "ood", self.units, names))

    def data(self):
        return [Data("real", "real", "real", 200, 200, {"a": 100, "b": 100}, "0" * 64)]

    def leaks(self):
        return list(self.found_leaks)

    def inputs(self, cell):
        real = cell.count if cell.arm.uses_real else None
        stages = [[stage.steps, stage.synthetic] for stage in cell.arm.stages]
        return {
            "recipe": [stages, cell.arm.compute, cell.arm.augmentation],
            "count": real,
            "seed": cell.seed,
            "shift": self.shift,
        }

    def run(self, cell):
        label = f"{cell.arm.name}-{cell.count}-{cell.seed}"
        if self.marks:
            fresh = not (Path(self.marks) / f"{label}.died").exists()
            if self.dies_at == label and (fresh or self.dies_always):
                (Path(self.marks) / f"{label}.died").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            with (Path(self.marks) / label).open("a") as file:
                file.write("run\n")
        time.sleep(self.delay)
        rng = np.random.default_rng([cell.seed, cell.count, *label.encode()])
        shared = np.random.default_rng(cell.seed).normal()
        tables = []
        for k in range(2):
            difficulty = np.random.default_rng(100 + k).normal(size=self.units)
            level = LEVELS.get(cell.arm.name, 0.1)
            level = level * self.gain if level > 0 else level
            level += 0.45 + 0.04 * np.log2(max(cell.count, 1) / 10) if cell.arm.uses_real else 0.5
            values = level - 0.1 * k + 0.01 * shared + 0.01 * rng.normal() + 0.1 * difficulty
            tables.append({"values": values + 0.05 * rng.normal(size=self.units) + self.shift})
        return tables

    def score(self, test, table, weights, *, metric, part=None):
        values = table["values"]
        keep = slice(None) if part is None else slice(0, None, 2) if part.value == "a" else slice(1, None, 2)
        scores = weights[:, keep] @ values[keep] / weights[:, keep].sum(axis=1)
        return scores * (0.5 if metric == "AP" else 1.0)

    def parts(self, test):
        return (Part("class", "a", self.units // 2), Part("class", "b", self.units // 2))

    def pictures(self, test, baseline, arm, *, best=3, worst=3):
        change = arm["values"] - baseline["values"]
        empty = Boxes([], [], [])
        order = np.argsort(-change)
        return [
            Picture(kind, "", f"{k:03d}.jpg", 0, 0, empty, empty, empty, "", "", float(baseline["values"][k]), float(arm["values"][k]))
            for kind, chosen in (("best", order[:1]), ("worst", order[-1:]))
            for k in chosen
        ]  # fmt: skip


def run_surrogate(out, *, seeds=4, counts="10,20,50", arms=("synthetic", "mix", "real-double"), task=None, **options):
    """A small grid of the surrogate."""
    return run_gain(
        task or SurrogateTask(),
        arms=choose_arms(arms, known=DETECT_ARMS),
        counts=parse_counts(counts, available=200),
        seeds=range(seeds),
        out=out,
        resamples=200,
        **options,
    )


if __name__ == "__main__":  # killed by tests: OUT MARKS WORKERS DELAY
    out, marks, workers, delay = sys.argv[1:]
    task = SurrogateTask(marks=marks, delay=float(delay))
    run_surrogate(out, task=task, workers=int(workers), seeds=2)
