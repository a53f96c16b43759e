"""The rule: which refined recordings keep their labels."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields

from simengine.errors import SimengineError
from simengine.refine.signals.audit.scores import SignalScores

__all__ = ["LIMITS", "SignalThresholds", "failures"]

LIMITS = {
    "strikes": (0.0, 1.0), "lines": (0.0, 1.0), "shift": (0.0, 20.0), "order_shift": (0.0, 4.0), "speed_shift": (0.0, 4.0),
    "resonance_shift": (0.0, 15.0), "invented": (0.0, 60.0),
}  # fmt: skip
"""Between what each threshold may lie."""

_LEAST = ("strikes", "lines")


@dataclass(frozen=True)
class SignalThresholds:
    """What a recording must reach.

    The defaults keep planted harm out on the scene bearing_bench;
    `simengine.refine.signals.audit.calibrate` fits them to a user's own.

    Attributes:
        strikes: Least part of the correlation with the labelled strikes that is left.
        lines: Least part of the height of the fault's lines that is left.
        shift: Greatest delay [ms].
        order_shift: Greatest movement of lines in the envelope spectrum [%].
        speed_shift: Greatest movement of the shaft's lines [%].
        resonance_shift: Greatest movement of the resonances [%].
        invented: Greatest rise of lines of faults that the machine does not have [dB].
    """

    strikes: float = 0.7
    lines: float = 0.65
    shift: float = 0.6
    order_shift: float = 0.8
    speed_shift: float = 0.8
    resonance_shift: float = 5.0
    invented: float = 5.5

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SimengineError(f"audit threshold {name} is {value!r}: give a number from {low:g} to {high:g}.")

    def to_dict(self) -> dict[str, float]:
        """In JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, float]) -> SignalThresholds:
        """Reads what `to_dict` wrote."""
        return cls(**{field.name: float(data[field.name]) for field in fields(cls)})

    def __str__(self) -> str:
        return (
            f"at least {self.strikes:g} of the strikes and {self.lines:g} of the lines left, delay at most {self.shift:g} ms, "
            f"orders moved at most {self.order_shift:g} %, speed {self.speed_shift:g} %, resonances {self.resonance_shift:g} %, "
            f"other faults' lines raised at most {self.invented:g} dB"
        )


def failures(scores: SignalScores, thresholds: SignalThresholds) -> list[str]:
    """Names of the scores that fail; empty if the recording passes. What can't be measured fails nothing."""
    found = []
    for name, limit in thresholds.to_dict().items():
        value = getattr(scores, name)
        wrong = value < limit if name in _LEAST else value > limit
        if wrong and not math.isnan(value):
            found.append(name)
    return found
