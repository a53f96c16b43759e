"""Labels and label maps as pictures for people: boxes and masks on colour, depth, normals and ids in colour."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.record import ObjectRecord
from simengine.labels.palette import Color, class_color, instance_colors
from simengine.labels.text import draw_text, text_width

__all__ = ["depth_picture", "draw_boxes", "draw_labels", "instances_picture", "normals_picture", "resize_picture"]

Picture = NDArray[np.uint8]

NOTHING: Color = (236, 238, 240)
"""Where nothing was hit."""

_DROPPED: Color = (214, 218, 222)
_TINT = 0.28  # share of the class colour over a mask
_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates


def draw_labels(
    rgb: Picture,
    objects: Sequence[ObjectRecord],
    *,
    classes: Sequence[str] | None = None,
    scale: float = 1.0,
    masks: bool = True,
    boxes: bool = True,
    names: bool = True,
) -> Picture:
    """Draws translucent masks with outlines, boxes and class names over a picture.

    Objects that have a class but no label get a thin dashed box in grey.

    Args:
        rgb: The picture, uint8, shape (H, W, 3).
        objects: Its objects, as recorded.
        classes: Class names in the order of their colours; those that occur, sorted, if absent.
        scale: Size of the result relative to `rgb`; lines and letters are drawn at the final size.
        masks: Whether to draw masks.
        boxes: Whether to draw boxes.
        names: Whether to write class names.

    Returns:
        A new picture, uint8, shape (H * scale, W * scale, 3).
    """
    shown = resize_picture(rgb, scale)
    order = list(classes) if classes is not None else sorted({entry.category for entry in objects if entry.category})
    factor = shown.shape[1] / rgb.shape[1]
    labelled = sorted((entry for entry in objects if entry.labelled), key=lambda entry: (-entry.distance, entry.id))
    colors = {entry.id: class_color(order.index(entry.category)) for entry in labelled if entry.category in order}
    labelled = [entry for entry in labelled if entry.id in colors]
    for entry in objects:
        if boxes and not entry.labelled and entry.category is not None and entry.box is not None:
            _draw_dashed(shown, entry.box, factor)
    if masks:
        for entry in labelled:
            _draw_mask(shown, entry, colors[entry.id], factor)
    if boxes:
        for entry in labelled:
            _draw_box(shown, entry.box_exported or entry.box, colors[entry.id], factor)
    if names:
        named = [entry for entry in labelled if entry.box]
        _draw_names(
            shown,
            [entry.category or "" for entry in named],
            [_corners(entry.box_exported or entry.box or (0, 0, 0, 0), factor) for entry in named],
            [colors[entry.id] for entry in named],
        )
    return shown


def draw_boxes(
    rgb: Picture,
    boxes: Sequence[Sequence[float]],
    *,
    names: Sequence[str],
    colors: Sequence[Color],
    scale: float = 1.0,
) -> Picture:
    """Draws boxes with their names over a picture.

    Args:
        rgb: The picture, uint8, shape (H, W, 3).
        boxes: [x, y, w, h] each, pixels.
        names: What to write beside each; empty for nothing.
        colors: Of each.
        scale: Size of the result relative to `rgb`; lines and letters are drawn at the final size.

    Returns:
        A new picture, uint8, shape (H * scale, W * scale, 3).
    """
    shown = resize_picture(rgb, scale)
    factor = shown.shape[1] / rgb.shape[1]
    for box, color in zip(boxes, colors, strict=True):
        _draw_box(shown, box, color, factor)
    said = [index for index, name in enumerate(names) if name]
    corners = [_corners(boxes[index], factor) for index in said]
    _draw_names(shown, [names[index] for index in said], corners, [colors[index] for index in said])
    return shown


def depth_picture(depth: NDArray[np.float32], *, scale: float = 1.0, scale_bar: bool = True) -> Picture:
    """Depth in colour: near is warm and far is cold (Turbo), with the range written on a bar.

    The range spans the nearest to the 99th percentile of what was hit.

    Args:
        depth: Planar depth [m], 0 where nothing was hit, shape (H, W).
        scale: Size of the result relative to `depth`.
        scale_bar: Whether to draw the bar.
    """
    import cv2

    hit = depth > 0
    near, far = np.percentile(depth[hit], [0, 99]).tolist() if hit.any() else (0.0, 1.0)
    level = 1 - np.clip((depth - near) / max(far - near, 1e-6), 0, 1)
    picture = _turbo(np.rint(20 + 225 * level).astype(np.uint8))
    picture[~hit] = NOTHING
    picture = resize_picture(picture, scale, nearest=False)
    height, width = picture.shape[:2]
    if scale_bar and hit.any() and width >= 160 and height >= 80:
        size = max(11, round(height / 32))
        left, right = (f"{number:.{_decimals(far - near)}f} m" for number in (near, far))
        wl, wr, pad, bar = text_width(left, size=size), text_width(right, size=size), size // 2, width // 4
        x1, y1 = width - pad, height - pad
        x0, y0 = x1 - (wl + wr + bar + 4 * pad), y1 - 2 * size
        _fill(picture, (x0, y0, x1, y1), (255, 255, 255), 0.86)
        base, color = y1 - round(0.62 * size), (40, 44, 52)
        draw_text(picture, left, (x0 + pad, base), size=size, color=color)
        draw_text(picture, right, (x1 - pad - wr, base), size=size, color=color)
        ramp = _turbo(np.linspace(245, 20, bar).round().astype(np.uint8)[None])
        picture[y0 + round(0.6 * size) : y1 - round(0.6 * size), x0 + wl + 2 * pad :][:, :bar] = cv2.resize(
            ramp, (bar, 1)
        )
    return picture


def normals_picture(normals: NDArray[np.float32], *, scale: float = 1.0) -> Picture:
    """Normals in colour: x right in red, y up in green, towards the camera in blue; shape (H, W, 3) in and out."""
    colors = np.rint(127.5 * (1 + normals * np.array([1, -1, -1], np.float32))).clip(0, 255).astype(np.uint8)
    colors[~normals.any(axis=2)] = NOTHING
    return resize_picture(colors, scale)


def instances_picture(instances: NDArray[np.int32], *, scale: float = 1.0) -> Picture:
    """Instance ids in distinct colours; (H, W) in, (H, W, 3) out."""
    colors = instance_colors(int(instances.max(initial=0)) + 1)[instances]
    return resize_picture(colors, scale)


def resize_picture(picture: Picture, scale: float, *, nearest: bool = False) -> Picture:
    """A copy of a picture at another size, averaged when it shrinks."""
    import cv2

    if scale == 1:
        return picture.copy()
    height, width = picture.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, size, interpolation=how)


def _turbo(levels: Picture) -> Picture:
    """Mikhailov's Turbo colour map <https://research.google/blog/turbo-an-improved-rainbow-colormap-for-visualization/>."""
    import cv2

    return np.ascontiguousarray(cv2.applyColorMap(levels, cv2.COLORMAP_TURBO)[..., ::-1])


