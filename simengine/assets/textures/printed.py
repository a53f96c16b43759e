"""Packaging as it is printed: a name, a motif, small print and a bar code."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from simengine.scene.schema import material

__all__ = ["printed"]

Floats = NDArray[np.floating]

_LUMA = (0.299, 0.587, 0.114)  # Rec. 601
_FINE = 4  # bits of subpixel position
_STARTS, _VOWELS = ("B", "D", "F", "K", "L", "M", "N", "P", "R", "S", "T", "V", "Z", "Tr", "Cr", "Fl"), "aeiou"
_ENDS = ("", "n", "r", "s", "x", "lo", "na", "ra", "co", "ma")


def printed(spec: material.Printed, rng: np.random.Generator, size: int) -> Floats:
    """The front of a package; its number decides the layout, so all copies of one product look alike."""
    return _paint(spec, size)


@lru_cache(maxsize=32)
def _paint(spec: material.Printed, size: int) -> Floats:
    layout = np.random.Generator(np.random.Philox(key=spec.design))
    page = _Page(size)
    accent, ink, paper = page.blank(), page.blank(), page.blank()
    words = paper if np.dot(spec.ground, _LUMA) < 0.5 else ink  # what can be read on the ground
    _motif(page, layout, accent, paper)
    name = _word(layout)
    font = int(layout.choice([0, 2, 3, 4]))  # simplex, duplex, complex, triplex
    top = 0.13 + 0.05 * layout.uniform()
    page.text(words, name, (0.5, top), width=0.8, height=0.13, font=font, bold=3.5)
    page.text(words, _word(layout).lower() + " " + _word(layout).lower(), (0.5, top + 0.13), width=0.56, height=0.045)
    page.text(words, f"{25 * int(layout.integers(4, 41))} g", (0.2, 0.93), width=0.2, height=0.05, font=2)
    for line in range(int(layout.integers(3, 6))):
        page.bar(words, (0.08, 0.74 + 0.03 * line), (0.08 + 0.34 * (0.6 + 0.4 * layout.uniform()), 0.748 + 0.03 * line))
    page.bar(paper, (0.62, 0.8), (0.94, 0.96))
    _bars(page, layout, ink, (0.66, 0.83), (0.9, 0.93))
    picture = np.broadcast_to(np.asarray(spec.ground, float), (size, size, 3))
    for color, layer in ((spec.accent, accent), (spec.paper, paper), (spec.ink, ink)):
        picture = picture + (np.asarray(color) - picture) * (layer[..., None] / 255.0)
    picture.flags.writeable = False
    return picture


class _Page:
    """Draws with anti-aliasing in units of the page's edge: x right, y down."""

    def __init__(self, size: int) -> None:
        self.size = size

    def blank(self) -> NDArray[np.uint8]:
        return np.zeros((self.size, self.size), np.uint8)

    def fine(self, point) -> tuple[int, int]:
        x, y = (np.asarray(point) * self.size * (1 << _FINE)).round().astype(int).tolist()
        return x, y

    def polygon(self, layer: NDArray[np.uint8], points, value: int = 255) -> None:
        import cv2

        corners = np.array([self.fine(point) for point in points], np.int32)
        cv2.fillPoly(layer, [corners], value, cv2.LINE_AA, _FINE)

    def bar(self, layer: NDArray[np.uint8], low: tuple[float, float], high: tuple[float, float]) -> None:
        self.polygon(layer, [low, (high[0], low[1]), high, (low[0], high[1])])

    def disk(self, layer: NDArray[np.uint8], centre, radius: float, value: int = 255) -> None:
        import cv2

        reach = round(radius * self.size * (1 << _FINE))
        cv2.circle(layer, self.fine(centre), reach, value, -1, cv2.LINE_AA, _FINE)

    def text(
        self, layer: NDArray[np.uint8], words: str, middle, *, width: float, height: float, font: int = 0, bold=1.2
    ) -> None:
        """Words around a point, as large as fits."""
        import cv2

        (w, h), _ = cv2.getTextSize(words, font, 1.0, 1)
        scale = min(width * self.size / w, height * self.size / h)
        thick = max(1, round(bold * scale * 0.8))
        corner = (round(middle[0] * self.size - scale * w / 2), round(middle[1] * self.size + scale * h / 2))
        cv2.putText(layer, words, corner, font, scale, 255, thick, cv2.LINE_AA)


def _word(rng: np.random.Generator) -> str:
    syllables = int(rng.integers(2, 4))
    parts = [str(rng.choice(_STARTS)) + _VOWELS[int(rng.integers(5))] for _ in range(syllables)]
    return ("".join(parts) + str(rng.choice(_ENDS))).capitalize()


def _motif(page: _Page, rng: np.random.Generator, accent: NDArray[np.uint8], paper: NDArray[np.uint8]) -> None:
    """One of: a wave, a disk with rays, hills, or bands; runs through the page's left and right edge."""
    kind = int(rng.integers(4))
    base = 0.46 + 0.06 * rng.uniform()
    x = np.linspace(0, 1, 65)
    if kind == 0:
        wave = base + 0.07 * np.sin(2 * np.pi * (x + rng.uniform()))
        page.polygon(accent, [*zip(x, wave, strict=True), *zip(x[::-1], wave[::-1] + 0.16, strict=True)])
        page.polygon(paper, [*zip(x, wave + 0.175, strict=True), *zip(x[::-1], wave[::-1] + 0.195, strict=True)])
    elif kind == 1:
        at, rays = base + 0.07, int(rng.integers(10, 19))
        for k in range(rays):
            a, b = 2 * np.pi * (k - 0.22) / rays, 2 * np.pi * (k + 0.22) / rays
            page.polygon(accent, [(0.5, at), *((0.5 + 0.19 * np.cos(t), at + 0.19 * np.sin(t)) for t in (a, b))])
        page.disk(paper, (0.5, at), 0.11)
        page.disk(paper, (0.5, at), 0.1, 0)
        page.disk(accent, (0.5, at), 0.1)
    elif kind == 2:
        for step, layer in ((0.0, accent), (0.1, paper)):
            hill = base + step + 0.05 * np.sin(2 * np.pi * (x + rng.uniform())) + 0.02 * np.sin(4 * np.pi * x)
            page.polygon(layer, [*zip(x, hill, strict=True), (1, hill.max() + 0.14), (0, hill.max() + 0.14)])
    else:
        for k in range(int(rng.integers(2, 4))):
            page.bar(accent if k % 2 == 0 else paper, (0, base + 0.09 * k - 0.1), (1, base + 0.09 * k - 0.03))


def _bars(page: _Page, rng: np.random.Generator, layer: NDArray[np.uint8], low, high) -> None:
    widths = rng.integers(1, 5, 30).astype(float)
    edges = low[0] + np.r_[0.0, np.cumsum(widths)] / widths.sum() * (high[0] - low[0])
    for left, right in zip(edges[:-1:2], edges[1::2], strict=True):
        page.bar(layer, (left, low[1]), (right, high[1]))
