"""The shapes that a scene can name: parametric solids, mesh files and URDF models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simengine.scene.leaf import Leaf
from simengine.scene.schema.base import Flag, Fraction, Length, OneOf, Part, Size3, Text
from simengine.scene.schema.defect_shapes import Inset, Panel, Scratch, Stain
from simengine.scene.schema.machine_shapes import Axle, BearingBlock, Cable, FanGuard, Impeller, Motor, Pulley, VBelt

__all__ = ["FILE_SHAPES", "SHAPES", "Shape"]


class Plane(Part):
    """A flat rectangular sheet, its upper face at z = 0 of its frame; thin but solid for physics."""

    size: Annotated[tuple[float, float], Leaf(unit="m", low=0, positive=True)] = Field(
        (2.0, 2.0), description="Extents along x and y."
    )
    thickness: Length = Field(0.02, description="Thickness below z = 0.")


class Box(Part):
    """A box with optionally rounded edges, centred."""

    size: Size3 = Field((0.1, 0.1, 0.1), description="Extents along x, y and z.")
    rounding: Annotated[float, Leaf(unit="m", low=0)] = Field(
        0.0, description="Radius of the rounded edges; 0 for sharp ones."
    )


class Sphere(Part):
    """A sphere, centred."""

    radius: Length = Field(0.05, description="Radius.")


class Cylinder(Part):
    """A cylinder along z, centred, with optionally rounded rims."""

    radius: Length = Field(0.05, description="Radius.")
    height: Length = Field(0.1, description="Height along z.")
    rounding: Annotated[float, Leaf(unit="m", low=0)] = Field(0.0, description="Radius of the rounded rims.")


class Capsule(Part):
    """A cylinder along z closed by half spheres, centred."""

    radius: Length = Field(0.03, description="Radius.")
    height: Length = Field(0.1, description="Length of the cylindrical part.")


class Cone(Part):
    """A cone or a frustum along z, its base at -height/2."""

    radius: Length = Field(0.05, description="Radius of the base.")
    top_radius: Annotated[float, Leaf(unit="m", low=0)] = Field(0.0, description="Radius of the top; 0 for a cone.")
    height: Length = Field(0.1, description="Height along z.")


class Die(Part):
    """A die with rounded edges and real pips (slots ``body`` and ``pips``); opposite faces sum to 7.

    Its upward directions are named one ... six, for labels by ``face_up``.
    """

    size: Length = Field(0.016, description="Edge length.")
    rounding: Fraction = Field(
        0.15,
        description="Radius of edges and corners as a fraction of the edge length; at most 0.3 is used, and pips shrink to fit the flat that is left.",
    )
    ball: Annotated[float, Leaf(low=0.6, high=1)] | None = Field(
        None,
        description="Radius of the ball that cuts the corners as a fraction of the edge length: below 0.87 it reaches them, below 0.71 the edges too; it spares the pips. Uncut if absent.",
    )
    pip_radius: Fraction = Field(0.09, description="Radius of a pip as a fraction of the edge length.")
    pip_spacing: Fraction = Field(
        0.25, description="Distance from the middle of a face to its rows of pips as a fraction of the edge length."
    )
    pip_depth: Annotated[float, Leaf(low=0, high=0.5)] = Field(
        0.4, description="Depth of a pip as a fraction of its radius; 0 for painted pips."
    )
    handedness: Annotated[Literal["right", "left"], Leaf()] = Field(
        "right", description="Whether one, two, three run counter-clockwise (right) or clockwise around their corner."
    )


class Bolt(Part):
    """A bolt along z in the proportions of the ISO standards, its thread a true helix.

    The head stands on z = 0, the shank hangs below. Shanks longer than five diameters are threaded
    in part (ISO 4014).
    """

    diameter: Length = Field(0.008, description="Nominal thread diameter (M8 = 8 mm).")
    length: Length = Field(0.03, description="Length of the shank.")
    head: Annotated[Literal["hex", "socket"], Leaf()] = Field(
        "hex", description="Head form: hexagon (ISO 4017) or cylinder with a hexagon socket (ISO 4762)."
    )


class Nut(Part):
    """A hexagon nut along z, centred (ISO 4032 proportions), with a threaded bore."""

    diameter: Length = Field(0.008, description="Nominal thread diameter.")


class Washer(Part):
    """A flat washer along z, centred (ISO 7089 proportions)."""

    diameter: Length = Field(0.008, description="Nominal thread diameter of its bolt.")


class Gear(Part):
    """A spur gear along z, centred, with involute teeth (20 degree pressure angle) and a bore; a tooth stands on +x."""

    module: Length = Field(0.002, description="Module: pitch diameter divided by the number of teeth.")
    teeth: Annotated[int, Leaf(low=6, high=200)] = Field(18, description="Number of teeth.")
    width: Length = Field(0.008, description="Face width along z.")
    bore: Length = Field(0.008, description="Diameter of the bore.")
    web: Fraction = Field(
        1.0, description="Thickness between rim and hub over the face width; below 1 the faces are recessed there."
    )
    damage: Fraction = Field(
        0.0, description="Share of the height of the tooth on +x that is broken off; 1 for a missing tooth."
    )


class Bottle(Part):
    """A bottle standing on z = 0, turned from a profile (slots ``body``, ``cap`` and ``label``)."""

    radius: Length = Field(0.035, description="Radius of the body.")
    height: Length = Field(0.22, description="Height with cap.")
    neck: Fraction = Field(0.35, description="Radius of the neck as a fraction of the body's.")


class Can(Part):
    """A beverage can standing on z = 0 (slots ``body`` and ``lid``)."""

    radius: Length = Field(0.033, description="Radius.")
    height: Length = Field(0.115, description="Height.")


class Mug(Part):
    """A mug standing on z = 0 with a handle towards +x; hollow, so that things can fall in."""

    radius: Length = Field(0.04, description="Outer radius.")
    height: Length = Field(0.095, description="Height.")
    wall: Length = Field(0.004, description="Thickness of the wall.")


class Bowl(Part):
    """A bowl standing on z = 0, hollow."""

    radius: Length = Field(0.08, description="Radius of the rim.")
    height: Length = Field(0.06, description="Height.")
    wall: Length = Field(0.004, description="Thickness of the wall.")


class Carton(Part):
    """A closed cardboard box standing on z = 0 with flaps and tape (slots ``body`` and ``tape``)."""

    size: Size3 = Field((0.2, 0.15, 0.1), description="Extents along x, y and z.")


class Tray(Part):
    """An open container with a flat floor whose upper side is at z = 0 (slots ``floor`` and ``rim``)."""

    size: Annotated[tuple[float, float], Leaf(unit="m", low=0, positive=True)] = Field(
        (0.25, 0.2), description="Inner extents along x and y."
    )
    height: Length = Field(0.02, description="Height of the rim above the floor.")
    wall: Length = Field(0.006, description="Thickness of floor and rim.")
    rounding: Annotated[float, Leaf(unit="m", low=0)] = Field(0.0, description="Radius of the corners seen from above.")


class Rack(Part):
    """A shelf rack standing on z = 0 (slots ``board`` and ``post``).

    Its boards are surfaces for placement, named ``level[0]`` (lowest) upwards.
    """

    size: Size3 = Field((0.9, 0.35, 1.2), description="Extents along x (width), y (depth) and z (height).")
    levels: Annotated[int, Leaf(low=1, high=20)] = Field(4, description="Number of boards.")
    board: Length = Field(0.02, description="Thickness of a board.")


class Pallet(Part):
    """A wooden four-way pallet standing on z = 0, of boards, blocks and skids as in EN 13698-1."""

    size: Size3 = Field((1.2, 0.8, 0.144), description="Extents along x (boards), y (depth) and z (height).")


class Drum(Part):
    """A steel drum standing on z = 0 with rolling hoops and two bungs (slots ``body`` and ``bung``)."""

    radius: Length = Field(0.286, description="Radius without hoops.")
    height: Length = Field(0.88, description="Height.")


class DiscCell(Part):
    """A flat cell, centred: a red blood cell, or by `bumps` and without a `hollow` a platelet."""

    radius: Length = Field(
        3.9e-3, description="Radius; a red cell has 3.9 um, here in a model a thousand times as large."
    )
    thickness: Length = Field(2.5e-3, description="Thickness where it is greatest.")
    hollow: Fraction = Field(
        1.0, description="How hollow both sides are: 0 a lens, 1 a red cell after Evans and Fung (1972)."
    )
    oval: Annotated[float, Leaf(low=0.2, high=1)] = Field(1.0, description="Width over length.")
    bumps: Annotated[float, Leaf(low=0, high=0.3)] = Field(
        0.0, description="How far corners of the outline stand out, as a fraction of the radius."
    )
    corners: Annotated[int, Leaf(low=2, high=9)] = Field(3, description="Number of those corners.")


class LobedCell(Part):
    """A white blood cell, centred: a flattened ball (slot ``body``) about a nucleus of lobes (``nucleus``)."""

    radius: Length = Field(6.5e-3, description="Radius, in a model a thousand times as large as the cell.")
    height: Length = Field(4.0e-3, description="Height of the flattened cell.")
    oval: Annotated[float, Leaf(low=0.4, high=1)] = Field(1.0, description="Width over length.")
    nucleus: Annotated[float, Leaf(low=0.1, high=0.95)] = Field(
        0.45, description="Radius of the nucleus, were it one ball, as a fraction of the cell's."
    )
    lobes: Annotated[int, Leaf(low=1, high=6)] = Field(3, description="Number of its lobes.")
    arc: Annotated[float, Leaf(unit="rad", low=0, high=6.2832)] = Field(
        3.6, description="Angle over which the lobes are spread."
    )


class MeshFile(Part):
    """A mesh from a file (OBJ, STL, PLY, glTF, GLB), its folder relative to the scene file."""

    file: Text = Field(
        description="Path, relative to the scene file; `pybullet_data:duck.obj` reads PyBullet's object library."
    )
    scale: Annotated[float, Leaf(low=0, positive=True)] = Field(1.0, description="Factor from file units to metres.")
    up: Annotated[Literal["x", "y", "z"], Leaf()] = Field("z", description="The file's axis that points up.")
    centre: Flag = Field(True, description="Whether to move the centre of its bounding box to the origin.")


class Urdf(Part):
    """An articulated model from a URDF file."""

    file: Text = Field(
        description="Path, relative to the scene file; `pybullet_data:kuka_iiwa/model.urdf` reads PyBullet's library."
    )
    scale: Annotated[float, Leaf(low=0, positive=True)] = Field(1.0, description="Factor on all lengths.")
    joints: dict[str, Annotated[float, Leaf()]] = Field(
        default_factory=dict, description="Joint positions by joint name, radians or metres; others stay at 0."
    )


class Library(Part):
    """One of PyBullet's thousand random household-like blocks (`pybullet_data/random_urdfs`)."""

    index: Annotated[int, Leaf(low=0, high=999)] = Field(0, description="Which one, 0 to 999.")
    scale: Annotated[float, Leaf(low=0, positive=True)] = Field(1.0, description="Factor on its size (about 0.1 m).")


