"""A recording on one sheet: waveform with its impacts, spectrum, spectrogram, and envelope spectrum in shaft orders."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.formats.sheet.lines import LineFamily, line_families
from simengine.formats.sheet.look import Look
from simengine.formats.sheet.orders import draw_envelope, draw_orders
from simengine.formats.sheet.spectrum import draw_spectrogram, draw_spectrum
from simengine.formats.sheet.waveform import draw_overview, draw_zoom
from simengine.formats.signal import SignalRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LEAST_SAMPLES", "signal_sheet"]

_NAMES = {
    "normal": "No fault",
    "inner": "Inner race fault",
    "outer": "Outer race fault",
    "rolling_element": "Rolling element fault",
    "cage": "Cage fault",
    "gear": "Gear fault",
    "shaft": "Shaft fault",
    "unbalance": "Unbalance",
    "misalignment": "Misalignment",
    "looseness": "Looseness",
    "electrical": "Electrical fault",
    "unknown": "Recording",
}
_SIZE, _DPI = (15.0, 10.2), 110


def signal_sheet(
    record: SignalRecord, *, lines: Mapping[str, tuple[float, float]] | None = None, title: str = ""
) -> NDArray[np.uint8]:
    """Draws a recording, real or simulated, on one sheet.

    Args:
        record: The recording.
        lines: Further lines to mark by name: order and spacing of its sidebands, e.g. ``{"GMF": (23.0, 1.0)}`` for a mesh.
        title: Headline; by default the fault.

    Returns:
        The sheet, sRGB, uint8, shape (1122, 1650, 3); equal recordings give equal pixels with one version of matplotlib.

    Raises:
        SimengineError: The recording has less than 256 samples.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if len(record.signal) < LEAST_SAMPLES:
        raise SimengineError(
            f"{record.id or 'A recording'} has {len(record.signal)} samples: a sheet needs {LEAST_SAMPLES}."
        )
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=_SIZE, dpi=_DPI)
        canvas = FigureCanvasAgg(figure)
        _draw(figure, record, line_families(record, lines or {}), title)
        canvas.draw()
        return np.array(canvas.buffer_rgba())[..., :3]


LEAST_SAMPLES = 256
"""Samples that a sheet needs."""
_INK = "#22303c"
_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": "#8795a1",
    "axes.linewidth": 0.8,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": "#52606d",
    "ytick.color": "#52606d",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "agg.path.chunksize": 20000,
}


def _draw(figure: Figure, record: SignalRecord, families: list[LineFamily], title: str) -> None:
    grid = figure.add_gridspec(
        3,
        20,
        left=0.055,
        right=0.978,
        top=0.872,
        bottom=0.062,
        hspace=0.46,
        wspace=0.2,
        height_ratios=(1.0, 1.05, 1.25),
    )
    figure.text(0.055, 0.951, title or _headline(record), fontsize=20, fontweight="bold")
    figure.text(0.055, 0.921, _facts(record), fontsize=10.5, color="#52606d")
    figure.text(0.978, 0.957, _origin(record), fontsize=10, color="#52606d", ha="right")
    look = Look.of(record, families)
    draw_overview(figure.add_subplot(grid[0, :6]), record, look)
    draw_zoom(figure.add_subplot(grid[0, 7:]), record, look)
    draw_spectrum(figure.add_subplot(grid[1, :10]), record, look)
    draw_spectrogram(figure.add_subplot(grid[1, 11:]), record, look)
    (draw_envelope if look.of_bearing else draw_orders)(figure.add_subplot(grid[2, :]), record, look)


def _headline(record: SignalRecord) -> str:
    parts = record.fault_type.split("+")
    names = [_NAMES.get(part, part.replace("_", " ").capitalize()) for part in parts]
    return names[0] + "".join(f" and {name[0].lower()}{name[1:]}" for name in names[1:])


def _facts(record: SignalRecord) -> str:
    """What is known, in one line."""
    row = record.row
    place = row.get("bearing_model")
    load, unit = row.get("load"), row.get("load_unit") or ""
    size, severity = row.get("fault_size_mm"), row.get("fault_severity_level")
    faulty = record.fault_type not in ("normal", "unknown")
    facts = [
        f"bearing {place}" if place else "",
        _speed(record),
        f"load {_number(load)} {unit}".replace(" relative", " x nominal") if load is not None else "",
        f"fault {_number(size)} mm" if faulty and size else "",
        f"severity {_number(severity)}" if faulty and severity is not None and not size else "",
        f"SNR {row['snr_db']:+.1f} dB".replace("-", "\N{MINUS SIGN}") if row.get("snr_db") is not None else "",
        f"{record.rate / 1000:g} kHz, {record.duration:.3g} s",
        f"channel {row['channel']}" if row.get("channel") not in (None, "signal") else "",
    ]
    return "   \N{MIDDLE DOT}   ".join(fact for fact in facts if fact)


def _speed(record: SignalRecord) -> str:
    if record.row.get("speed_rpm") is None:
        return "speed unknown"
    speeds = 60 * record.clock.speed(np.linspace(0, record.duration, 201))
    low, high = float(speeds.min()), float(speeds.max())
    if high - low <= 0.02 * high:
        return f"{record.speed_rpm:.0f} rpm"
    first, last = float(speeds[0]), float(speeds[-1])
    if math.isclose(min(first, last), low, rel_tol=0.02) and math.isclose(max(first, last), high, rel_tol=0.02):
        return f"{first:.0f} to {last:.0f} rpm"
    return f"{low:.0f} to {high:.0f} rpm, varying"


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, int | float) else str(value)


def _origin(record: SignalRecord) -> str:
    row = record.row
    if row.get("seed") is not None:
        return f"simulated   \N{MIDDLE DOT}   {row.get('dataset') or 'simengine'}   \N{MIDDLE DOT}   seed {row['seed']}, sample {row.get('index')}"
    label = row.get("native_label")
    return "   \N{MIDDLE DOT}   ".join(str(part) for part in (row.get("dataset"), label or record.id) if part)
