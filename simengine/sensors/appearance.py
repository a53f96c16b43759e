"""What the objects of a scene look like: meshes with materials and pictures, built once a sample.

The material of a slot is decided by three rules:

1. The scene's ``materials[slot]`` describes it if given, else the scene's ``material``.
2. A part that a parametric shape colours itself (pips, tape, cap, rim) keeps that colour unless
   ``materials[slot]`` names another: ``material: {base_color: red}`` makes a red die with white pips.
   An object with ``material_of`` shows the material of another, drawn from that one's streams.
3. Colour and pattern go together. Where that description names ``base_color`` or ``texture``, they hold, and a
   texture without a base colour is shown as it is (base colour 1, not the grey default). Where it names
   neither, the asset's own picture of the slot is used, else the asset's own colour, else the default colour.

Roughness and metallic go likewise: the scene's where it names them, else those of the file; on a texture's map they
are factors, 1 where nothing is named.

So ``material: {roughness: 0.2}`` leaves a textured mesh its texture, and ``material: {base_color: ...}`` paints
all of a mesh from a file.
"""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import astuple, dataclass
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.assets.build import build
from simengine.assets.mesh import Asset, Link, Mesh
from simengine.assets.picture import PictureSet, relief_map
from simengine.assets.textures import texture_pictures
from simengine.errors import SimengineError
from simengine.physics.trajectory import Trajectory
from simengine.render.model import SurfaceMaterial
from simengine.render.model import Weathering as SurfaceWeathering
from simengine.scene.scene import Scene, SceneObject
from simengine.scene.schema.material import Material, Texture
from simengine.scene.schema.shapes import FILE_SHAPES
from simengine.sensors.color import linear_from_srgb

__all__ = ["TILES", "Appearance", "VisiblePart", "appearance"]

Picture = NDArray[np.uint8]

TILES = 8
"""Tiles of one procedural texture among the copies of an object: painting one takes as long as tracing a small picture."""


@dataclass(frozen=True, eq=False)
class VisiblePart:
    """A mesh that follows a body of the trajectory.

    Attributes:
        body: Number of the body in the trajectory.
        mesh: What is drawn.
        materials: Number of the material of each of the mesh's slots.
        id: Instance id of its object.
        link: Number of the link within the object.
        skin: Id of the object whose material it continues, else None.
    """

    body: int
    mesh: Mesh
    materials: tuple[int, ...]
    id: int
    link: int
    skin: int | None = None


@dataclass(frozen=True, eq=False)
class Appearance:
    """All that is drawn of a sample, without poses; equal materials and equal pictures are kept once."""

    parts: tuple[VisiblePart, ...]
    materials: tuple[SurfaceMaterial, ...]
    textures: tuple[Picture, ...]
    maps: tuple[Picture, ...] = ()


def appearance(scene: Scene, trajectory: Trajectory) -> Appearance:
    """Gives every visible body of a sample its mesh, materials and pictures.

    Random textures draw from the streams ``objects.NAME[i].material.texture`` and
    ``objects.NAME[i].materials.SLOT.texture``; every eighth copy shares one, unless its texture is a user's picture.

    Args:
        scene: The scene as drawn.
        trajectory: Tells which bodies there are.

    Raises:
        SimengineError: If `materials` names a slot that the shape lacks, or `mapping: uv` is asked of a mesh
            without texture coordinates.
    """
    builder = _Builder(scene)
    objects = {thing.id: thing for thing in scene.objects}
    parts = []
    for body, (id_, link) in enumerate(
        zip(trajectory.object_ids.tolist(), trajectory.link_index.tolist(), strict=True)
    ):
        thing = objects[id_]
        if thing.spec.visible:
            asset = build(thing.spec.shape, base=scene.base)
            _check_slots(thing, asset)
            part = asset.links[link]
            source = _continued(thing, scene)
            slots = tuple(builder.material(source, part, slot) for slot in part.mesh.slot_names)
            skin = None if source is thing else source.id
            parts.append(VisiblePart(body=body, mesh=part.mesh, materials=slots, id=id_, link=link, skin=skin))
    return Appearance(tuple(parts), tuple(builder.materials), tuple(builder.textures), tuple(builder.maps))


def _continued(thing: SceneObject, scene: Scene) -> SceneObject:
    """The object whose material a thing shows: its own, or the one that it continues."""
    name = thing.spec.material_of
    if name is None:
        return thing
    for other in scene.objects:
        if other.name == name or (other.group == name and other.spec.material_of is None):
            return other
    raise SimengineError(
        f"objects.{thing.name}.material_of: there is no object '{name}' with a material of its own in this draw."
    )


