"""Colours, as sRGB triples in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.sampling.choose import check_weights, pick
from simengine.sampling.distribution import Distribution, DistributionError, Size, register
from simengine.sampling.params import Color, Kind, ListOf, Number, OrNone, Vector, param
from simengine.sampling.scalar import Array, item, observations
from simengine.sampling.streams import uniforms

__all__ = ["Hsv", "Palette", "hsv_from_rgb", "rgb_from_hsv"]


@dataclass(frozen=True)
class _Range(Kind):
    """A range, or one number for a range without width."""

    low: float
    high: float

    def read(self, value: Any) -> tuple[float, float]:
        """Returns (first, last)."""
        if not isinstance(value, list | tuple | np.ndarray):
            value = [value, value]
        return Vector(2, Number(self.low, self.high), ordered=True).read(value)

    def schema(self) -> dict[str, Any]:
        """A number or an array of two."""
        number = Number(self.low, self.high)
        return {"anyOf": [number.schema(), Vector(2, number).schema()]}


class ColorDistribution(Distribution):
    """Colours of shape (3,)."""

    @property
    def event_shape(self) -> tuple[int, ...]:
        """``(3,)``."""
        return (3,)

    def _colors(self, x: Any) -> Array:
        x = np.asarray(x, dtype=float)
        if x.shape[-1:] != (3,):
            raise self.error(f"colours of shape {x.shape} were given. The last axis must hold red, green and blue.")
        return x


@register
@dataclass(frozen=True, eq=False, repr=False)
class Hsv(ColorDistribution):
    """Colours by hue, saturation and value: ``{hsv: {h: [0, 1], s: [0.5, 1], v: [0.4, 0.9]}}``.

    Uniform over each of the three ranges; hue is counted in turns from red over green (1/3) and
    blue (2/3), and a range may cross red: ``h: [0.95, 1.05]``.
    """

    tag = "hsv"
    summary = "A colour by ranges of hue (in turns, 0 is red), saturation and value."

    h: Sequence[float] = param(_Range(-1, 2), "First and last hue, in turns.", default=(0.0, 1.0), unit="")
    s: Sequence[float] = param(_Range(0, 1), "Smallest and largest saturation.", default=(0.0, 1.0), unit="")
    v: Sequence[float] = param(_Range(0, 1), "Smallest and largest value.", default=(0.0, 1.0), unit="")

    def _check(self) -> None:
        if self.h[1] - self.h[0] > 1 + 1e-12:
            raise self.error(f"h {list(self.h)} is more than a full turn. Give at most [0, 1].")

    def sample(self, rng: np.random.Generator, size: Size = None) -> Array:
        """Draws a colour, shape (3,), or colours, shape (*size, 3)."""
        shape = () if size is None else (size,) if isinstance(size, int) else tuple(size)
        low, high = np.array([self.h, self.s, self.v]).T
        return rgb_from_hsv(low + uniforms(rng, (*shape, 3)) * (high - low))

    def log_prob(self, x: Any) -> Any:
        """Natural logarithm of the density by red, green and blue at colours of shape (..., 3)."""
        widths = [high - low for low, high in (self.h, self.s, self.v)]
        if min(widths) == 0:
            raise self.error("one of h, s and v has a single value, so the colours have no density.")
        hsv = hsv_from_rgb(self._colors(x))
        turned = np.mod(hsv[..., 0] - self.h[0], 1.0)
        inside = turned <= widths[0]
        for part, (low, high) in ((hsv[..., 1], self.s), (hsv[..., 2], self.v)):
            inside &= (part >= low) & (part <= high)
        inside &= np.all((np.asarray(x) >= 0) & (np.asarray(x) <= 1), axis=-1)
        with np.errstate(divide="ignore"):  # the map from hsv to rgb stretches volumes by 6 s v^2
            stretch = np.log(6 * hsv[..., 1] * hsv[..., 2] ** 2)
        return item(np.where(inside, -math.log(math.prod(widths)) - stretch, -np.inf))

    def support(self) -> tuple[Array, Array]:
        """Bounds of red, green and blue (of all hues), each of shape (3,)."""
        return np.full(3, self.v[0] * (1 - self.s[1])), np.full(3, self.v[1])

    @classmethod
    def fit(cls, data: Any) -> Hsv:
        """The smallest ranges that hold the data; the hue's may cross red."""
        hsv = hsv_from_rgb(np.clip(observations(cls.tag, data, event_shape=(3,)), 0, 1))
        hues = np.sort(hsv[hsv[:, 1] * hsv[:, 2] > 0, 0])
        if len(hues) == 0:
            hues = np.zeros(1)
        gaps = np.diff(hues, append=hues[0] + 1)
        first = float(hues[(int(np.argmax(gaps)) + 1) % len(hues)])
        ranges = [[float(part.min()), float(part.max())] for part in (hsv[:, 1], hsv[:, 2])]
        return cls([first, first + 1 - float(gaps.max())], *ranges)


