"""A trained detector on disk: weights as safetensors, how it was made as JSON, its losses and its card."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError

__all__ = ["read_detector", "write_detector"]

T = TypeVar("T")

_CONFIG, _WEIGHTS, _LOG, _CARD = "config.json", "model.safetensors", "log.jsonl", "card.md"


def write_detector(
    folder: Path,
    weights: Mapping[str, Tensor],
    config: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    card: str,
) -> None:
    """Writes the four files, each whole.

    Args:
        folder: Where; it exists.
        weights: The state of the network; layers that share weights each get a copy.
        config: What rebuilds the network, JSON types.
        history: A row a step of the losses.
        card: Markdown.
    """
    from safetensors.torch import save

    plain = {name: value.detach().cpu().contiguous().clone() for name, value in weights.items()}
    write_atomic(folder / _WEIGHTS, save(plain))
    write_atomic(folder / _CONFIG, canonical_json(config, indent=True, ordered=True))
    write_atomic(folder / _LOG, b"".join(canonical_json(row, ordered=True) + b"\n" for row in history))
    write_atomic(folder / _CARD, card.encode())


def read_detector(folder: Path, build: Callable[[dict[str, Any], dict[str, Tensor], list[dict[str, Any]]], T]) -> T:
    """Reads what `write_detector` wrote.

    Args:
        folder: Where.
        build: Makes the detector of the configuration, the weights and the losses.

    Raises:
        SimengineError: A file is missing, damaged, or does not fit.
    """
    from safetensors.torch import load

    try:
        with disk_errors("read", folder):
            config = json.loads((folder / _CONFIG).read_bytes())
            weights = load((folder / _WEIGHTS).read_bytes())
            rows = (folder / _LOG).read_text(encoding="utf-8").splitlines()
        return build(config, weights, [json.loads(row) for row in rows])
    except SimengineError:
        raise
    except Exception as error:  # safetensors, JSON, torch and other libraries each have errors of their own
        raise SimengineError(
            f"{folder} is damaged, or was written by another version ({error}). Train the detector again."
        ) from error
