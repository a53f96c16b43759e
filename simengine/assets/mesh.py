"""Triangle meshes and what physics, pictures and labels need of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simengine.assets.picture import PictureSet

__all__ = ["Asset", "Collision", "Link", "Mesh", "Surface"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with corner normals; immutable.

    Attributes:
        vertices: Positions [m], shape (V, 3).
        faces: Vertex numbers, counter-clockwise seen from outside, shape (F, 3).
        normals: Unit normals at the corners of each face, shape (F, 3, 3).
        uv: Texture coordinates at the corners, shape (F, 3, 2), or None.
        slots: Material slot of each face, shape (F,).
        slot_names: Name of each slot.
        key: Hash of the content; equal keys mean equal meshes (caches go by it).
    """

    vertices: Floats
    faces: Ints
    normals: Floats
    uv: Floats | None
    slots: Ints
    slot_names: tuple[str, ...]
    key: str


@dataclass(frozen=True, eq=False)
class Collision:
    """Collision geometry in the link's frame, as PyBullet takes it.

    Attributes:
        kind: ``box``, ``sphere``, ``cylinder``, ``capsule`` or ``hulls``.
        size: Full extents of a box; (radius,) of a sphere; (radius, height) of a cylinder or capsule [m].
        hulls: Vertices of each convex hull [m], shapes (n, 3), for ``hulls``.
        offset: Position of a primitive in the link's frame [m].
    """

    kind: str
    size: tuple[float, ...] = ()
    hulls: tuple[Floats, ...] = ()
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Surface:
    """A horizontal rectangle that can bear things, in the object's frame.

    Attributes:
        center: Middle [m], its z is the height.
        size: Extents along x and y [m].
    """

    center: tuple[float, float, float]
    size: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Link:
    """A rigid part of an asset; most assets have one, named ``""``.

    Attributes:
        name: Link name of a URDF, else empty.
        mesh: What is drawn, in the link's frame (for a URDF link: its URDF link frame, not the inertial frame).
        colors: sRGB colour by slot name that the file itself states; the scene's material overrides what it names.
        textures: Pictures by slot name that the file itself brings.
        finishes: Roughness and metallic by slot name that the file itself states; factors on its pictures.
        unwrapped: Whether the mesh's texture coordinates were made for pictures (by the file), so that
            `mapping: auto` uses them; those of parametric shapes are for `mapping: uv`.
    """

    name: str
    mesh: Mesh
    colors: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    textures: dict[str, PictureSet] = field(default_factory=dict)
    finishes: dict[str, tuple[float, float]] = field(default_factory=dict)
    unwrapped: bool = False


@dataclass(frozen=True, eq=False)
class Asset:
    """A shape, built.

    Attributes:
        key: Hash of its parameters; equal keys mean equal assets.
        links: Its rigid parts; physics moves the first one, or all links of a URDF.
        collision: Collision geometry of a single-link asset; empty for a URDF (PyBullet reads the file's own).
        volume: Volume [m^3].
        center_of_mass: In the object's frame [m].
        inertia: Second moments of the solid at density 1 about the centre of mass [m^5], shape (3, 3).
        directions: Named unit vectors in the object's frame (``one`` ... ``six`` of a die).
        surfaces: Named bearing surfaces in the object's frame; ``top`` is the default for placement.
        urdf: Absolute path of the URDF file, or empty.
        joints: Joint positions by name for a URDF.
        scale: Scale that PyBullet applies to the URDF.
        notes: What the linter found: warnings a user should read.
    """

    key: str
    links: tuple[Link, ...]
    collision: tuple[Collision, ...]
    volume: float
    center_of_mass: tuple[float, float, float]
    inertia: NDArray[np.float64]
    directions: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    surfaces: dict[str, Surface] = field(default_factory=dict)
    urdf: str = ""
    joints: dict[str, float] = field(default_factory=dict)
    scale: float = 1.0
    notes: tuple[str, ...] = ()