class _Builder:
    """Collects materials and pictures of one sample; equal ones share a number."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.materials: list[SurfaceMaterial] = []
        self.textures: list[Picture] = []
        self.maps: list[Picture] = []
        self._material_numbers: dict[tuple, int] = {}
        self._texture_numbers: dict[bytes, int] = {}
        self._map_numbers: dict[bytes, int] = {}
        self._drawn: dict[tuple[str, Texture], PictureSet] = {}

    def material(self, thing: SceneObject, link: Link, slot: str) -> int:
        """The number of the material of one slot."""
        own = slot in thing.spec.materials
        spec = thing.spec.materials[slot] if own else thing.spec.material
        part = f".materials.{slot}" if own else ".material"
        base: tuple[float, ...]
        if not own and slot in link.colors and thing.spec.shape.tag not in FILE_SHAPES:
            pictures, base, uv = PictureSet(), link.colors[slot], False
        else:
            pictures, base, uv = self._pattern(thing, spec, link, slot, part)
        roughness, metallic = _finish(spec, link.finishes.get(slot), mapped=pictures.surface is not None)
        material = SurfaceMaterial(
            base_color=_linear(base),
            texture=_add(self._texture_numbers, self.textures, pictures.color),
            texture_size=spec.texture_size,
            triplanar=not uv,
            roughness=roughness,
            metallic=metallic,
            clear_coat=spec.clear_coat,
            emission=_linear(spec.emission, scale=spec.emission_strength / pi),
            surface_map=_add(self._map_numbers, self.maps, pictures.surface),
            normal_map=_add(self._map_numbers, self.maps, _normals(pictures, spec)),
            sheen=_linear(spec.sheen_color, scale=spec.sheen),
            sheen_roughness=spec.sheen_roughness,
            weathering=_weathering(spec),
            **_dielectric(spec),
        )
        return _number(self._material_numbers, self.materials, astuple(material), material)

    def _pattern(
        self, thing: SceneObject, spec: Material, link: Link, slot: str, part: str
    ) -> tuple[PictureSet, tuple[float, ...], bool]:
        """Pictures, base colour in sRGB, and whether the mesh's coordinates are used."""
        named = spec.model_fields_set
        has_uv = link.mesh.uv is not None
        if spec.mapping == "uv" and not has_uv:
            raise SimengineError(
                f"objects.{thing.name}{part}.mapping: the mesh of this shape has no texture coordinates, so `uv` can't be used; "
                "write `auto` or `triplanar`."
            )
        uv = has_uv and (spec.mapping == "uv" or (spec.mapping == "auto" and link.unwrapped))
        if "base_color" in named or spec.texture is not None:
            if spec.texture is None:
                return PictureSet(), spec.base_color, False
            base = spec.base_color if "base_color" in named else (1.0, 1.0, 1.0)
            return self._draw_texture(thing, spec.texture, f"{part}.texture"), base, uv
        if slot in link.textures and "texture" not in named:
            pictures = link.textures[slot]
            base = (1.0, 1.0, 1.0) if pictures.color is not None else link.colors.get(slot, spec.base_color)
            return pictures, base, has_uv and spec.mapping != "triplanar"
        return PictureSet(), link.colors.get(slot, spec.base_color), False

    def _draw_texture(self, thing: SceneObject, spec: Texture, part: str) -> PictureSet:
        copy = thing.copy if spec.tag == "image" else thing.copy % TILES
        path = f"objects.{thing.group}[{copy}]{part}"
        if (path, spec) not in self._drawn:
            self._drawn[path, spec] = texture_pictures(spec, rng=self.scene.stream(path), base=self.scene.base)
        return self._drawn[path, spec]


def _add(numbers: dict[bytes, int], pictures: list[Picture], picture: Picture | None) -> int:
    """Number of a picture in a list to which it is added if it is new; -1 for none."""
    if picture is None:
        return -1
    picture = np.ascontiguousarray(picture)
    key = hashlib.blake2b(picture.tobytes(), digest_size=16, key=repr(picture.shape).encode()).digest()
    return _number(numbers, pictures, key, picture)


def _number(numbers: dict, items: list, key: object, item: object) -> int:
    if key not in numbers:
        numbers[key] = len(items)
        items.append(item)
    return numbers[key]


def _finish(spec: Material, told: tuple[float, float] | None, *, mapped: bool) -> tuple[float, float]:
    """Roughness and metallic: the scene's, else the file's, else 1 on a map."""
    default = told or ((1.0, 1.0) if mapped else (spec.roughness, spec.metallic))
    named = spec.model_fields_set
    return (
        spec.roughness if "roughness" in named else default[0],
        spec.metallic if "metallic" in named else default[1],
    )


def _normals(pictures: PictureSet, spec: Material) -> Picture | None:
    if pictures.normal is not None or pictures.color is None or not spec.relief:
        return pictures.normal
    return relief_map(pictures.color, depth=spec.relief, size=(spec.texture_size, spec.texture_size))


def _weathering(spec: Material) -> SurfaceWeathering | None:
    w = spec.weathering
    if w is None or not (w.wear or w.rust or w.dirt):
        return None
    return SurfaceWeathering(
        wear=w.wear,
        bare=_linear(w.bare_color),
        rust=w.rust,
        dirt=w.dirt,
        soil=_linear(w.dirt_color),
        grain=w.grain,
        edge=w.edge_width or 0.0,
    )


def _dielectric(spec: Material) -> dict[str, Any]:
    """Reflectance, and what a clear body does to light."""
    specular = spec.specular if spec.ior is None else ((spec.ior - 1) / (spec.ior + 1)) ** 2 / 0.08
    values: dict[str, Any] = {"specular": specular}
    if spec.transmission > 0:
        root = (0.08 * specular) ** 0.5
        absorption = -np.log(np.maximum(linear_from_srgb(spec.absorption_color), 1e-4)) / spec.absorption_distance
        values |= {
            "transmission": spec.transmission,
            "index": (1 + root) / (1 - root),
            "absorption": tuple(absorption.tolist()),
        }
    return values


def _linear(color: tuple[float, ...], *, scale: float = 1.0) -> tuple[float, float, float]:
    red, green, blue = (scale * linear_from_srgb(color)).tolist()
    return red, green, blue


def _check_slots(thing: SceneObject, asset: Asset) -> None:
    slots = sorted({slot for link in asset.links for slot in link.mesh.slot_names})
    for slot in thing.spec.materials:
        if slot not in slots:
            near = difflib.get_close_matches(slot, slots, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise SimengineError(
                f"objects.{thing.group}.materials.{slot}: the shape {thing.spec.shape.tag} has no slot of this name; "
                f"it has {', '.join(slots)}.{hint}"
            )