def _decimals(span: float) -> int:
    return 1 if span >= 5 else 2 if span >= 0.1 else 3


def _draw_mask(picture: Picture, entry: ObjectRecord, color: Color, factor: float) -> None:
    import cv2
    from pycocotools import mask as coco_mask

    if entry.mask is None or entry.box is None:
        return
    x, y, w, h = entry.box
    full = coco_mask.decode({"size": entry.mask["size"], "counts": entry.mask["counts"].encode("ascii")})
    height, width = picture.shape[:2]
    # The window on the result, with room for smooth edges.
    x0, y0 = max(0, int(x * factor) - 3), max(0, int(y * factor) - 3)
    x1, y1 = min(width, int((x + w) * factor) + 4), min(height, int((y + h) * factor) + 4)
    offset = np.array([[1 / factor, 0, (x0 + 0.5) / factor - 0.5], [0, 1 / factor, (y0 + 0.5) / factor - 0.5]])
    alpha = cv2.warpAffine(
        full.astype(np.float32), offset, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    window = picture[y0:y1, x0:x1]
    blend = (_TINT * alpha)[..., None]
    window[:] = np.rint(window * (1 - blend) + np.array(color, np.float32) * blend).astype(np.uint8)
    contours, _ = cv2.findContours((alpha >= 0.5).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    canvas = np.ascontiguousarray(window)
    cv2.polylines(canvas, contours, True, color, 1, cv2.LINE_AA)
    window[:] = canvas


def _corners(box: Sequence[float], factor: float) -> tuple[float, float, float, float]:
    """Edges of a box on the result, where OpenCV counts from the centre of the first pixel."""
    x, y, w, h = box
    return x * factor - 0.5, y * factor - 0.5, (x + w) * factor - 0.5, (y + h) * factor - 0.5


def _draw_box(picture: Picture, box: Sequence[float] | None, color: Color, factor: float) -> None:
    import cv2

    if box is None:
        return
    x0, y0, x1, y1 = (round(edge * (1 << _SHIFT)) for edge in _corners(box, factor))
    thickness = 2 if min(box[2:]) * factor >= 48 else 1
    cv2.rectangle(picture, (x0, y0), (x1, y1), color, thickness, cv2.LINE_AA, _SHIFT)


def _draw_dashed(picture: Picture, box: Sequence[float], factor: float) -> None:
    import cv2

    x0, y0, x1, y1 = _corners(box, factor)
    for (ax, ay), (bx, by) in (((x0, y0), (x1, y0)), ((x1, y0), (x1, y1)), ((x1, y1), (x0, y1)), ((x0, y1), (x0, y0))):
        count = max(1, round(np.hypot(bx - ax, by - ay) / 8))
        for dash in range(count):
            ends = [
                (round((ax + (bx - ax) * t) * (1 << _SHIFT)), round((ay + (by - ay) * t) * (1 << _SHIFT)))
                for t in (dash / count, (dash + 0.55) / count)
            ]
            cv2.line(picture, ends[0], ends[1], _DROPPED, 1, cv2.LINE_AA, _SHIFT)


def _draw_names(
    picture: Picture, names: Sequence[str], boxes: Sequence[tuple[float, float, float, float]], colors: Sequence[Color]
) -> None:
    """Writes each name beside its box, where it hides least of the other boxes and names."""
    height, width = picture.shape[:2]
    size = max(10, min(16, round(height / 34)))
    high, pad = round(1.35 * size), max(3, size // 3)
    taken: list[tuple[float, float, float, float]] = list(boxes)
    for text, color, (x0, y0, x1, y1) in zip(names, colors, boxes, strict=True):
        wide = text_width(text, size=size, bold=True) + 2 * pad
        corners = [(round(x), y) for y in (floor(y0) - high, ceil(y1)) for x in (x0 - 1, x1 + 1 - wide)]
        spots = [(min(max(0, x), max(0, width - wide)), min(max(0, y), max(0, height - high))) for x, y in corners]
        left, top = min(
            spots, key=lambda spot: sum(_overlap((*spot, spot[0] + wide, spot[1] + high), b) for b in taken)
        )
        taken.append((left, top, left + wide, top + high))
        _fill(picture, (left, top, left + wide, top + high), color, 0.92)
        ink = (24, 26, 30) if np.dot(color, [0.2126, 0.7152, 0.0722]) > 150 else (255, 255, 255)
        draw_text(picture, text, (left + pad, top + round(1.04 * size)), size=size, color=ink, bold=True)


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Area that two boxes [x0, y0, x1, y1] share."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, across) * max(0.0, down)


def _fill(picture: Picture, box: tuple[int, int, int, int], color: Color, alpha: float) -> None:
    x0, y0, x1, y1 = box
    window = picture[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    window[:] = np.rint(window * (1 - alpha) + np.array(color) * alpha).astype(np.uint8)
