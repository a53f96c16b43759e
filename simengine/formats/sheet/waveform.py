"""The waveform: all of it, and some turns enlarged with what struck."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simengine.formats.sheet.look import Look
from simengine.formats.sheet.marks import FAINT, FAULT, WAVE, quantity_name
from simengine.formats.signal import SignalRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_overview", "draw_zoom"]


def draw_overview(axes: Axes, record: SignalRecord, look: Look) -> None:
    """The whole waveform as its outline, the enlarged stretch, and the speed where it changes."""
    bins = np.array_split(record.signal, min(len(record.signal) // 2, 900))
    times = np.linspace(0, record.duration, len(bins))
    axes.fill_between(times, [b.min() for b in bins], [b.max() for b in bins], color=WAVE, linewidth=0)
    axes.axvspan(*look.zoom, color=FAULT, alpha=0.28, linewidth=0)
    axes.set(xlim=(0, record.duration), xlabel="time [s]", ylabel=quantity_name(record), title="Waveform")
    if look.varying:
        speed = axes.twinx()
        speed.plot(times, 60 * look.clock.speed(times), color="#b7791f", linewidth=1.6)
        speed.set(ylim=(0, None))
        speed.tick_params(axis="y", labelcolor="#b7791f", length=0, pad=2)
        speed.set_title("speed [rpm]", loc="right", color="#b7791f", fontweight="normal", fontsize=9)
        speed.spines[:].set_visible(False)


def draw_zoom(axes: Axes, record: SignalRecord, look: Look) -> None:
    """A few turns of the waveform with the strikes of faults and nuisance, and the fault alone where it is known."""
    begin, end = look.zoom
    first, last = int(begin * record.rate), min(len(record.signal), int(np.ceil(end * record.rate)) + 1)
    times = 1e3 * np.arange(first, last) / record.rate
    axes.plot(times, record.signal[first:last], color=WAVE, linewidth=0.8, label="signal")
    stem = record.arrays.get("stem_fault")
    if stem is not None and np.any(stem):
        axes.plot(times, stem[first:last], color=FAULT, linewidth=0.9, alpha=0.9, label="fault alone")
    top = 1.12 * float(np.abs(record.signal[first:last]).max() or 1.0)
    axes.set(xlim=(1e3 * begin, 1e3 * end), ylim=(-top, 1.22 * top), xlabel="time [ms]")
    _strikes(axes, record, "impact", look.zoom, 1.1 * top, color=FAULT, marker="v")
    _strikes(axes, record, "nuisance", look.zoom, 1.1 * top, color=FAINT, marker="x")
    turns = look.clock.turns(np.array(look.zoom))
    count = f"{turns[1] - turns[0]:.3g} turns" if look.known else f"{end - begin:.3g} s"
    axes.set_title(f"{count} enlarged")
    if len(axes.get_legend_handles_labels()[0]) > 1:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, borderpad=0, columnspacing=1.2, handlelength=1.4
        )


def _strikes(
    axes: Axes, record: SignalRecord, kind: str, span: tuple[float, float], height: float, *, color: str, marker: str
) -> None:
    times = record.arrays.get(f"{kind}_times_s", np.empty(0))
    times = 1e3 * times[(times >= span[0]) & (times <= span[1])]
    if len(times):
        name = "strike of the fault" if kind == "impact" else "strike of something else"
        axes.plot(times, np.full(len(times), height), marker, color=color, markersize=5, linewidth=0, label=name)
        axes.vlines(times, *axes.get_ylim(), color=color, linewidth=0.6, alpha=0.22, zorder=0)
