"""The stages of a camera in the order of nature: lens, filters, sensor, processing, file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError
from simengine.render.model import RenderCamera
from simengine.render.tone import encode_tone
from simengine.scene.schema.film import Clean, Film
from simengine.sensors.film.bayer import demosaic, mosaic
from simengine.sensors.film.blur import blur
from simengine.sensors.film.chromatic import aberrate
from simengine.sensors.film.jpeg import compress
from simengine.sensors.film.sensor import Sensor
from simengine.sensors.film.sharpening import sharpen
from simengine.sensors.film.vignetting import vignette
from simengine.sensors.film.white_balance import balance, cut_highlights

__all__ = ["develop"]

Floats = NDArray[np.float32]


def develop(
    film: Film, linear: Floats, *, camera: RenderCamera, rng: np.random.Generator, name: str = "camera"
) -> NDArray[np.uint8]:
    """Makes the picture that a camera would write.

    The colours that the sensor sees are those of the picture (Rec. 709); white balance comes after the sensor, as
    in cameras, so that it lifts the noise of the channel that it lifts.

    Args:
        film: The preset and its values, all concrete.
        linear: Radiance, shape (H, W, 3).
        camera: Its intrinsics and exposure.
        rng: Random stream of this picture.
        name: Name of the view, for errors.

    Returns:
        sRGB, shape (H, W, 3).

    Raises:
        SimengineError: If the values contradict each other.
    """
    values: Clean = film.value
    image = linear * np.float32(2.0**camera.exposure)
    image = vignette(image, camera=camera, natural=values.natural_vignetting, polynomial=values.vignetting)
    red, blue = values.chromatic_aberration
    image = aberrate(image, camera=camera, red=red, blue=blue)
    image = blur(image, radius=values.blur)
    try:
        sensor = _sensor(values)
    except SimengineError as error:
        raise SimengineError(f"cameras.{name}.film.{film.tag}: {error}") from None
    if values.bayer != "none":
        image = mosaic(image, pattern=values.bayer)
    if sensor is not None:
        image = sensor.brightness(sensor.expose(image, rng))
    if values.bayer != "none":
        image = demosaic(image, pattern=values.bayer)
    image = balance(image, temperature=values.white_balance)
    if sensor is not None:
        image = cut_highlights(image, saturation=sensor.saturation, temperature=values.white_balance)
    image = sharpen(image, amount=values.sharpening, radius=values.sharpening_radius)
    return compress(encode_tone(image, curve=values.tone), quality=values.jpeg)


def _sensor(values: Clean) -> Sensor | None:
    """The sensor of a film; None for the ideal one."""
    if values.photons is None:
        return None
    return Sensor(
        photons=values.photons,
        quantum_efficiency=values.quantum_efficiency,
        full_well=values.full_well,
        dark_current=values.dark_current,
        exposure_time=values.exposure_time,
        read_noise=values.read_noise,
        gain=values.gain,
        bits=values.bits,
        black_level=values.black_level,
    )
