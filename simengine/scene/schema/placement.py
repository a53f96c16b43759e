"""How objects come to their places."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import OneOf, Part, Point, Position, Rotation, Size3, Text

__all__ = ["Placement", "Repeat"]

Gap = Annotated[float, Leaf(unit="m", low=0)]


class Fixed(Part):
    """At a position, as given; not moved by gravity unless it is dynamic."""

    position: Position = Field((0.0, 0.0, 0.0), description="Origin of the object in the world.")
    rotation: Rotation = Field((0.0, 0.0, 0.0, 1.0), description="Quaternion xyzw or Euler angles.")


class Drop(Part):
    """Released at random points of a box, without overlap at the start, and left to fall."""

    center: Position = Field((0.0, 0.0, 0.2), description="Centre of the box of release points.")
    size: Size3 = Field(
        (0.2, 0.2, 0.1), description="Extents of that box; it grows upwards where the objects do not fit."
    )
    rotation: Rotation | None = Field(None, description="Rotation at release; uniform over all rotations if absent.")
    velocity: Annotated[tuple[float, float, float], Leaf(unit="m/s")] = Field(
        (0.0, 0.0, 0.0), description="Velocity at release."
    )
    spin: Annotated[tuple[float, float, float], Leaf(unit="rad/s")] = Field(
        (0.0, 0.0, 0.0), description="Angular velocity at release."
    )


class Scatter(Part):
    """Stood on a surface at random points without overlap."""

    on: Text | None = Field(None, description="Name of the object that bears them; the plane z = 0 if absent.")
    center: Point = Field((0.0, 0.0), description="Centre of the region, in the bearing surface's frame.")
    size: Annotated[tuple[float, float], Leaf(unit="m", low=0)] | None = Field(
        None, description="Extents of the region; the whole surface if absent."
    )
    rotation: Rotation | None = Field(None, description="Rotation; upright with a uniform turn about z if absent.")
    gap: Gap = Field(0.002, description="Smallest distance between neighbours (bounding circles for turned objects).")


class Stack(Part):
    """One upon another in a pile."""

    on: Text | None = Field(None, description="Name of the object that bears the pile; the plane z = 0 if absent.")
    center: Point = Field((0.0, 0.0), description="Where the pile stands, in the bearing surface's frame.")
    jitter: Gap = Field(0.0, description="Largest sideways offset from one to the next.")
    turn: Annotated[float, Leaf(unit="rad", low=0)] = Field(
        0.0, description="Largest turn about z from one to the next."
    )


class Shelf(Part):
    """In rows on a board of a rack, fronts aligned."""

    on: Text = Field(description="Name of the rack.")
    level: Annotated[int, Leaf(low=0, high=19)] | None = Field(
        None, description="Board, 0 is the lowest; drawn for each object if absent."
    )
    gap: Gap = Field(0.01, description="Distance between neighbours.")
    turn: Annotated[float, Leaf(unit="rad", low=0)] = Field(0.0, description="Largest turn about z.")


class Placement(OneOf):
    """Exactly one way to place an object."""

    fixed: Fixed | None = None
    drop: Drop | None = None
    scatter: Scatter | None = None
    stack: Stack | None = None
    shelf: Shelf | None = None


class Repeat(Part):
    """Copies in a regular grid, offset from the placement's position."""

    grid: tuple[
        Annotated[int, Leaf(low=1, high=1000)],
        Annotated[int, Leaf(low=1, high=1000)],
        Annotated[int, Leaf(low=1, high=1000)],
    ] = Field((1, 1, 1), description="Copies along x, y and z.")
    spacing: Annotated[tuple[float, float, float], Leaf(unit="m", low=0)] = Field(
        (0.1, 0.1, 0.1), description="Distance between neighbours along x, y and z."
    )
