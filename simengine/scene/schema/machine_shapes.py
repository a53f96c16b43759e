"""Parts of rotating machines that a scene can name as shapes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Flag, Fraction, Length, Part, Position

__all__ = ["Axle", "BearingBlock", "Cable", "FanGuard", "Impeller", "Motor", "Pulley", "VBelt"]


class Motor(Part):
    """A foot-mounted electric motor with fins, fan cowl and terminal box (slots ``body``, ``box``, ``cowl``, ``dark``, ``plate``).

    In the proportions of IEC 60072-1: its feet stand on z = 0, its shaft would leave the face at x = 0
    towards +x at the given height. The shaft, which turns, is an object of its own (`axle`).
    """

    height: Length = Field(0.08, description="Height of the shaft above the feet (the frame size; 80 = 80 mm).")
    fins: Annotated[int, Leaf(low=12, high=72)] = Field(44, description="Number of cooling fins.")


class Axle(Part):
    """A chamfered shaft along z, centred, with a parallel key on +x near its upper end (slots ``body`` and ``key``)."""

    diameter: Length = Field(0.02, description="Diameter.")
    length: Length = Field(0.2, description="Length along z.")
    key: Flag = Field(True, description="Whether it has a key; its place shows how far the shaft has turned.")


class Pulley(Part):
    """A V-belt pulley along z, centred (grooves in proportion to ISO 4183), with spokes or a solid web."""

    diameter: Length = Field(0.1, description="Pitch diameter, where the belt's cords run: ratios go by it.")
    belt: Length = Field(0.0127, description="Top width of its belt.")
    grooves: Annotated[int, Leaf(low=1, high=8)] = Field(1, description="Number of belts side by side.")
    bore: Length = Field(0.02, description="Diameter of the bore.")
    spokes: Annotated[int, Leaf(low=0, high=12)] = Field(5, description="Number of spokes; 0 for a solid web.")


class VBelt(Part):
    """A V-belt around two pulleys, the first about z at the origin, the second at +x."""

    diameters: tuple[Length, Length] = Field((0.1, 0.1), description="Pitch diameters of the two pulleys.")
    distance: Length = Field(0.3, description="Distance between their axes.")
    belt: Length = Field(0.0127, description="Top width.")


class Impeller(Part):
    """An axial fan wheel along z, centred on its hub; it turns counter-clockwise and blows towards -z.

    A hub with a domed nose on +z and swept, twisted blades, one on +x (slots ``blade`` and ``hub``).
    """

    radius: Length = Field(0.15, description="Radius at the tips.")
    hub: Fraction = Field(0.3, description="Radius of the hub as a fraction of the tips'.")
    blades: Annotated[int, Leaf(low=2, high=16)] = Field(5, description="Number of blades.")
    chord: Fraction = Field(0.5, description="Length of a blade's section at the tip as a fraction of the radius.")
    pitch: Annotated[float, Leaf(unit="rad", low=0.05, high=1.2)] = Field(
        0.4, description="Angle of the blades to the plane of rotation at the tip; steeper towards the hub."
    )
    sweep: Annotated[float, Leaf(unit="rad", low=-1, high=1)] = Field(
        0.35, description="How far the tips lean ahead in the plane of rotation."
    )
    damage: Fraction = Field(0.0, description="Share of the blade on +x that is broken off, from its tip inwards.")


class FanGuard(Part):
    """A wire guard along z: rings on spokes that bulge towards +z, a flat outer ring at z = 0."""

    radius: Length = Field(0.17, description="Radius of the outer ring.")
    depth: Length = Field(0.02, description="How far the middle stands out.")
    rings: Annotated[int, Leaf(low=2, high=16)] = Field(7, description="Number of rings.")
    spokes: Annotated[int, Leaf(low=3, high=16)] = Field(6, description="Number of spokes.")
    wire: Length = Field(0.003, description="Diameter of the wire.")


class BearingBlock(Part):
    """A cast pillow block with an insert bearing (slots ``body``, ``ring``, ``seal``), in the proportions of type UCP.

    Its foot stands on z = 0; the bore runs along x at a height of 1.46 times its diameter, and the two foot
    bolts stand at 2.1 times it on either side along y.
    """

    bore: Length = Field(0.025, description="Diameter of the bore.")


class Cable(Part):
    """A cable or a hose along a smooth curve."""

    points: list[Position] = Field(
        [(0.0, 0.0, 0.0), (0.1, 0.0, 0.05), (0.2, 0.0, 0.0)], description="Points that it runs through, in order."
    )
    diameter: Length = Field(0.005, description="Diameter.")
