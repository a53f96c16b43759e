"""The state of a training run on disk: tensors as safetensors, everything else as JSON in the same file's head."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from simengine.dataset.disk import write_atomic

__all__ = ["read_checkpoint", "write_checkpoint"]

_TREE = "tree"


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Writes a state whole or not at all.

    Args:
        path: The file.
        state: Dicts, lists and tuples of tensors, numbers, strings and None; what optimisers give.
    """
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    tree = json.dumps(_pack(state, tensors))
    write_atomic(path, save(tensors, metadata={_TREE: tree}))


def read_checkpoint(path: Path, *, device: torch.device) -> dict[str, Any]:
    """Reads what `write_checkpoint` wrote.

    Raises:
        Exception: Of any kind, if the file is damaged.
    """
    from safetensors import safe_open

    with safe_open(str(path), framework="pt", device=str(device)) as file:
        tree = json.loads(file.metadata()[_TREE])
        return _unpack(tree, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118


def _pack(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Tensors go to the side, dicts become lists of pairs: JSON knows no numbers for keys."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[key, _pack(entry, tensors)] for key, entry in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_pack(entry, tensors) for entry in value]}
    return value


def _unpack(value: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "dict":
        return {key: _unpack(entry, tensors) for key, entry in content}
    entries = [_unpack(entry, tensors) for entry in content]
    return tuple(entries) if kind == "tuple" else entries
