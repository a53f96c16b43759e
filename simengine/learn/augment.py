"""Classical augmentation: what a camera, its lens, its sensor and its file format could have done to a picture.

Small pure functions on pictures, and one recipe that draws their strengths. Geometry lives in `simengine.learn.crops`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError

__all__ = [
    "AUGMENTATIONS",
    "Augmentation",
    "add_noise",
    "blur",
    "change_colors",
    "compress",
    "disturb",
    "named_augmentation",
]

Picture = NDArray[np.uint8]

_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass(frozen=True)
class Augmentation:
    """How much training pictures may be changed; the same for all sets of a mix.

    Attributes:
        light: Largest change of brightness as a share of white, and of contrast and gamma as a factor 1 + light.
        color: Largest change of saturation and of the gain of a channel (a third of it), as a share.
        hue: Largest turn of the hue [degrees].
        blur: Largest standard deviation of the blur [px].
        noise: Largest standard deviation of the noise, of 255.
        jpeg: Lowest quality of JPEG; 100 switches it off.
        scale: Largest factor on the size, up or down.
        mosaic: Share of the pieces that are put together from many small ones, each around an object.
        mirror: Whether a picture and its mirror image have the same labels.
        quarters: Whether pictures turned by quarters have the same labels (seen from above).
    """

    light: float = 0.0
    color: float = 0.0
    hue: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: int = 100
    scale: float = 1.0
    mosaic: float = 0.0
    mirror: bool = False
    quarters: bool = False


AUGMENTATIONS = {
    "none": Augmentation(),
    "light": Augmentation(light=0.1, color=0.15, scale=1.1, mosaic=0.7),
    "strong": Augmentation(light=0.3, color=0.4, hue=12.0, blur=1.2, noise=10.0, jpeg=35, scale=1.3, mosaic=0.7),
}
"""Named strengths; mirroring and turning depend on the labels and are off."""


def named_augmentation(name: str, *, symmetry: str = "none") -> Augmentation:
    """One of `AUGMENTATIONS` with the changes that leave the labels of a data set true.

    Args:
        name: ``none``, ``light`` or ``strong``.
        symmetry: ``none``, ``mirror``, ``quarters`` (quarter turns) or ``all``.

    Raises:
        SimengineError: A name is unknown.
    """
    if name not in AUGMENTATIONS:
        raise SimengineError(f"there is no augmentation {name!r}; there are {', '.join(AUGMENTATIONS)}.")
    if symmetry not in ("none", "mirror", "quarters", "all"):
        raise SimengineError(f"there is no symmetry {symmetry!r}; there are none, mirror, quarters and all.")
    how = AUGMENTATIONS[name]
    return replace(how, mirror=symmetry in ("mirror", "all"), quarters=symmetry in ("quarters", "all"))


def disturb(rng: np.random.Generator, picture: Picture, how: Augmentation) -> Picture:
    """Changes light and colour, then in some pictures blurs, adds noise and compresses, as a camera does.

    Args:
        rng: Where chance comes from; the same number of draws whatever is switched on.
        picture: sRGB, shape (h, w, 3).
        how: Largest changes.
    """
    spread = rng.uniform(-1.0, 1.0, 8)
    chance, strength = rng.random(3), rng.random(3)
    if how.light or how.color or how.hue:
        picture = change_colors(
            picture,
            brightness=how.light * spread[0],
            contrast=(1 + how.light) ** spread[1],
            gamma=(1 + how.light) ** spread[2],
            saturation=1 + how.color * spread[3],
            hue=how.hue * spread[4],
            gains=1 + how.color / 3 * spread[5:8],
        )
    if how.blur and chance[0] < 0.4:
        picture = blur(picture, how.blur * strength[0])
    if how.noise and chance[1] < 0.5:
        picture = add_noise(rng, picture, how.noise * strength[1])
    if how.jpeg < 100 and chance[2] < 0.4:
        picture = compress(picture, round(95 - (95 - how.jpeg) * strength[2]))
    return picture


def change_colors(
    picture: Picture,
    *,
    brightness: float = 0.0,
    contrast: float = 1.0,
    gamma: float = 1.0,
    saturation: float = 1.0,
    hue: float = 0.0,
    gains: NDArray[np.float64] | None = None,
) -> Picture:
    """Changes light and colour by one table of tones and one matrix of colours.

    Args:
        picture: sRGB, shape (h, w, 3).
        brightness: Added, as a share of white.
        contrast: Factor about middle grey.
        gamma: Exponent on 0..1.
        saturation: Factor on the distance from grey.
        hue: Turn about the grey axis [degrees].
        gains: Factors on red, green and blue.
    """
    import cv2

    tones = np.linspace(0.0, 1.0, 256) ** gamma
    tones = np.clip((tones - 0.5) * contrast + 0.5 + brightness, 0.0, 1.0)
    toned = cv2.LUT(picture, np.rint(255 * tones).astype(np.uint8))
    angle = np.deg2rad(hue)
    # Rotation about (1, 1, 1) (Rodrigues).
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    turn = np.cos(angle) * np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) / 3
    matrix = (saturation * np.eye(3) + (1 - saturation) * np.tile(_LUMA, (3, 1))) @ turn
    if gains is not None:
        matrix = np.diag(gains) @ matrix
    return cv2.transform(toned, matrix.astype(np.float32))


def blur(picture: Picture, deviation: float) -> Picture:
    """Blurs by a Gaussian of a standard deviation [px]; below 0.2 px nothing changes."""
    import cv2

    return cv2.GaussianBlur(picture, (0, 0), deviation) if deviation >= 0.2 else picture


def add_noise(rng: np.random.Generator, picture: Picture, deviation: float) -> Picture:
    """Adds normal noise of a standard deviation (of 255), each pixel and channel for itself."""
    noise = rng.standard_normal(picture.shape, np.float32)
    noise *= deviation
    noise += picture
    return np.clip(noise, 0, 255, out=noise).astype(np.uint8)


def compress(picture: Picture, quality: int) -> Picture:
    """Writes and reads JPEG of a quality in 0..100."""
    import cv2

    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
