"""Spectrum and spectrogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simengine.formats.sheet.lines import OF_BEARING, harmonic_name
from simengine.formats.sheet.look import TURNS, Look, turns_about
from simengine.formats.sheet.marks import WAVE, fit_log_axis, mark_lines, quantity_name
from simengine.formats.signal import SignalRecord
from simengine.signals.envelope import squared_envelopes
from simengine.signals.order_tracking import order_spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_spectrogram", "draw_spectrum"]


def draw_spectrum(axes: Axes, record: SignalRecord, look: Look) -> None:
    """Amplitudes over frequency; over orders where the speed changes and the panel below does not show them."""
    if look.varying and look.of_bearing:
        top = max([family.order * 3.5 for family in look.mains if family.name not in OF_BEARING] + [12.0])
        top = min(top, 0.45 * record.rate / float(look.clock.speeds.max()))
        orders, amplitudes = order_spectrum(record.signal - record.signal.mean(), record.rate, look.clock, highest=top)
        axes.semilogy(orders, np.maximum(amplitudes, 1e-12), color=WAVE, linewidth=0.8)
        axes.set(xlim=(0, top), xlabel="shaft orders", ylabel=quantity_name(record), title="Order spectrum")
        fit_log_axis(axes, amplitudes[orders > 0.3])
        for row, family in enumerate(family for family in look.families if family.name not in OF_BEARING):
            mark_lines(axes, family, top, unit=1.0, row=row)
        return
    from scipy.signal import welch

    size = min(len(record.signal), int(2 ** np.ceil(np.log2(record.rate))))
    frequencies, power = welch(record.signal, record.rate, nperseg=size, window="hann", detrend="constant")
    density = np.sqrt(power)
    low = max(4 * record.rate / size, 0.3 * float(look.clock.speeds.min())) if look.known else 4 * record.rate / size
    if look.of_bearing:
        axes.axvspan(max(look.band[0], low), look.band[1], color="#f2c14e", alpha=0.25, linewidth=0)
    axes.loglog(frequencies[1:], np.maximum(density[1:], 1e-12), color=WAVE, linewidth=0.8)
    axes.set(xlim=(low, record.rate / 2), xlabel="frequency [Hz]", title="Spectrum")
    axes.set_ylabel(f"{quantity_name(record, density=True)}")
    fit_log_axis(axes, density[(frequencies > low) & (frequencies < 0.4 * record.rate)])
    steady = [] if look.varying else [family for family in look.families if family.name not in OF_BEARING]
    for row, family in enumerate(steady):
        mark_lines(axes, family, record.rate / 2, unit=float(look.clock.speeds.mean()), row=row)
    modes = record.arrays.get("modes")
    if modes is not None and len(modes):
        axes.plot(
            modes["frequency_hz"], np.full(len(modes), 0.025), "^", transform=axes.get_xaxis_transform(), color="#0f766e",
            markersize=5, clip_on=False, label="resonances",
        )  # fmt: skip
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderpad=0)


def draw_spectrogram(axes: Axes, record: SignalRecord, look: Look) -> None:
    """Levels over time and frequency: of some turns, or of all where the speed changes, with the lines of the orders."""
    signal, rate, begin, title = record.signal - record.signal.mean(), record.rate, 0.0, "Spectrogram"
    top, families = rate / 2, [family for family in look.mains if family.name in OF_BEARING]
    fastest = float(look.clock.speeds.max())
    if look.varying and families:
        envelope, rate = squared_envelopes(record.signal, record.rate, [look.band])[0]
        signal, title = envelope - envelope.mean(), "Spectrogram of the envelope"
        top = min(rate / 2, 2.6 * max(family.order for family in families) * fastest)
    elif look.varying:
        families = [family for family in look.families if family.name not in OF_BEARING]
        top = min(rate / 2, max(6.0, 2.3 * max(one.order for one in families)) * fastest)
    else:
        begin, end = turns_about(record, look.clock, sum(look.zoom) / 2, 3 * TURNS)
        signal, families = signal[int(begin * rate) : int(np.ceil(end * rate))], []
        title = f"Spectrogram of {3 * TURNS} turns" if look.known else title
    times, frequencies, levels = _levels(signal, rate, top, fine=look.varying)
    times = times + begin
    if look.varying:  # lines stand out alike at all speeds
        levels = levels - np.median(levels, axis=0)
    low, high = np.percentile(levels, [30 if look.varying else 12, 99.8])
    scale, unit = (1e-3, "kHz") if top > 3000 else (1.0, "Hz")
    axes.imshow(
        levels, origin="lower", aspect="auto", cmap="magma", vmin=max(high - 60, low), vmax=high,
        extent=(times[0], times[-1], scale * frequencies[0], scale * frequencies[-1]), interpolation="bilinear",
    )  # fmt: skip
    axes.set(
        xlim=(times[0], times[-1]), ylim=(0, scale * top), xlabel="time [s]", ylabel=f"frequency [{unit}]", title=title
    )
    moments = np.linspace(times[0], times[-1], 200)
    for family in families:
        count = {"shaft": 4, "FTF": 4}.get(family.name, 2)
        for k in range(1, count + 1):
            line = scale * k * family.order * look.clock.speed(moments)
            axes.plot(moments, line, color="white", linewidth=0.9, linestyle=(0, (5, 4)), alpha=0.75)
            inside = moments[(line < 0.93 * scale * top) & (moments <= 0.9 * times[-1])]
            if len(inside):
                axes.text(
                    inside[-1], line[len(inside) - 1], harmonic_name(family, k), color="white", fontsize=8.5, va="bottom", ha="right",
                    fontweight="bold",
                )  # fmt: skip


def _levels(signal: np.ndarray, rate: float, top: float, *, fine: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, frequencies and levels in dB, at most about 900 columns."""
    from scipy.signal import spectrogram

    size = int(max(32, min(len(signal) / 8, rate * 0.5) if fine else min(len(signal) / 80, 0.005 * rate)))
    hop = max(size // 8, len(signal) // 900, 1)
    frequencies, times, power = spectrogram(
        signal,
        rate,
        window="hann",
        nperseg=size,
        noverlap=size - min(hop, size),
        nfft=max(512, 2 * size),
        detrend="constant",
    )
    keep = frequencies <= top
    return times, frequencies[keep], 10 * np.log10(np.maximum(power[keep], 1e-24))
