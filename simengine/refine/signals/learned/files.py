"""A trained refiner of signals on disk: weights, settings, and the transfer path that stands before the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from simengine.errors import SimengineError
from simengine.refine.learned.files import read_config, save_model
from simengine.refine.signals.learned.settings import SignalTraining
from simengine.refine.signals.transfer import Transfer

__all__ = ["read_signal_config", "save_signal_model"]


def save_signal_model(
    folder: Path, weights: Mapping[str, Tensor], settings: SignalTraining, transfer: Transfer
) -> None:
    """Writes a refiner."""
    save_model(folder, weights, {"signals": settings.to_dict(), "transfer": transfer.to_dict()})


def read_signal_config(folder: Path) -> tuple[SignalTraining, Transfer]:
    """Settings and path of a trained refiner.

    Raises:
        SimengineError: There is none, it is damaged, or one of pictures.
    """
    config = read_config(folder)
    if "signals" not in config:
        raise SimengineError(f"{folder} holds a refiner of pictures: name another folder for one of signals.")
    return SignalTraining.from_dict(config["signals"]), Transfer.from_dict(config["transfer"])
