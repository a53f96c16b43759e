"""Names and dots on lines, and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simengine.formats.sheet.lines import LineFamily, harmonic_name
from simengine.formats.signal import SignalRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FAINT", "FAULT", "WAVE", "dot_on_peak", "fit_log_axis", "mark_lines", "quantity_name"]

WAVE, FAULT, FAINT = "#3b5268", "#e4572e", "#9aa5b1"
"""Colours of the signal, of the fault, and of what matters less."""


def mark_lines(axes: Axes, family: LineFamily, top: float, *, unit: float, row: int) -> None:
    """Names lines of a shaft or gear above a spectrum."""
    for k in range(1, 4 if family.main or family.name == "shaft" else 3):
        place = k * family.order * unit
        if place >= top:
            break
        axes.axvline(place, color=family.color, linewidth=0.9, alpha=0.85 if family.main else 0.4, zorder=0)
        if k > 1 and not family.main and family.name != "shaft":
            continue
        axes.annotate(
            harmonic_name(family, k, short=True), (place, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -2 - 11 * row), textcoords="offset points", va="top",
            fontsize=8.5, color=family.color, fontweight="bold" if family.main else "normal",
        )  # fmt: skip


def dot_on_peak(
    axes: Axes, place: float, orders: np.ndarray, amplitudes: np.ndarray, step: float, color: str, size: float
) -> None:
    """A dot on the peak at a line, within 1 % (slip) or two bins, if it stands out of what is around it."""
    reach = max(0.01 * place, 2 * step)
    near = np.flatnonzero(np.abs(orders - place) <= reach)
    wide = np.flatnonzero(np.abs(orders - place) <= max(0.5, 12 * step))
    if len(near):
        best = near[np.argmax(amplitudes[near])]
        if amplitudes[best] > 2.5 * np.median(amplitudes[wide]):
            axes.plot(
                orders[best],
                amplitudes[best],
                "o",
                color=color,
                markersize=size,
                markeredgecolor="white",
                markeredgewidth=0.8,
            )


def quantity_name(record: SignalRecord, *, density: bool = False) -> str:
    """What an axis counts: ``acceleration [m/s²]``, or its density over frequency."""
    unit = record.row.get("unit")
    name = record.row.get("quantity") or "signal"
    if unit in (None, "unknown"):
        return f"{name}" + (" [1/\u221aHz]" if density else "")
    text = str(unit).replace("m/s^2", "m/s\u00b2")
    return f"{name} [{text}/\u221aHz]" if density else f"{name} [{text}]"


def fit_log_axis(axes: Axes, values: np.ndarray) -> None:
    """Limits of a logarithmic axis around what is shown, some room above for names."""
    values = values[values > 0]
    if len(values):
        low, high = float(np.percentile(values, 1)), float(values.max())
        axes.set_ylim(low / 2, high * (high / low) ** 0.12)
