"""Cameras, as a scene file names them (frame as OpenCV: x right, y down, z forward)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Count, Length, OneOf, Part, Position, Rotation
from simengine.scene.schema.film import Film
from simengine.scene.schema.optics import Aperture, CropWindow, Focus, LensDistortion, Shake, Shutter

__all__ = ["Camera"]

Angle = Annotated[float, Leaf(unit="rad")]
Pixels = Annotated[float, Leaf(low=0)]


class LookAt(Part):
    """At a point, looking at another."""

    eye: Position = Field((0.6, -0.6, 0.6), description="Where the camera is.")
    target: Position = Field((0.0, 0.0, 0.0), description="What stands in the middle of the picture.")
    roll: Angle = Field(0.0, description="Turn about the viewing direction.")


class Orbit(Part):
    """On a sphere around a point, looking at it."""

    target: Position = Field((0.0, 0.0, 0.0), description="Centre of the sphere.")
    distance: Length = Field(1.0, description="Radius of the sphere.")
    azimuth: Angle = Field(0.0, description="Angle about z, from x towards y.")
    elevation: Annotated[float, Leaf(unit="rad", low=-1.5707964, high=1.5707964)] = Field(
        0.7, description="Angle above the horizon."
    )
    roll: Angle = Field(0.0, description="Turn about the viewing direction.")


class FixedPose(Part):
    """At a position with a rotation (world from camera)."""

    position: Position = Field((0.0, 0.0, 1.0), description="Where the camera is.")
    rotation: Rotation = Field(
        (1.0, 0.0, 0.0, 0.0),
        description="World from camera, quaternion xyzw or Euler angles; the default looks straight down.",
    )


class CameraPose(OneOf):
    """Exactly one way to place a camera."""

    look_at: LookAt | None = None
    orbit: Orbit | None = None
    fixed: FixedPose | None = None


class Pinhole(Part):
    """Focal lengths and principal point in pixels."""

    fx: Annotated[float, Leaf(low=0, positive=True)] = Field(600.0, description="Focal length along x, pixels.")
    fy: Annotated[float, Leaf(low=0, positive=True)] = Field(600.0, description="Focal length along y, pixels.")
    cx: Pixels | None = Field(
        None,
        description="Principal point x, pixels from the left edge of the picture (OpenCV's plus 0.5); the middle if absent.",
    )
    cy: Pixels | None = Field(
        None,
        description="Principal point y, pixels from the top edge of the picture (OpenCV's plus 0.5); the middle if absent.",
    )


class Intrinsics(OneOf):
    """Exactly one way to state the optics."""

    fov: Annotated[float, Leaf(unit="rad", low=0.01, high=6.2831854)] | None = Field(
        None, description="Horizontal field of view, seen through the lens; beyond 170 deg with a fisheye only."
    )
    pinhole: Pinhole | None = Field(None, description="Focal lengths in pixels.")


class Camera(Part):
    """A camera; with `count` several views are drawn from it."""

    pose: CameraPose = Field(
        default_factory=lambda: CameraPose(look_at=LookAt()), description="Where it is and where it looks."
    )
    intrinsics: Intrinsics = Field(default_factory=lambda: Intrinsics(fov=0.87), description="Its optics.")
    resolution: tuple[Annotated[int, Leaf(low=8, high=8192)], Annotated[int, Leaf(low=8, high=8192)]] = Field(
        (640, 480), description="Width and height in pixels."
    )
    distortion: LensDistortion | None = Field(None, description="How the lens bends straight lines.")
    aperture: Aperture | None = Field(
        None, description="Width of the pupil: a depth of field; sharp everywhere if absent."
    )
    focus: Focus | None = Field(None, description="What is sharp; the target of `look_at` or `orbit` if absent.")
    shutter: Shutter | None = Field(
        None, description="How long the picture takes: motion blur, rolling shutter; an instant if absent."
    )
    shake: Shake | None = Field(None, description="How the camera moves while its shutter is open.")
    crop: CropWindow | None = Field(None, description="The part of the picture that is drawn.")
    far: Length = Field(
        10.0,
        description="Largest depth recorded; sets the step of the 16-bit depth files. Things beyond it are still drawn.",
    )
    exposure: Annotated[float, Leaf()] = Field(0.0, description="Brightening in stops (factors of two).")
    film: Film | None = Field(
        None, description="What lens, sensor and processing do to the colours; an ideal camera if absent."
    )
    count: Count = Field(1, description="How many views are drawn, each with values of its own.")
