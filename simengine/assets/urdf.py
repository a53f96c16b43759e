"""What is drawn of a URDF model: the visual parts of its links."""

from __future__ import annotations

import difflib
import hashlib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simengine.assets.files import asset_path, check_file
from simengine.assets.import_mesh import FilePart, link_from_parts, read_mesh
from simengine.assets.mesh import Asset, Link
from simengine.assets.picture import PictureSet, read_picture
from simengine.assets.profile import polyline
from simengine.assets.rounded_box import rounded_box
from simengine.assets.solid import mesh_solid
from simengine.assets.sweep import circle, sweep
from simengine.errors import SimengineError

if TYPE_CHECKING:
    from simengine.scene.schema import shapes

__all__ = ["Robot", "RobotJoint", "read_urdf", "urdf_asset"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class RobotJoint:
    """A joint: `child` follows `parent` through `origin`, then moves along or about `axis`."""

    name: str
    kind: str
    parent: str
    child: str
    origin: Doubles
    axis: Doubles


@dataclass(frozen=True)
class Robot:
    """A URDF file, read.

    Attributes:
        links: Names of its links, the root first, then depth first in the file's order, as PyBullet numbers them.
        visuals: What is drawn of each link, in its URDF link frame [m].
        joints: Joints by the name of the link they move.
        collision_files: Mesh files of each link's collision elements.
    """

    links: tuple[str, ...]
    visuals: dict[str, tuple[FilePart, ...]]
    joints: dict[str, RobotJoint] = field(default_factory=dict)
    collision_files: dict[str, tuple[tuple[Path, Doubles], ...]] = field(default_factory=dict)


def urdf_asset(shape: shapes.Urdf, base: str) -> Asset:
    """The asset of a URDF file: links that are drawn, for physics to move; PyBullet reads the rest.

    Raises:
        SimengineError: If the file or one of its meshes can't be read, or a joint is unknown.
    """
    file = asset_path(shape.file, base=base)
    robot, links, content = _model(file, check_file(file, kind="The URDF"), shape.scale)
    known = [joint.name for joint in robot.joints.values() if joint.kind != "fixed"]
    for name in shape.joints:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" It has: {', '.join(known) or 'none'}."
            raise SimengineError(f"{file} has no movable joint {name!r}.{hint}")
    digest = hashlib.blake2b(repr(sorted(shape.joints.items())).encode() + content, digest_size=16)
    vertices, faces = _together(robot, links, shape.joints, shape.scale)
    solid = mesh_solid(vertices, faces)
    return Asset(
        key=digest.hexdigest(),
        links=links,
        collision=(),
        volume=abs(solid.volume),
        center_of_mass=solid.center_of_mass,
        inertia=solid.inertia,
        urdf=str(file),
        joints=dict(shape.joints),
        scale=shape.scale,
    )


@lru_cache(maxsize=16)
def _model(file: Path, state: tuple, scale: float) -> tuple[Robot, tuple[Link, ...], bytes]:
    """A file's robot, its links as they are drawn, and a hash of both; the same objects for all joint positions.

    `state` tells versions of the file apart.
    """
    robot = read_urdf(file)
    links = tuple(
        link_from_parts(name, [replace(part, vertices=part.vertices * scale) for part in parts])
        for name in robot.links
        if (parts := robot.visuals.get(name))
    )
    if not links:
        raise SimengineError(f"{file} has no link with a visual element, so there is nothing to draw. Add one.")
    digest = hashlib.blake2b(repr(scale).encode() + file.read_bytes(), digest_size=16)
    for link in links:
        digest.update(
            link.mesh.key.encode() + repr((sorted(link.colors.items()), sorted(link.finishes.items()))).encode()
        )
        for slot in sorted(link.textures):
            digest.update(link.textures[slot].bytes())
    return robot, links, digest.digest()


def read_urdf(file: Path) -> Robot:
    """Reads links, joints and visual elements of a URDF file.

    Raises:
        SimengineError: If it is missing, no URDF, or names what it lacks.
    """
    check_file(file, kind="The URDF")
    # PyBullet takes files with an odd XML version, or with something after the robot; so the robot is cut out.
    text = file.read_bytes().strip()
    start, end = text.find(b"<robot"), text.rfind(b"</robot>")
    try:
        root = ElementTree.fromstring(text[start : end + len(b"</robot>")] if 0 <= start < end else text)
    except ElementTree.ParseError as error:
        raise SimengineError(f"The URDF {file} is no XML that can be read ({error}). Repair it.") from None
    if root.tag != "robot":
        raise SimengineError(f"The file {file} is no URDF: its outermost element is <{root.tag}>, not <robot>.")
    try:
        return _robot(root, file)
    except (KeyError, ValueError, TypeError) as error:
        raise SimengineError(f"The URDF {file} can't be read ({type(error).__name__}: {error}). Repair it.") from None


def _robot(root: ElementTree.Element, file: Path) -> Robot:
    materials = {item.get("name", ""): item for item in root.iter("material") if len(item)}
    elements = {item.attrib["name"]: item for item in root.findall("link")}
    joints = {}
    for item in root.findall("joint"):
        parent, child = (item.find(tag).attrib["link"] for tag in ("parent", "child"))  # type: ignore[union-attr]
        axis = _numbers(item.find("axis"), "xyz", (1.0, 0.0, 0.0))
        joints[child] = RobotJoint(item.attrib["name"], item.attrib["type"], parent, child, _origin(item), axis)
    roots = [name for name in elements if name not in joints]
    if len(roots) != 1:
        raise SimengineError(
            f"The URDF {file} has {len(roots)} links without a parent ({', '.join(roots[:4])}); it needs exactly one."
        )
    links = tuple(_depth_first(roots[0], joints))
    visuals = {
        name: tuple(
            part
            for number, item in enumerate(elements[name].findall("visual"))
            for part in _visual(item, number, materials, file)
        )
        for name in links
        if name in elements
    }
    collisions = {
        name: tuple(
            (_mesh_path(mesh.attrib["filename"], file), _origin(item) * _scaling(mesh))
            for item in elements[name].findall("collision")
            if (mesh := item.find("geometry/mesh")) is not None
        )
        for name in links
        if name in elements
    }
    return Robot(links, visuals, joints, collisions)


def _depth_first(name: str, joints: dict[str, RobotJoint]) -> Iterator[str]:
    yield name
    for child, joint in joints.items():
        if joint.parent == name:
            yield from _depth_first(child, joints)


def _visual(
    item: ElementTree.Element, number: int, materials: dict[str, ElementTree.Element], file: Path
) -> list[FilePart]:
    geometry = item.find("geometry")
    if geometry is None or not len(geometry):
        return []
    shape, pose = geometry[0], _origin(item)
    if shape.tag == "mesh":
        path = _mesh_path(shape.attrib["filename"], file)
        parts = list(read_mesh(path))
        pose = pose * _scaling(shape)
    else:
        parts = [_primitive(shape, file)] if _has_size(shape) else []
    element = item.find("material")
    color = pictures = None
    name = ""
    if element is not None:
        name = element.get("name", "")
        element = element if len(element) else materials.get(name, element)
        rgba = element.find("color")
        if rgba is not None:
            r, g, b = _numbers(rgba, "rgba", (1.0, 1.0, 1.0)).clip(0.0, 1.0).tolist()
            color = (r, g, b)
        texture = element.find("texture")
        if texture is not None and texture.get("filename"):
            pictures = PictureSet(read_picture(_mesh_path(texture.attrib["filename"], file)))
    placed = []
    for part in parts:
        vertices = part.vertices @ pose[:3, :3].T + pose[:3, 3]
        faces = part.faces if np.linalg.det(pose[:3, :3]) > 0 else part.faces[:, ::-1]
        # A mesh with pictures of its own keeps its slots' names; others are named by the URDF's material.
        slot = (
            part.slot if part.slot != "body" and color is None else name or (f"visual_{number}" if number else "body")
        )
        placed.append(
            replace(
                part,
                vertices=vertices,
                faces=faces,
                slot=slot,
                color=color if color is not None else part.color,
                pictures=pictures if pictures is not None else part.pictures,
            )
        )
    return placed


def _has_size(shape: ElementTree.Element) -> bool:
    """Whether a primitive can be seen: robots mark places by boxes and spheres of size 0."""
    keys = {"box": ("size",), "sphere": ("radius",), "cylinder": ("radius", "length"), "capsule": ("radius",)}
    return all(min(_numbers(shape, key, (0.0,) * (3 if key == "size" else 1))) > 0 for key in keys.get(shape.tag, ()))


def _primitive(shape: ElementTree.Element, file: Path) -> FilePart:
    size = _numbers(shape, "size", (0.0, 0.0, 0.0))
    r, length = _number(shape.get("radius", "0")), _number(shape.get("length", "0"))
    if shape.tag == "box":
        patches = rounded_box(size.tolist(), 0.0)
    elif shape.tag in ("sphere", "cylinder", "capsule"):
        bend = 0.0 if shape.tag == "cylinder" else r
        end = bend + (0.0 if shape.tag == "sphere" else length / 2)
        patches = sweep(polyline([(0, -end), (r, -end), (r, end), (0, end)], bend, step=7.5), circle(48))
    else:
        raise SimengineError(
            f"The URDF {file} draws a <{shape.tag}>, which is not known. Use mesh, box, sphere, cylinder or capsule."
        )
    starts = np.cumsum([0, *(len(patch.vertices) for patch in patches)])[:-1]
    faces = np.concatenate([patch.faces + start for patch, start in zip(patches, starts, strict=True)])
    return FilePart(np.concatenate([patch.vertices for patch in patches]), faces, None, "body", None, None)


def _mesh_path(name: str, file: Path) -> Path:
    """Where a URDF's file name points: beside it, above it, or in a package above it."""
    plain = name.removeprefix("package://").removeprefix("file://").removeprefix("model://")
    tails = [plain] if plain == name else [plain, plain.partition("/")[2]]
    for folder in (file.parent, *list(file.parents)[1:5]):
        for tail in tails:
            if tail and (folder / tail).is_file():
                return folder / tail
    raise SimengineError(f"The URDF {file} names {name}, which is not there. Put it beside the URDF.")


def _scaling(mesh: ElementTree.Element) -> Doubles:
    """A row that scales the columns of a pose."""
    return np.r_[_numbers(mesh, "scale", (1.0, 1.0, 1.0)), 1.0]


def _numbers(item: ElementTree.Element | None, key: str, default: tuple[float, ...]) -> Doubles:
    """As many numbers as `default` has; one number stands for all, what is no number counts as 0 (as in PyBullet)."""
    text = item.get(key) if item is not None else None
    if not text or not text.strip():
        return np.array(default)
    values = [_number(part) for part in text.replace(",", " ").split()]
    if len(values) == 1:
        values *= len(default)
    return np.array((values + list(default[len(values) :]))[: len(default)])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _origin(item: ElementTree.Element) -> Doubles:
    """The pose that an element's <origin> states, shape (4, 4)."""
    origin = item.find("origin")
    roll, pitch, yaw = _numbers(origin, "rpy", (0.0, 0.0, 0.0))
    pose = np.eye(4)
    pose[:3, :3] = _about((0, 0, 1), yaw) @ _about((0, 1, 0), pitch) @ _about((1, 0, 0), roll)
    pose[:3, 3] = _numbers(origin, "xyz", (0.0, 0.0, 0.0))
    return pose


def _about(axis: tuple[float, ...] | Doubles, angle: float) -> Doubles:
    """Rotation about an axis, by Rodrigues' formula."""
    x, y, z = np.asarray(axis, float) / max(float(np.linalg.norm(axis)), 1e-12)
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def _together(robot: Robot, links: tuple[Link, ...], joints: dict[str, float], scale: float) -> tuple[Doubles, NDArray]:
    """All triangles in the root's frame with the joints where the shape puts them."""
    poses = {robot.links[0]: np.eye(4)}
    for name in robot.links[1:]:
        joint = robot.joints[name]
        pose = joint.origin.copy()
        pose[:3, 3] *= scale
        value = joints.get(joint.name, 0.0)
        motion = np.eye(4)
        if joint.kind in ("revolute", "continuous"):
            motion[:3, :3] = _about(joint.axis, value)
        elif joint.kind == "prismatic":
            motion[:3, 3] = joint.axis * value * scale
        poses[name] = poses[joint.parent] @ pose @ motion
    vertices, faces, start = [], [], 0
    for link in links:
        pose = poses[link.name]
        vertices.append(link.mesh.vertices @ pose[:3, :3].T + pose[:3, 3])
        faces.append(link.mesh.faces + start)
        start += len(link.mesh.vertices)
    return np.concatenate(vertices), np.concatenate(faces)
