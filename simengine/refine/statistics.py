"""Statistics: the render with a photo's colours, texture, sharpness, noise and compression. No training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.refine.audit.gradient import gray
from simengine.refine.color_map import ColorStatistics, bures_distance, color_statistics, from_lab, monge_map, to_lab
from simengine.refine.composite import lay_over
from simengine.refine.empty import empty_photo, fill
from simengine.refine.frame import Frame
from simengine.refine.photos import Photos, cover
from simengine.refine.shadows import shading
from simengine.refine.sharpness import Noise, add_noise, blur_of, jpeg_quality, noise_of
from simengine.refine.transport import sliced_transport, swap_amplitude

__all__ = ["COLORS", "Look", "Statistics", "fit_statistics"]

COLORS = ("monge", "sliced", "amplitude", "none")
"""How colours are carried over: linear optimal transport, sliced transport, low-frequency amplitudes (FDA), not."""

_SIDE = 160  # px, side at which colours are gathered
_MOST = 400  # photos looked at
_AMPLITUDES = 0.01  # of the spectrum: FDA's beta
_CLOUD = 4096  # colours that stand for a picture's in sliced transport
_CONTRAST = 0.1, 1.0  # least and greatest factor on the background's own texture
_TYPICAL = 0.9  # quantile of the size of details: what a texture's contrast is
_SHADE = 40.0  # L* a unit of the logarithm of luma, for a background of a bright photo
_MARGIN = 4  # px around objects in which the background is not looked at


@dataclass(frozen=True, eq=False)
class Look:
    """What is taken over from one photo.

    Attributes:
        photo: Its number.
        colors: Its colours.
        blur: Blur of its edges [px]; NaN if it has none.
        noise: Of its luma, in 0 to 1.
        quality: Of its JPEG; None for other files.
    """

    photo: int
    colors: ColorStatistics
    blur: float
    noise: Noise
    quality: int | None


@dataclass(frozen=True, eq=False)
class Statistics:
    """Gives each render the look of one photo.

    Args:
        photos: The photos.
        looks: One a photo looked at.
        side: Of a typical object, as a share of the picture's width (`simengine.refine.empty.typical_side`).
        colors: One of `COLORS`.
        field: Scale from which on the background is that of the photo, emptied of things, in sides of an object; what
            is finer stays the render's own, at the contrast that the photo has there. 0: the background stays the
            render's own at every scale, as labels that cover it (depth, normals, flow) ask for.
        objects: How far the labelled objects follow the background's change of colour, 0 to 1: they share its light,
            not its paint.
        background: How far the background goes, 0 to 1.
        camera: Whether blur, noise and compression are matched.
        nearest: Share of the photos, nearest in colour, that one is drawn from.
    """

    photos: Photos
    looks: tuple[Look, ...]
    side: float = 1 / 16
    colors: str = "monge"
    field: float = 0.2
    objects: float = 0.0
    background: float = 1.0
    camera: bool = True
    nearest: float = 0.2
    name: str = "statistics"

    def __post_init__(self) -> None:
        if self.colors not in COLORS:
            raise SimengineError(f"colors is {self.colors!r}: give one of {', '.join(COLORS)}.")
        for name in ("objects", "background", "nearest"):
            if not 0 <= getattr(self, name) <= 1:
                raise SimengineError(f"{name} is {getattr(self, name)!r}: give a share from 0 to 1.")
        if not self.field >= 0:
            raise SimengineError(f"field is {self.field!r}: give sides of an object, from 0.")

    def refine(self, frame: Frame, rng: np.random.Generator) -> NDArray[np.uint8]:
        """See `Refiner.refine`."""
        lab, free = to_lab(frame.rgb), frame.segment(None)
        ground = lab if free.all() else fill(lab, _grown(~free))
        source = color_statistics(ground)
        look = self._choose(source, rng)
        h, w = free.shape
        photo = cover(self.photos[look.photo], w, h, rng)
        wanted = to_lab(empty_photo(photo, self.side * w) if self.field else photo)
        colored = self._colored(ground, source, wanted, look, rng)
        change = (colored - ground)[free].mean(axis=0) if free.any() else np.zeros(3, np.float32)
        if self.field:
            colored = _field(colored, wanted, self.field * self.side * w, free)
            colored[..., 0] += _SHADE * np.log(shading(frame.rgb, ~free, self.side * w))
        else:
            colored += lab - ground  # shadows, which `fill` continues into the objects only
        ground = lab + self.background * (colored - lab)
        picture = from_lab(lay_over(lab + np.float32(self.objects) * change, ~free, ground, 0.7))
        return _camera(picture, frame.rgb, look, rng) if self.camera else picture

    def _choose(self, source: ColorStatistics, rng: np.random.Generator) -> Look:
        distance = [bures_distance(source, look.colors) for look in self.looks]
        near = np.argsort(distance, kind="stable")[: max(3, round(self.nearest * len(distance)))]
        return self.looks[int(near[int(rng.integers(len(near)))])]

    def _colored(
        self,
        ground: NDArray[np.float32],
        source: ColorStatistics,
        wanted: NDArray[np.float32],
        look: Look,
        rng: np.random.Generator,
    ) -> NDArray[np.float32]:
        if self.colors == "monge":
            target = color_statistics(wanted) if self.field else look.colors
            return (target.mean + (ground - source.mean) @ monge_map(source, target)).astype(np.float32)
        if self.colors == "sliced":
            mine, theirs = (p.reshape(-1, 3)[rng.integers(0, p.size // 3, _CLOUD)] for p in (ground, wanted))
            return sliced_transport(ground, mine, theirs, rng)
        return swap_amplitude(ground, wanted, _AMPLITUDES) if self.colors == "amplitude" else ground.copy()

    def to_dict(self) -> dict[str, Any]:
        """See `Refiner.to_dict`."""
        kept = ("side", "colors", "field", "objects", "background", "camera", "nearest")
        return {"method": self.name, "photos": self.photos.digest(), **{name: getattr(self, name) for name in kept}}


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    import cv2

    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * _MARGIN + 1,) * 2, np.uint8)) > 0


def _field(
    ground: NDArray[np.float32], wanted: NDArray[np.float32], sigma: float, free: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """The photo's field above a scale, and the ground's own details below it at the photo's contrast."""
    field = _lowpass(wanted, sigma)
    own, theirs = ground - _lowpass(ground, sigma), wanted - field
    contrast = (_size(theirs) / _size(own[free] if free.any() else own)).clip(*_CONTRAST)
    return (field + own * contrast).astype(np.float32)


