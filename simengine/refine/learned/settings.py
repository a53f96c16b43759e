"""What determines a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from simengine.errors import SimengineError

__all__ = ["METHODS", "TrainSettings"]

METHODS = ("cyclegan", "cut")


@dataclass(frozen=True)
class TrainSettings:
    """Settings of unpaired translation.

    Attributes:
        method: ``cyclegan`` (two generators, cycle loss) or ``cut`` (one, PatchNCE: half the cost).
        steps: Optimiser steps.
        side: Of a crop [px], a multiple of 4.
        batch: Crops of renders and of photos a step.
        width: Channels of the first stage of the networks.
        blocks: Residual blocks of a generator.
        rate: Step size of Adam; constant for the first half, then falling to 0 in a line.
        cycle: Weight of the cycle loss.
        identity: Weight of leaving photos as they are.
        labels: Weight of `label_consistency`.
        nce: Weight of PatchNCE.
        patches: Places compared by PatchNCE in each feature map.
        buffers: Whether the generator sees depth, normals, outlines and labels.
        seed: Seed of weights and crops.
        every: Steps between checkpoints, previews and looks at KID.
        patience: Looks at KID without improvement after which training stops; 0 for never.
    """

    method: str = "cut"
    steps: int = 4000
    side: int = 256
    batch: int = 1
    width: int = 64
    blocks: int = 6
    rate: float = 2e-4
    cycle: float = 10.0
    identity: float = 5.0
    labels: float = 5.0
    nce: float = 1.0
    patches: int = 256
    buffers: bool = True
    seed: int = 0
    every: int = 500
    patience: int = 4

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise SimengineError(f"method is {self.method!r}: give one of {', '.join(METHODS)}.")
        for name in ("steps", "batch", "width", "blocks", "patches", "every"):
            if getattr(self, name) < 1:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a whole number from 1.")
        if self.side < 32 or self.side % 4:
            raise SimengineError(f"side is {self.side!r}: give a multiple of 4 from 32.")
        for name in ("rate", "cycle", "identity", "labels", "nce"):
            if not getattr(self, name) >= 0:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a number from 0.")

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TrainSettings:
        """Reads what `to_dict` wrote.

        Raises:
            SimengineError: A key is unknown.
        """
        unknown = sorted(set(data) - {f.name for f in fields(cls)})
        if unknown:
            raise SimengineError(
                f"refiner settings {', '.join(unknown)} are unknown: the refiner is from another version."
            )
        return cls(**data)
