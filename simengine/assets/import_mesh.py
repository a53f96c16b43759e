"""Meshes from files: OBJ, STL, PLY, glTF and GLB."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simengine.assets.convex import convex_hull, hull_solid
from simengine.assets.file_materials import FileMaterial, file_materials
from simengine.assets.files import asset_path, check_file
from simengine.assets.lint import lint
from simengine.assets.mesh import Asset, Collision, Link, Mesh, Surface
from simengine.assets.patch import Patch, assemble
from simengine.assets.picture import PictureSet
from simengine.assets.solid import Solid, mesh_solid
from simengine.assets.topology import topology
from simengine.errors import SimengineError

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["MOST_TRIANGLES", "FilePart", "link_from_parts", "mesh_asset", "read_mesh", "rigid_asset"]

Doubles = NDArray[np.float64]

MOST_TRIANGLES = 5_000_000
"""Files with more triangles are refused."""

_SUFFIXES = (".obj", ".stl", ".ply", ".gltf", ".glb")

_UP = {
    "x": np.array([[0.0, 0, -1], [0, 1, 0], [1, 0, 0]]),
    "y": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "z": np.eye(3),
}
"""Rotations that turn each axis upright."""


@dataclass(frozen=True, eq=False)
class FilePart:
    """The triangles of one material of a file.

    Attributes:
        vertices: Positions in the file's units, shape (V, 3).
        faces: Vertex numbers, shape (F, 3).
        uv: Texture coordinates of the vertices, shape (V, 2), or None.
        slot: Name of the material.
        color: sRGB colour, or None.
        pictures: Its pictures, or None.
        finish: Roughness and metallic, or None.
    """

    vertices: Doubles
    faces: NDArray[np.int64]
    uv: Doubles | None
    slot: str
    color: tuple[float, float, float] | None
    pictures: PictureSet | None
    finish: tuple[float, float] | None = None


def mesh_asset(shape: shapes.MeshFile, base: str) -> Asset:
    """The asset of a mesh file; its collision geometry is found when it is asked for (see `collision_of`)."""
    file = asset_path(shape.file, base=base)
    turn = _UP[shape.up] * shape.scale
    parts = [replace(part, vertices=part.vertices @ turn.T) for part in read_mesh(file)]
    if shape.centre:
        everything = np.concatenate([part.vertices for part in parts])
        middle = (everything.min(axis=0) + everything.max(axis=0)) / 2
        parts = [replace(part, vertices=part.vertices - middle) for part in parts]
    return rigid_asset(link_from_parts("", parts), ())


def read_mesh(file: Path) -> tuple[FilePart, ...]:
    """The parts of a mesh file, one a material, in the file's own units and axes.

    Raises:
        SimengineError: If the file is missing, empty, huge, of an unknown kind, or broken.
    """
    size, changed = check_file(file, kind="The mesh")
    if file.suffix.lower() not in _SUFFIXES:
        raise SimengineError(
            f"The mesh {file} is of a kind that is not read ({file.suffix or 'no suffix'}). "
            f"Convert it to one of {', '.join(_SUFFIXES)}."
        )
    return _read(file, size, changed)


@lru_cache(maxsize=64)
def _read(file: Path, size: int, changed: int) -> tuple[FilePart, ...]:
    import trimesh

    try:
        scene = trimesh.load_scene(str(file), process=False)
        # Not by scene.dump(): it copies pictures, for which trimesh needs another package.
        placed = [(scene.geometry[name], pose) for pose, name in map(scene.graph.get, scene.graph.nodes_geometry)]
        meshes = [(item, pose) for item, pose in placed if isinstance(item, trimesh.Trimesh) and len(item.faces)]
        materials = file_materials(file)
    except SimengineError:
        raise
    except Exception as error:  # readers raise whatever a broken file leads them into
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise SimengineError(f"The mesh {file} can't be read ({reason}). Export it again.") from None
    if not meshes:
        raise SimengineError(f"The mesh {file} holds no triangles. Export it with faces.")
    count = sum(len(mesh.faces) for mesh, _ in meshes)
    if count > MOST_TRIANGLES:
        raise SimengineError(f"The mesh {file} has {count} triangles; at most {MOST_TRIANGLES} are read. Simplify it.")
    return tuple(_part(mesh, pose, file, materials) for mesh, pose in meshes)


def _part(mesh: Any, pose: Doubles, file: Path, materials: dict[str, FileMaterial]) -> FilePart:
    vertices = np.array(mesh.vertices, np.float64)
    faces = np.array(mesh.faces, np.int64)
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise SimengineError(
            f"The mesh {file} names vertex {int(faces.max()) if faces.max() >= len(vertices) else int(faces.min())} "
            f"but has {len(vertices)} vertices. Export it again."
        )
    used = vertices[np.unique(faces)]
    if not np.isfinite(used).all():
        bad = int((~np.isfinite(used).all(axis=1)).sum())
        raise SimengineError(f"The mesh {file} has {bad} vertices that are not finite (NaN or Inf). Repair it.")
    if np.ptp(used, axis=0).max() <= 0 or np.abs(used).max() > 1e15:
        raise SimengineError(f"The mesh {file} has no size that can be drawn: its vertices coincide or overflow.")
    vertices = vertices @ pose[:3, :3].T + pose[:3, 3]
    if np.linalg.det(pose[:3, :3]) < 0:
        faces = faces[:, ::-1]
    slot, color = _material(mesh)
    told = materials.get(slot)
    if told is None and len(materials) == 1:  # readers rename materials without a name
        told = materials.get("")
    pictures, finish = (None, None) if told is None else (told.pictures, told.finish)
    uv = getattr(mesh.visual, "uv", None)
    if uv is not None and (np.shape(uv) != (len(vertices), 2) or not np.isfinite(uv).all()):
        uv = None
    return FilePart(vertices, faces, None if uv is None else np.array(uv, np.float64), slot, color, pictures, finish)


def _material(mesh: Any) -> tuple[str, tuple[float, float, float] | None]:
    """Name and colour of a trimesh mesh's material."""
    visual = mesh.visual
    if visual.kind in ("vertex", "face"):
        colors = np.asarray(visual.vertex_colors if visual.kind == "vertex" else visual.face_colors, float)
        return "body", _triple(colors[:, :3].mean(axis=0) / 255)
    material = getattr(visual, "material", None)
    if material is None:
        return "body", None
    name = str(getattr(material, "name", None) or "body")
    factor = getattr(material, "baseColorFactor", None)
    if factor is not None:  # glTF states linear values
        linear = np.asarray(factor, float)[:3] / (255 if np.asarray(factor).dtype.kind in "ui" else 1)
        srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)
        return name, _triple(srgb)
    diffuse = getattr(material, "diffuse", None)
    if diffuse is None or "BaseColor" in type(material).__name__:
        return name, None
    return name, _triple(np.asarray(diffuse, float)[:3] / 255)


