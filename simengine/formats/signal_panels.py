"""The panels of a recording's sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord
from simengine.formats.signal_lines import LineFamily
from simengine.signals.clock import ShaftClock
from simengine.signals.envelope import envelope_orders, squared_envelopes
from simengine.signals.fault_lines import line_ratios
from simengine.signals.order_tracking import order_spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Look", "draw_envelope", "draw_orders", "draw_overview", "draw_spectrogram", "draw_spectrum", "draw_zoom"]

_WAVE, _FAULT, _FAINT = "#3b5268", "#e4572e", "#9aa5b1"
_UNKNOWN_SPEED = 20.0  # Hz, that orders are counted in where the speed is not known
_TURNS = 4  # shown of the waveform
_BEARING = {"BPFO", "BPFI", "2BSF", "FTF"}


@dataclass(frozen=True)
class Look:
    """What the panels share.

    Attributes:
        clock: Clock of the shaft; of 20 Hz where the speed is unknown.
        known: Whether the speed is known.
        varying: Whether it changes by more than 2 %.
        highest: Highest order of the envelope spectrum.
        band: The band whose envelope is shown, Hz.
        families: Lines to mark.
        zoom: Stretch of the waveform that is shown large, s.
    """

    clock: ShaftClock
    known: bool
    varying: bool
    highest: float
    band: tuple[float, float]
    families: list[LineFamily]
    zoom: tuple[float, float]

    @classmethod
    def of(cls, record: SignalRecord, families: list[LineFamily]) -> Look:
        """Chooses for a record.

        Raises:
            SimengineError: It has less than 256 samples.
        """
        known = record.row.get("speed_rpm") is not None
        clock = record.clock if known else ShaftClock([0.0], [_UNKNOWN_SPEED])
        speeds = clock.speed(np.linspace(0, record.duration, 201))
        mains = [family for family in families if family.main and family.name in _BEARING]
        highest = max([3.4 * family.order + family.side for family in mains if family.name != "FTF"] + [13.0])
        band = _periodic_band(record, clock, highest)
        middle = 0.86 * record.duration if speeds[-1] > 1.02 * speeds[0] else 0.5 * record.duration
        zoom = _turns_about(record, clock, middle, _TURNS)
        return cls(
            clock, known, bool(np.ptp(speeds) > 0.02 * speeds.max()), highest, band, families, zoom
        )  # fmt: skip

    @property
    def of_bearing(self) -> bool:
        """Whether the envelope is what tells: a bearing's fault, or no fault that is known of."""
        return any(family.name in _BEARING for family in self.mains) or not self.mains

    @property
    def mains(self) -> list[LineFamily]:
        """Families of the labelled faults."""
        return [family for family in self.families if family.main]


def _turns_about(record: SignalRecord, clock: ShaftClock, middle: float, turns: float) -> tuple[float, float]:
    """Begin and end of so many turns about a time, within the record, s."""
    end = record.duration
    angle = float(clock.turns(middle))
    begin, stop = (float(t) for t in clock.times_of(np.array([angle - turns / 2, angle + turns / 2])))
    length = min(stop - begin, end) if np.isfinite(stop - begin) else end
    begin = min(max(begin if np.isfinite(begin) else 0.0, 0.0), end - length)
    return begin, begin + length


def _periodic_band(record: SignalRecord, clock: ShaftClock, highest: float) -> tuple[float, float]:
    """The band in whose envelope lines stand out most of what is around them.

    Bands are those of the kurtogram's tree. A rare strike raises the kurtosis of a band but no line of its envelope, so
    it is the envelope's spectrum that is judged (as in the infogram; Antoni, Mech. Syst. Signal Process. 74, 2016).
    """
    half = record.rate / 2
    widest = 1.3 * highest * float(clock.speeds.max())
    bands = [
        (half * k / parts, half * (k + 1) / parts)
        for parts in (2, 3, 4, 6, 8, 12)
        for k in range(1, parts)
        if half / parts >= widest and half * (k + 1) / parts <= 0.96 * half
    ] or [(0.04 * half, 0.95 * half)]
    if len(bands) == 1:
        return bands[0]
    try:
        kept = record.signal[: int(6 * record.rate)]
        orders, spectra = envelope_orders(kept, record.rate, clock, bands=bands, whiten=False, highest=highest)
    except SimengineError:  # less than three turns
        return (0.04 * half, 0.95 * half)
    _, ratio = line_ratios(orders, spectra, [])
    best = np.sort(ratio[:, orders > 0.3], axis=1)[:, -24:]
    return bands[int(np.argmax(best.mean(axis=1)))]


