"""Floors of spectra on one picture: simulated, refined, real."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simengine.refine.signals.floor import floor_frequencies, noise_floor

__all__ = ["draw_spectra"]

_COLORS = {"simulated": "#8a8f98", "refined": "#1f6fb2", "real": "#c8552b"}


def draw_spectra(groups: Mapping[str, Sequence[NDArray[np.floating]]], rate: float) -> bytes:
    """A PNG of the noise floors of groups of signals at unit level: mean and 10 to 90 % of each.

    Args:
        groups: Signals by name.
        rate: Samples per second.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axis = floor_frequencies(rate) / 1e3
    for name, signals in groups.items():
        level = 10 / np.log(10)
        floors = level * np.array([noise_floor(one, rate) - 2 * np.log(float(np.std(one))) for one in signals])
        color = _COLORS.get(name)
        low, high = np.quantile(floors, [0.1, 0.9], axis=0)
        axes.fill_between(axis, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(axis, floors.mean(axis=0), color=color, label=f"{name} ({len(floors)})")
    axes.set(xlabel="frequency [kHz]", ylabel="noise floor at unit level [dB re 1/Hz]", xlim=(0, rate / 2e3))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
