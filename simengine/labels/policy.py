"""Which objects get a label, why the others get none, and the boxes that data sets are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from simengine.dataset.record import REASONS, ViewRecord
from simengine.scene.schema.scene import Labels

__all__ = ["count_reasons", "drop_reason", "padded_box"]


def drop_reason(
    labels: Labels, *, category: str | None, pixels: int, visible_fraction: float, box: Sequence[int] | None
) -> str | None:
    """Why an object gets no label: the first of `REASONS` that applies, or None if it gets one.

    Args:
        labels: Classes and label policy of the scene.
        category: Class, or None for background.
        pixels: Visible pixels.
        visible_fraction: Share of the whole outline, also outside the picture, that is visible.
        box: Tight box [x, y, w, h] of the visible pixels, or None if there are none.
    """
    policy = labels.policy
    if category is None or (labels.classes is not None and category not in labels.classes):
        return "no_class"
    if pixels == 0 or box is None:
        return "unseen"
    if pixels < policy.min_pixels:
        return "min_pixels"
    if visible_fraction < policy.min_visible_fraction:
        return "min_visible_fraction"
    if min(box[2], box[3]) < policy.min_box_edge:
        return "min_box_edge"
    return None


def padded_box(box: Sequence[int], *, factor: float, width: int, height: int) -> list[float]:
    """A box with its edges multiplied about its centre, clipped to the picture.

    Args:
        box: [x, y, w, h], pixels.
        factor: Factor on the edges; 1 leaves the box as it is.
        width: Of the picture.
        height: Of the picture.

    Returns:
        [x, y, w, h]; below factor 1 it lies inside the tight box.
    """
    x, y, w, h = box
    dx, dy = 0.5 * w * (factor - 1.0), 0.5 * h * (factor - 1.0)
    left, right = max(0.0, x - dx), min(float(width), x + w + dx)
    top, bottom = max(0.0, y - dy), min(float(height), y + h + dy)
    return [left, top, right - left, bottom - top]


def count_reasons(views: Iterable[ViewRecord]) -> dict[str, int]:
    """How many objects got a label (``labelled``) and how many did not, by reason; all keys are present."""
    counts = Counter("labelled" if thing.labelled else thing.reason for view in views for thing in view.objects)
    return {key: counts[key] for key in ("labelled", *REASONS)}
