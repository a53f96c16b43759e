"""The scores of one refined recording: what the rule of the audit looks at."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.formats.signal import SignalRecord
from simengine.refine.signals.audit.hearing import Hearing, families, hear
from simengine.refine.signals.audit.lags import delay, stretch

__all__ = ["SignalScores", "score_signal"]

_TOLD = 6.0  # standard deviations, or
_STANDS = 0.7  # nepers (6 dB) over other orders: the fault can be heard
_PARTS = 4  # stretches of a recording whose delays are compared


@dataclass(frozen=True)
class SignalScores:
    """What happened to one recording.

    NaN stands for what can't be measured, e.g. because the fault can't be heard in the simulation either.

    Attributes:
        strikes: Correlation of the envelope with the labelled strikes, relative to before: 0 where they vanished.
        lines: How far the fault's lines stand above other orders of the envelope spectrum, relative to before.
        shift: Greatest delay of any quarter of the recording [ms].
        order_shift: By how much the lines of the envelope spectrum moved [% of their order].
        speed_shift: By how much the lines of the shaft moved [%].
        resonance_shift: By how much the resonances moved [%].
        invented: By how much lines of faults that it has not rose [dB].
    """

    strikes: float
    lines: float
    shift: float
    order_shift: float
    speed_shift: float
    resonance_shift: float
    invented: float

    @property
    def told(self) -> bool:
        """Whether the fault could be heard before, so that it could be lost."""
        return not (math.isnan(self.strikes) and math.isnan(self.lines))

    def to_dict(self) -> dict[str, Any]:
        """In JSON types, three digits after the point; null where it can't be measured."""
        return {key: round(v, 3) if math.isfinite(v) else None for key, v in asdict(self).items()}


def score_signal(before: SignalRecord, after: NDArray[np.floating], *, heard: Hearing | None = None) -> SignalScores:
    """Compares a refined recording with the simulation.

    Args:
        before: The simulated recording with its labels.
        after: The refined signal, of the same rate and length.
        heard: What `hear` gave for ``before``.
    """
    now = replace(before, signal=np.asarray(after, np.float32))
    old, new = heard or hear(before), hear(now)
    a, b = np.asarray(before.signal, np.float64), np.asarray(after, np.float64)
    faults = set(before.fault_type.split("+"))
    shaft, rings = _spectral_shifts(a, b, before.rate, before.speed_rpm / 60)
    return SignalScores(
        strikes=_strikes(old, new),
        lines=_lines(old, new, faults),
        shift=_shift(a, b, before.rate),
        order_shift=_order_shift(old, new),
        speed_shift=shaft,
        resonance_shift=rings,
        invented=_invented(old, new, faults, families(before.orders)),
    )


def _strikes(old: Hearing, new: Hearing) -> float:
    if old.strikes is None or old.noise is None or new.strikes is None:
        return float("nan")
    if not (old.strikes / np.maximum(old.noise, 1e-12)).max() > _TOLD:
        return float("nan")
    return float(max(new.strikes.max(), 0.0) / old.strikes.max())


def _lines(old: Hearing, new: Hearing, faults: set[str]) -> float:
    found = [
        max(float(new.lines[name].max()), 0.0) / float(old.lines[name].max())
        for name in sorted(faults & old.lines.keys())
        if old.lines[name].max() > _STANDS
    ]
    return min(found, default=float("nan"))


def _shift(before: NDArray[np.float64], after: NDArray[np.float64], rate: float) -> float:
    pairs = zip(np.array_split(before, _PARTS), np.array_split(after, _PARTS), strict=True)
    found = [abs(delay(a, b, rate).value) for a, b in pairs]
    known = [1e3 * value for value in found if not math.isnan(value)]
    return max(known, default=float("nan"))


def _order_shift(old: Hearing, new: Hearing) -> float:
    band = int(old.spectra.max(axis=1).argmax())
    step = float(old.orders[1])
    found = stretch(
        old.orders, old.spectra[band], new.spectra[band], span=(max(1.0, 40 * step), 25.0), most=0.04, detail=0.004, trend=0.2
    )  # fmt: skip
    return 100 * abs(found.value)


def _spectral_shifts(
    before: NDArray[np.float64], after: NDArray[np.float64], rate: float, speed: float
) -> tuple[float, float]:
    """By how much the shaft's lines and the resonances moved, %."""
    axis = np.asarray(np.fft.rfftfreq(len(before), 1 / rate), np.float64)
    window = np.hanning(len(before))
    a, b = (np.log(np.abs(np.fft.rfft((one - one.mean()) * window)) + 1e-12) for one in (before, after))
    lines = max(0.8 * speed, 40 * axis[1]), min(20 * speed, 0.45 * rate)
    shaft = stretch(axis, a, b, span=lines, most=0.04, detail=0.004, trend=0.1)
    rings = stretch(axis, a, b, span=(0.03 * rate, 0.45 * rate), most=0.2, detail=0.03, trend=0.3)
    return 100 * abs(shaft.value), 100 * abs(rings.value)


def _invented(old: Hearing, new: Hearing, faults: set[str], known: dict[str, float]) -> float:
    rises = [
        float(new.lines[name].max() - old.lines[name].max()) * 20 / math.log(10)
        for name in sorted(known.keys() - faults)
    ]
    return max(rises, default=float("nan"))
