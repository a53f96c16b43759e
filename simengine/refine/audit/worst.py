"""The objects that a refiner treated worst, before and after, on one sheet."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simengine.refine.audit.picture import ObjectVerdict, PictureAudit
from simengine.refine.frame import Frame

__all__ = ["Crop", "Worst", "score_words", "worst_sheet"]

_SIDE = 128  # px, of a crop on the sheet
_COLUMNS = 4
_LINE = 18  # px
_COLORS = {"kept": (70, 140, 70), "restored": (190, 130, 30), "dropped": (190, 60, 50)}


@dataclass(frozen=True, eq=False)
class Crop:
    """One object before and after.

    Attributes:
        name: Of its picture, with its class and id.
        verdict: What became of it.
        before: The render around it, uint8 (128, 128, 3).
        after: The same part of the refined picture.
    """

    name: str
    verdict: ObjectVerdict
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]


@dataclass
class Worst:
    """Keeps the worst objects of a stream of pictures, in constant memory.

    Attributes:
        most: Objects kept.
    """

    most: int = 24
    _heap: list[tuple[float, int, Crop]] = field(default_factory=list)
    _seen: int = 0

    def add(self, frame: Frame, after: NDArray[np.uint8], audit: PictureAudit) -> None:
        """Looks at the objects of one picture.

        Args:
            frame: The render.
            after: The refined picture, before anything was put back.
            audit: Its certificate.
        """
        for verdict in audit.objects:
            self._seen += 1
            badness = _badness(verdict)
            if len(self._heap) == self.most and badness <= self._heap[0][0]:
                continue
            box = _square(frame.ids == verdict.scores.id)
            name = f"{frame.key} {frame.categories.get(verdict.scores.id) or ''} {verdict.scores.id}"
            entry = (badness, -self._seen, Crop(name, verdict, _crop(frame.rgb, box), _crop(after, box)))
            (heapq.heappushpop if len(self._heap) == self.most else heapq.heappush)(self._heap, entry)

    def crops(self) -> tuple[Crop, ...]:
        """The worst first."""
        return tuple(crop for _, _, crop in sorted(self._heap, key=lambda entry: (-entry[0], -entry[1])))


def worst_sheet(crops: Sequence[Crop]) -> NDArray[np.uint8]:
    """Render and refined picture of each object side by side, with verdict and scores; uint8 (H, W, 3)."""
    import cv2

    cell_w, cell_h = 2 * _SIDE + 12, _SIDE + 2 * _LINE + 12
    rows = max(math.ceil(len(crops) / _COLUMNS), 1)
    sheet = np.full((rows * cell_h + 8, _COLUMNS * cell_w + 8, 3), 250, np.uint8)
    for number, crop in enumerate(crops):
        y, x = 8 + number // _COLUMNS * cell_h, 8 + number % _COLUMNS * cell_w
        sheet[y : y + _SIDE, x : x + _SIDE] = crop.before
        sheet[y : y + _SIDE, x + _SIDE + 2 : x + 2 * _SIDE + 2] = crop.after
        for line, text in enumerate((f"{crop.verdict.verdict}: {crop.name}", score_words(crop.verdict))):
            at = (x, y + _SIDE + _LINE * (line + 1) - 4)
            color = _COLORS[crop.verdict.verdict] if line == 0 else (60, 60, 60)
            cv2.putText(sheet, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, color, 1, cv2.LINE_AA)
    return sheet


def score_words(verdict: ObjectVerdict) -> str:
    """The scores that the rule looks at, in one line."""
    s = verdict.scores
    return f"ncc {s.ncc:.2f}  shift {s.shift:.2f}  outline {s.boundary_agreement:.2f}"


def _badness(verdict: ObjectVerdict) -> float:
    s = verdict.scores
    worst = max((v for v in (1 - s.ncc, s.shift / 3, 1 - s.boundary_agreement) if not math.isnan(v)), default=0.0)
    return worst + {"kept": 0, "restored": 10, "dropped": 20}[verdict.verdict]


def _square(mask: NDArray[np.bool_]) -> tuple[int, int, int]:
    rows, columns = np.nonzero(mask)
    side = int(max(np.ptp(rows), np.ptp(columns)) + 1 + 16)
    return (
        int(rows.min() + rows.max() + 1) // 2 - side // 2,
        int(columns.min() + columns.max() + 1) // 2 - side // 2,
        side,
    )


def _crop(rgb: NDArray[np.uint8], square: tuple[int, int, int]) -> NDArray[np.uint8]:
    import cv2

    y, x, side = square
    rows, columns = np.arange(y, y + side).clip(0, rgb.shape[0] - 1), np.arange(x, x + side).clip(0, rgb.shape[1] - 1)
    return np.asarray(
        cv2.resize(rgb[np.ix_(rows, columns)], (_SIDE, _SIDE), interpolation=cv2.INTER_LANCZOS4), np.uint8
    )
