"""Surfaces and what may be wrong with them, as shapes that a scene can name.

A panel, its insets and its marks share one frame: placed at the same position they fit together exactly, and each is
an object of its own, so that its mask is exact. `material_of` lets an inset continue the panel's material.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Fraction, Length, Part, Point

__all__ = ["Inset", "Panel", "Scratch", "Stain"]

Opening = Annotated[tuple[float, float, float, float], Leaf(unit="m")]
Depth = Annotated[float, Leaf(unit="m", low=0)]


class Panel(Part):
    """A plate whose upper face is at z = 0, with rounded corners and round openings."""

    size: Annotated[tuple[float, float], Leaf(unit="m", low=0, positive=True)] = Field(
        (0.16, 0.11), description="Extents along x and y."
    )
    thickness: Length = Field(0.012, description="Thickness below z = 0.")
    rounding: Depth = Field(0.006, description="Radius of the corners seen from above.")
    openings: list[Opening] = Field(
        default_factory=list,
        description="Each as x, y, diameter and depth; a depth of 0 goes through, a diameter of 0 is left out.",
    )


class Inset(Part):
    """What fills an opening of a panel flush with its face: a smooth dent, or at depth 0 nothing that is seen."""

    center: Point = Field((0.0, 0.0), description="Middle of the opening.")
    diameter: Length = Field(0.01, description="Diameter of the opening.")
    depth: Depth = Field(0.0, description="Depth of the dent in its middle; less than the opening's.")


class Scratch(Part):
    """A scratch in the face z = 0: a line of thrown-up metal that tapers at its ends."""

    points: list[Point] = Field([(-0.02, 0.0), (0.0, 0.004), (0.02, 0.0)], description="Points that it runs through.")
    width: Length = Field(0.0006, description="Width in its middle.")


class Stain(Part):
    """A stain on the face z = 0, thinner than paint, its outline wavy."""

    center: Point = Field((0.0, 0.0), description="Its middle.")
    radius: Length = Field(0.01, description="Mean radius.")
    raggedness: Fraction = Field(0.4, description="How wavy the outline is.")
    turn: Annotated[float, Leaf(unit="rad")] = Field(0.0, description="Phase of the waves: each gives another outline.")
