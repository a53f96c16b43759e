"""Drawings as PNG, in the light colours."""

from __future__ import annotations

import io
from typing import Any

from simengine.evaluate.report.drawing import Area, Disc, Drawing, Label, Path
from simengine.evaluate.report.palette import LIGHT

__all__ = ["drawing_png"]

_TYPE = 0.92  # DejaVu Sans, which comes with matplotlib, is wider than the fonts of browsers


def drawing_png(drawing: Drawing, *, scale: float = 2.0) -> bytes:
    """The PNG of a drawing.

    Args:
        drawing: The drawing.
        scale: Pixels of the picture for one of the drawing.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    dots = 72.0 * scale
    figure = Figure(figsize=(drawing.width / 72.0, drawing.height / 72.0), dpi=dots, facecolor=LIGHT["page"])
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, drawing.width)
    axes.set_ylim(drawing.height, 0.0)
    axes.axis("off")
    for order, mark in enumerate(drawing.marks):
        _draw(axes, mark, order)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dots, metadata={"Software": None})
    return buffer.getvalue()


def _draw(axes: Any, mark: Any, order: int) -> None:
    from matplotlib.patheffects import withStroke

    if isinstance(mark, Path):
        x, y = zip(*mark.points, strict=True)
        dashes = (0, tuple(length / mark.width for length in mark.dash)) if mark.dash else "-"
        axes.plot(x, y, color=LIGHT[mark.colour], linewidth=mark.width, linestyle=dashes, zorder=order)
    elif isinstance(mark, Area):
        x, y = zip(*mark.points, strict=True)
        axes.fill(x, y, color=LIGHT[mark.colour], alpha=mark.opacity, linewidth=0.0, zorder=order)
    elif isinstance(mark, Disc):
        face = LIGHT["page" if mark.hollow else mark.colour]
        axes.plot(
            [mark.x], [mark.y], "o", markersize=2.0 * mark.radius, markerfacecolor=face,
            markeredgecolor=LIGHT[mark.colour], markeredgewidth=1.5 if mark.hollow else 0.0, zorder=order,
        )  # fmt: skip
    elif isinstance(mark, Label):
        text = axes.text(
            mark.x, mark.y, mark.text.replace("$", r"\$"), color=LIGHT[mark.colour], fontsize=mark.size * _TYPE,
            ha={"start": "left", "middle": "center", "end": "right"}[mark.anchor], va="baseline",
            fontweight="bold" if mark.bold else "normal", zorder=order,
        )  # fmt: skip
        if mark.halo:
            text.set_path_effects([withStroke(linewidth=3.0, foreground=LIGHT["page"])])
