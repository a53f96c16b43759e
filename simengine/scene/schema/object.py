"""Objects, as a scene file names them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Count, Flag, Fraction, OneOf, Part, Text, Variable
from simengine.scene.schema.drive import Drive
from simengine.scene.schema.material import Material
from simengine.scene.schema.placement import Fixed, Placement, Repeat
from simengine.scene.schema.shapes import Shape

__all__ = ["Object"]


class FaceUp(Part):
    """The class is the named direction of the shape that points up most, e.g. a die's value."""

    classes: dict[str, Text] | None = Field(
        None, description="Class name by direction name; the direction names themselves if absent."
    )


class Label(OneOf):
    """Exactly one rule that names the class of an object."""

    name: Text | None = Field(None, description="The class, for every copy.")
    face_up: FaceUp | None = Field(None, description="The class is the face that points up when the picture is taken.")


class Physics(Part):
    """How an object moves and touches."""

    static: Flag = Field(False, description="Whether it never moves.")
    density: Annotated[float, Leaf(unit="kg/m^3", low=0, positive=True)] = Field(
        1000.0, description="Density; the mass is the mesh volume times it unless `mass` is given."
    )
    mass: Annotated[float, Leaf(unit="kg", low=0, positive=True)] | None = Field(
        None, description="Mass; overrides the density."
    )
    friction: Annotated[float, Leaf(low=0, high=10)] = Field(
        0.5, description="Coulomb coefficient; PyBullet multiplies those of the two bodies."
    )
    rolling_friction: Annotated[float, Leaf(low=0, high=1)] = Field(
        0.0005, description="Resistance to rolling, metres."
    )
    spinning_friction: Annotated[float, Leaf(low=0, high=1)] = Field(
        0.0005, description="Resistance to spinning in place, metres."
    )
    restitution: Fraction = Field(0.1, description="Bounciness; PyBullet multiplies those of the two bodies.")
    collision: Annotated[Literal["auto", "hull", "decompose", "none"], Leaf()] = Field(
        "auto",
        description="Collision geometry: what fits the shape best, its convex hull, a convex decomposition (cached), or none.",
    )
    surface_velocity: Annotated[tuple[float, float, float], Leaf(unit="m/s")] = Field(
        (0.0, 0.0, 0.0),
        description="Velocity of the surface of a static object, in its own frame: a conveyor belt carries what lies on it.",
    )


class Object(Part):
    """An object, or `count` of them, each with values of its own."""

    shape: Shape = Field(description="What it is.")
    count: Count = Field(1, description="How many; each copy draws its own values at `objects.NAME[i]`.")
    repeat: Repeat | None = Field(None, description="A regular grid of copies instead of a count.")
    variables: dict[str, Variable] = Field(
        default_factory=dict, description="Named values that this object's expressions share, drawn for each copy."
    )
    label: Label | None = Field(None, description="Its class; an object without one is background and gets no boxes.")
    material: Material = Field(default_factory=Material, description="Material of all its parts.")
    materials: dict[str, Material] = Field(
        default_factory=dict, description="Materials by slot name (`pips`, `rim`, ...), instead of `material` there."
    )
    material_of: Text | None = Field(
        None,
        description="Object whose material this one continues instead, pattern included: for what fills a gap in it, at the same position.",
    )
    attributes: dict[str, Variable] = Field(
        default_factory=dict, description="Named values that are written into its record, e.g. a severity."
    )
    physics: Physics = Field(default_factory=Physics, description="How it moves and touches.")
    placement: Placement = Field(
        default_factory=lambda: Placement(fixed=Fixed()), description="How it comes to its place."
    )
    drive: Drive | None = Field(None, description="The machine that moves it, if one does; forces do not then.")
    visible: Flag = Field(True, description="Whether it is drawn.")
