"""A trained refiner on disk: weights as safetensors, settings as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError

__all__ = ["CONFIG", "WEIGHTS", "load_weights", "read_config", "save_model"]

CONFIG, WEIGHTS = "config.json", "model.safetensors"


def save_model(folder: Path, weights: Mapping[str, Tensor], settings: dict[str, Any]) -> None:
    """Writes weights and settings."""
    from safetensors.torch import save

    with disk_errors("make the folder", folder):
        folder.mkdir(parents=True, exist_ok=True)
    plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    write_atomic(folder / WEIGHTS, save(plain))
    write_atomic(folder / CONFIG, json.dumps(settings, indent=1).encode())


def read_config(folder: Path) -> dict[str, Any]:
    """The settings of a trained refiner.

    Raises:
        SimengineError: There is none, or it is damaged.
    """
    path = folder / CONFIG
    if not path.is_file() or not (folder / WEIGHTS).is_file():
        raise SimengineError(f"{folder} holds no trained refiner ({CONFIG}, {WEIGHTS}). Train one, or name its folder.")
    with disk_errors("read", path):
        text = path.read_text(encoding="utf-8")
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError) as error:
        raise SimengineError(f"{path} is damaged ({error}). Train again.") from error


def load_weights(folder: Path, network: nn.Module) -> None:
    """Reads weights into a network.

    Raises:
        SimengineError: They don't fit.
    """
    from safetensors.torch import load_file

    try:
        network.load_state_dict(load_file(str(folder / WEIGHTS)))
    except Exception as error:  # safetensors and torch raise errors of several kinds
        raise SimengineError(f"{folder / WEIGHTS} does not fit its {CONFIG} ({error}). Train again.") from error
