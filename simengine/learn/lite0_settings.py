"""What can be set of the embedded detector, and the tuned values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from simengine.errors import SimengineError
from simengine.learn.augment import AUGMENTATIONS, Augmentation

__all__ = ["Lite0Settings", "parse_settings", "settings_from_dict", "settings_to_dict"]


@dataclass(frozen=True)
class Lite0Settings:
    """How the embedded detector is trained and asked.

    Attributes:
        batch: Pieces in a batch.
        crop: Edge of a piece [px], a multiple of 32.
        scale: Pixels of a piece per pixel of a picture: raise it for objects under about 25 px, lower it for
            objects that fill the picture.
        rate: Learning rate of pyramid and heads (AdamW).
        backbone_rate: Learning rate of the backbone, as a share of `rate`.
        decay: Weight decay.
        warmup: Share of the steps in which the rate rises; then it falls as a cosine.
        average: Memory of the averaged weights that are kept in the end, as a share of the steps.
        frozen: Blocks of the backbone (of 16) that don't learn.
        spread: Size of a centre's Gaussian, in half edges of the box at 3 sigma.
        box_weight: Weight of the boxes in the loss.
        class_weight: Weight of the classes in the loss.
        augmentation: What may be changed in the pictures.
    """

    batch: int = 8
    crop: int = 320
    scale: float = 1.0
    rate: float = 2e-3
    backbone_rate: float = 0.25
    decay: float = 0.02
    warmup: float = 0.06
    average: float = 0.05
    frozen: int = 5
    spread: float = 0.54
    box_weight: float = 2.0
    class_weight: float = 5.0
    augmentation: Augmentation = AUGMENTATIONS["strong"]

    def __post_init__(self) -> None:
        if self.crop < 64 or self.crop % 32:
            raise SimengineError(f"crop is {self.crop}: give a multiple of 32 from 64 on.")
        if self.batch < 1 or not self.scale > 0 or not self.rate > 0:
            raise SimengineError("batch must be at least 1, scale and rate above 0.")
        if not 0 <= self.frozen <= 16:
            raise SimengineError(f"frozen is {self.frozen}: the backbone has 16 blocks.")


def parse_settings(text: str) -> Lite0Settings:
    """Reads ``crop=256,scale=1.5``.

    Raises:
        SimengineError: A name is unknown or a value no number.
    """
    known = {entry.name: entry.type for entry in fields(Lite0Settings) if entry.name != "augmentation"}
    values: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in known:
            raise SimengineError(f"lite0 has no setting {name!r}; it has {', '.join(known)}.")
        try:
            values[name] = int(value) if known[name] == "int" else float(value)
        except ValueError:
            raise SimengineError(f"lite0: {name} is {value!r}, which is no {known[name]}.") from None
    return replace(Lite0Settings(), **values)


def settings_to_dict(settings: Lite0Settings) -> dict[str, Any]:
    """In JSON types."""
    return asdict(settings)


def settings_from_dict(data: Mapping[str, Any]) -> Lite0Settings:
    """Reads what `settings_to_dict` wrote."""
    return Lite0Settings(**{**data, "augmentation": Augmentation(**data["augmentation"])})
