"""The surroundings of a scene as the renderer takes them: a panorama of radiance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.render.environment import (
    constant_environment,
    read_environment,
    sky_environment,
    studio_environment,
)
from simengine.scene.files import resolve_file
from simengine.scene.scene import Scene
from simengine.scene.schema.light import EnvironmentImage
from simengine.sensors.color import Triple, linear_from_srgb

__all__ = ["PANORAMA_SUFFIXES", "environment"]

PANORAMA_SUFFIXES = (".exr", ".hdr", ".jpeg", ".jpg", ".png")
"""Files of a folder that count as panoramas."""


def environment(scene: Scene) -> NDArray[np.float32]:
    """The panorama of a sample, shape (H, W, 3), as `RenderScene.environment` wants it.

    One of a folder of panoramas is drawn, in order of name, from the stream ``environment.image.folder``.

    Args:
        scene: The scene as drawn.

    Raises:
        SimengineError: If the file or the folder can't be read.
    """
    kind, part = scene.model.environment.tag, scene.model.environment.value
    if kind == "constant":
        return constant_environment(_radiance(part.color, part.radiance))
    if kind == "sky":
        zenith, horizon, ground = (
            _radiance(color, part.radiance) for color in (part.zenith, part.horizon, part.ground)
        )
        return sky_environment(zenith, horizon, ground)
    if kind == "studio":
        return studio_environment(
            panels=part.panels, radiance=part.radiance, ambient=part.ambient, rotation=part.rotation
        )
    return read_environment(_panorama(part, scene), scale=part.scale, rotation=part.rotation)


def _panorama(part: EnvironmentImage, scene: Scene) -> Path:
    if part.file is not None:
        return resolve_file(part.file, scene.base)
    folder = resolve_file(str(part.folder), scene.base)
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in PANORAMA_SUFFIXES)
    if not found:
        raise SimengineError(
            f"environment.image.folder: {folder} holds no panorama ({', '.join(PANORAMA_SUFFIXES)}). Give a folder of "
            "equirectangular pictures; a relative path starts at the scene file."
        )
    return found[int(scene.stream("environment.image.folder").integers(len(found)))]


def _radiance(color: Triple, radiance: float) -> Triple:
    red, green, blue = (radiance * linear_from_srgb(color)).tolist()
    return red, green, blue