class Shape(OneOf):
    """Exactly one of the shapes below."""

    plane: Plane | None = None
    box: Box | None = None
    sphere: Sphere | None = None
    cylinder: Cylinder | None = None
    capsule: Capsule | None = None
    cone: Cone | None = None
    die: Die | None = None
    bolt: Bolt | None = None
    nut: Nut | None = None
    washer: Washer | None = None
    gear: Gear | None = None
    bottle: Bottle | None = None
    can: Can | None = None
    mug: Mug | None = None
    bowl: Bowl | None = None
    carton: Carton | None = None
    tray: Tray | None = None
    rack: Rack | None = None
    pallet: Pallet | None = None
    drum: Drum | None = None
    motor: Motor | None = None
    axle: Axle | None = None
    pulley: Pulley | None = None
    v_belt: VBelt | None = None
    impeller: Impeller | None = None
    fan_guard: FanGuard | None = None
    bearing_block: BearingBlock | None = None
    cable: Cable | None = None
    panel: Panel | None = None
    inset: Inset | None = None
    scratch: Scratch | None = None
    stain: Stain | None = None
    disc_cell: DiscCell | None = None
    lobed_cell: LobedCell | None = None
    mesh: MeshFile | None = None
    urdf: Urdf | None = None
    library: Library | None = None


SHAPES = tuple(Shape.model_fields)
"""The names of all shapes."""

FILE_SHAPES = ("mesh", "urdf", "library")
"""Those that are read from files."""