@register
@dataclass(frozen=True, eq=False, repr=False)
class Palette(ColorDistribution):
    """One of several colours: ``{palette: ["#d32f2f", "#1976d2"]}``, also with weights and a jitter."""

    tag = "palette"
    summary = "One of several colours, each blurred by a jitter if one is given."
    whole = "colors"

    colors: Sequence[Any] = param(ListOf(Color()), "Colours: [r, g, b] in 0 to 1, or '#rrggbb'.")
    weights: Sequence[float] | None = param(
        OrNone(ListOf(Number(low=0))), "One weight per colour, of any sum; equal if absent.", default=None, unit=""
    )
    jitter: float = param(
        Number(0, 1), "Largest deviation of each channel, uniform; kept within [0, 1].", default=0.0, unit=""
    )

    def _check(self) -> None:
        check_weights(self, len(self.colors))

    @property
    def discrete(self) -> bool:
        """True without a jitter: `log_prob` is then the logarithm of a probability."""
        return self.jitter == 0

    def sample(self, rng: np.random.Generator, size: Size = None) -> Array:
        """Draws a colour, shape (3,), or colours, shape (*size, 3)."""
        shape = () if size is None else (size,) if isinstance(size, int) else tuple(size)
        chosen = np.asarray(self.colors)[pick(uniforms(rng, shape), self.weights, len(self.colors))]
        if self.jitter == 0:
            return chosen
        low, high = np.maximum(chosen - self.jitter, 0), np.minimum(chosen + self.jitter, 1)
        return low + uniforms(rng, (*shape, 3)) * (high - low)

    def log_prob(self, x: Any) -> Any:
        """Natural logarithm of the density by red, green and blue; of the probability without a jitter."""
        x = self._colors(x)[..., None, :]
        colors = np.asarray(self.colors)
        weights = np.ones(len(colors)) if self.weights is None else np.asarray(self.weights)
        if self.jitter == 0:
            hits = np.all(np.abs(x - colors) < 1e-9, axis=-1) * 1.0
        else:
            low, high = np.maximum(colors - self.jitter, 0), np.minimum(colors + self.jitter, 1)
            hits = np.all((x >= low) & (x <= high), axis=-1) / np.prod(high - low, axis=-1)
        with np.errstate(divide="ignore"):
            return item(np.log(hits @ (weights / weights.sum())))

    def support(self) -> tuple[Array, Array]:
        """Bounds of red, green and blue, each of shape (3,)."""
        colors = np.asarray(self.colors)
        return np.maximum(colors.min(axis=0) - self.jitter, 0), np.minimum(colors.max(axis=0) + self.jitter, 1)

    @classmethod
    def fit(cls, data: Any, *, count: int = 5, steps: int = 100) -> Palette:
        """Groups colours, such as the pixels of a photo, into a few (Lloyd's k-means from far-apart starts).

        Args:
            data: sRGB colours in [0, 1], shape ``(n, 3)``.
            count: Most colours of the palette.
            steps: Most iterations.

        Returns:
            The groups' means, weighted by their sizes and most frequent first; the jitter gives
            each channel the mean spread within the groups.
        """
        colors = observations(cls.tag, data, event_shape=(3,), minimum=1)
        if colors.min() < 0 or colors.max() > 1:
            raise DistributionError("palette: the colours to fit must lie in [0, 1]. Divide 8-bit values by 255.")
        centers = colors[:1]
        distance = ((colors - centers[0]) ** 2).sum(axis=1)
        while len(centers) < count and distance.max() > 0:
            centers = np.vstack([centers, colors[np.argmax(distance)]])
            distance = np.minimum(distance, ((colors - centers[-1]) ** 2).sum(axis=1))
        for _ in range(steps):
            group = np.argmin([((colors - center) ** 2).sum(axis=1) for center in centers], axis=0)
            sizes = np.bincount(group, minlength=len(centers))
            sums = np.stack([np.bincount(group, colors[:, axis], len(centers)) for axis in range(3)], axis=1)
            moved = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centers)
            done = np.array_equal(moved, centers)
            centers = moved
            if done:
                break
        order = [place for place in np.argsort(-sizes, kind="stable") if sizes[place] > 0]
        spread = math.sqrt(float(((colors - centers[group]) ** 2).mean()))
        jitter = min(math.sqrt(3) * spread, 1.0)  # half the width of a uniform of that standard deviation
        return cls(np.clip(centers[order], 0, 1).tolist(), sizes[order].tolist(), jitter)


def rgb_from_hsv(hsv: Any) -> Array:
    """Red, green, blue of hue (in turns, any), saturation and value (Smith, SIGGRAPH 1978), shape (..., 3)."""
    hsv = np.asarray(hsv, dtype=float)
    place = np.mod(hsv[..., :1] * 6 + np.array([5.0, 3.0, 1.0]), 6)
    dip = np.clip(np.minimum(place, 4 - place), 0, 1)
    return hsv[..., 2:] * (1 - hsv[..., 1:2] * dip)


def hsv_from_rgb(rgb: Any) -> Array:
    """Hue in [0, 1), saturation and value of red, green, blue, shape (..., 3); hue 0 for greys."""
    rgb = np.asarray(rgb, dtype=float)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    value = rgb.max(axis=-1)
    chroma = value - rgb.min(axis=-1)
    safe = np.where(chroma > 0, chroma, 1)
    sixth = np.where(
        value == red, (green - blue) / safe, np.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe)
    )
    hue = np.mod(np.where(chroma > 0, sixth, 0) / 6, 1.0)
    return np.stack([hue, np.where(value > 0, chroma / np.where(value > 0, value, 1), 0), value], axis=-1)
