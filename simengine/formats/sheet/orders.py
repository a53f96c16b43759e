"""Spectra over shaft orders: of the envelope, where bearings show their faults, and of the signal, where shafts and gears do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simengine.errors import SimengineError
from simengine.formats.sheet.lines import OF_BEARING, LineFamily, harmonic_name
from simengine.formats.sheet.look import UNKNOWN_SPEED, Look
from simengine.formats.sheet.marks import WAVE, dot_on_peak, fit_log_axis, mark_lines, quantity_name
from simengine.formats.signal import SignalRecord
from simengine.signals.envelope import envelope_orders
from simengine.signals.order_tracking import order_spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_envelope", "draw_orders"]


def draw_envelope(axes: Axes, record: SignalRecord, look: Look) -> None:
    """Spectrum of the squared envelope of a band over shaft orders, lines of faults by name."""
    low, high = look.band
    label = f"Envelope spectrum   (band {low / 1e3:.3g} to {high / 1e3:.3g} kHz, whose lines stand out most)"
    try:
        orders, spectra = envelope_orders(
            record.signal, record.rate, look.clock, bands=[look.band], whiten=False, highest=look.highest
        )
    except SimengineError as error:
        axes.text(0.5, 0.5, str(error), ha="center", va="center", transform=axes.transAxes, color="#52606d", wrap=True)
        axes.set(title=label, xticks=[], yticks=[])
        return
    unit = 1.0 if look.known else UNKNOWN_SPEED
    amplitudes = spectra[0]
    shown = orders > 0.12
    peak = float(amplitudes[shown].max())
    axes.fill_between(orders[shown] * unit, amplitudes[shown], color=WAVE, alpha=0.12, linewidth=0)
    axes.plot(orders[shown] * unit, amplitudes[shown], color=WAVE, linewidth=1.0)
    axes.set(
        xlim=(0, look.highest * unit), ylim=(0, 1.12 * peak), title=label, ylabel="relative to the mean",
        xlabel="shaft orders" if look.known else "frequency [Hz] (the speed is not known)",
    )  # fmt: skip
    if not look.known:
        return
    step = orders[1] - orders[0]
    lower = 12 * len(look.mains)
    for family in sorted(look.families, key=lambda one: one.main):
        below = 12 * look.mains.index(family) if family.main else lower
        _mark_envelope(axes, family, orders, amplitudes, look.highest, step, below=below, lowest=lower)
    axes.set_xticks(np.arange(0, look.highest + 0.01, 1 if look.highest < 24 else 2))


def draw_orders(axes: Axes, record: SignalRecord, look: Look) -> None:
    """Spectrum over shaft orders, where faults of shafts and gears show; of gears the surroundings of the mesh."""
    mesh = next((family for family in look.mains if family.name != "shaft"), None)
    low, high = (max(0.0, mesh.order - 9 * mesh.side), mesh.order + 9 * mesh.side) if mesh else (0.0, 12.0)
    high = min(high, 0.45 * record.rate / float(look.clock.speeds.max()))
    orders, amplitudes = order_spectrum(record.signal - record.signal.mean(), record.rate, look.clock, highest=high)
    shown = orders >= low
    axes.semilogy(orders[shown], np.maximum(amplitudes[shown], 1e-12), color=WAVE, linewidth=1.0)
    fit_log_axis(axes, amplitudes[shown & (orders > 0.3)])
    around = f" about the mesh ({mesh.name})" if mesh else ""
    axes.set(xlim=(low, high), xlabel="shaft orders", ylabel=quantity_name(record), title=f"Order spectrum{around}")
    step = orders[1] - orders[0]
    if mesh is None:
        shaft = next(family for family in look.mains if family.name == "shaft")
        places = [(k * shaft.order, harmonic_name(shaft, k), 1.3) for k in range(1, 9)]
    else:
        sides = [(mesh.order + j * mesh.side, f"{j:+d}".replace("-", "\N{MINUS SIGN}"), 0.8) for j in range(-6, 7) if j]
        places = [*sides, (mesh.order, mesh.name, 1.5)]
    for family in (
        one for one in look.families if not one.main and low < one.order < high and one.name not in OF_BEARING
    ):
        mark_lines(axes, family, high, unit=1.0, row=1)
    color = (mesh or look.mains[0]).color
    for place, name, width in places:
        if not low < place < high:
            continue
        axes.axvline(
            place, color=color, linewidth=width, linestyle="-" if width > 1 else (0, (2, 3)), alpha=0.7, zorder=0
        )
        dot_on_peak(axes, place, orders, amplitudes, step, color, 6.0 if width > 1 else 4.5)
        axes.annotate(
            name, (place, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -3 if width != 1.5 else -15), textcoords="offset points", va="top",
            fontsize=9.5 if width > 1 else 8, color=color, fontweight="bold" if width > 1 else "normal",
        )  # fmt: skip


def _mark_envelope(
    axes: Axes,
    family: LineFamily,
    orders: np.ndarray,
    amplitudes: np.ndarray,
    highest: float,
    step: float,
    *,
    below: float,
    lowest: float,
) -> None:
    """Names a family's harmonics above the panel; those of the fault also get its sidebands and dots on their peaks."""
    faint = 0.85 if family.main else 0.30
    count = int(highest / family.order) if family.main else 1
    if family.name == "shaft" and not family.main:
        count = 2
    if family.name in ("FTF", "shaft"):
        count = min(count, 5)
    for k in range(1, min(count, 12) + 1):
        place = k * family.order
        if place > highest:
            break
        axes.axvline(place, color=family.color, linewidth=1.3 if family.main else 0.9, alpha=faint, zorder=0)
        axes.annotate(
            harmonic_name(family, k), (place, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -3 - below), textcoords="offset points",
            ha="left", va="top", fontsize=9.5 if family.main else 8, color=family.color, alpha=1.0 if family.main else 0.75,
            fontweight="bold" if family.main else "normal",
        )  # fmt: skip
        if not family.main:
            continue
        dot_on_peak(axes, place, orders, amplitudes, step, family.color, 6.5)
        for j in (-2, -1, 1, 2) if family.side else ():
            side = place + j * family.side
            if 0.2 < side < highest:
                axes.axvline(side, color=family.color, linewidth=0.9, linestyle=(0, (2, 3)), alpha=0.6, zorder=0)
                dot_on_peak(axes, side, orders, amplitudes, step, family.color, 4.5)
                if k == 1 and abs(j) == 1:
                    sign = "+" if j > 0 else "\N{MINUS SIGN}"
                    what = "f\u1d63" if family.side_name == "shaft" else family.side_name
                    axes.annotate(
                        f"{sign}{what}", (side, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -15 - lowest),
                        textcoords="offset points", fontsize=8, color=family.color, va="top",
                    )  # fmt: skip
