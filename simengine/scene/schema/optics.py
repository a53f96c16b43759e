"""What a lens and a shutter do to a picture, as a scene file names it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Length, OneOf, Part, Text

__all__ = ["Aperture", "CropWindow", "Focus", "LensDistortion", "Shake", "Shutter"]

Coefficient = Annotated[float, Leaf()]
Seconds = Annotated[float, Leaf(unit="s", low=0, high=60)]


class BrownConrady(Part):
    """Radial and tangential distortion as OpenCV's `calibrateCamera` gives it (D. C. Brown, 1966)."""

    k1: Coefficient = Field(0.0, description="Radial, r^2; below 0 barrel, above 0 pincushion.")
    k2: Coefficient = Field(0.0, description="Radial, r^4.")
    p1: Coefficient = Field(0.0, description="Tangential.")
    p2: Coefficient = Field(0.0, description="Tangential.")
    k3: Coefficient = Field(0.0, description="Radial, r^6.")
    k4: Coefficient = Field(0.0, description="Below the fraction bar of the rational model, r^2.")
    k5: Coefficient = Field(0.0, description="Below the fraction bar, r^4.")
    k6: Coefficient = Field(0.0, description="Below the fraction bar, r^6.")


class KannalaBrandt(Part):
    """A fisheye as OpenCV's `fisheye.calibrate` gives it (J. Kannala and S. Brandt, 2006); all 0: equidistant.

    Its recorded depth is the distance in space, since the depth along the axis is no use at 90 deg to it.
    """

    k1: Coefficient = Field(0.0, description="Of the angle to the axis, to the third power.")
    k2: Coefficient = Field(0.0, description="To the fifth.")
    k3: Coefficient = Field(0.0, description="To the seventh.")
    k4: Coefficient = Field(0.0, description="To the ninth.")
    image_circle: Annotated[float, Leaf(unit="rad", low=0.1, high=6.2831854)] = Field(
        6.2831853, description="Angle across the image circle, outside which the picture is black and has no labels."
    )


class LensDistortion(OneOf):
    """Exactly one model of how the lens bends straight lines; a pinhole if there is none."""

    brown_conrady: BrownConrady | None = Field(None, description="An ordinary lens; less than 180 deg of view.")
    kannala_brandt: KannalaBrandt | None = Field(None, description="A fisheye; up to 360 deg of view.")


class ThinLens(Part):
    """A pupil by what is engraved on the lens."""

    focal_length: Length = Field(0.035, description="Focal length, 35 mm for instance.")
    f_number: Annotated[float, Leaf(low=0.3, high=256)] = Field(2.8, description="Focal length over the pupil.")


class Aperture(OneOf):
    """Exactly one way to state the width of the pupil: what is out of focus gets blurred, labels stay sharp."""

    diameter: Length | None = Field(None, description="Diameter of the entrance pupil.")
    lens: ThinLens | None = Field(None, description="Focal length and f-number.")


class Focus(OneOf):
    """Exactly one way to state what is sharp."""

    distance: Length | None = Field(
        None, description="Distance along the axis of what is sharp (of a fisheye: in space)."
    )
    on: Text | None = Field(None, description="NAME or NAME[COPY] of the object whose middle is sharp.")


class Shutter(Part):
    """How long the picture takes; brightness doesn't change with it.

    A picture's time is the middle of the exposure of its middle row. Its labels are those of that time; with a
    `readout_time` the masks, depths and normals of each row are those of the middle of the row's own exposure.
    """

    exposure_time: Seconds = Field(0.0, description="Time for which a row sees: what moves meanwhile is blurred.")
    readout_time: Seconds = Field(
        0.0, description="Time from the first row to the last one (rolling shutter); 0 for all rows at once."
    )
    direction: Annotated[Literal["down", "up", "right", "left"], Leaf()] = Field(
        "down", description="Where reading goes in the picture."
    )


class Shake(Part):
    """How the camera moves while its shutter is open, in its own frame; its pose is that of the picture's time."""

    velocity: Annotated[tuple[float, float, float], Leaf(unit="m/s")] = Field(
        (0.0, 0.0, 0.0), description="Right, down and forward."
    )
    angular_velocity: Annotated[tuple[float, float, float], Leaf(unit="rad/s")] = Field(
        (0.0, 0.0, 0.0), description="About the axes right (pitch), down (yaw) and forward (roll)."
    )


class CropWindow(Part):
    """The part of the picture that is drawn and written, exactly as in the whole."""

    left: Annotated[int, Leaf(low=0, high=8191)] = Field(0, description="First column.")
    top: Annotated[int, Leaf(low=0, high=8191)] = Field(0, description="First row.")
    width: Annotated[int, Leaf(low=1, high=8192)] = Field(description="Columns.")
    height: Annotated[int, Leaf(low=1, high=8192)] = Field(description="Rows.")
