"""A detector for tests that trains in milliseconds: it learns the mean colour of each class and finds blobs of it.

Also what it is trained on: squares of two colours on grey, written as YOLO data sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simengine.learn.detector import Detections, register_detector

COLOURS = {"red": (200, 40, 40), "blue": (40, 60, 200)}


@dataclass
class Blobs:
    classes: tuple[str, ...]
    colours: np.ndarray  # NaN where a class was never seen
    model = "blobs"

    def predict(self, pictures):
        return [self._one(picture.astype(float)) for picture in pictures]

    def _one(self, picture):
        import cv2

        boxes, scores, labels = [], [], []
        for k, colour in enumerate(self.colours):
            if np.isnan(colour).any():
                continue
            near = (np.abs(picture - colour).max(axis=2) < 60).astype(np.uint8)
            count, _, stats, _ = cv2.connectedComponentsWithStats(near)
            for x, y, w, h, area in stats[1:count]:
                if area >= 9:
                    boxes.append([x, y, x + w, y + h])
                    scores.append(min(1.0, area / (w * h)) * 0.9)
                    labels.append(k)
        order = np.argsort(-np.array(scores), kind="stable")
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4)[order],
            np.array(scores, np.float32)[order],
            np.array(labels, np.int64)[order],
        )


@register_detector("blobs")
class BlobDetector:
    def train(self, data, *, steps, seed, init=None, report=None, **options):
        classes = data[0][0].classes
        sums, counts = np.zeros((len(classes), 3)), np.zeros(len(classes))
        for part, weight in data:
            for index, image in enumerate(part.images):
                picture = part.read(index)
                for (x0, y0, x1, y1), label in zip(image.boxes.astype(int), image.labels, strict=True):
                    sums[label] += weight * picture[y0:y1, x0:x1].reshape(-1, 3).mean(axis=0)
                    counts[label] += weight
        with np.errstate(invalid="ignore", divide="ignore"):
            colours = sums / counts[:, None]
        if init is not None:
            colours = np.where(np.isnan(colours), init.colours, colours)
        return Blobs(classes, colours)

    def load(self, folder):
        saved = np.load(folder / "blobs.npz")
        return Blobs(tuple(saved["classes"].tolist()), saved["colours"])


def write_squares(
    root: Path, split: str, count: int, *, seed: int, tint: float = 0.0, rare: float = 0.5, prefix=""
) -> Path:
    """Writes a split of squares; `rare` is the share of blue ones, `tint` shifts all colours."""
    import cv2

    rng = np.random.default_rng(seed)
    (root / "images" / split).mkdir(parents=True, exist_ok=True)
    (root / "labels" / split).mkdir(parents=True, exist_ok=True)
    (root / "classes.txt").write_text("red\nblue\n")
    for k in range(count):
        picture = np.clip(rng.normal(128, 4, (48, 64, 3)) + rng.normal(0, 12, (1, 1, 3)), 0, 255)
        lines = []
        for column in range(2):
            label = int(rng.random() < rare)
            side = int(rng.integers(8, 16))
            x, y = 32 * column + int(rng.integers(0, 32 - side)), int(rng.integers(0, 48 - side))
            colour = np.array(list(COLOURS.values())[label]) + tint + rng.normal(0, 18, 3)
            picture[y : y + side, x : x + side] = np.clip(colour, 0, 255)
            lines.append(f"{label} {(x + side / 2) / 64:.6f} {(y + side / 2) / 48:.6f} {side / 64:.6f} {side / 48:.6f}")
        name = f"{prefix}{split}{k:03d}"
        cv2.imwrite(str(root / "images" / split / f"{name}.png"), picture[:, :, ::-1].astype(np.uint8))
        (root / "labels" / split / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return root
