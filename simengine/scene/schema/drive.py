"""How a machine moves an object: its pose is a function of the shaft's angle and of nothing else."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Part, Text

__all__ = ["Drive"]

Angle = Annotated[float, Leaf(unit="rad")]


class Drive(Part):
    """Turned or shaken by a machine, so that what is seen and what is heard share one clock.

    The object turns about its placement by exactly `ratio` times the angle of the machine's shaft. Nothing that
    hits it slows it, and it pushes what lies on it. A fault that shows is drawn by `runout`, `tilt` and `shake`.
    """

    machine: Text = Field(description="Name of the machine.")
    joint: Text | None = Field(
        None,
        description="Joint of a URDF model that is turned from the position it is set to, instead of the whole object.",
    )
    ratio: Annotated[float, Leaf(low=-1000, high=1000)] = Field(
        1.0,
        description="Turns per turn of the machine's shaft, counter-clockwise about `axis`; negative: the other way; 0: shaken only.",
    )
    axis: Annotated[tuple[float, float, float], Leaf(low=-1, high=1)] = Field(
        (0.0, 0.0, 1.0), description="Axis of rotation in the object's frame, through its origin."
    )
    runout: Annotated[float, Leaf(unit="m", low=0, high=1)] = Field(
        0.0, description="Distance between the object's own axis and the axis that it turns about: it runs out of true."
    )
    tilt: Annotated[float, Leaf(unit="rad", low=0, high=0.5)] = Field(
        0.0, description="Angle between the two: it wobbles."
    )
    heavy_side: Angle = Field(
        0.0, description="Where `runout` points at angle 0, about `axis` from a direction fixed in the object."
    )
    shake: Annotated[tuple[float, float, float], Leaf(unit="m", low=-1, high=1)] = Field(
        (0.0, 0.0, 0.0), description="Amplitude of a swing along x, y and z of the world: a loose or soft mount."
    )
    order: Annotated[float, Leaf(low=0, high=100)] = Field(1.0, description="Swings per turn of the machine's shaft.")
    phase: Angle = Field(0.0, description="Phase of the swing when the shaft is at angle 0.")