def _triple(color: NDArray[np.floating]) -> tuple[float, float, float]:
    r, g, b = (round(float(value), 6) for value in np.clip(color, 0.0, 1.0))
    return r, g, b


def link_from_parts(name: str, parts: list[FilePart] | tuple[FilePart, ...]) -> Link:
    """A link from parts in metres; parts turned inside out as a whole are turned back."""
    patches = [
        Patch(part.vertices, part.faces, None, None if part.uv is None else part.uv[part.faces], part.slot)
        for part in parts
    ]
    mesh = assemble(patches, key="")
    if not len(mesh.faces):
        raise SimengineError("A mesh has no triangle with an area. Export it again.")
    if topology(mesh.faces).watertight and mesh_solid(mesh.vertices, mesh.faces).volume < 0:
        mesh = replace(
            mesh,
            faces=np.ascontiguousarray(mesh.faces[:, ::-1]),
            normals=np.ascontiguousarray(-mesh.normals[:, ::-1]),
            uv=None if mesh.uv is None else np.ascontiguousarray(mesh.uv[:, ::-1]),
        )
    return Link(
        name,
        replace(mesh, key=_content_key(mesh)),
        colors={part.slot: part.color for part in parts if part.color is not None},
        textures={part.slot: part.pictures for part in parts if part.pictures is not None and part.uv is not None},
        finishes={part.slot: part.finish for part in parts if part.finish is not None},
        unwrapped=any(part.uv is not None for part in parts),
    )


def _content_key(mesh: Mesh) -> str:
    digest = hashlib.blake2b("\n".join(mesh.slot_names).encode(), digest_size=16)
    for array in (mesh.vertices, mesh.faces, mesh.normals, mesh.uv, mesh.slots):
        if array is not None:
            array.flags.writeable = False
            digest.update(str(array.shape).encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def rigid_asset(link: Link, collision: tuple[Collision, ...]) -> Asset:
    """An asset of one link; mass properties of its solid, or of its hull where it is not closed."""
    mesh = link.mesh
    solid = _solid(mesh)
    digest = hashlib.blake2b(mesh.key.encode(), digest_size=16)
    digest.update(repr((sorted(link.colors.items()), sorted(link.finishes.items()))).encode())
    for slot in sorted(link.textures):
        digest.update(slot.encode() + link.textures[slot].bytes())
    for piece in collision:
        for hull in piece.hulls:
            digest.update(hull.tobytes())
    low, high = mesh.vertices.min(axis=0).tolist(), mesh.vertices.max(axis=0).tolist()
    top = Surface(((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, high[2]), (high[0] - low[0], high[1] - low[1]))
    return Asset(
        key=digest.hexdigest(),
        links=(link,),
        collision=collision,
        volume=solid.volume,
        center_of_mass=solid.center_of_mass,
        inertia=solid.inertia,
        surfaces={"top": top},
        notes=lint(mesh),
    )


def _solid(mesh: Mesh) -> Solid:
    if topology(mesh.faces).watertight:
        solid = mesh_solid(mesh.vertices, mesh.faces)
        if solid.volume > 0:
            return solid
    return hull_solid(convex_hull(mesh.vertices, limit=10_000))
