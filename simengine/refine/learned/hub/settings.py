"""How a model of the hub is applied."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from simengine.errors import SimengineError
from simengine.refine.learned.hub.captions import TEMPLATE, check_template

__all__ = ["PRECISIONS", "HubSettings"]

PRECISIONS = ("auto", "fp32", "bf16", "fp16")


@dataclass(frozen=True)
class HubSettings:
    """Settings of SDEdit by a model of the hub.

    Attributes:
        strength: How far pictures are noised, 0 to 0.5: beyond 0.3 small parts dissolve.
        objects: The same for labelled objects; they join the denoising later than the background.
        denoising: Steps of a whole denoising (DDIM); `strength` of them are taken.
        guidance: How strongly the prompt is followed (classifier-free guidance); at 1 it costs half.
        control: Weight of the ControlNets.
        prompt: See `simengine.refine.learned.hub.captions.caption`.
        negative: What to stay away from.
        scene: The scene in words.
        batch: Pictures denoised together.
        tile: Largest side that is denoised in one piece [px]; 0 for the side of the model's training. The pieces
            overlap by a quarter and are blended at every step.
        precision: ``fp32``, ``bf16``, ``fp16``; ``auto`` is bf16 on a GPU that has it, else fp16, and fp32 on a CPU.
    """

    strength: float = 0.2
    objects: float = 0.2
    denoising: int = 30
    guidance: float = 4.0
    control: float = 1.0
    prompt: str = TEMPLATE
    negative: str = ""
    scene: str = ""
    batch: int = 1
    tile: int = 0
    precision: str = "auto"

    def __post_init__(self) -> None:
        for name in ("denoising", "batch"):
            if getattr(self, name) < 1:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a whole number from 1.")
        if self.tile < 0 or self.tile % 64:
            raise SimengineError(f"tile is {self.tile!r}: give a multiple of 64, or 0 for the model's own size.")
        for name in ("strength", "objects"):
            if not 0 <= getattr(self, name) <= 0.5:
                raise SimengineError(
                    f"{name} is {getattr(self, name)!r}: give a number from 0 to 0.5. Beyond 0.5 nothing holds objects in place."
                )
        for name in ("guidance", "control"):
            if not 0 <= getattr(self, name) <= 30:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a number from 0 to 30.")
        if self.precision not in PRECISIONS:
            raise SimengineError(f"precision is {self.precision!r}: give one of {', '.join(PRECISIONS)}.")
        check_template(self.prompt)

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return asdict(self)
