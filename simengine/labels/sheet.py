"""Contact sheets: many pictures and their labels at one glance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.record import ViewRecord
from simengine.labels.overlay import depth_picture, draw_labels, instances_picture, normals_picture, resize_picture
from simengine.labels.policy import count_reasons
from simengine.labels.text import draw_text
from simengine.render.model import Frame

__all__ = ["contact_sheet"]

Picture = NDArray[np.uint8]

_PAPER, _INK, _FAINT = (250, 250, 251), (32, 35, 42), (118, 124, 134)
_GAP, _MARGIN, _CAPTION = 8, 24, 26
_COLUMNS = ("colour", "labels", "depth", "normals", "instances")


def contact_sheet(
    views: Sequence[tuple[Frame, ViewRecord]],
    *,
    title: str = "",
    captions: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    columns: Sequence[str] = ("colour", "labels", "depth", "normals"),
    tile_width: int = 400,
) -> Picture:
    """One row per picture: colour, boxes and masks, depth, normals.

    Args:
        views: Pictures and their records, at least one.
        title: Written on top.
        captions: Written under each row before what the row says of itself, e.g. ``sample 3``.
        classes: Class names in the order of their colours; those that occur, sorted, if absent.
        columns: Which pictures, of colour, labels, depth, normals and instances.
        tile_width: Width of one picture on the sheet [px].

    Returns:
        The sheet, sRGB, uint8, shape (H, W, 3).

    Raises:
        ValueError: If there is no view, or a column is unknown.
    """
    unknown = [name for name in columns if name not in _COLUMNS]
    if unknown or not views:
        raise ValueError(f"unknown columns {unknown}: choose of {_COLUMNS}" if unknown else "no views to show")
    if classes is None:
        classes = sorted({entry.category for _, record in views for entry in record.objects if entry.category})
    rows = [_row(frame, record, columns, classes, tile_width) for frame, record in views]
    width = 2 * _MARGIN + len(columns) * (tile_width + _GAP) - _GAP
    head = _MARGIN + (44 if title else 0) + 22
    height = head + sum(row.shape[0] + _CAPTION for row in rows) + _MARGIN - 6
    sheet = np.full((height, width, 3), _PAPER, dtype=np.uint8)
    if title:
        draw_text(sheet, title, (_MARGIN, _MARGIN + 22), size=22, color=_INK, bold=True)
    for number, name in enumerate(columns):
        draw_text(sheet, name, (_MARGIN + number * (tile_width + _GAP), head - 8), size=13, color=_FAINT)
    top = head
    for number, (row, (_, record)) in enumerate(zip(rows, views, strict=True)):
        sheet[top : top + row.shape[0], _MARGIN : _MARGIN + row.shape[1]] = row
        top += row.shape[0]
        own = f"{captions[number]}  ·  " if captions else ""
        draw_text(sheet, own + _caption(record), (_MARGIN, top + 16), size=12, color=_FAINT)
        top += _CAPTION
    return sheet


def _row(frame: Frame, record: ViewRecord, columns: Sequence[str], classes: Sequence[str], tile_width: int) -> Picture:
    scale = tile_width / record.width
    tiles = {
        "colour": lambda: resize_picture(frame.rgb, scale),
        "labels": lambda: draw_labels(frame.rgb, record.objects, classes=classes, scale=scale),
        "depth": lambda: depth_picture(frame.depth, scale=scale),
        "normals": lambda: normals_picture(frame.normals, scale=scale),
        "instances": lambda: instances_picture(frame.instances, scale=scale),
    }
    pictures = [tiles[name]() for name in columns]
    row = np.full((pictures[0].shape[0], len(columns) * (tile_width + _GAP) - _GAP, 3), _PAPER, dtype=np.uint8)
    for number, picture in enumerate(pictures):
        row[:, number * (tile_width + _GAP) :][:, :tile_width] = picture
    return row


def _caption(record: ViewRecord) -> str:
    counts = count_reasons([record])
    labelled = counts.pop("labelled")
    counts.pop("no_class")
    dropped = [f"{count} {reason}" for reason, count in counts.items() if count]
    tail = f", not labelled: {', '.join(dropped)}" if dropped else ""
    return f"{record.camera}  ·  t = {record.time:.2f} s  ·  {labelled} labelled{tail}"
