"""Lights and surroundings, as a scene file names them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Color, Count, Fraction, OneOf, Part, Position, Text

__all__ = ["Environment", "Light"]

Power = Annotated[float, Leaf(unit="W", low=0)]
Elevation = Annotated[float, Leaf(unit="rad", low=-1.5707964, high=1.5707964)]
Azimuth = Annotated[float, Leaf(unit="rad")]


class AreaLight(Part):
    """A rectangle or an ellipse that shines on one side with equal radiance in all directions."""

    shape: Annotated[Literal["rectangle", "disk"], Leaf()] = Field(
        "rectangle", description="Rectangle, or the ellipse that it encloses."
    )

    position: Position = Field((0.0, 0.0, 1.5), description="Centre.")
    target: Position = Field((0.0, 0.0, 0.0), description="Point that its shining side faces.")
    size: Annotated[tuple[float, float], Leaf(unit="m", low=0, positive=True)] = Field(
        (0.5, 0.5), description="Edges of the rectangle; axes of the ellipse (two equal ones: a disk's diameter)."
    )
    power: Power = Field(40.0, description="Radiant power given off.")


class SunLight(Part):
    """Parallel light of a far disk."""

    elevation: Elevation = Field(0.8, description="Angle above the horizon.")
    azimuth: Azimuth = Field(0.6, description="Angle about z, from x towards y.")
    angle: Annotated[float, Leaf(unit="rad", low=0, high=1.5)] = Field(
        0.0093, description="Angular diameter; the sun's is 0.53 degrees."
    )
    irradiance: Annotated[float, Leaf(unit="W/m^2", low=0)] = Field(
        3.0, description="Irradiance on a surface that faces it."
    )


class PointLight(Part):
    """A sphere that shines in all directions: a bulb, a lantern, or without radius a point."""

    position: Position = Field((0.0, 0.0, 1.5), description="Centre.")
    radius: Annotated[float, Leaf(unit="m", low=0)] = Field(0.02, description="Radius; 0 for hard shadows.")
    power: Power = Field(20.0, description="Radiant power given off.")


class SpotLight(Part):
    """A lamp that shines into a cone with a soft edge."""

    position: Position = Field((0.0, 0.0, 1.5), description="Centre.")
    target: Position = Field((0.0, 0.0, 0.0), description="Point on the axis of the cone.")
    angle: Annotated[float, Leaf(unit="rad", low=0.01, high=3.1415926)] = Field(
        0.7, description="Full angle of the cone; nothing shines beyond."
    )
    soft: Fraction = Field(
        0.3, description="Share of the angle over which the light fades towards the edge; 0 for a sharp edge."
    )
    radius: Annotated[float, Leaf(unit="m", low=0)] = Field(0.02, description="Radius of the lamp; 0 for hard shadows.")
    power: Power = Field(10.0, description="Radiant power given off, all of it into the cone.")


class Light(Part):
    """A light: exactly one of ``area``, ``sun``, ``point`` and ``spot``, and its colour."""

    exclusive = ("area", "sun", "point", "spot")

    area: AreaLight | None = Field(None, description="A shining rectangle or disk.")
    sun: SunLight | None = Field(None, description="A far disk.")
    point: PointLight | None = Field(None, description="A shining sphere.")
    spot: SpotLight | None = Field(None, description="A lamp with a cone of light.")
    color: Color = Field((1.0, 1.0, 1.0), description="Colour of the light; ignored where `temperature` is given.")
    temperature: Annotated[float, Leaf(unit="K", low=1000, high=20000)] | None = Field(
        None, description="Colour temperature of a black body."
    )
    count: Count = Field(1, description="How many of it are drawn, each with values of its own.")


class Constant(Part):
    """The same light from everywhere."""

    color: Color = Field((1.0, 1.0, 1.0), description="Colour.")
    radiance: Annotated[float, Leaf(low=0)] = Field(0.3, description="Radiance, W/(m^2 sr).")


class Sky(Part):
    """A gradient from ground over horizon to zenith."""

    zenith: Color = Field((0.45, 0.6, 0.85), description="Colour straight up.")
    horizon: Color = Field((0.85, 0.87, 0.9), description="Colour at the horizon.")
    ground: Color = Field((0.25, 0.23, 0.2), description="Colour below the horizon.")
    radiance: Annotated[float, Leaf(low=0)] = Field(0.6, description="Radiance of white, W/(m^2 sr).")


class Studio(Part):
    """A dark room with soft boxes around and above, for reflections worth seeing."""

    panels: Annotated[int, Leaf(low=1, high=12)] = Field(4, description="Number of soft boxes in the ring.")
    radiance: Annotated[float, Leaf(low=0)] = Field(2.0, description="Radiance of a soft box, W/(m^2 sr).")
    ambient: Annotated[float, Leaf(low=0)] = Field(0.15, description="Radiance between them, W/(m^2 sr).")
    rotation: Azimuth = Field(0.0, description="Turn about z.")


class EnvironmentImage(Part):
    """An equirectangular panorama (.hdr or .exr, or a PNG/JPEG read as sRGB)."""

    exclusive = ("file", "folder")

    file: Text | None = Field(None, description="Path, relative to the scene file.")
    folder: Text | None = Field(None, description="Folder of panoramas of which one is drawn per sample.")
    scale: Annotated[float, Leaf(low=0)] = Field(1.0, description="Factor on its radiance.")
    rotation: Azimuth = Field(0.0, description="Turn about z.")


class Environment(OneOf):
    """Exactly one kind of surroundings."""

    constant: Constant | None = None
    sky: Sky | None = None
    studio: Studio | None = None
    image: EnvironmentImage | None = None
