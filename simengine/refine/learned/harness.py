"""The loop that every refiner is trained by: resumable, watched, stopped with the cause where numbers go wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import write_atomic
from simengine.errors import SimengineError
from simengine.refine.learned.checkpoint import read_checkpoint, write_checkpoint

__all__ = ["CARD", "CHECKPOINT", "LOG", "Report", "Watched", "best_look", "train"]

CHECKPOINT, LOG, CARD = "checkpoint.safetensors", "log.jsonl", "card.md"

Report = Callable[[dict[str, Any]], None]


class Watched(Protocol):
    """Networks in training."""

    @property
    def device(self) -> torch.device:
        """Where they are."""

    def save(self, folder: Path) -> None:
        """Writes what is applied, and its settings."""

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""

    def restore(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""


def train(
    root: Path,
    run: Watched,
    *,
    key: dict[str, Any],
    steps: int,
    every: int,
    patience: int,
    step: Callable[[int], dict[str, float]],
    look: Callable[[int], float | None],
    measure: str,
    report: Report | None = None,
) -> list[dict[str, Any]]:
    """Trains, or goes on with a run that was interrupted; a finished one, which has a card, is only read.

    Args:
        root: Folder of the run, which exists: the weights of the best look lie there, the last ones in ``latest``.
        run: The networks.
        key: What determines the run, in JSON types.
        steps: Optimiser steps.
        every: Steps between looks and checkpoints.
        patience: Looks without improvement after which training stops; 0 for never.
        step: Takes a step and gives its losses.
        look: Given the number of steps done, tells how far what it makes is from what is real; None if nobody measures.
        measure: Name of that distance.
        report: Told of every step's losses and of every look.

    Returns:
        The losses by step.

    Raises:
        SimengineError: A loss is no longer finite, the folder belongs to another run, or the disk refuses.
    """
    start, history = _resume(root, key, run)
    if start and (root / CARD).exists():
        return history
    for number in range(start, steps):
        entry: dict[str, Any] = {"step": number, **step(number)}
        _check(entry, root, number)
        history.append(entry)
        if report:
            report(entry)
        done = number + 1
        if done % every and done != steps:
            continue
        run.save(root / "latest")
        distance = look(done)
        history[-1][measure] = distance
        looks = [row[measure] for row in history if row.get(measure) is not None]
        if distance is None or distance <= min(looks):
            run.save(root)
        _save(root, key, run, done, history)
        if report and distance is not None:
            report({"step": number, measure: distance})
        if patience and len(looks) > patience and min(looks[-patience:]) > min(looks):
            break
    return history


def best_look(history: list[dict[str, Any]], measure: str) -> tuple[float, int] | None:
    """The least distance and the number of steps done then; None if nobody looked."""
    looks = [(row[measure], row["step"] + 1) for row in history if row.get(measure) is not None]
    return min(looks, default=None)


def _check(entry: dict[str, Any], root: Path, step: int) -> None:
    wrong = {name: value for name, value in entry.items() if not math.isfinite(value)}
    if wrong:
        parts = ", ".join(f"{name} {value:g}" for name, value in wrong.items())
        raise SimengineError(
            f"training stopped at step {step}: {parts}. The last checkpoint is kept in {root}; lower --rate, or look at "
            "the real data for broken items."
        )


def _save(root: Path, key: dict[str, Any], run: Watched, done: int, history: list[dict[str, Any]]) -> None:
    state = {"key": json.dumps(key, sort_keys=True), "done": done, "history": history, "run": run.state()}
    write_checkpoint(root / CHECKPOINT, state)
    write_atomic(root / LOG, b"".join(canonical_json(row, ordered=True) + b"\n" for row in history))


def _resume(root: Path, key: dict[str, Any], run: Watched) -> tuple[int, list[dict[str, Any]]]:
    path = root / CHECKPOINT
    if not path.exists():
        return 0, []
    try:
        state = read_checkpoint(path, device=run.device)
        same = state["key"] == json.dumps(key, sort_keys=True)
    except Exception as error:  # a broken file raises anything
        raise SimengineError(f"{path} can't be read ({error}). Remove it to begin anew.") from error
    if not same:
        raise SimengineError(
            f"{root} holds a run with other settings, simulated or real data. Choose another folder, or remove it to begin "
            "anew."
        )
    run.restore(state["run"])
    return state["done"], list(state["history"])
