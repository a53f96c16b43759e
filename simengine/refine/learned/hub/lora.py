"""LoRA: small changes of a model's attention, trained on the user's photos or taken from elsewhere (Hu et al., ICLR 2022)."""

from __future__ import annotations

from typing import Any

from simengine.errors import SimengineError
from simengine.refine.learned.hub.source import Source, fetch

__all__ = ["LORA_WEIGHTS", "apply_lora", "find_lora"]

LORA_WEIGHTS = "pytorch_lora_weights.safetensors"
"""File name that diffusers and its users expect."""


def find_lora(name: str) -> Source:
    """A LoRA in a folder or on the hub.

    Raises:
        SimengineError: There is none, or more than one file and none of the usual name.
    """
    found = fetch(name, ("*.safetensors",), needed="*.safetensors", what="LoRA")
    if (found.folder / LORA_WEIGHTS).exists():
        return Source(found.name, found.folder, found.revision, (LORA_WEIGHTS,))
    files = sorted(path.name for path in found.folder.glob("*.safetensors"))
    if len(files) > 1:
        raise SimengineError(
            f"the LoRA {name!r} holds {', '.join(files)} and no {LORA_WEIGHTS}: put the one to use into a folder of its own."
        )
    return Source(found.name, found.folder, found.revision, (files[0],))


def apply_lora(pipeline: Any, lora: Source) -> None:
    """Adds a LoRA to a model's weights for good.

    Raises:
        SimengineError: It doesn't fit the model, or the package peft is missing.
    """
    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise SimengineError("LoRA needs peft: pip install 'simengine[hub]'.") from error
    try:
        pipeline.load_lora_weights(str(lora.folder), weight_name=lora.files[0])
        pipeline.fuse_lora()
        pipeline.unload_lora_weights()
    except Exception as error:  # the libraries raise errors of many kinds
        reason = " ".join(str(error).split())
        raise SimengineError(
            f"the LoRA {lora.name!r} ({lora.files[0]}) does not fit the model: {reason[:400]} Take one that was trained on "
            "this model."
        ) from error
