"""The optimiser's loop of every detector: the same numbers whether it runs through or is stopped and goes on."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError
from simengine.learn.crops import Crop
from simengine.learn.detector import Report
from simengine.learn.feed import Feed

__all__ = ["Losses", "Optimization", "run_steps"]

_EVERY = 50  # steps between checkpoints

Losses = Callable[[list[Crop]], dict[str, Tensor]]
"""The losses of a batch; ``loss`` is minimised, the others are its parts."""


@dataclass(frozen=True)
class Optimization:
    """How weights are changed: AdamW, its rate rising in a line and falling as a cosine, and averaged weights.

    Attributes:
        rate: Learning rate.
        backbone_rate: That of the backbone, as a share.
        decay: Weight decay; of biases and norms none.
        warmup: Share of the steps in which the rate rises.
        average: Memory of the averaged weights, as a share of the steps.
        clip: Largest norm of a step's gradients.
    """

    rate: float
    backbone_rate: float
    decay: float
    warmup: float
    average: float
    clip: float


def run_steps(
    network: nn.Module,
    feed: Feed,
    losses: Losses,
    how: Optimization,
    *,
    steps: int,
    device: torch.device,
    checkpoint: Path | None = None,
    key: str = "",
    report: Report | None = None,
) -> list[dict[str, Any]]:
    """Trains a network; afterwards it holds the averaged weights.

    Args:
        network: On the device; changed. What lies in its ``backbone`` learns slower.
        feed: Its batches.
        losses: What is wrong with a batch.
        how: The optimiser.
        steps: Optimiser steps.
        device: Where the network is; mixed precision is used on CUDA only (processors without bf16 are slower by it).
        checkpoint: File to save the state to every 50 steps, and to go on from if it is there.
        key: What the run is; a checkpoint of another is refused.
        report: Told of every step.

    Returns:
        A row a step: ``step``, ``loss`` and its parts, ``rate``, ``gradient`` (norm).

    Raises:
        SimengineError: The loss is no longer finite, or the checkpoint belongs to another run.
    """
    optimizer = _optimizer(network, how)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    history: list[dict[str, Any]] = []
    if checkpoint is not None and checkpoint.is_file():
        history = _restore(checkpoint, key, network, optimizer, average, device)
    memory = 1.0 - 1.0 / max(2.0, how.average * steps)
    threads = 1 if device.type == "cpu" else 8
    start = len(history)
    for step, crops in enumerate(feed.batches(start, steps, threads=threads), start=start):
        rate = how.rate * _schedule(step, steps, how.warmup)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["share"]
        with torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda"):
            parts = losses(crops)
        values = {name: float(value.detach()) for name, value in parts.items()}
        _check(values, step, rate, feed)
        optimizer.zero_grad(set_to_none=True)
        parts["loss"].backward()
        norm = nn.utils.clip_grad_norm_(network.parameters(), how.clip)
        optimizer.step()
        _blend(average, network, min(memory, (1 + step) / (10 + step)))
        history.append({"step": step, **values, "rate": rate, "gradient": float(norm)})
        if report is not None:
            report(history[-1])
        if checkpoint is not None and (step + 1) % _EVERY == 0 and step + 1 < steps:
            _save(checkpoint, key, network, optimizer, average, history)
    network.load_state_dict(average)
    return history


def _optimizer(network: nn.Module, how: Optimization) -> torch.optim.Optimizer:
    """AdamW; the backbone learns slower, and biases and norms don't decay."""
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, value in network.named_parameters():
        if value.requires_grad:
            groups.setdefault(("backbone." in name, value.ndim > 1), []).append(value)
    return torch.optim.AdamW(
        [
            {
                "params": values,
                "share": how.backbone_rate if backbone else 1.0,
                "weight_decay": how.decay if decays else 0.0,
            }
            for (backbone, decays), values in groups.items()
        ],
        lr=how.rate,
    )


def _schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the rate: a line up, half a cosine down (Loshchilov, Hutter, 2017)."""
    rise = max(1, round(warmup * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def _check(values: Mapping[str, float], step: int, rate: float, feed: Feed) -> None:
    if math.isfinite(values["loss"]):
        return
    parts = ", ".join(f"{name} {value:g}" for name, value in values.items())
    raise SimengineError(
        f"training stopped at step {step}: the loss is not finite ({parts}; rate {rate:g}). Look at the labels of the "
        f"batch's pictures ({'; '.join(feed.names(step))}), or lower the rate."
    )


def _blend(average: Mapping[str, Tensor], network: nn.Module, memory: float) -> None:
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                average[name].lerp_(value, 1 - memory)
            else:  # counters
                average[name].copy_(value)


def _save(
    path: Path,
    key: str,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: Mapping[str, Tensor],
    history: list[dict[str, Any]],
) -> None:
    stream = io.BytesIO()
    state = {"key": key, "network": network.state_dict(), "average": dict(average), "history": history}
    torch.save({**state, "optimizer": optimizer.state_dict()}, stream)
    with disk_errors("make the folder", path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, stream.getvalue())


def _restore(
    path: Path,
    key: str,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: dict[str, Tensor],
    device: torch.device,
) -> list[dict[str, Any]]:
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        same = state["key"] == key
    except Exception as error:  # a broken pickle raises anything
        raise SimengineError(f"{path} is no checkpoint that can be read ({error}). Remove it to begin anew.") from error
    if not same:
        raise SimengineError(
            f"{path} belongs to another run (other data, seed, steps or settings). Remove it to begin anew, or choose "
            "another file."
        )
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    for name, value in state["average"].items():
        average[name].copy_(value)
    return list(state["history"])
