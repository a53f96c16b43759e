"""Whether the corners that a picture shows on an object are found again in the refined picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["KeypointScores", "keypoint_scores"]

Floats = NDArray[np.float32]

_MOST = 24  # corners an object
_WINDOW = 11  # px, side of the patch that is compared
_LOST = 0.3  # least correlation of a patch with where it is found


@dataclass(frozen=True)
class KeypointScores:
    """How the corners of an object moved.

    Attributes:
        count: Number of corners before.
        shift: Median distance that those found again moved [px]; NaN if none was.
        lost: Share not found again; NaN without corners.
    """

    count: int
    shift: float
    lost: float


def keypoint_scores(before: Floats, after: Floats, mask: NDArray[np.bool_]) -> KeypointScores:
    """Tracks the corners of an object from one picture to the other.

    Corners by Shi and Tomasi (1994), tracking by pyramidal Lucas-Kanade (Bouguet 2001) on gradient magnitudes, which
    do not depend on colour; a corner counts as found if the patches around both places correlate.

    Args:
        before: Gradient magnitude of the picture that the labels were made with, (H, W).
        after: That of the refined picture, (H, W).
        mask: Pixels of the object, (H, W).
    """
    import cv2

    peak = float(before[mask].max(initial=0.0))
    if peak <= 1e-4:
        return KeypointScores(0, float("nan"), float("nan"))
    scale = np.float32(255.0 / peak)
    first, second = ((g * scale).clip(0, 255).astype(np.uint8) for g in (before, after))
    corners = cv2.goodFeaturesToTrack(first, _MOST, 0.05, 3, mask=mask.astype(np.uint8), blockSize=5)
    if corners is None:
        return KeypointScores(0, float("nan"), float("nan"))
    # the strength of edges may change: match the mean brightness that Lucas-Kanade takes for constant
    second = (after * scale * np.float32(_ratio(before[mask], after[mask]))).clip(0, 255).astype(np.uint8)
    moved, status, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, None, winSize=(_WINDOW, _WINDOW), maxLevel=2)
    start, end = corners[:, 0], moved[:, 0]
    found = (status[:, 0] > 0) & _alike(first, second, start, end)
    distance = np.linalg.norm(end - start, axis=1)[found]
    return KeypointScores(
        count=len(start),
        shift=float(np.median(distance)) if len(distance) else float("nan"),
        lost=float(1 - found.mean()),
    )


def _ratio(before: Floats, after: Floats) -> float:
    return float(before.mean() / max(float(after.mean()), 1e-6))


def _alike(first: NDArray[np.uint8], second: NDArray[np.uint8], start: Floats, end: Floats) -> NDArray[np.bool_]:
    import cv2

    def patches(picture: NDArray[np.uint8], at: Floats) -> Floats:
        span = np.arange(_WINDOW, dtype=np.float32) - _WINDOW // 2
        x = at[:, 0, None, None] + span[None, None, :] + 0 * span[None, :, None]
        y = at[:, 1, None, None] + span[None, :, None] + 0 * span[None, None, :]
        shape = (len(at), _WINDOW * _WINDOW)
        values = cv2.remap(
            picture.astype(np.float32),
            x.reshape(shape),
            y.reshape(shape),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return values - values.mean(axis=1, keepdims=True)

    a, b = patches(first, start), patches(second, end)
    norm = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return (a * b).sum(axis=1) / np.maximum(norm, 1e-6) >= _LOST
