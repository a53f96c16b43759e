"""Whether a label's outline still lies on the edges of the picture, measured along its normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoundaryScores", "boundary_scores", "depth_edge_points", "outline_points"]

Floats = NDArray[np.float32]

_REACH = 4.0  # px to either side of the outline
_STEP = 0.5  # px between samples of a profile
_CLEAR = 0.35  # least correlation at which a displaced edge counts as found
_STAYS = 1.0  # px
_VISIBLE = 0.5  # least height of an edge under the outline, as a share of the one before
_POINTS = 160  # most points a label


@dataclass(frozen=True)
class BoundaryScores:
    """How the edges under an outline moved.

    Attributes:
        points: Number of points that had an edge before.
        displacement: Median movement of the edge along the normal, without its sign [px]; NaN without points.
        displacement_p90: Its 90 % quantile [px]; NaN without points.
        agreement: Share of the points whose edge was found again within 1 px; NaN without points.
    """

    points: int
    displacement: float
    displacement_p90: float
    agreement: float


def outline_points(mask: NDArray[np.bool_], *, most: int = _POINTS) -> tuple[Floats, Floats]:
    """Points on a mask's outline that lie inside the picture, with their normals.

    Args:
        mask: Shape (H, W).
        most: Most points, spread evenly.

    Returns:
        Positions (N, 2) [px, centre of the first pixel at 0, 0] and unit normals pointing out, (N, 2), both float32.
    """
    import cv2

    padded = np.pad(mask.astype(np.uint8), 1)
    contours, _ = cv2.findContours(padded, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    h, w = mask.shape
    smooth = cv2.GaussianBlur(padded.astype(np.float32), (0, 0), 1.5)
    dx, dy = cv2.Scharr(smooth, cv2.CV_32F, 1, 0), cv2.Scharr(smooth, cv2.CV_32F, 0, 1)
    points = np.concatenate([c[:, 0, :] for c in contours]) if contours else np.zeros((0, 2), np.int32)
    inside = ((points > 1) & (points < [w, h])).all(axis=1)  # the picture's own border is no edge
    points = points[inside]
    if len(points) > most:
        points = points[np.linspace(0, len(points) - 1, most).round().astype(int)]
    normals = -np.stack([dx[points[:, 1], points[:, 0]], dy[points[:, 1], points[:, 0]]], axis=1)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    good = length[:, 0] > 1e-6
    normals = normals[good] / length[good]
    return (points[good] - 1 + 0.5 * normals).astype(np.float32), normals.astype(np.float32)


def depth_edge_points(depth: Floats, *, step: float = 0.03, most: int = 4 * _POINTS) -> tuple[Floats, Floats]:
    """Points where one thing hides another, with normals across the step.

    Args:
        depth: Planar depth (H, W) [m]; 0 for nothing, which counts as far away.
        step: Least change of depth between neighbours, as a share of the depth.
        most: Most points, spread evenly.

    Returns:
        Positions (N, 2) [px] and unit normals (N, 2), both float32.
    """
    import cv2

    inverse = np.where(depth > 0, 1.0 / np.maximum(depth, 1e-6), 0.0).astype(np.float32)
    dx, dy = cv2.Scharr(inverse, cv2.CV_32F, 1, 0, scale=1 / 32), cv2.Scharr(inverse, cv2.CV_32F, 0, 1, scale=1 / 32)
    strength = 2 * cv2.magnitude(dx, dy)
    rows, columns = np.nonzero(
        (strength > step * np.maximum(inverse, 1e-6)) & (strength >= cv2.dilate(strength, np.ones((3, 3))))
    )
    if len(rows) > most:
        chosen = np.linspace(0, len(rows) - 1, most).round().astype(int)
        rows, columns = rows[chosen], columns[chosen]
    normals = np.stack([dx[rows, columns], dy[rows, columns]], axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return np.stack([columns, rows], axis=1).astype(np.float32), normals.astype(np.float32)


def boundary_scores(
    before: Floats, after: Floats, points: Floats, normals: Floats, *, least: float = 0.01
) -> BoundaryScores:
    """Compares the profiles of the gradient across an outline.

    An edge stays where its profile lies where it lay, or where an edge of the refined picture crests under the outline
    itself: before another background an object's outline is another step of brightness, in its place.

    Args:
        before: Gradient magnitude of the picture that the labels were made with, (H, W).
        after: That of the refined picture, (H, W).
        points: Positions on the outline (N, 2) [px].
        normals: Unit normals (N, 2).
        least: Gradient at which a point has an edge.
    """
    import cv2

    offsets = np.arange(-2 * _REACH, 2 * _REACH + _STEP, _STEP, dtype=np.float32)
    at = points[:, None, :] + offsets[None, :, None] * normals[:, None, :]
    profiles = [
        cv2.remap(g, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if len(points)
        else at[..., 0]
        for g in (before, after)
    ]
    core = slice(int(_REACH / _STEP), -int(_REACH / _STEP))
    has_edge = profiles[0][:, core].max(axis=1, initial=0.0) >= least
    a, b = profiles[0][has_edge], profiles[1][has_edge]
    if len(a) == 0:
        return BoundaryScores(0, float("nan"), float("nan"), float("nan"))
    moved, found = _lags(a[:, core], b)
    place, visible = _crests(a, b, least)
    displacement = np.where(found, np.abs(moved), _REACH)
    stays = visible & (np.abs(place) <= _STAYS)
    displacement = np.where(stays, np.minimum(displacement, np.abs(place)), displacement)
    return BoundaryScores(
        points=len(a),
        displacement=float(np.median(displacement)),
        displacement_p90=float(np.quantile(displacement, 0.9)),
        agreement=float(np.mean(displacement <= _STAYS)),
    )


def _lags(template: Floats, profile: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Where each template fits best into its longer profile: lag [px], and whether the fit is clear."""
    width = template.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(profile, width, axis=1)  # (N, lags, width)
    t = template - template.mean(axis=1, keepdims=True)
    v = windows - windows.mean(axis=2, keepdims=True)
    scale = np.linalg.norm(t, axis=1)[:, None] * np.linalg.norm(v, axis=2)
    score = np.einsum("nk,nlk->nl", t, v) / np.maximum(scale, 1e-9)
    best = score.argmax(axis=1)
    peak, place = _vertex(score, best)
    return (place * _STEP - _REACH).astype(np.float32), peak >= _CLEAR


def _crests(before: Floats, after: Floats, least: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Where each profile crests near its middle [px], and whether that is an edge worth the one before."""
    middle, reach = before.shape[1] // 2, round(_STAYS / _STEP)
    near = slice(middle - reach - 1, middle + reach + 2)  # a sample more to either side: a slope is no crest
    peak, place = _vertex(after[:, near], after[:, near].argmax(axis=1))
    height = before[:, middle - reach : middle + reach + 1].max(axis=1)
    return ((place - reach - 1) * _STEP).astype(np.float32), peak >= np.maximum(_VISIBLE * height, least)


def _vertex(values: Floats, best: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Heights at the best column of each row, and those columns to a fraction, by a parabola."""
    rows = np.arange(len(values))
    left, right = values[rows, np.maximum(best - 1, 0)], values[rows, np.minimum(best + 1, values.shape[1] - 1)]
    peak = values[rows, best]
    bend = left - 2 * peak + right
    offset = np.where(np.abs(bend) > 1e-9, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0.0).clip(-0.5, 0.5)
    return peak, best + offset
