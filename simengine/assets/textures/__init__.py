"""Procedural and photographed textures: tileable sRGB pictures, one file a family."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.picture import PictureSet
from simengine.assets.textures import (
    cardboard,
    concrete,
    fabric,
    image,
    marble,
    metal,
    noise,
    pattern,
    printed,
    speckle,
    wood,
)

if TYPE_CHECKING:
    from simengine.scene.schema.material import Texture

__all__ = ["texture_pictures"]

_PAINTERS: dict[str, Callable[..., NDArray[np.floating]]] = {
    "checker": pattern.checker,
    "stripes": pattern.stripes,
    "noise": noise.clouds,
    "wood": wood.wood,
    "marble": marble.marble,
    "brushed": metal.brushed,
    "cardboard": cardboard.cardboard,
    "fabric": fabric.fabric,
    "speckle": speckle.speckle,
    "concrete": concrete.concrete,
    "printed": printed.printed,
}


def texture_pictures(texture: Texture, *, rng: np.random.Generator, base: str, size: int = 512) -> PictureSet:
    """Paints a texture.

    Args:
        texture: What to paint, with concrete values.
        rng: Stream of the pattern's details: which knots, which veins, which picture of a folder.
        base: Folder that relative file names refer to.
        size: Pixels along an edge of a procedural tile, which repeats without seams.

    Returns:
        An sRGB picture, shape (size, size, 3); a photo keeps its own shape and comes with the maps beside it.

    Raises:
        SimengineError: If a picture or a folder can't be read.
    """
    if texture.tag == "image":
        return image.image(texture.value, rng, base)
    painted = _PAINTERS[texture.tag](texture.value, rng, size)
    return PictureSet(np.rint(np.clip(painted, 0.0, 1.0) * 255).astype(np.uint8))
