"""Runs by the hash of everything that determines them: kept whole, found again, never computed twice."""

from __future__ import annotations

import hashlib
import io
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.evaluate.gain.task import CellPlan, Table, Task

__all__ = ["FinishedRun", "RunStore", "run_id"]

_SCHEMA = "simengine.gain.run/1"


@dataclass(frozen=True)
class FinishedRun:
    """A run that is on the disk.

    Attributes:
        id: Its hash.
        tables: Answers by test set.
        cpu_seconds: What it cost.
    """

    id: str
    tables: tuple[Table, ...]
    cpu_seconds: float


@dataclass(frozen=True)
class RunStore:
    """The folder of finished runs: ``ID.npz`` with the answers, then ``ID.json`` that vouches for it.

    Attributes:
        folder: Where; it may serve many experiments.
    """

    folder: Path

    def make(self, task: Task, cell: CellPlan, inputs: dict[str, Any]) -> None:
        """Trains, answers and keeps the answers; nothing is half-written, whenever the process ends.

        Args:
            task: What trains and answers.
            cell: The run.
            inputs: Everything that determines it; see `Task.inputs`.

        Raises:
            SimengineError: The task can't, or the disk refuses.
        """
        began = time.process_time()
        tables = task.run(cell)
        cost = time.process_time() - began
        buffer = io.BytesIO()
        flat = {f"{number}/{name}": value for number, table in enumerate(tables) for name, value in table.items()}
        np.savez_compressed(buffer, allow_pickle=False, **flat)
        answers = buffer.getvalue()
        identity = run_id(inputs)
        with disk_errors("make the folder", self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        write_atomic(self._answers(identity), answers)
        record = {
            "schema": _SCHEMA,
            "id": identity,
            "arm": cell.arm.name,
            "count": cell.count,
            "seed": cell.seed,
            "tests": len(tables),
            "answers": hashlib.sha256(answers).hexdigest(),
            "cpu_seconds": round(cost, 2),
            "inputs": inputs,
        }
        write_atomic(self.record(identity), canonical_json(record, indent=True, ordered=True))

    def find(self, identity: str) -> FinishedRun | None:
        """A finished run; None if there is none or its files were damaged."""
        try:
            record = json.loads(self.record(identity).read_bytes())
            answers = self._answers(identity).read_bytes()
        except (OSError, ValueError):
            return None
        if record.get("schema") != _SCHEMA or hashlib.sha256(answers).hexdigest() != record.get("answers"):
            return None
        tables: list[Table] = [{} for _ in range(record["tests"])]
        with np.load(io.BytesIO(answers), allow_pickle=False) as file:
            for key in file.files:
                number, name = key.split("/", 1)
                tables[int(number)][name] = file[key]
        return FinishedRun(identity, tuple(tables), float(record["cpu_seconds"]))

    def record(self, identity: str) -> Path:
        """The file that vouches for a run."""
        return self.folder / f"{identity}.json"

    def _answers(self, identity: str) -> Path:
        return self.folder / f"{identity}.npz"


def run_id(inputs: dict[str, Any]) -> str:
    """Name of a run: the first 24 hex digits of the SHA-256 of its inputs."""
    return hashlib.sha256(canonical_json(inputs)).hexdigest()[:24]
