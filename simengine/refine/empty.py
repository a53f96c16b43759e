"""Photos without the things that lie in them: what a photo's background looks like, from the photo alone."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from simengine.refine.color_map import to_lab
from simengine.refine.frame import Frame

__all__ = ["empty_photo", "fill", "find_things", "typical_side"]

_WINDOW = 2.6  # of a thing's side: the median over it shows the background
_COARSE = 10  # px that a thing's side has where that median is taken
_LEAST, _DEVIATIONS = 5.0, 4.0  # CIE L*a*b*; median absolute deviations: from where on something differs
_KNIT = 0.12  # of a side: smaller gaps are closed, smaller things are texture
_HALO = 0.3  # of a side: shadows and blur around a thing


def typical_side(frames: Iterable[Frame]) -> float:
    """Side of the labelled objects' typical box: the median over all of them, as a share of the picture's width.

    Args:
        frames: Some renders.

    Returns:
        Above 0; 1/16 where nothing is labelled.
    """
    from scipy.ndimage import find_objects

    sides = []
    for frame in frames:
        boxes = find_objects(frame.ids, max_label=max(frame.labelled, default=0))
        for number in frame.labelled:
            box = boxes[number - 1]
            sides.append(max(s.stop - s.start for s in box) / frame.ids.shape[1])
    return float(np.median(sides)) if sides else 1 / 16


def find_things(photo: NDArray[np.uint8], side: float) -> NDArray[np.bool_]:
    """Things of about a known size: where a photo differs from its median over a window of some sides.

    Args:
        photo: sRGB uint8 (H, W, 3).
        side: Of a thing [px].

    Returns:
        Mask (H, W), with a margin for soft shadows.
    """
    import cv2

    h, w = photo.shape[:2]
    step = max(1.0, side / _COARSE)
    size = max(3, round(w / step)), max(3, round(h / step))
    window = max(3, min(int(_WINDOW * side / step), *(s - 1 for s in size)) | 1)
    coarse = cv2.medianBlur(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), window)
    usual = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)
    unlike = np.linalg.norm(cv2.GaussianBlur(to_lab(photo), (0, 0), 1.0) - to_lab(usual), axis=2)
    found = (unlike > max(_LEAST, _DEVIATIONS * float(np.median(unlike)))).astype(np.uint8)
    for operation in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        found = cv2.morphologyEx(found, operation, _disc(max(2, round(_KNIT * side))))
    return cv2.dilate(found, _disc(max(3, round(_HALO * side)))) > 0


def _disc(radius: int) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2), np.uint8)


def fill(values: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Continues a picture smoothly into holes: the mean of what is known, from the coarsest scale to the finest.

    The pull-push algorithm (Gortler et al., "The lumigraph", SIGGRAPH 1996, section 3.3).

    Args:
        values: Shape (H, W, 3).
        hole: What is not known, (H, W).

    Returns:
        Shape (H, W, 3); 0 where all is hole.
    """
    import cv2

    known = (~hole).astype(np.float32)
    levels = [(values.astype(np.float32) * known[..., None], known)]
    while min(levels[-1][1].shape) > 4:
        levels.append((cv2.pyrDown(levels[-1][0]), cv2.pyrDown(levels[-1][1])))
    total, weight = levels[-1]
    found = total / np.maximum(weight, 1e-6)[..., None]
    for total, weight in reversed(levels[:-1]):
        found = cv2.pyrUp(found, dstsize=(weight.shape[1], weight.shape[0]))
        sure = np.clip(2 * weight, 0, 1)[..., None]
        found = sure * total / np.maximum(weight, 1e-6)[..., None] + (1 - sure) * found
    return np.where(hole[..., None], found, values).astype(np.float32)


def empty_photo(photo: NDArray[np.uint8], side: float) -> NDArray[np.uint8]:
    """A photo with the things of about a known size taken out, and their place filled from around them.

    Args:
        photo: sRGB uint8 (H, W, 3).
        side: Of a thing [px].
    """
    return fill(photo.astype(np.float32), find_things(photo, side)).round().clip(0, 255).astype(np.uint8)
