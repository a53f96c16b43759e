"""The optimiser's loop of the embedded detector: the same numbers whether it runs through or is stopped and goes on."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError
from simengine.learn.center_loss import LossParts, center_loss, draw_targets
from simengine.learn.crops import Crop
from simengine.learn.detector import Report
from simengine.learn.feed import Feed
from simengine.learn.lite0_settings import Lite0Settings

__all__ = ["run_steps"]

_EVERY = 50  # steps between checkpoints
_CLIP = 10.0  # largest norm of a step's gradients


def run_steps(
    network: nn.Module,
    feed: Feed,
    settings: Lite0Settings,
    *,
    steps: int,
    device: torch.device,
    checkpoint: Path | None = None,
    key: str = "",
    report: Report | None = None,
) -> list[dict[str, Any]]:
    """Trains a network; afterwards it holds the averaged weights.

    Args:
        network: A `CenterNetwork` on the device; changed.
        feed: Its batches.
        settings: Rates and weights.
        steps: Optimiser steps.
        device: Where the network is; mixed precision is used on CUDA only (processors without bf16 are slower by it).
        checkpoint: File to save the state to every 50 steps, and to go on from if it is there.
        key: What the run is; a checkpoint of another is refused.
        report: Told of every step.

    Returns:
        A row a step: ``step``, ``loss``, ``heat``, ``box``, ``class``, ``rate``, ``gradient`` (norm).

    Raises:
        SimengineError: The loss is no longer finite, or the checkpoint belongs to another run.
    """
    optimizer = _optimizer(network, settings)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    history: list[dict[str, Any]] = []
    if checkpoint is not None and checkpoint.is_file():
        history = _restore(checkpoint, key, network, optimizer, average, device)
    memory = 1.0 - 1.0 / max(2.0, settings.average * steps)
    threads = 1 if device.type == "cpu" else 8
    start = len(history)
    for step, crops in enumerate(feed.batches(start, steps, threads=threads), start=start):
        rate = settings.rate * _schedule(step, steps, settings.warmup)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["share"]
        loss = _loss(network, crops, settings, device)
        _check(loss, step, rate, feed)
        optimizer.zero_grad(set_to_none=True)
        loss.total.backward()
        norm = nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        optimizer.step()
        _blend(average, network, min(memory, (1 + step) / (10 + step)))
        history.append(
            {
                "step": step,
                **{name: float(getattr(loss, field).detach()) for name, field in _PARTS.items()},
                "rate": rate,
                "gradient": float(norm),
            }
        )
        if report is not None:
            report(history[-1])
        if checkpoint is not None and (step + 1) % _EVERY == 0 and step + 1 < steps:
            _save(checkpoint, key, network, optimizer, average, history)
    network.load_state_dict(average)
    return history


_PARTS = {"loss": "total", "heat": "heat", "box": "box", "class": "class_"}


def _optimizer(network: nn.Module, settings: Lite0Settings) -> torch.optim.Optimizer:
    """AdamW; the backbone learns slower, and biases and norms don't decay."""
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, value in network.named_parameters():
        if value.requires_grad:
            groups.setdefault((name.startswith("backbone."), value.ndim > 1), []).append(value)
    return torch.optim.AdamW(
        [
            {
                "params": values,
                "share": settings.backbone_rate if backbone else 1.0,
                "weight_decay": settings.decay if decays else 0.0,
            }
            for (backbone, decays), values in groups.items()
        ],
        lr=settings.rate,
    )


def _schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the rate: a line up, half a cosine down (Loshchilov, Hutter, 2017)."""
    rise = max(1, round(warmup * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def _loss(network: nn.Module, crops: list[Crop], settings: Lite0Settings, device: torch.device) -> LossParts:
    pictures = torch.from_numpy(np.stack([crop.picture for crop in crops])).permute(0, 3, 1, 2)
    targets = draw_targets(
        [crop.boxes for crop in crops],
        [crop.labels for crop in crops],
        [crop.ignored for crop in crops],
        size=(settings.crop, settings.crop),
        spread=settings.spread,
    )
    with torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda"):
        maps = network(pictures.to(device, non_blocking=True))
    return center_loss(maps, targets.to(device), box_weight=settings.box_weight, class_weight=settings.class_weight)


def _check(loss: LossParts, step: int, rate: float, feed: Feed) -> None:
    if torch.isfinite(loss.total):
        return
    parts = ", ".join(f"{name} {float(getattr(loss, field).detach()):g}" for name, field in _PARTS.items())
    raise SimengineError(
        f"training stopped at step {step}: the loss is not finite ({parts}; rate {rate:g}). Look at the labels of the "
        f"batch's pictures ({'; '.join(feed.names(step))}), or lower the rate."
    )


def _blend(average: Mapping[str, Tensor], network: nn.Module, memory: float) -> None:
    with torch.no_grad():
        for name, value in network.state_dict().items():
            average[name].lerp_(value, 1 - memory)


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