def _size(details: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.quantile(np.abs(details.reshape(-1, 3)[::4]), _TYPICAL, axis=0) + 1e-3


def _lowpass(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """A Gaussian mean, computed on fewer pixels where it is wide."""
    import cv2

    h, w = values.shape[:2]
    step = max(1, int(sigma / 4))
    small = cv2.resize(values, (max(1, w // step), max(1, h // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / step), (w, h), interpolation=cv2.INTER_LINEAR)


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


def fit_statistics(photos: Photos, *, most: int = _MOST, **settings: Any) -> Statistics:
    """Looks at real photos.

    Args:
        photos: The photos; their own resolution counts for sharpness and noise.
        most: Photos looked at, spread evenly.
        **settings: Of `Statistics`.

    Raises:
        SimengineError: A photo can't be read, or a setting is out of range.
    """
    chosen = sorted({int(i) for i in np.linspace(0, len(photos) - 1, min(most, len(photos))).round()})
    return Statistics(photos, tuple(_look(photos, i) for i in chosen), **settings)


def _look(photos: Photos, index: int) -> Look:
    import cv2

    photo = photos[index]
    if min(photo.shape[:2]) < 16:
        raise SimengineError(
            f"{photos.paths[index]} is only {photo.shape[1]} x {photo.shape[0]} pixels: take it out of the folder."
        )
    small = cv2.resize(photo, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    luma = gray(photo)
    quality = jpeg_quality(photos.paths[index])
    return Look(index, color_statistics(to_lab(small)), blur_of(luma), noise_of(luma), quality)
