"""What determines the training of a refiner of signals."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from simengine.errors import SimengineError

__all__ = ["METHODS", "SignalTraining"]

METHODS = ("cyclegan", "diffusion")


@dataclass(frozen=True)
class SignalTraining:
    """Settings of a network and of how it is applied.

    Attributes:
        method: ``cyclegan`` or ``diffusion``.
        steps: Optimiser steps.
        length: Of a crop, samples; a multiple of 8.
        batch: Crops of the simulation and of recordings a step.
        width: Channels of the first stage of the networks.
        blocks: Residual blocks of a generator.
        rate: Step size.
        cycle: Weight of the cycle loss of a CycleGAN.
        identity: Weight of leaving real recordings as they are.
        labels: Weight of leaving envelopes as they are.
        strength: How far a diffusion noises recordings, 0 to 0.5.
        denoising: Steps of a whole denoising (DDIM); `strength` of them are taken.
        seed: Seed of weights, crops and noise.
        every: Steps between checkpoints, previews and looks at the distance.
        patience: Looks without improvement after which training stops; 0 for never.
    """

    method: str = "cyclegan"
    steps: int = 4000
    length: int = 2048
    batch: int = 8
    width: int = 32
    blocks: int = 4
    rate: float = 2e-4
    cycle: float = 10.0
    identity: float = 5.0
    labels: float = 5.0
    strength: float = 0.2
    denoising: int = 50
    seed: int = 0
    every: int = 500
    patience: int = 4

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise SimengineError(f"method is {self.method!r}: give one of {', '.join(METHODS)}.")
        for name in ("steps", "batch", "blocks", "denoising", "every"):
            if getattr(self, name) < 1:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a whole number from 1.")
        if self.length < 256 or self.length % 8 or self.width < 4 or self.width % 4:
            raise SimengineError(
                f"length is {self.length}, width {self.width}: give a length from 256 that is a multiple of 8, and a width "
                "that is a multiple of 4."
            )
        for name in ("rate", "cycle", "identity", "labels"):
            if not getattr(self, name) >= 0:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a number from 0.")
        if not 0 <= self.strength <= 0.5:
            raise SimengineError(
                f"strength is {self.strength!r}: give a number from 0 to 0.5. Beyond, nothing holds strikes in place."
            )

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SignalTraining:
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