def draw_overview(axes: Axes, record: SignalRecord, look: Look) -> None:
    """The whole waveform as its outline, the enlarged stretch, and the speed where it changes."""
    bins = np.array_split(record.signal, min(len(record.signal) // 2, 900))
    times = np.linspace(0, record.duration, len(bins))
    axes.fill_between(times, [b.min() for b in bins], [b.max() for b in bins], color=_WAVE, linewidth=0)
    axes.axvspan(*look.zoom, color=_FAULT, alpha=0.28, linewidth=0)
    axes.set(xlim=(0, record.duration), xlabel="time [s]", ylabel=_quantity(record), title="Waveform")
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
    axes.plot(times, record.signal[first:last], color=_WAVE, linewidth=0.8, label="signal")
    stem = record.arrays.get("stem_fault")
    if stem is not None and np.any(stem):
        axes.plot(times, stem[first:last], color=_FAULT, linewidth=0.9, alpha=0.9, label="fault alone")
    top = 1.12 * float(np.abs(record.signal[first:last]).max() or 1.0)
    axes.set(xlim=(1e3 * begin, 1e3 * end), ylim=(-top, 1.22 * top), xlabel="time [ms]")
    _strikes(axes, record, "impact", look.zoom, 1.1 * top, color=_FAULT, marker="v")
    _strikes(axes, record, "nuisance", look.zoom, 1.1 * top, color=_FAINT, marker="x")
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


def draw_spectrum(axes: Axes, record: SignalRecord, look: Look) -> None:
    """Amplitudes over frequency; over orders where the speed changes."""
    if look.varying:
        top = max([family.order * 3.5 for family in look.mains if family.name not in _BEARING] + [12.0])
        top = min(top, 0.45 * record.rate / float(look.clock.speeds.max()))
        orders, amplitudes = order_spectrum(record.signal - record.signal.mean(), record.rate, look.clock, highest=top)
        axes.semilogy(orders, np.maximum(amplitudes, 1e-12), color=_WAVE, linewidth=0.8)
        axes.set(xlim=(0, top), xlabel="shaft orders", ylabel=_quantity(record), title="Order spectrum")
        _fit_log(axes, amplitudes[orders > 0.3])
        for row, family in enumerate(family for family in look.families if family.name not in _BEARING):
            _mark(axes, family, top, unit=1.0, row=row)
        return
    from scipy.signal import welch

    size = min(len(record.signal), int(2 ** np.ceil(np.log2(record.rate))))
    frequencies, power = welch(record.signal, record.rate, nperseg=size, window="hann", detrend="constant")
    density = np.sqrt(power)
    low = max(4 * record.rate / size, 0.3 * float(look.clock.speeds.min())) if look.known else 4 * record.rate / size
    if look.of_bearing:
        axes.axvspan(max(look.band[0], low), look.band[1], color="#f2c14e", alpha=0.25, linewidth=0)
    axes.loglog(frequencies[1:], np.maximum(density[1:], 1e-12), color=_WAVE, linewidth=0.8)
    axes.set(xlim=(low, record.rate / 2), xlabel="frequency [Hz]", title="Spectrum")
    axes.set_ylabel(f"{_quantity(record, density=True)}")
    _fit_log(axes, density[(frequencies > low) & (frequencies < 0.4 * record.rate)])
    for row, family in enumerate(family for family in look.families if family.name not in _BEARING):
        _mark(axes, family, record.rate / 2, unit=float(look.clock.speeds.mean()), row=row)
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
    top, families = rate / 2, [family for family in look.mains if family.name in _BEARING]
    fastest = float(look.clock.speeds.max())
    if look.varying and families:
        envelope, rate = squared_envelopes(record.signal, record.rate, [look.band])[0]
        signal, title = envelope - envelope.mean(), "Spectrogram of the envelope"
        top = min(rate / 2, 2.6 * max(family.order for family in families) * fastest)
    elif look.varying:
        families = [family for family in look.families if family.name not in _BEARING]
        top = min(rate / 2, max(6.0, 2.3 * max(one.order for one in families)) * fastest)
    else:
        begin, end = _turns_about(record, look.clock, sum(look.zoom) / 2, 3 * _TURNS)
        signal, families = signal[int(begin * rate) : int(np.ceil(end * rate))], []
        title = f"Spectrogram of {3 * _TURNS} turns" if look.known else title
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
                    inside[-1], line[len(inside) - 1], _name(family, k), color="white", fontsize=8.5, va="bottom", ha="right",
                    fontweight="bold",
                )  # fmt: skip


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
    unit = 1.0 if look.known else _UNKNOWN_SPEED
    amplitudes = spectra[0]
    shown = orders > 0.12
    peak = float(amplitudes[shown].max())
    axes.fill_between(orders[shown] * unit, amplitudes[shown], color=_WAVE, alpha=0.12, linewidth=0)
    axes.plot(orders[shown] * unit, amplitudes[shown], color=_WAVE, linewidth=1.0)
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
    axes.semilogy(orders[shown], np.maximum(amplitudes[shown], 1e-12), color=_WAVE, linewidth=1.0)
    _fit_log(axes, amplitudes[shown & (orders > 0.3)])
    around = f" about the mesh ({mesh.name})" if mesh else ""
    axes.set(xlim=(low, high), xlabel="shaft orders", ylabel=_quantity(record), title=f"Order spectrum{around}")
    step = orders[1] - orders[0]
    if mesh is None:
        shaft = next(family for family in look.mains if family.name == "shaft")
        places = [(k * shaft.order, _name(shaft, k), 1.3) for k in range(1, 9)]
    else:
        sides = [(mesh.order + j * mesh.side, f"{j:+d}".replace("-", "\N{MINUS SIGN}"), 0.8) for j in range(-6, 7) if j]
        places = [*sides, (mesh.order, mesh.name, 1.5)]
    for family in (
        one for one in look.families if not one.main and low < one.order < high and one.name not in _BEARING
    ):
        _mark(axes, family, high, unit=1.0, row=1)
    color = (mesh or look.mains[0]).color
    for place, name, width in places:
        if not low < place < high:
            continue
        axes.axvline(
            place, color=color, linewidth=width, linestyle="-" if width > 1 else (0, (2, 3)), alpha=0.7, zorder=0
        )
        _dot(axes, place, orders, amplitudes, step, color, 6.0 if width > 1 else 4.5)
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
            _name(family, k), (place, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -3 - below), textcoords="offset points",
            ha="left", va="top", fontsize=9.5 if family.main else 8, color=family.color, alpha=1.0 if family.main else 0.75,
            fontweight="bold" if family.main else "normal",
        )  # fmt: skip
        if not family.main:
            continue
        _dot(axes, place, orders, amplitudes, step, family.color, 6.5)
        for j in (-2, -1, 1, 2) if family.side else ():
            side = place + j * family.side
            if 0.2 < side < highest:
                axes.axvline(side, color=family.color, linewidth=0.9, linestyle=(0, (2, 3)), alpha=0.6, zorder=0)
                _dot(axes, side, orders, amplitudes, step, family.color, 4.5)
                if k == 1 and abs(j) == 1:
                    sign = "+" if j > 0 else "\N{MINUS SIGN}"
                    what = "f\u1d63" if family.side_name == "shaft" else family.side_name
                    axes.annotate(
                        f"{sign}{what}", (side, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -15 - lowest),
                        textcoords="offset points", fontsize=8, color=family.color, va="top",
                    )  # fmt: skip


