"""Statistics: the render with a photo's colours, sharpness, noise and compression. No training; seconds on a CPU."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.refine.audit.gradient import gray
from simengine.refine.color_map import ColorStatistics, bures_distance, color_statistics, from_lab, monge_map, to_lab
from simengine.refine.frame import Frame
from simengine.refine.photos import Photos
from simengine.refine.sharpness import Noise, add_noise, blur_of, jpeg_quality, noise_of

__all__ = ["Look", "Statistics", "fit_statistics"]

_SIDE = 160  # px, side at which colours are gathered
_MOST = 400  # photos looked at


@dataclass(frozen=True, eq=False)
class Look:
    """What is taken over from one photo.

    Attributes:
        colors: Its colours.
        blur: Blur of its edges [px]; NaN if it has none.
        noise: Of its luma, in 0 to 1.
        quality: Of its JPEG; None for other files.
    """

    colors: ColorStatistics
    blur: float
    noise: Noise
    quality: int | None


@dataclass(frozen=True, eq=False)
class Statistics:
    """Gives each render the look of one of the photos that are nearest to it in colour.

    Args:
        looks: One a photo.
        digest: Hash of the photos.
        objects: How far the labelled objects follow the background's change of colour, 0 to 1: they share its light,
            not its paint.
        nearest: Share of the photos that are near enough to be drawn from.
    """

    looks: tuple[Look, ...]
    digest: str
    objects: float = 0.7
    nearest: float = 0.2
    name: str = "statistics"

    def refine(self, frame: Frame, rng: np.random.Generator) -> NDArray[np.uint8]:
        """See `Refiner.refine`."""
        import cv2

        lab = to_lab(frame.rgb)
        ground = frame.segment(None)
        source = color_statistics(lab[ground] if ground.any() else lab)
        look = self._choose(source, rng)
        mapped = look.colors.mean + (lab - source.mean) @ monge_map(source, look.colors)
        share = np.where(ground, 1.0, self.objects).astype(np.float32)
        share = cv2.GaussianBlur(share, (0, 0), 0.7)[..., None]
        picture = from_lab(lab + share * (mapped - lab).astype(np.float32))
        return _camera(picture, frame.rgb, look, rng)

    def _choose(self, source: ColorStatistics, rng: np.random.Generator) -> Look:
        distance = [bures_distance(source, look.colors) for look in self.looks]
        near = np.argsort(distance, kind="stable")[: max(3, round(self.nearest * len(distance)))]
        return self.looks[int(near[int(rng.integers(len(near)))])]

    def to_dict(self) -> dict[str, Any]:
        """See `Refiner.to_dict`."""
        return {"method": self.name, "photos": self.digest, "objects": self.objects, "nearest": self.nearest}


def _camera(
    picture: NDArray[np.uint8], render: NDArray[np.uint8], look: Look, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Blur, noise and compression of a photo, as far as the render lacks them."""
    import cv2

    luma = gray(render)
    own, noise = blur_of(luma), noise_of(luma)
    missing = look.blur**2 - own**2
    if missing > 0.04:  # False for NaN
        picture = cv2.GaussianBlur(picture, (0, 0), float(np.sqrt(min(missing, 9.0))))
    lacking = Noise(
        *(float(np.sqrt(max(a * a - b * b, 0))) for a, b in zip(_pair(look.noise), _pair(noise), strict=True))
    )
    field = add_noise(luma.shape, lacking, rng)[..., None]
    picture = (picture + 255 * field).round().clip(0, 255).astype(np.uint8)
    if look.quality is None:
        return picture
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, look.quality])
    return cv2.cvtColor(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8), cv2.COLOR_BGR2RGB)


def _pair(noise: Noise) -> tuple[float, float]:
    return noise.white, noise.grain


def fit_statistics(photos: Photos, *, most: int = _MOST) -> Statistics:
    """Looks at real photos.

    Args:
        photos: The photos; their own resolution counts for sharpness and noise.
        most: Photos looked at, spread evenly.

    Raises:
        SimengineError: A photo can't be read.
    """
    chosen: Iterable[int] = sorted({int(i) for i in np.linspace(0, len(photos) - 1, min(most, len(photos))).round()})
    return Statistics(tuple(_look(photos, i) for i in chosen), photos.digest())


def _look(photos: Photos, index: int) -> Look:
    import cv2

    photo = photos[index]
    if min(photo.shape[:2]) < 16:
        raise SimengineError(
            f"{photos.paths[index]} is only {photo.shape[1]} x {photo.shape[0]} pixels: take it out of the folder."
        )
    small = cv2.resize(photo, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    luma = gray(photo)
    return Look(color_statistics(to_lab(small)), blur_of(luma), noise_of(luma), jpeg_quality(photos.paths[index]))