def _dot(
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


def _mark(axes: Axes, family: LineFamily, top: float, *, unit: float, row: int) -> None:
    """Names lines of a shaft or gear above a spectrum."""
    for k in range(1, 4 if family.main or family.name == "shaft" else 3):
        place = k * family.order * unit
        if place >= top:
            break
        axes.axvline(place, color=family.color, linewidth=0.9, alpha=0.85 if family.main else 0.4, zorder=0)
        if k > 1 and not family.main and family.name != "shaft":
            continue
        axes.annotate(
            _name(family, k, short=True), (place, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -2 - 11 * row), textcoords="offset points", va="top",
            fontsize=8.5, color=family.color, fontweight="bold" if family.main else "normal",
        )  # fmt: skip


def _name(family: LineFamily, k: int, *, short: bool = False) -> str:
    """``3x``, ``BPFO``, ``2xBPFO``."""
    if k == 1 and family.name != "shaft":
        return family.name
    if family.name == "2BSF":
        return f"{2 * k}BSF"
    return f"{k}\N{MULTIPLICATION SIGN}" + ("" if short or family.name == "shaft" else family.name)


def _levels(signal: np.ndarray, rate: float, top: float, *, fine: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, frequencies and levels in dB, at most about 900 columns."""
    from scipy.signal import spectrogram

    size = int(max(32, min(len(signal) / 24, rate * 0.5) if fine else min(len(signal) / 80, 0.005 * rate)))
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


def _quantity(record: SignalRecord, *, density: bool = False) -> str:
    unit = record.row.get("unit")
    name = record.row.get("quantity") or "signal"
    if unit in (None, "unknown"):
        return f"{name}" + (" [1/\u221aHz]" if density else "")
    text = str(unit).replace("m/s^2", "m/s\u00b2")
    return f"{name} [{text}/\u221aHz]" if density else f"{name} [{text}]"


def _fit_log(axes: Axes, values: np.ndarray) -> None:
    """Limits of a logarithmic axis around what is shown, some room above for names."""
    values = values[values > 0]
    if len(values):
        low, high = float(np.percentile(values, 1)), float(values.max())
        axes.set_ylim(low / 2, high * (high / low) ** 0.12)
